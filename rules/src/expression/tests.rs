use super::*;

fn text_value(text: &str) -> Value {
    Value::Text(text.to_owned())
}

fn names() -> BTreeMap<String, Value> {
    let facts = [
        ("level", text_value("red")),
        ("minor", text_value("yes")),
        ("count", Value::Int(3)),
        ("phones", Value::List(vec![text_value("+915555550001"), text_value("+915555550002")])),
        ("name", text_value("Kalpit Udaharan")),
    ];
    let incident = facts.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    BTreeMap::from([("incident".to_owned(), Value::Map(incident)), ("i".to_owned(), Value::Int(2))])
}

fn run(source: &str) -> Result<Value, EvaluationError> {
    run_with(source, &Scripts::default())
}

fn run_with(source: &str, scripts: &Scripts) -> Result<Value, EvaluationError> {
    let expression =
        Expression::compile_with(source, None, scripts).unwrap_or_else(|error| panic!("{source}: {error}"));
    expression.evaluate(&Environment { names: &names(), is_active: &|id| id == "reach.talk" })
}

#[test]
fn computes() {
    for (source, expected) in [
        ("incident.level == \"red\" && incident.count > 2", Value::Bool(true)),
        ("incident.missing == ()", Value::Bool(true)),
        ("incident[\"level\"]", text_value("red")),
        ("incident.level in [\"red\", \"orange\"]", Value::Bool(true)),
        ("incident.level !in [\"red\"]", Value::Bool(false)),
        ("incident.phones.len()", Value::Int(2)),
        ("len(incident.phones) + i ** 3", Value::Int(10)),
        ("incident.phones[0]", text_value("+915555550001")),
        ("\"+915555550002\" in incident.phones", Value::Bool(true)),
        ("incident.phones.contains(\"+91\")", Value::Bool(false)),
        ("incident.missing.is_empty() && incident.missing.len() == 0", Value::Bool(true)),
        ("\"x\" in incident.missing", Value::Bool(false)),
        ("incident.phones.first() == incident.phones[0]", Value::Bool(true)),
        ("incident.name.to_lower().starts_with(\"kalpit\")", Value::Bool(true)),
        ("incident.missing ?? 7", Value::Int(7)),
        ("if incident.count > 5 { \"many\" } else if i == 2 { \"two\" } else { () }", text_value("two")),
        ("[1] + [2] == [1, 2]", Value::Bool(true)),
        ("#{ a: 1 } == #{ a: 1 }", Value::Bool(true)),
        ("#{ \"a\": [1] }.a[0]", Value::Int(1)),
        ("-(i) - 1", Value::Int(-3)),
        ("!truthy(incident.missing)", Value::Bool(true)),
        ("minutes(2) + hours(1)", Value::Int(3_720_000)),
        ("\"नियम\".len()", Value::Int(4)),
        ("incident.level != 3 // differs\n", Value::Bool(true)),
    ] {
        assert_eq!(run(source), Ok(expected), "{source}");
    }
}

#[test]
fn asks_for_states_at_the_moment_of_evaluation() {
    let expression = Expression::compile("In(\"a\") && !In(\"b.c\")", None).expect("an expression");
    assert_eq!(expression.active_states().collect::<Vec<_>>(), ["a", "b.c"]);
    let nothing = BTreeMap::new();
    for (active, expected) in [("a", true), ("b.c", false), ("d", false)] {
        let environment = Environment { names: &nothing, is_active: &|id| id == active };
        assert_eq!(expression.evaluate(&environment), Ok(Value::Bool(expected)), "{active}");
    }
    let inside_text = Expression::compile("\"In(\\\"a\\\")\" == \"\"", None).expect("an expression");
    assert_eq!(inside_text.active_states().count(), 0);
}

