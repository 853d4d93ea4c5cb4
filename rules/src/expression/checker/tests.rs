use proptest::prelude::*;

use super::reference::{self, Trouble};
use super::*;
use crate::expression::{Environment, EvaluationError};
use crate::protocol::Choice;
use crate::text::Text;
use crate::value::Value;

fn choice(ids: &[&str]) -> FactType {
    FactType::Choice(ids.iter().map(|id| Choice { id: (*id).to_owned(), label: Text::default() }).collect())
}

fn facts() -> BTreeMap<String, FactDeclaration> {
    let fact =
        |kind| FactDeclaration { label: Text::default(), kind, default: Value::Unknown, seal: None, place: None };
    let mut level = fact(choice(&["red", "orange", "green"]));
    level.default = "green".into();
    let mut handle = fact(FactType::Text);
    handle.default = "x".into();
    handle.seal = Some("person".to_owned());
    let mut tries = fact(FactType::Number);
    tries.default = Value::Int(0);
    let facts = [
        ("level", level),
        ("handle", handle),
        ("tries", tries),
        ("team", fact(choice(&["women", "child"]))),
        ("minor", fact(FactType::YesNoUnknown)),
        ("counselled", fact(FactType::YesNo)),
        ("count", fact(FactType::Number)),
        ("posted_at", fact(FactType::Time)),
        ("seen_at", fact(FactType::Time)),
        ("waited", fact(FactType::Duration)),
        ("born", fact(FactType::Date)),
        ("phone", fact(FactType::Phone)),
        ("mail", fact(FactType::Email)),
        ("unit", fact(FactType::Unit)),
        ("name", fact(FactType::Text)),
        ("position", fact(FactType::Position)),
        ("phones", fact(FactType::List(Box::new(FactType::Phone)))),
        ("levels", fact(FactType::List(Box::new(choice(&["red", "orange", "green"]))))),
        ("notes", fact(FactType::List(Box::new(FactType::Text)))),
    ];
    facts.into_iter().map(|(name, fact)| (name.to_owned(), fact)).collect()
}

const SCRIPT: &str = r#"
fn grave(level) { level == "red" || level == "orange" }
fn older(a, b) { if a == () || b == () { return false; } a > b }
fn twice(n) { n * 2 }
fn forever(n) { if n > 3 { n } else { forever(n + 1) } }
fn answer(flag) { if flag { "yes" } else { "no" } }
fn typo(level) { level == "rde" }
fn named(all) { all.level == "red" }
fn late(ms) { let most = minutes(10); ms != () && ms > most }
"#;

static SCRIPTS: std::sync::LazyLock<Scripts> =
    std::sync::LazyLock::new(|| Scripts::compile([("scripts/a.rhai", SCRIPT)]).expect("scripts"));

fn check_as(source: &str, expected: &Expected) -> Vec<TypeFinding> {
    let scripts = &*SCRIPTS;
    let expression =
        Expression::compile_with(source, None, scripts).unwrap_or_else(|error| panic!("{source}: {error}"));
    let names = BTreeMap::from([
        ("phone_of_family".to_owned(), Some(FactType::Phone)),
        ("i".to_owned(), Some(FactType::Number)),
        ("each".to_owned(), None),
    ]);
    let states = ["reach", "reach.talk", "reach.talk.calling", "closed.safe"].map(str::to_owned).into();
    let facts = facts();
    check(&expression, &TypeEnvironment { facts: &facts, names: &names, states: &states, event: true }, expected)
}

#[track_caller]
fn right(source: &str) {
    assert_eq!(check_as(source, &Expected::Condition), [], "{source}");
}

/// The findings must be exactly one, of this problem, with this message and help.
#[track_caller]
fn wrong(source: &str, problem: Problem, message: &str, help: &str) {
    wrong_as(source, &Expected::Condition, problem, message, help);
}

#[track_caller]
fn wrong_as(source: &str, expected: &Expected, problem: Problem, message: &str, help: &str) {
    let findings = check_as(source, expected);
    let [only] = findings.as_slice() else { panic!("{source}: {findings:#?}") };
    assert_eq!(only.problem, problem, "{source}: {only:?}");
    assert!(only.message.contains(message), "{source}: {}", only.message);
    assert!(only.help.as_deref().unwrap_or_default().contains(help), "{source}: {:?}", only.help);
}

