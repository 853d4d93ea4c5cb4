//! Gaps, overlaps and dead rows of decision tables.

use crate::diagnostics::{Code, Diagnostic};
use crate::lower::Doubts;
use crate::place::Place;
use crate::protocol::{Protocol, Row, Table};
use crate::table::algebra::{Example, Finding, findings as of_table};
use crate::text::Language;
use crate::value::Value;

pub(super) fn tables(protocol: &Protocol, doubts: &Doubts, findings: &mut Vec<Diagnostic>) {
    for table in protocol.tables.values().filter(|table| !doubts.tables.contains(&table.id)) {
        let Some(place) = &table.place else { continue };
        let unread = |row: usize| doubts.rows.contains(&(table.id.clone(), row));
        if !(0..table.rows.len()).any(unread) {
            findings.extend(of_table(table, &protocol.facts).iter().map(|found| one(protocol, table, place, found)));
            continue;
        }
        // A row that could not be read may answer for what the others leave open, so there is no talk of gaps; but what
        // the others say to each other is certain.
        let rows = table.rows.iter().enumerate().filter(|(row, _)| !unread(*row)).map(|(_, row)| row.clone());
        let sure = Table { rows: rows.collect(), ..table.clone() };
        let found = of_table(&sure, &protocol.facts);
        let certain = found.iter().filter(|found| match found {
            Finding::Gap { .. } => false,
            Finding::Overlap { .. }
            | Finding::Disagreement { .. }
            | Finding::Unreachable { .. }
            | Finding::TooLarge { .. } => true,
        });
        findings.extend(certain.map(|found| one(protocol, &sure, place, found)));
    }
}

fn one(protocol: &Protocol, table: &Table, place: &Place, found: &Finding) -> Diagnostic {
    let row = |index: usize| table.rows.get(index);
    let at = |index: usize| row(index).and_then(|row| row.place.as_ref()).unwrap_or(place);
    let name = |index: usize| row(index).map_or("", |row: &Row| row.id.as_str());
    match found {
        Finding::Gap { example } => Diagnostic::new(
            Code::TableGap,
            place,
            format!("no row of the table `{}` answers for {}", table.id, show(protocol, example)),
        )
        .help("add a row for it, or a last row without `when` for all the rest"),
        Finding::Overlap { rows: [one, other], example } => {
            let message =
                format!("the rows `{}` and `{}` both answer for {}", name(*one), name(*other), show(protocol, example));
            Diagnostic::new(Code::TableOverlap, at(*other), message)
                .label(row(*one).and_then(|row| row.place.as_ref()), "the other row")
                .help("make one of them narrower, or use `hit: first`")
        }
        Finding::Disagreement { rows: [one, other], example } => {
            let message = format!(
                "the rows `{}` and `{}` say different things for {}",
                name(*one),
                name(*other),
                show(protocol, example)
            );
            Diagnostic::new(Code::TableOverlap, at(*other), message)
                .label(row(*one).and_then(|row| row.place.as_ref()), "the other row")
                .help("make them say the same, or make one of them narrower")
        }
        Finding::Unreachable { row: dead, covered_by } => {
            let others: Vec<String> = covered_by.iter().map(|row| format!("`{}`", name(*row))).collect();
            let message = if others.is_empty() {
                format!("nothing can match the row `{}`", name(*dead))
            } else {
                format!(
                    "the row `{}` can never count: {} before it take all that it would match",
                    name(*dead),
                    others.join(", ")
                )
            };
            Diagnostic::new(Code::DeadRow, at(*dead), message)
                .label(
                    covered_by.first().and_then(|first| row(*first)).and_then(|row| row.place.as_ref()),
                    "taken here already",
                )
                .help("delete it, or put it before the others")
        }
        Finding::TooLarge { sought } => Diagnostic::new(
            Code::TooMuch,
            place,
            format!("the table `{}` is too large to be searched for {sought}", table.id),
        )
        .help("split it into two tables that are decided one after the other"),
    }
}

fn show(protocol: &Protocol, example: &Example) -> String {
    let parts: Vec<String> = example
        .iter()
        .map(|(fact, value)| {
            let shown = match value {
                Value::Unknown => "unknown".to_owned(),
                Value::Text(text) => text.clone(),
                Value::Bool(_) | Value::Int(_) | Value::List(_) | Value::Map(_) => protocol
                    .facts
                    .get(fact)
                    .map_or_else(|| format!("{value:?}"), |fact| fact.kind.show(value, Language::En)),
            };
            format!("`{fact}` = {shown}")
        })
        .collect();
    if parts.is_empty() { "anything".to_owned() } else { parts.join(", ") }
}
