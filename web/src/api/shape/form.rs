//! Forms with what is known already.

use niyam_engine::view::{FieldQuestion, FormView};
use niyam_rules::value::Value;
use serde::Serialize;
use utoipa::ToSchema;

use super::{LabelledShape, TextShape};

/// A form with what is known already.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Form)]
pub struct FormShape {
    /// Id.
    pub id: String,
    /// Title.
    pub title: TextShape,
    /// Questions in order.
    pub fields: Vec<FieldShape>,
}

/// One question.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Field)]
pub struct FieldShape {
    /// The fact it writes.
    pub fact: String,
    /// What to ask.
    pub label: TextShape,
    /// How to answer.
    pub help: Option<TextShape>,
    /// Type, as the protocol writes it.
    #[serde(rename = "type")]
    pub kind: String,
    /// Type of a list's items.
    pub of: Option<String>,
    /// Answers to choose from.
    pub choices: Option<Vec<LabelledShape>>,
    /// The form cannot be sent without it.
    pub required: bool,
    /// What is known already.
    #[schema(value_type = Option<Object>)]
    pub value: Option<Value>,
    /// Whether it is shown now.
    pub show_if: bool,
}

impl From<FormView> for FormShape {
    fn from(form: FormView) -> Self {
        Self { id: form.id, title: form.title.into(), fields: form.fields.into_iter().map(Into::into).collect() }
    }
}

impl From<FieldQuestion> for FieldShape {
    fn from(field: FieldQuestion) -> Self {
        Self {
            fact: field.fact,
            label: field.label.into(),
            help: field.help.map(Into::into),
            kind: field.kind,
            of: field.of,
            choices: field.choices.map(|choices| choices.into_iter().map(Into::into).collect()),
            required: field.required,
            value: field.value,
            show_if: field.show_if,
        }
    }
}
