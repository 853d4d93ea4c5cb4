//! Makes the board.

use niyam_rules::protocol::{FactType, Protocol};
use niyam_rules::text::Text;

use super::card::{Board, CaseCard, Due, Filter, Labelled, OwnerView, ProtocolRef, UnitRef};
use super::{IST_MS, LifeView, words};
use crate::error::ViewError;
use crate::runtime::Runtime;
use crate::runtime::card::{Card, CardDue};
use crate::store::CaseRow;

/// Milliseconds of a day.
const DAY_MS: i64 = 86_400_000;

impl Runtime {
    /// The board.
    pub async fn board(&self, filter: &Filter) -> Result<Board, ViewError> {
        let now = self.now();
        let local = now.as_ms().saturating_add(IST_MS);
        let midnight = local.saturating_sub(local.rem_euclid(DAY_MS)).saturating_sub(IST_MS);
        let counts = self.store.counts(niyam_kernel::time::Timestamp::from_ms(midnight)).await?;
        let mut cases = Vec::new();
        for row in self.store.cases(filter).await? {
            match self.versions.load(row.version, self.store.as_ref()).await {
                Ok(protocol) => cases.push(self.card(&row, &protocol)),
                Err(error) => {
                    // one case that cannot be shown must not hide the others
                    tracing::error!(case.id = %row.id, %error, "a case cannot be shown in full");
                    cases.push(self.card(&row, &nameless(&row)));
                }
            }
        }
        cases.sort_by_cached_key(|card| {
            let rank = match card.life {
                LifeView::Halted => 0,
                LifeView::Open if card.overdue => 1,
                LifeView::Open => 2,
                LifeView::Closed => 3,
            };
            let due = card.due.as_ref().map_or(i64::MAX, |due| due.at.as_ms());
            // of equals the older first: every node and every database shows the same
            (rank, due, std::cmp::Reverse(card.last_event_at), card.number.clone())
        });
        Ok(Board { now, cases, counts })
    }

    /// One card.
    pub fn card(&self, row: &CaseRow, protocol: &Protocol) -> CaseCard {
        let card: Card = serde_json::from_str(&row.card).unwrap_or_default();
        let overdue_since = card.overdue_since().cloned().map(due);
        let owner = if row.life == LifeView::Halted {
            protocol.roles.iter().max_by_key(|(_, role)| (role.day_and_night, role.rank)).map(|(id, _)| OwnerView {
                role_label: words::role(protocol, id),
                unit_name: None,
                person_name: None,
            })
        } else {
            card.owner.map(|owner| OwnerView {
                role_label: words::role(protocol, &owner.role),
                unit_name: owner.unit.as_deref().map(|code| self.unit_name(code)),
                person_name: owner.person.and_then(|person| self.people.person_name(person)),
            })
        };
        CaseCard {
            id: row.id,
            number: row.number.clone(),
            protocol: ProtocolRef { name: row.protocol.clone(), title: protocol.title.clone(), digest: row.version },
            stage: row.stage,
            states: card
                .leaves
                .iter()
                .map(|id| Labelled { id: id.clone(), label: words::state(protocol, id) })
                .collect(),
            life: row.life,
            outcome: row.outcome.clone(),
            level_label: row.level.as_deref().and_then(|level| choice_label(protocol, "level", level)),
            level: row.level.clone(),
            platform: row.platform.clone(),
            source: row.source.clone().unwrap_or_default(),
            minor: card.minor,
            unit: row.unit.as_deref().map(|code| UnitRef { code: code.to_owned(), name: self.unit_name(code) }),
            owner,
            opened_at: row.opened_at,
            last_event_at: row.last_event_at,
            due: card.due.map(due),
            overdue: row.overdue,
            overdue_since,
            unowned: row.unowned,
            drill: row.drill,
            alerts: row.alerts,
        }
    }

    /// Name of a unit; its code when the directory does not know it.
    pub fn unit_name(&self, code: &str) -> Text {
        self.people.unit_name(code).unwrap_or_else(|| words::same(code))
    }
}

fn due(clock: CardDue) -> Due {
    Due { at: clock.at, label: clock.label, state: clock.state }
}

/// Label of one value of a choice.
pub fn choice_label(protocol: &Protocol, fact: &str, value: &str) -> Option<Text> {
    label_of(&protocol.facts.get(fact)?.kind, value)
}

/// Label of one value of a choice type.
pub fn label_of(kind: &FactType, value: &str) -> Option<Text> {
    match kind {
        FactType::Choice(choices) => {
            choices.iter().find(|choice| choice.id == value).map(|choice| choice.label.clone())
        }
        FactType::YesNo | FactType::YesNoUnknown => match value {
            "yes" => Some(words::text("yes", "हाँ")),
            "no" => Some(words::text("no", "नहीं")),
            "unknown" => Some(words::text("not known", "पता नहीं")),
            _ => None,
        },
        FactType::List(of) => label_of(of, value),
        FactType::Text
        | FactType::Number
        | FactType::Time
        | FactType::Duration
        | FactType::Date
        | FactType::Phone
        | FactType::Email
        | FactType::Url
        | FactType::Ip
        | FactType::Unit
        | FactType::Position => None,
    }
}

/// Stands in for a version that cannot be loaded.
fn nameless(row: &CaseRow) -> Protocol {
    Protocol {
        name: row.protocol.clone(),
        digest: row.version,
        title: words::same(&row.protocol),
        extends: None,
        order: None,
        facts: std::collections::BTreeMap::default(),
        seals: std::collections::BTreeMap::default(),
        roles: std::collections::BTreeMap::default(),
        units: std::collections::BTreeMap::default(),
        chart: niyam_rules::chart::Chart::default(),
        tables: std::collections::BTreeMap::default(),
        forms: std::collections::BTreeMap::default(),
        messages: std::collections::BTreeMap::default(),
        guarantees: Vec::new(),
        scenarios: Vec::new(),
    }
}