#[test]
fn knows_what_it_reads() {
    let read = |source: &str| {
        let expression = Expression::compile(source, None).expect("an expression");
        expression.facts_read().map(|facts| facts.into_iter().map(str::to_owned).collect::<Vec<_>>().join(" "))
    };
    assert_eq!(read("incident.a.b == 1 && incident[\"c\"] == x.d && incident.e.len() > 0"), Some("a c e".to_owned()));
    assert_eq!(read("event.name == \"x\""), Some(String::new()));
    assert_eq!(read("incident.a == f(incident)"), None);
    assert_eq!(read("incident[event.name]"), None);
}

#[test]
fn refuses_what_is_no_single_value() {
    for (source, message) in [
        ("", "there is no expression"),
        ("let x = 1", "`let` is not allowed"),
        ("1; 2", "a second statement"),
        ("x = 1", "nothing can be assigned"),
        ("incident.a += 1", "nothing can be assigned"),
        ("while true {}", "loops are not allowed"),
        ("for x in y {}", "loops are not allowed"),
        ("do { } until x", "loops are not allowed"),
        ("eval(\"1\")", "`eval` is not allowed"),
        ("|x| x", ""),
        ("f(|x| x > 1)", ""),
        ("import \"x\"", "nothing to import"),
        ("switch x { 1 => 2 }", "`switch` is not allowed"),
        ("print(\"x\")", "cannot print"),
        ("1.5", "no whole number"),
        ("1..3", ""),
        ("5 & 3", "`&` is not allowed"),
        ("1 << 62", "`<<` is not allowed"),
        ("`text ${x}`", "backticks"),
        ("'x'", "double quotes"),
        ("a?.b", ""),
        ("In(x)", "`In` takes one state"),
        ("In(\"a\", \"b\")", "`In` takes one state"),
        ("fn f() { 1 }", "`fn` is not allowed"),
        ("if x { 1; 2 }", "each branch"),
        ("throw 1", "thrown"),
        ("this.x", "no meaning"),
        ("\"open", "no closing quote"),
        ("(1 + 2", ""),
        ("a == = b", ""),
    ] {
        let error = Expression::compile(source, None).expect_err(source);
        assert!(error.contains(message) && error.contains("(column "), "{source}: {error}");
    }
}

#[test]
fn points_at_the_place() {
    let span = |source: &str| Expression::compile_with(source, None, &Scripts::default()).expect_err(source).span;
    assert_eq!(span("\"अ\" == x & y"), Span { start: 9, end: 10 });
    assert_eq!(span("a &&\n  eval(x)"), Span { start: 7, end: 11 });
}

#[test]
fn errors_are_errors() {
    for source in [
        "illegal_expr()",
        "nowhere",
        "9223372036854775807 + 1",
        "9223372036854775807 * i",
        "-(-9223372036854775807 - 1)",
        "1 / (i - 2)",
        "incident.missing + 1",
        "!incident.missing",
        "incident.level && true",
        "incident.phones[7]",
        "days(9223372036854775807)",
        "2 ** 64",
        "2 ** -1",
        "abs(-9223372036854775807 - 1)",
        "if incident.missing { 1 } else { 2 }",
    ] {
        assert!(matches!(run(source), Err(EvaluationError::Failed { .. })), "{source}: {:?}", run(source));
    }
    let told = run("incident.name + incident.count * 9223372036854775807").expect_err("overflow").to_string();
    assert!(!told.contains("Kalpit") && told.ends_with("a number is too large, or is divided by zero"), "{told}");
}

#[test]
fn knows_which_names_a_fact_can_have() {
    for name in ["level", "post_text", "ip_addresses", "a1", "in_time"] {
        assert!(can_name_fact(name), "{name}");
    }
    for name in
        ["case", "call", "print", "if", "in", "new", "a.b", "a b", "a()", "1a", "", "a-b", "a // b", "this", "default"]
    {
        assert!(!can_name_fact(name), "{name}");
    }
}

#[test]
fn wants_true_or_false() {
    let expression = Expression::compile("incident.level", None).expect("an expression");
    let names = names();
    let result = expression.holds(&Environment { names: &names, is_active: &|_| false });
    assert!(matches!(result, Err(EvaluationError::WrongType { found: "a text", .. })), "{result:?}");
}

