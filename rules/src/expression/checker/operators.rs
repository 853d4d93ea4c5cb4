//! Operators: comparing, computing, looking into lists, giving facts their values.

use super::narrow::name_of;
use super::types::{Content, Kind, Measure, Type, admits, can_meet, values};
use super::{Checker, Problem, said};
use crate::expression::tree::{Node, Operator, Span, Tree};
use crate::nearest::nearest;
use crate::protocol::FactType;

impl Checker<'_> {
    pub(super) fn binary(&mut self, operator: Operator, left: &Tree, right: &Tree, span: Span) -> Type {
        let (first, second) = (self.type_of(left), self.type_of(right));
        if operator.is_equality() {
            self.compare((&first, left), (&second, right), span);
            return Type::known(Kind::Bool);
        }
        if operator.is_ordering() {
            self.order(operator, (&first, left), (&second, right), span);
            return Type::known(Kind::Bool);
        }
        self.compute(operator, (&first, left), (&second, right), span)
    }

    /// Two values that are asked to be the same; says why they never are.
    pub(super) fn compare(&mut self, left: (&Type, &Tree), right: (&Type, &Tree), span: Span) {
        match (&left.0.kind, &right.0.kind) {
            (Kind::Anything, _)
            | (_, Kind::Anything)
            | (Kind::Nothing, Kind::Nothing)
            | (Kind::Bool, Kind::Bool)
            | (Kind::Position, Kind::Position)
            | (Kind::Map(_), Kind::Map(_)) => {}
            (Kind::Nothing, _) => self.compare_with_nothing(right.0, right.1, span),
            (_, Kind::Nothing) => self.compare_with_nothing(left.0, left.1, span),
            (Kind::Int(one), Kind::Int(other)) => {
                if one.join(*other).is_none() {
                    self.never_same(left, right, span);
                }
                self.bare_number(left, right);
            }
            (Kind::Text(one), Kind::Text(other)) => self.compare_texts((one, left), (other, right), span),
            (Kind::List(one), Kind::List(other)) => {
                let (one, other) = ((**one).clone(), (**other).clone());
                self.compare((&one, left.1), (&other, right.1), span);
            }
            _ => self.never_same(left, right, span),
        }
    }

    fn compare_with_nothing(&mut self, found: &Type, tree: &Tree, span: Span) {
        let may_say_so = match &found.kind {
            Kind::Text(Content::Fact(fact)) => values(fact).is_some_and(|values| values.contains(&"unknown")),
            _ => false,
        };
        let settled = name_of(tree).is_some_and(|name| self.known.contains(&name));
        if may_say_so {
            let message = format!("{} may also say `unknown`, which is not `()`", said(tree));
            let help = "ask for the answers that count, like `== \"yes\"` or `!= \"no\"`".to_owned();
            self.find(Problem::MaybeUnknown, span, message, Some(help));
        } else if !found.maybe_unknown && !settled && self.calls.is_empty() {
            let message = format!("{} is never `()`", said(tree));
            self.find(Problem::WrongType, span, message, Some("leave the comparison out".to_owned()));
        }
    }

    fn never_same(&mut self, left: (&Type, &Tree), right: (&Type, &Tree), span: Span) {
        let message = format!(
            "{} is {} and {} is {}: they are never equal",
            said(left.1),
            left.0.describe(),
            said(right.1),
            right.0.describe()
        );
        let help = [(left, right), (right, left)].into_iter().find_map(|(one, other)| advice(one, other));
        self.find(Problem::WrongType, span, message, help);
    }

    fn compare_texts(&mut self, left: (&Content, (&Type, &Tree)), right: (&Content, (&Type, &Tree)), span: Span) {
        match (left.0, right.0) {
            (Content::Fact(fact), Content::Written(texts)) => {
                let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
                self.compare_with_written(fact, left.1, &texts, right.1.1.span);
            }
            (Content::Written(texts), Content::Fact(fact)) => {
                let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
                self.compare_with_written(fact, right.1, &texts, left.1.1.span);
            }
            (Content::Fact(one), Content::Fact(other)) if !can_meet(one, other) => {
                self.never_same(left.1, right.1, span);
            }
            (Content::Fact(_), Content::Fact(_)) | (Content::Free | Content::Written(_), _) | (_, Content::Free) => {}
        }
    }

    fn compare_with_written(&mut self, fact: &FactType, found: (&Type, &Tree), texts: &[&str], span: Span) {
        for text in texts {
            if !admits(fact, text) {
                self.no_such_value(fact, found.1, text, span);
            } else if *text == "unknown" && found.0.maybe_unknown && values(fact).is_some() {
                let message = format!("{} is `()` until somebody answers, which is not `unknown`", said(found.1));
                let help = "ask for the answers that count, like `== \"yes\"`, or give the fact the default `unknown`"
                    .to_owned();
                self.find(Problem::MaybeUnknown, span, message, Some(help));
            }
        }
    }

    fn no_such_value(&mut self, fact: &FactType, tree: &Tree, text: &str, span: Span) {
        let said = said(tree);
        let (message, help) = if let Some(values) = values(fact) {
            let all = || values.iter().map(|value| format!("`{value}`")).collect::<Vec<_>>().join(", ");
            let near = nearest(text, values.iter().copied());
            let help =
                near.map_or_else(|| format!("it is one of {}", all()), |near| format!("did you mean `\"{near}\"`?"));
            (format!("{said} is never `{text}`"), help)
        } else {
            let normal = fact.read_json(&serde_json::Value::from(text)).ok();
            let normal = normal.as_ref().and_then(crate::value::Value::as_text);
            let help =
                normal.map_or_else(|| fact.expected().to_string(), |normal| format!("it is kept as `\"{normal}\"`"));
            (format!("{said} is never `{text}`: it holds {}", fact.describe().en), help)
        };
        self.find(Problem::NoSuchValue, span, message, Some(help));
    }

    fn order(&mut self, operator: Operator, left: (&Type, &Tree), right: (&Type, &Tree), span: Span) {
        match (&left.0.kind, &right.0.kind) {
            (Kind::Anything, _) | (_, Kind::Anything) => return,
            (Kind::Int(one), Kind::Int(other)) => {
                if one.join(*other).is_none() {
                    self.never_ordered(operator, left, right, span);
                    return;
                }
                self.bare_number(left, right);
            }
            (Kind::Text(one), Kind::Text(other)) if is_date(one) || is_date(other) => {
                self.compare_texts((one, left), (other, right), span);
                if !(is_date(one) || is_written(one)) || !(is_date(other) || is_written(other)) {
                    self.never_ordered(operator, left, right, span);
                }
            }
            _ => {
                self.never_ordered(operator, left, right, span);
                return;
            }
        }
        for (found, tree) in [left, right] {
            if found.maybe_unknown {
                self.may_fail(tree, span, &format!("`{}` is false", operator.sign()));
            }
        }
    }

    fn never_ordered(&mut self, operator: Operator, left: (&Type, &Tree), right: (&Type, &Tree), span: Span) {
        let sign = operator.sign();
        let choice = [left, right].into_iter().find_map(|(found, tree)| match &found.kind {
            Kind::Text(Content::Fact(fact)) => Some((values(fact)?, tree)),
            _ => None,
        });
        let help = match choice {
            Some((values, tree)) => {
                let some = values.iter().take(2).map(|value| format!("\"{value}\"")).collect::<Vec<_>>().join(", ");
                Some(format!("name the values: `{} in [{some}]`", said(tree).trim_matches('`')))
            }
            None => [(left, right), (right, left)].into_iter().find_map(|(one, other)| advice(one, other)),
        };
        let message = format!("`{sign}` cannot compare {} with {}", left.0.describe(), right.0.describe());
        self.find(Problem::WrongType, span, message, help);
    }

    /// `incident.waited > 10` means ten milliseconds, which nobody means.
    fn bare_number(&mut self, left: (&Type, &Tree), right: (&Type, &Tree)) {
        for (found, other) in [(left.0, right.1), (right.0, left.1)] {
            let Kind::Int(measure) = found.kind else { continue };
            let Node::Number(number) = other.node else { continue };
            if measure.is_ms() && (1..1_000).contains(&number.unsigned_abs()) {
                let message = format!("`{number}` means {number} milliseconds here");
                let help = format!("write `minutes({number})` or the like");
                self.find(Problem::BareNumber, other.span, message, Some(help));
            }
        }
    }

    fn compute(&mut self, operator: Operator, left: (&Type, &Tree), right: (&Type, &Tree), span: Span) -> Type {
        let result = match (&left.0.kind, &right.0.kind) {
            (Kind::Anything, _) | (_, Kind::Anything) => return Type::anything(),
            (Kind::Int(one), Kind::Int(other)) => measure(operator, *one, *other).map(Kind::Int),
            (Kind::Text(_), Kind::Text(_)) if operator == Operator::Plus => Some(Kind::Text(Content::Free)),
            (Kind::List(_), Kind::List(_)) if operator == Operator::Plus => {
                let (one, other) = (Type::known(left.0.kind.clone()), Type::known(right.0.kind.clone()));
                Some(self.one_type(one, other, span).kind)
            }
            _ => None,
        };
        let Some(kind) = result else {
            let sign = operator.sign();
            let message = format!("`{sign}` cannot take {} and {}", left.0.describe(), right.0.describe());
            self.find(Problem::WrongType, span, message, None);
            return Type::anything();
        };
        if matches!(operator, Operator::Over | Operator::Modulo) && right.1.node == Node::Number(0) {
            self.find(Problem::WrongType, span, "nothing can be divided by zero", None);
        }
        if matches!(operator, Operator::Plus | Operator::Minus) {
            self.bare_number(left, right);
        }
        for (found, tree) in [left, right] {
            if found.maybe_unknown {
                self.may_fail(tree, tree.span, &format!("`{}` fails", operator.sign()));
            }
        }
        Type::known(kind)
    }

    pub(super) fn minus(&mut self, inner: &Tree) -> Type {
        let found = self.type_of(inner);
        match found.kind {
            Kind::Int(Measure::Time)
            | Kind::Nothing
            | Kind::Bool
            | Kind::Text(_)
            | Kind::List(_)
            | Kind::Map(_)
            | Kind::Position
            | Kind::Incident
            | Kind::Event => {
                let message = format!("`-` needs a number, but {} is {}", said(inner), found.describe());
                self.find(Problem::WrongType, inner.span, message, None);
                Type::anything()
            }
            Kind::Anything => Type::anything(),
            Kind::Int(measure) => {
                if found.maybe_unknown {
                    self.may_fail(inner, inner.span, "`-` fails");
                }
                Type::int(measure)
            }
        }
    }

    pub(super) fn within(&mut self, item: &Tree, list: &Tree, span: Span) -> Type {
        let (wanted, owner) = (self.type_of(item), self.type_of(list));
        self.contained((&wanted, item), (&owner, list), span);
        Type::known(Kind::Bool)
    }

    /// `a in b` and `b.contains(a)`.
    pub(super) fn contained(&mut self, item: (&Type, &Tree), owner: (&Type, &Tree), span: Span) {
        match &owner.0.kind {
            Kind::Anything | Kind::Nothing => {}
            Kind::List(_) => {
                if let Node::List(items) = &owner.1.node {
                    // Each written item by itself, so that one wrong value among right ones is seen.
                    for each in items {
                        let found = self.type_of(each);
                        self.compare(item, (&found, each), each.span);
                    }
                } else if let Kind::List(inner) = &owner.0.kind {
                    let inner = (**inner).clone();
                    self.compare(item, (&inner, owner.1), span);
                }
            }
            Kind::Text(Content::Free | Content::Written(_)) => self.part_of_text(item, span),
            Kind::Text(Content::Fact(fact)) if values(fact).is_none() => self.part_of_text(item, span),
            _ => {
                let message = format!("{} is {}, which contains nothing", said(owner.1), owner.0.describe());
                self.find(Problem::WrongType, span, message, Some("compare with `==`".to_owned()));
            }
        }
    }

    fn part_of_text(&mut self, item: (&Type, &Tree), span: Span) {
        match item.0.kind {
            Kind::Text(_) if item.0.maybe_unknown => self.may_fail(item.1, item.1.span, "looking for it fails"),
            Kind::Anything | Kind::Text(_) => {}
            _ => {
                let message = format!("a text cannot contain {}", item.0.describe());
                self.find(Problem::WrongType, span, message, None);
            }
        }
    }

    /// Whether a value suits a fact that is given it.
    pub(super) fn assign(&mut self, found: &Type, tree: &Tree, fact: &FactType) {
        let fine = match (&found.kind, fact) {
            (Kind::Anything | Kind::Nothing, _)
            | (Kind::Text(_), FactType::Text)
            | (Kind::Position, FactType::Position)
            | (Kind::Int(Measure::Written | Measure::Number), FactType::Number)
            | (Kind::Int(Measure::Written | Measure::Time), FactType::Time)
            | (Kind::Int(Measure::Written | Measure::Duration), FactType::Duration) => true,
            (Kind::Text(Content::Written(texts)), _) => {
                for text in texts {
                    if !admits(fact, text) {
                        return self.cannot_become(found, tree, fact, Some(text));
                    }
                }
                true
            }
            (Kind::Text(Content::Fact(own)), _) => match (values(own), values(fact)) {
                (Some(own), Some(allowed)) => own.iter().all(|value| allowed.contains(value)),
                _ => own == fact,
            },
            (Kind::List(_), FactType::List(inner)) => {
                if let Node::List(items) = &tree.node {
                    for each in items {
                        let found = self.type_of(each);
                        self.assign(&found, each, inner);
                    }
                } else if let Kind::List(item) = &found.kind {
                    let item = (**item).clone();
                    self.assign(&item, tree, inner);
                }
                true
            }
            _ => false,
        };
        if !fine {
            self.cannot_become(found, tree, fact, None);
        }
    }

    fn cannot_become(&mut self, found: &Type, tree: &Tree, fact: &FactType, text: Option<&str>) {
        let yes_no = matches!(fact, FactType::YesNo | FactType::YesNoUnknown);
        let help = match (&found.kind, text) {
            (Kind::Bool, _) if yes_no => "write `if … { \"yes\" } else { \"no\" }`".to_owned(),
            (_, Some(text)) => {
                let near = values(fact).and_then(|values| nearest(text, values).map(str::to_owned));
                near.map_or_else(|| fact.expected().to_string(), |near| format!("did you mean `\"{near}\"`?"))
            }
            _ => fact.expected().to_string(),
        };
        let what = text.map_or_else(|| found.describe(), |text| format!("`{text}`"));
        let problem = if text.is_some() { Problem::NoSuchValue } else { Problem::WrongType };
        self.find(problem, tree.span, format!("{what} cannot become {}", fact.describe().en), Some(help));
    }
}