#[test]
fn right_comparisons() {
    right("incident.level == \"red\"");
    right("\"red\" != incident.level");
    right("incident.level in [\"red\", \"orange\"]");
    right("incident.level !in [\"red\"]");
    right("incident[\"level\"] == \"red\"");
    right("incident.minor == \"yes\" || incident.minor != \"no\"");
    right("incident.counselled == \"yes\"");
    right("incident.unit != ()");
    right("incident.unit == \"RJ-PHQ-SCRB\"");
    right("incident.count == 3");
    right("incident.count == incident.tries");
    right("incident.tries > 3");
    right("incident.phone == \"+915555550001\"");
    right("incident.name == incident.phone");
    right("incident.born == \"2010-01-31\"");
    right("incident.handle != ()");
    right("incident.posted_at == incident.seen_at");
    right("event.name == \"alert.update\" && event.by == \"help_desk\" && event.data.count > 3");
    right("event.data == 5 || event.data == \"x\"");
    right("each == 3 && each == \"x\"");
    right("phone_of_family in incident.phones && i < 3");
    right("In(\"reach.talk\") && !In(\"closed.safe\")");
    right("[1, 2] == [incident.tries]");
    right("(incident.level == \"red\") == (incident.team == \"child\")");
}

#[test]
fn right_use_of_what_may_be_unknown() {
    right("incident.count != () && incident.count > 3");
    right("() != incident.count && 3 < incident.count");
    right("incident.count == () || incident.count > 3");
    right("!(incident.count == ()) && incident.count > 3");
    right("!(incident.count == () || incident.waited == ()) && incident.count > 3 && incident.waited > minutes(3)");
    right("incident.count in [1, 2, 3] && incident.count > 1");
    right("incident.count == 3 && incident.count < incident.tries");
    right("truthy(incident.count) && incident.count + 1 > 3");
    right("if incident.count == () { false } else { incident.count > 3 }");
    right("(incident.count ?? 0) > 3");
    right("incident.posted_at != () && incident.seen_at != () && incident.seen_at - incident.posted_at > hours(1)");
    right("incident.posted_at != () && incident.seen_at != () && incident.posted_at + days(1) <= incident.seen_at");
    right("incident.born != () && incident.born > \"2008-11-21\"");
    right("incident.phones.is_empty() || incident.phones.len() > 1");
    right("\"+915555550001\" in incident.phones");
    right("incident.phones.contains(\"+915555550001\")");
    right("incident.notes.contains(\"x\") || \"y\" in incident.notes");
    right("!incident.phones.is_empty() && incident.phones[0] == \"+915555550001\"");
    right("incident.phones.first() == incident.phone");
    right("incident.name.to_lower().contains(\"kalpit\") || incident.name.starts_with(\"K\")");
    right("incident.name.trim().len() > 3");
    right("incident.position != () && incident.position.lat_e7 > 0");
    right("incident.position != () && incident.position.accuracy_m != () && incident.position.accuracy_m < 100");
    right("max(incident.tries, 3) == abs(-3) && incident.tries % 2 == 0 && incident.tries ** 2 > 4");
    right("incident.waited != () && incident.waited / 2 > minutes(5) && incident.waited / minutes(1) > 3");
}

#[test]
fn right_calls_of_scripts() {
    right("grave(incident.level)");
    right("older(incident.seen_at, incident.posted_at)");
    right("older(incident.count, 3)");
    right("twice(incident.tries) > 4");
    right("forever(0) == 4");
    right("answer(grave(incident.level)) == \"yes\"");
    right("named(incident)");
    right("late(incident.waited)");
}