fn scripts(text: &str) -> Scripts {
    Scripts::compile([("scripts/a.rhai", text)]).unwrap_or_else(|errors| panic!("{errors:?}"))
}

#[test]
fn calls_functions_of_scripts() {
    let scripts = Scripts::compile([
        ("scripts/a.rhai", "fn grave(level) { level == \"red\" || level == \"orange\" }"),
        (
            "scripts/b.rhai",
            "// how late\nfn late(n) {\n  if n == () { return 0; }\n  let twice = n * 2;\n  if grave(\"red\") { twice } else { n }\n}\n",
        ),
    ])
    .expect("scripts");
    assert_eq!(scripts.functions().collect::<Vec<_>>(), [("grave", 1), ("late", 1)]);
    assert_eq!(
        run_with("grave(incident.level) && late(incident.count) == 6 && late(()) == 0", &scripts),
        Ok(Value::Bool(true))
    );
    let error = Expression::compile_with("incident.level.grave()", None, &scripts).expect_err("a method");
    assert!(error.message.contains("cannot stand behind a dot"), "{error}");
}

#[test]
fn refuses_scripts_with_anything_but_functions() {
    for (text, message) in [
        ("1 + 1", "functions only"),
        ("fn f(x) { while x {} }", "loops are not allowed"),
        ("fn f(x) { x = 2; x }", "nothing can be assigned"),
        ("fn f() { incident.level }", "sees its parameters only"),
        ("fn f() { In(\"a\") }", "cannot ask for states"),
        ("fn len(x) { 1 }", "built-in"),
        ("fn f() { throw 1 }", "thrown"),
        ("fn f(x) { x.map(|y| y) }", ""),
        ("fn f() { 1 } fn f() { 2 }", ""),
    ] {
        let errors = Scripts::compile([("scripts/a.rhai", text)]).expect_err(text);
        assert!(errors.iter().any(|error| error.message.contains(message)), "{text}: {errors:?}");
    }
    let twice =
        Scripts::compile([("scripts/a.rhai", "fn f() { 1 }"), ("scripts/b.rhai", "\nfn f() { 2 }\n fn g() { y }")]);
    let errors = twice.expect_err("twice");
    assert_eq!(errors.iter().map(|error| (error.line, error.column)).collect::<Vec<_>>(), [(3, 11), (2, 8)]);
}

mod limits {
    use super::*;
    use sandbox::*;

    fn limit(source: &str, scripts: &Scripts) -> String {
        match run_with(source, scripts) {
            Err(EvaluationError::Limit { limit, .. }) => limit,
            other => panic!("{other:?}"),
        }
    }

    fn many(numbers: std::ops::RangeInclusive<usize>, text: impl Fn(usize) -> String) -> String {
        numbers.map(text).collect::<Vec<_>>().concat()
    }

    fn refused(source: &str) -> String {
        Expression::compile(source, None).expect_err("too large")
    }

    #[test]
    fn operations() {
        let scripts = scripts("fn slow(n) { if n == 0 { 0 } else { slow(n - 1) + slow(n - 1) } }");
        assert!(run_with("slow(3)", &scripts).is_ok());
        assert_eq!(limit("slow(14)", &scripts), "20000 operations");
    }

    #[test]
    fn calls() {
        let scripts = scripts("fn forever(n) { forever(n + 1) }");
        assert_eq!(limit("forever(0)", &scripts), "16 functions waiting for one another");
    }

    #[test]
    fn depth() {
        let nested = |depth: usize| format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
        assert!(Expression::compile(&nested(30), None).is_ok());
        for depth in [MAX_DEPTH + 1, MAX_PARSER_DEPTH + 1, 280] {
            assert!(refused(&nested(depth)).contains("nested"), "{depth}");
        }
        let chain = |length: usize| vec!["1"; length].join(" + ");
        assert!(Expression::compile(&chain(35), None).is_ok());
        assert!(refused(&chain(MAX_DEPTH + 10)).contains("nested"));
        assert!(refused(&chain(MAX_SYMBOLS + 10)).contains("too many operators"));
        assert!(refused(&vec!["1"; MAX_SYMBOLS - 10].join("+")).contains("nested"));
        let inside = format!("fn f() {{ {} }}", nested(MAX_DEPTH + 1));
        assert!(Scripts::compile([("a", &*inside)]).is_err());
    }

