//! Values into Rhai and back.

use rhai::Dynamic;

use crate::value::Value;

/// As Rhai has it.
pub fn to_dynamic(value: &Value) -> Dynamic {
    match value {
        Value::Unknown => Dynamic::UNIT,
        Value::Bool(value) => (*value).into(),
        Value::Int(value) => (*value).into(),
        Value::Text(text) => text.as_str().into(),
        Value::List(items) => Dynamic::from_array(items.iter().map(to_dynamic).collect()),
        Value::Map(fields) => {
            Dynamic::from_map(fields.iter().map(|(name, value)| (name.as_str().into(), to_dynamic(value))).collect())
        }
    }
}

/// Back again. Errors: Rhai's name of a type that no value has (a range, a function).
pub fn from_dynamic(value: Dynamic) -> Result<Value, &'static str> {
    if value.is_unit() {
        Ok(Value::Unknown)
    } else if let Ok(flag) = value.as_bool() {
        Ok(Value::Bool(flag))
    } else if let Ok(number) = value.as_int() {
        Ok(Value::Int(number))
    } else if let Ok(letter) = value.as_char() {
        Ok(Value::Text(letter.to_string()))
    } else if value.is_string() {
        value.into_string().map(Value::Text)
    } else if value.is_array() {
        let items = value.into_array()?;
        Ok(Value::List(items.into_iter().map(from_dynamic).collect::<Result<_, _>>()?))
    } else if value.is_map() {
        let fields = value.cast::<rhai::Map>();
        let fields = fields.into_iter().map(|(name, value)| Ok((name.to_string(), from_dynamic(value)?)));
        Ok(Value::Map(fields.collect::<Result<_, &'static str>>()?))
    } else {
        Err(value.type_name())
    }
}