#[test]
fn comparisons_that_never_hold() {
    use Problem::{NoSuchValue, WrongType};
    wrong(
        "incident.level == 3",
        WrongType,
        "`incident.level` is one of the choices and this is a number",
        "\"red\", \"orange\", \"green\"",
    );
    wrong("3 != incident.level", WrongType, "never equal", "\"red\"");
    wrong("incident.minor == true", WrongType, "never equal", "write `incident.minor == \"yes\"`");
    wrong("false == incident.counselled", WrongType, "never equal", "write `incident.counselled == \"no\"`");
    wrong("incident.level == \"rde\"", NoSuchValue, "`incident.level` is never `rde`", "did you mean `\"red\"`?");
    wrong("incident.level == \"blue\"", NoSuchValue, "never `blue`", "one of `red`, `orange`, `green`");
    wrong("incident.level == \"Red\"", NoSuchValue, "never `Red`", "\"red\"");
    wrong("incident.level in [\"red\", \"ornge\"]", NoSuchValue, "never `ornge`", "\"orange\"");
    wrong("incident.counselled == \"unknown\"", NoSuchValue, "never `unknown`", "`yes`, `no`");
    wrong("incident.count == \"3\"", WrongType, "never equal", "write `3` without quotes");
    wrong("incident.phone == \"5555550001\"", NoSuchValue, "never `5555550001`", "kept as `\"+915555550001\"`");
    wrong("incident.born == \"31-01-2010\"", NoSuchValue, "never `31-01-2010`", "kept as `\"2010-01-31\"`");
    wrong("incident.mail == \"nobody\"", NoSuchValue, "never `nobody`", "desk@example.org");
    wrong("incident.unit == \"rj-phq\"", NoSuchValue, "never", "RJ-PHQ");
    wrong("incident.phone == incident.mail", WrongType, "a phone number and `incident.mail` is an e-mail", "");
    wrong("incident.level == incident.team", WrongType, "never equal", "");
    wrong("incident.level == incident.phone", WrongType, "never equal", "");
    wrong("incident.posted_at == incident.waited", WrongType, "a time and `incident.waited` is a length of time", "");
    wrong("incident.count == incident.waited", WrongType, "never equal", "");
    wrong("incident.phones == \"+915555550001\"", WrongType, "never equal", "write `… in incident.phones`");
    wrong("\"red\" in incident.phones", NoSuchValue, "never `red`", "");
    wrong("incident.count in incident.phones", WrongType, "never equal", "");
    wrong("\"rde\" in incident.levels", NoSuchValue, "never `rde`", "\"red\"");
    wrong("incident.levels.contains(\"rde\")", NoSuchValue, "never `rde`", "\"red\"");
    wrong("\"red\" in incident.level", WrongType, "contains nothing", "==");
    wrong("incident.level == ()", WrongType, "`incident.level` is never `()`", "leave");
    wrong("(incident.level == \"red\") == \"yes\"", WrongType, "never equal", "");
    wrong("event.name == 3", WrongType, "never equal", "");
    wrong("incident.position == \"x\"", WrongType, "a position", "");
    wrong("In(\"reach\") == \"yes\"", WrongType, "true or false", "");
}

#[test]
fn orders_that_mean_nothing() {
    use Problem::WrongType;
    wrong(
        "incident.level > \"orange\"",
        WrongType,
        "`>` cannot compare one of the choices with a text",
        "incident.level in [",
    );
    wrong("incident.name < \"m\"", WrongType, "`<` cannot compare a text with a text", "");
    wrong("incident.tries > \"3\"", WrongType, "`>` cannot compare a number with a text", "`3` without quotes");
    wrong("incident.waited > \"10m\"", WrongType, "cannot compare", "minutes(…)");
    wrong("incident.tries < ()", WrongType, "`<` cannot compare a number with nothing", "");
    wrong("incident.tries < true", WrongType, "cannot compare", "");
    wrong("incident.phones > 1", WrongType, "cannot compare", "");
    wrong("incident.born != () && incident.born < \"2010\"", Problem::NoSuchValue, "never `2010`", "2026-11-21");
    wrong("incident.posted_at > incident.waited", WrongType, "cannot compare a time with a length of time", "");
}