    #[test]
    fn sizes() {
        let none = Scripts::default();
        let grow = |value: Value, source: &str| {
            let names = BTreeMap::from([("x".to_owned(), value)]);
            let expression = Expression::compile(source, None).expect("an expression");
            match expression.evaluate(&Environment { names: &names, is_active: &|_| false }) {
                Err(EvaluationError::Limit { limit, .. }) => limit,
                other => panic!("{other:?}"),
            }
        };
        assert!(grow(text_value(&"a".repeat(MAX_TEXT / 2 + 1)), "x + x").contains("size"));
        assert!(grow(Value::List(vec![Value::Int(1); MAX_LIST / 2 + 1]), "x + x").contains("size"));
        let fields: Vec<String> = (0..=MAX_MAP).map(|n| format!("a{n}:1")).collect();
        let map = format!("#{{{}}}", fields.join(","));
        assert!(map.len() > MAX_SOURCE && refused(&map).contains("longer than"));
        assert!(ENGINE.compile(&map).is_err());
        assert!(run_with("[1, 2] + [3]", &none).is_ok());
    }

    #[test]
    fn variables() {
        let body = many(0..=MAX_VARIABLES, |n| format!("let v{n} = {n};"));
        let scripts = scripts(&format!("fn many() {{ {body} 1 }}"));
        assert_eq!(limit("many()", &scripts), "64 variables");
    }

    #[test]
    fn functions() {
        let text = many(0..=MAX_FUNCTIONS, |n| format!("fn f{n}() {{ {n} }}\n"));
        assert!(Scripts::compile([("a", &*text)]).is_err());
        let half = many(1..=200, |n| format!("fn g{n}() {{ {n} }}\n"));
        let other = many(1..=200, |n| format!("fn h{n}() {{ {n} }}\n"));
        let errors = Scripts::compile([("a", &*half), ("b", &*other)]).expect_err("too many together");
        assert!(errors[0].message.contains("more than 256"), "{errors:?}");
    }

    #[test]
    fn source_length() {
        let long = format!("\"{}\"", "a".repeat(MAX_SOURCE));
        assert!(refused(&long).contains("longer than"));
        let script = format!("// {}", "a".repeat(MAX_SCRIPT));
        assert!(Scripts::compile([("a", &*script)]).is_err());
    }
}

/// The deepest expression in every function, as many functions as may wait for one another: no stack runs out.
#[test]
fn deepest_run_fits_the_stack() {
    let depth = sandbox::MAX_DEPTH - 6;
    let nest = move |inner: &str| format!("{}{inner}{}", "[".repeat(depth), "]".repeat(depth));
    let scripts = scripts(&format!("fn deep(n) {{ {} }}", nest("deep(n + 1)")));
    let run = move || run_with(&nest("deep(0)"), &scripts);
    let thread = std::thread::Builder::new().stack_size(2 << 20).spawn(run).expect("a thread");
    let result = thread.join().expect("no panic");
    assert!(matches!(result, Err(EvaluationError::Limit { .. })), "{result:?}");
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(500))]

    #[test]
    fn no_text_makes_it_panic(source in "\\PC{0,40}|[a-z().&|=<>!\\[\\]{}#:;,\"'`0-9 +*/?-]{0,60}|(if|in|let|fn|In|incident|\\.|\\(|\\)|\"|\\{|\\}| |\\[|\\]|==|&&|\\?|/\\*|//|\n){0,30}") {
        if let Ok(expression) = Expression::compile_with(&source, None, &Scripts::default()) {
            let names = names();
            let _ = expression.evaluate(&Environment { names: &names, is_active: &|_| true });
        }
        let _ = Scripts::compile([("a", &*source)]);
    }
}