/// What to write instead, when a value of one type was compared with one of another.
fn advice(one: (&Type, &Tree), other: (&Type, &Tree)) -> Option<String> {
    let name = said(one.1);
    let name = name.trim_matches('`');
    match (&one.0.kind, &other.1.node) {
        (Kind::Text(Content::Fact(fact)), node) => {
            let values = values(fact)?;
            let value = match node {
                Node::Bool(true) if one.0.is_yes_no() => "yes",
                Node::Bool(false) if one.0.is_yes_no() => "no",
                _ => {
                    let all = values.iter().map(|value| format!("\"{value}\"")).collect::<Vec<_>>().join(", ");
                    return Some(format!("it is one of {all}"));
                }
            };
            Some(format!("write `{name} == \"{value}\"`"))
        }
        (Kind::Int(_), Node::Text(text)) if text.parse::<i64>().is_ok() => {
            Some(format!("write `{text}` without quotes"))
        }
        (Kind::Int(Measure::Duration), Node::Text(_)) => Some("write `minutes(…)`, `hours(…)` or `days(…)`".to_owned()),
        (Kind::List(_), Node::Text(_)) => Some(format!("write `… in {name}`")),
        _ => None,
    }
}

/// What two counted things give; `None` when it means nothing.
#[expect(clippy::match_same_arms, reason = "one operator after the other")]
fn measure(operator: Operator, left: Measure, right: Measure) -> Option<Measure> {
    use Measure::{Duration, Number, Time, Written};
    match (operator, left, right) {
        (Operator::Plus, Time, Time) => None,
        (Operator::Plus, Time, Duration | Written) | (Operator::Plus, Duration | Written, Time) => Some(Time),
        (Operator::Minus, Time, Time) | (Operator::Over, Duration, Number | Written) => Some(Duration),
        (Operator::Minus, Time, Duration | Written) => Some(Time),
        (Operator::Minus, Duration | Written | Number, Time) => None,
        (Operator::Plus | Operator::Minus, left, right) => left.join(right),
        (Operator::Times, Duration, Number | Written) | (Operator::Times, Number | Written, Duration) => Some(Duration),
        (Operator::Over, Duration, Duration) => Some(Number),
        (Operator::Modulo, Time | Duration, Duration | Written) => Some(Duration),
        (Operator::Times | Operator::Over | Operator::Modulo | Operator::Power, Number | Written, Number | Written) => {
            left.join(right)
        }
        _ => None,
    }
}

fn is_date(content: &Content) -> bool {
    matches!(content, Content::Fact(FactType::Date))
}

fn is_written(content: &Content) -> bool {
    matches!(content, Content::Written(_))
}