#[test]
fn what_may_be_unknown() {
    use Problem::MaybeUnknown;
    wrong(
        "incident.count > 3",
        MaybeUnknown,
        "`incident.count` may be unknown, and then `>` is false",
        "test `incident.count != ()` before",
    );
    wrong("incident.count > 3 && incident.count != ()", MaybeUnknown, "`incident.count` may be unknown", "");
    wrong("incident.count != () || incident.count > 3", MaybeUnknown, "may be unknown", "");
    wrong("incident.waited != () && incident.count > 3", MaybeUnknown, "`incident.count`", "");
    wrong("incident.count != 4 && incident.count > 3", MaybeUnknown, "may be unknown", "");
    wrong("!(incident.count > 3)", MaybeUnknown, "may be unknown", "");
    wrong("incident.count + 1 == 3", MaybeUnknown, "`+` fails", "");
    wrong("-incident.count == 3", MaybeUnknown, "`-` fails", "");
    wrong(
        "incident.phones[0] == \"+915555550001\"",
        MaybeUnknown,
        "`incident.phones` may be unknown, and then it has no items",
        "",
    );
    wrong("incident.position.lat_e7 > 0", MaybeUnknown, "fields cannot be read", "");
    wrong("incident.minor == ()", MaybeUnknown, "may also say `unknown`", "\"yes\"");
    wrong("incident.minor != ()", MaybeUnknown, "may also say `unknown`", "");
    wrong("incident.minor == \"unknown\"", MaybeUnknown, "is `()` until somebody answers", "default");
    wrong("incident.minor in [\"no\", \"unknown\"]", MaybeUnknown, "is `()` until somebody answers", "");
    wrong("twice(incident.count) > 3", MaybeUnknown, "in `twice`: `n` may be unknown", "");
    wrong("max(incident.count, 3) > 3", MaybeUnknown, "`max` fails", "");
    wrong("minutes(incident.count) > minutes(3)", MaybeUnknown, "`minutes` fails", "");
    wrong("incident.notes.first() > \"a\" || true", Problem::WrongType, "cannot compare", "");
    wrong("incident.name.contains(incident.phone)", MaybeUnknown, "looking for it fails", "");
    wrong("if incident.tries == 3 { true }", MaybeUnknown, "a condition fails", "");
}

#[test]
fn bare_milliseconds() {
    wrong("incident.waited != () && incident.waited > 10", Problem::BareNumber, "10 milliseconds", "minutes(10)");
    wrong(
        "incident.posted_at != () && incident.posted_at + 5 < incident.posted_at",
        Problem::BareNumber,
        "5 milliseconds",
        "",
    );
    right("incident.waited != () && incident.waited > 0 && incident.waited < 600000");
}

#[test]
fn names_that_do_not_exist() {
    use Problem::{UnknownFact, UnknownFunction, UnknownName, UnknownState};
    wrong("incident.levle == \"red\"", UnknownFact, "there is no fact `levle`", "did you mean `level`?");
    wrong("incident[\"levle\"] == \"red\"", UnknownFact, "there is no fact `levle`", "`level`");
    wrong("incident.weather == \"red\"", UnknownFact, "there is no fact `weather`", "declare it");
    wrong("incident.level == red", UnknownName, "there is no `red`", "write `\"red\"` in double quotes");
    wrong("level == \"red\"", UnknownName, "there is no `level`", "write `incident.level`");
    wrong("incidnet.level == \"red\"", UnknownName, "there is no `incidnet`", "did you mean `incident`?");
    wrong("event.nmae == \"x\"", UnknownName, "there is no field `nmae`", "`event.name`");
    wrong("event.actor == \"x\"", UnknownName, "there is no field `actor`", "`by`");
    wrong("incident.phones.len > 1", UnknownName, "there is no field `len`", "write `len()`");
    wrong("incident.position != () && incident.position.lat > 1", UnknownName, "there is no field `lat`", "lat_e7");
    wrong("gravee(incident.level)", UnknownFunction, "there is no function `gravee`", "`grave`");
    wrong("incident.phones.size() > 1", UnknownFunction, "there is no function `size`", "scripts");
    wrong("grave()", UnknownFunction, "`grave` takes 1 value, not 0", "scripts/a.rhai");
    wrong("incident.name.starts_with() ", UnknownFunction, "takes 2 values, not 1", "");
    wrong("In(\"talk\")", UnknownState, "there is no state `talk`", "did you mean `reach.talk`?");
    wrong("In(\"reach.tlak\")", UnknownState, "there is no state `reach.tlak`", "did you mean `reach.talk`?");
    wrong("In(\"elsewhere\")", UnknownState, "there is no state `elsewhere`", "whole path");
}

#[test]
fn conditions_that_are_neither_true_nor_false() {
    use Problem::WrongType;
    wrong(
        "incident.minor",
        WrongType,
        "a condition needs true or false, but `incident.minor` is yes, no or unknown",
        "incident.minor == \"yes\"",
    );
    wrong("incident.level", WrongType, "a condition needs true or false", "compare");
    wrong("1", WrongType, "needs true or false", "");
    wrong("()", WrongType, "needs true or false", "");
    wrong(
        "incident.counselled && In(\"reach\")",
        WrongType,
        "`&&` needs true or false",
        "incident.counselled == \"yes\"",
    );
    wrong("In(\"reach\") || incident.tries", WrongType, "`||` needs true or false", "");
    wrong("!incident.counselled", WrongType, "`!` needs true or false", "== \"yes\"");
    wrong("if incident.tries { true } else { false }", WrongType, "`if` needs true or false", "");
    wrong("truthy(incident.counselled)", WrongType, "holds for `incident.counselled` when it is `no`", "== \"yes\"");
    wrong(
        "if In(\"reach\") { true } else { \"no\" }",
        WrongType,
        "one branch gives true or false, the other a text",
        "",
    );
}

#[test]
fn computing_that_means_nothing() {
    use Problem::WrongType;
    wrong("incident.level + 1 == 2", WrongType, "`+` cannot take one of the choices and a number", "");
    wrong("[1, \"a\"].len() == 2", WrongType, "the items of a list must be of one type", "");
    wrong("([1] + [\"a\"]).len() == 2", WrongType, "the items of a list must be of one type", "");
    wrong("incident.name * 2 == 4", WrongType, "`*` cannot take", "");
    wrong("incident.name - \"a\" == \"b\"", WrongType, "`-` cannot take", "");
    wrong("-incident.name == 2", WrongType, "`-` needs a number", "");
    wrong("incident.tries / 0 == 1", WrongType, "divided by zero", "");
    wrong("incident.tries[0] == 1", WrongType, "has no items", "");
    wrong("incident[event.name] == 1", WrongType, "cannot be computed", "");
    wrong("!incident.phones.is_empty() && incident.phones[\"a\"] == 1", Problem::UnknownName, "no field", "");
    wrong("incident.tries.len() > 1", WrongType, "`len` needs a text or a list", "");
    wrong("incident.tries.trim() == \"1\"", WrongType, "`trim` needs a text", "");
    wrong("minutes(incident.level) > 3000", WrongType, "`minutes` needs a number", "");
    wrong(
        "incident.posted_at != () && incident.seen_at != () && incident.posted_at + incident.seen_at > 3000",
        WrongType,
        "`+` cannot take a time and a time",
        "",
    );
}

#[test]
fn functions_are_checked_with_the_types_of_the_call() {
    wrong("typo(incident.level)", Problem::NoSuchValue, "in `typo`: `level` is never `rde`", "\"red\"");
    assert_eq!(check_as("grave(incident.team)", &Expected::Condition).len(), 2);
    right("typo(incident.name)");
    wrong("grave(incident.tries) && false", Problem::WrongType, "in `grave`", "");
    wrong("answer(incident.level) == \"yes\"", Problem::WrongType, "in `answer`: `if` needs true or false", "");
    wrong(
        "answer(true) == \"maybe\" || twice(\"a\") == 2",
        Problem::WrongType,
        "in `twice`: `*` cannot take a text",
        "",
    );
    wrong("older(incident.level, 3)", Problem::WrongType, "in `older`", "");
}

#[test]
fn values_given_to_facts() {
    let facts = facts();
    let fits = |source: &str, fact: &str| {
        assert_eq!(check_as(source, &Expected::Fact(facts[fact].kind.clone())), [], "{source} to {fact}");
    };
    fits("\"red\"", "level");
    fits("if In(\"reach\") { \"red\" } else { \"green\" }", "level");
    fits("if In(\"reach\") { \"red\" } else { incident.level }", "level");
    fits("()", "level");
    fits("incident.tries + 1", "count");
    fits("answer(grave(incident.level))", "minor");
    fits("event.data.level", "level");
    fits("incident.phones.first()", "phone");
    fits("incident.phone", "name");
    fits("incident.counselled", "minor");
    fits("[incident.phone]", "phones");
    fits("(incident.phones ?? []) + [\"+915555550001\"]", "phones");
    fits("minutes(10)", "waited");
    fits("if incident.posted_at == () { () } else { incident.posted_at + hours(2) }", "seen_at");
    let fails = |source: &str, fact: &str, problem, message: &str, help: &str| {
        wrong_as(source, &Expected::Fact(facts[fact].kind.clone()), problem, message, help);
    };
    fails("\"rde\"", "level", Problem::NoSuchValue, "`rde` cannot become one of the choices", "\"red\"");
    fails(
        "if In(\"reach\") { \"red\" } else { \"gren\" }",
        "level",
        Problem::NoSuchValue,
        "`gren` cannot become",
        "\"green\"",
    );
    fails("incident.name", "level", Problem::WrongType, "a text cannot become one of the choices", "");
    fails("incident.minor", "counselled", Problem::WrongType, "cannot become yes or no", "");
    fails(
        "In(\"reach\")",
        "counselled",
        Problem::WrongType,
        "true or false cannot become yes or no",
        "{ \"yes\" } else { \"no\" }",
    );
    fails("incident.waited", "posted_at", Problem::WrongType, "a length of time cannot become a time", "");
    fails("\"10m\"", "waited", Problem::NoSuchValue, "`10m` cannot become a length of time", "");
    fails("[\"x\"]", "phones", Problem::NoSuchValue, "`x` cannot become a phone number", "");
    fails("incident.phone", "phones", Problem::WrongType, "a phone number cannot become a list", "");
    wrong_as("incident.level", &Expected::List, Problem::WrongType, "a list is needed", "");
    assert_eq!(check_as("incident.phones", &Expected::List), []);
    assert_eq!(check_as("minutes(3)", &Expected::Duration), []);
    assert_eq!(check_as("#{ a: incident.level }", &Expected::Anything), []);
}

#[test]
fn says_where() {
    let findings =
        check_as("incident.tries > 3 && incident.level == \"rde\" && incident.minr == 1", &Expected::Condition);
    let spans: Vec<(u32, u32)> = findings.iter().map(|finding| (finding.span.start, finding.span.end)).collect();
    assert_eq!(spans, [(40, 45), (49, 62)], "{findings:?}");
}

#[test]
fn no_event_where_there_is_none() {
    let expression = Expression::compile("event.name == \"x\"", None).expect("an expression");
    let (facts, names, states) = (facts(), BTreeMap::new(), BTreeSet::new());
    let environment = TypeEnvironment { facts: &facts, names: &names, states: &states, event: false };
    let findings = check(&expression, &environment, &Expected::Condition);
    assert_eq!(findings.len(), 1, "{findings:?}");
    assert_eq!(findings[0].help.as_deref(), Some("there is no event here"));
}

/// Small expressions over facts of all types, right and wrong ones alike.
fn any_expression() -> impl Strategy<Value = String> {
    let atom = prop::sample::select(vec![
        "incident.level",
        "incident.minor",
        "incident.count",
        "incident.tries",
        "incident.posted_at",
        "incident.waited",
        "incident.name",
        "incident.phones",
        "incident.born",
        "incident.position",
        "()",
        "true",
        "3",
        "\"red\"",
        "\"yes\"",
        "minutes(3)",
        "[1, 2]",
        "[\"red\"]",
        "incident.phones.first()",
        "incident.name.len()",
    ])
    .prop_map(str::to_owned);
    atom.prop_recursive(4, 24, 3, |inner| {
        let operator = prop::sample::select(vec![
            "==", "!=", "<", "<=", ">", ">=", "&&", "||", "+", "-", "*", "/", "%", "in", "!in", "??",
        ]);
        prop_oneof![
            (inner.clone(), operator, inner.clone()).prop_map(|(left, sign, right)| format!("({left} {sign} {right})")),
            inner.clone().prop_map(|inner| format!("!({inner})")),
            (inner.clone(), inner.clone(), inner.clone())
                .prop_map(|(test, then, other)| format!("(if {test} {{ {then} }} else {{ {other} }})")),
            (prop::sample::select(vec!["len", "is_empty", "trim", "truthy", "abs", "first", "twice", "grave"]), inner)
                .prop_map(|(name, inner)| format!("{name}({inner})")),
        ]
    })
}

/// Conditions in which what is known on the right depends on what was asked on the left.
fn any_condition() -> impl Strategy<Value = String> {
    let atom = prop::sample::select(vec![
        "incident.count != ()",
        "() == incident.count",
        "incident.count == 3",
        "incident.count != 3",
        "incident.count > 3",
        "incident.count in [0, 3]",
        "incident.count + 1 == 4",
        "truthy(incident.count)",
        "incident.count < incident.tries",
        "incident.name.contains(\"Kal\")",
        "incident.level == \"red\"",
    ])
    .prop_map(str::to_owned);
    atom.prop_recursive(5, 12, 3, |inner| {
        prop_oneof![
            4 => (inner.clone(), inner.clone()).prop_map(|(left, right)| format!("({left} && {right})")),
            4 => (inner.clone(), inner.clone()).prop_map(|(left, right)| format!("({left} || {right})")),
            2 => inner.clone().prop_map(|inner| format!("!({inner})")),
            1 => (inner.clone(), inner.clone(), inner)
                .prop_map(|(test, then, other)| format!("(if {test} {{ {then} }} else {{ {other} }})")),
        ]
    })
}

fn some_values() -> impl Strategy<Value = BTreeMap<String, Value>> {
    let texts = |texts: &[&str]| texts.iter().map(|text| Value::from(*text)).collect::<Vec<_>>();
    let with_unknown = |values: Vec<Value>| prop::sample::select([values, vec![Value::Unknown]].concat());
    let position = FactType::Position.read_json(&serde_json::json!({ "lat": 26.9, "lon": 75.8 })).expect("a position");
    (
        prop::sample::select(texts(&["red", "orange", "green"])),
        with_unknown(texts(&["yes", "no", "unknown"])),
        prop::sample::select(vec![Value::Unknown, Value::Int(3), Value::Unknown, Value::Int(7)]),
        prop::sample::select(vec![Value::Int(0), Value::Int(3)]),
        with_unknown(vec![Value::Int(1_795_251_900_000)]),
        with_unknown(texts(&["Kalpit", "red"])),
        with_unknown(vec![Value::List(texts(&["+915555550001"]))]),
        with_unknown(vec![position]),
    )
        .prop_map(|(level, minor, count, tries, posted_at, name, phones, position)| {
            let facts = [
                ("level", level),
                ("minor", minor),
                ("count", count),
                ("tries", tries),
                ("posted_at", posted_at),
                ("waited", Value::Int(180_000)),
                ("name", name),
                ("phones", phones),
                ("born", Value::from("2010-01-31")),
                ("position", position),
            ];
            facts.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    /// An expression without any finding never fails for want of a type, whatever the facts say, and never answers false
    /// only because two types differ or a side of an order is unknown.
    #[test]
    fn what_is_found_right_neither_fails_nor_is_silent(source in prop_oneof![any_expression(), any_condition()], incident in some_values()) {
        let Ok(expression) = Expression::compile_with(&source, None, &SCRIPTS) else { return Ok(()) };
        if !check_as(&source, &Expected::Anything).is_empty() {
            return Ok(());
        }
        let names = BTreeMap::from([("incident".to_owned(), Value::Map(incident))]);
        let result = expression.evaluate(&Environment { names: &names, is_active: &|_| false });
        if let Err(EvaluationError::Failed { reason, .. }) = &result {
            prop_assert!(reason.contains("too large, or is divided by zero"), "{source}: {reason}");
        }
        match (reference::run(&expression.inner.tree, &names), &result) {
            (Err(Trouble::Silent(what)), _) => prop_assert!(false, "{source}: silent about {what}"),
            (Ok(expected), Ok(value)) => prop_assert_eq!(value, &expected, "{}", source),
            (Ok(_), Err(error)) => prop_assert!(false, "{source}: {error}"),
            (Err(Trouble::Other), _) => {}
        }
        if check_as(&source, &Expected::Condition).is_empty() {
            prop_assert!(!matches!(result, Ok(Value::Int(_) | Value::Text(_) | Value::Unknown)), "{source}: {result:?}");
        }
    }
}
