//! Makes the case page.

use std::collections::{BTreeMap, BTreeSet};

use niyam_kernel::allowed::{Allowed, allowed, needs_reason, recordable, shown_fields};
use niyam_kernel::event::Actor;
use niyam_kernel::id::{AlertId, CaseId};
use niyam_kernel::state::{Fact, Fires, Source};
use niyam_kernel::time::Timestamp;
use niyam_rules::protocol::{FactType, Form};
use niyam_rules::text::Text;
use niyam_rules::value::Value;

use super::build_board::label_of;
use super::card::Labelled;
use super::case::{
    ActView, AlertRef, Blocked, Candidate, CaseView, ClockView, FactView, FieldQuestion, FormView, LinkView, OwnerOf,
    RecordView, SaidBy, SaidKind, SpanRef,
};
use super::{guard, words};
use crate::error::{StoreError, ViewError};
use crate::runtime::Runtime;
use crate::runtime::card::{Card, state_at};
use crate::runtime::live::Live;
use crate::seal::deployment::to_hex;
use crate::seal::split::seal_of;
use crate::store::{AccessRow, Commit, Write};
use crate::time::new_uuid;
use crate::understood::Contents;

impl Runtime {
    /// One case as a reader may see it.
    pub async fn case_view(&self, id: CaseId, reader: Option<&Actor>) -> Result<CaseView, ViewError> {
        let live = self.load(id).await?;
        let readable = readable_seals(&live, reader);
        let alerts = self.store.alerts_of(id).await?;
        let mut contents = Vec::new();
        for (link, row) in &alerts {
            if link.seals.iter().all(|seal| readable.contains(seal))
                && let Some(found) = self.contents(row)?
            {
                contents.push((row.id, found));
            }
        }
        let times = self.event_times(id).await?;
        let facts = self.facts(&live, &readable, &contents, &times);
        if let Some(actor) = reader {
            let opened: BTreeSet<String> =
                facts.iter().filter(|fact| fact.value.is_some()).filter_map(|fact| fact.seal.clone()).collect();
            self.log_access(actor, Some(id), None, opened.into_iter().collect()).await?;
        }
        let card: Card = serde_json::from_str(&live.row.card).unwrap_or_default();
        Ok(CaseView {
            card: self.card(&live.row, &live.protocol),
            events: live.state.number,
            facts,
            alerts: alerts
                .iter()
                .map(|(link, row)| AlertRef {
                    id: row.id,
                    received_at: row.received_at,
                    source: row.source.clone(),
                    relation: link.relation.as_str().to_owned(),
                    sha256: to_hex(&row.sha256),
                    bytes: row.length,
                })
                .collect(),
            clocks: clocks(&live),
            owners: self.owners(&live),
            active: ids(&live, live.state.configuration.iter().copied()),
            visited: live
                .protocol
                .chart
                .states
                .iter()
                .filter(|state| card.visited.contains(&state.id))
                .map(|state| state.id.clone())
                .collect(),
            taken: card.taken.iter().cloned().collect(),
            acts: acts(&live, &readable, reader),
            record: records(&live, &readable, reader),
            candidates: self.candidates_of(&live, &contents),
            links: self.link_views(id).await?,
        })
    }

    async fn event_times(&self, id: CaseId) -> Result<BTreeMap<u64, Timestamp>, StoreError> {
        Ok(self.store.events(id).await?.into_iter().map(|row| (row.number, row.at)).collect())
    }

    fn facts(
        &self,
        live: &Live,
        readable: &BTreeSet<String>,
        contents: &[(AlertId, Contents)],
        times: &BTreeMap<u64, Timestamp>,
    ) -> Vec<FactView> {
        let mut views = Vec::new();
        for (name, fact) in &live.state.facts {
            if fact.value.is_unknown() {
                continue;
            }
            let Some(declared) = live.protocol.facts.get(name) else { continue };
            let seal = declared.seal.clone();
            let open = seal.as_ref().is_none_or(|seal| readable.contains(seal));
            views.push(FactView {
                label: declared.label.clone(),
                kind: type_name(&declared.kind).to_owned(),
                value: open.then(|| fact.value.clone()),
                value_label: if open { self.value_label(&declared.kind, &fact.value) } else { None },
                sealed: seal.is_some(),
                seal,
                readable: open,
                by: self.said_by(live, fact),
                at: times.get(&fact.event).copied().unwrap_or(live.row.opened_at),
                event: fact.event,
                spans: if open { spans(name, fact, contents) } else { Vec::new() },
                name: name.clone(),
            });
        }
        views
    }

    fn value_label(&self, kind: &FactType, value: &Value) -> Option<Text> {
        match value {
            Value::Text(text) if *kind == FactType::Unit => Some(self.unit_name(text)),
            Value::Text(text) => label_of(kind, text),
            Value::List(items) => {
                let FactType::List(of) = kind else { return None };
                let labels: Option<Vec<Text>> = items.iter().map(|item| self.value_label(of, item)).collect();
                labels.map(words::list)
            }
            Value::Unknown | Value::Bool(_) | Value::Int(_) | Value::Map(_) => None,
        }
    }

    fn said_by(&self, live: &Live, fact: &Fact) -> SaidBy {
        match &fact.by {
            Source::Default => SaidBy {
                kind: SaidKind::Default, text: words::text("default", "पूर्व-निर्धारित")
            },
            Source::Alert(alert) => SaidBy { kind: SaidKind::Alert, text: words::same(&alert.to_string()) },
            Source::Person(person) => SaidBy {
                kind: SaidKind::Person,
                text: self.people.person_name(*person).unwrap_or_else(|| words::same(&person.to_string())),
            },
            Source::Rule(rule) => {
                let table = live.protocol.tables.get(rule.split('/').next().unwrap_or(rule));
                SaidBy {
                    kind: SaidKind::Rule,
                    text: table.map_or_else(|| words::same(rule), |table| table.title.clone()),
                }
            }
        }
    }

    fn owners(&self, live: &Live) -> Vec<OwnerOf> {
        let owners = live.state.owners.iter().filter_map(|(index, owner)| {
            let state = state_at(&live.protocol.chart, *index)?;
            Some(OwnerOf {
                state: state.id.clone(),
                state_label: words::state(&live.protocol, &state.id),
                role: owner.seat.role.clone(),
                role_label: words::role(&live.protocol, &owner.seat.role),
                unit_name: owner.unit.as_deref().map(|code| self.unit_name(code)),
                person_name: owner.person.and_then(|person| self.people.person_name(person)),
            })
        });
        owners.collect()
    }

    fn candidates_of(&self, live: &Live, contents: &[(AlertId, Contents)]) -> Vec<Candidate> {
        let Some(Value::List(codes)) = live.state.facts.get("candidate_units").map(|fact| &fact.value) else {
            return Vec::new();
        };
        let reasons: BTreeMap<&str, &Text> = contents
            .iter()
            .flat_map(|(_, contents)| &contents.candidates)
            .map(|(code, reason)| (code.as_str(), reason))
            .collect();
        let codes = codes.iter().filter_map(Value::as_text);
        let candidates = codes.map(|code| Candidate {
            code: code.to_owned(),
            name: self.unit_name(code),
            reason: reasons
                .get(code)
                .map_or_else(|| words::text("named by the alert", "सूचना में उल्लिखित"), |reason| (*reason).clone()),
        });
        candidates.collect()
    }

    async fn link_views(&self, id: CaseId) -> Result<Vec<LinkView>, StoreError> {
        let mut links = Vec::new();
        for link in self.store.links(id).await? {
            if let Some(row) = self.store.case(link.other).await? {
                links.push(LinkView { case: row.id, number: row.number, relation: link.relation, stage: row.stage });
            }
        }
        Ok(links)
    }

    /// Notes who opened which seal groups. Nothing is noted when nothing was opened.
    pub async fn log_access(
        &self,
        actor: &Actor,
        case: Option<CaseId>,
        alert: Option<AlertId>,
        seals: Vec<String>,
    ) -> Result<(), StoreError> {
        if seals.is_empty() {
            return Ok(());
        }
        let row = AccessRow {
            id: new_uuid(self.now(), self.entropy.as_ref()),
            at: self.now(),
            person: actor.person,
            role: actor.role.clone(),
            unit: actor.unit.clone(),
            case,
            alert,
            seals,
        };
        let noted = self.commit(Commit { name: "note who read", writes: vec![Write::Access(row.clone())] }).await;
        match noted {
            // whoever helps must be able to read on; the program's own log then says who did
            Err(StoreError::Full) => {
                tracing::error!(person = %row.person, seals = ?row.seals, "the disk is full: a reading is noted only here");
                Ok(())
            }
            other => other.map(drop),
        }
    }
}

/// Seal groups that a reader may open now: those without a condition, and those one of whose states is active.
pub fn readable_seals(live: &Live, reader: Option<&Actor>) -> BTreeSet<String> {
    if reader.is_none() {
        return BTreeSet::new();
    }
    let active: BTreeSet<&str> = live
        .state
        .configuration
        .iter()
        .filter_map(|index| Some(state_at(&live.protocol.chart, *index)?.id.as_str()))
        .collect();
    let mut readable: BTreeSet<String> = live
        .protocol
        .seals
        .iter()
        .filter(|(_, seal)| {
            seal.readable_in.is_empty() || seal.readable_in.iter().any(|state| active.contains(state.as_str()))
        })
        .map(|(name, _)| name.clone())
        .collect();
    if !live.protocol.seals.contains_key(crate::seal::split::PERSON) {
        readable.insert(crate::seal::split::PERSON.to_owned());
    }
    readable
}

/// Where in the alerts a fact's value stands.
fn spans(name: &str, fact: &Fact, contents: &[(AlertId, Contents)]) -> Vec<SpanRef> {
    let holds = |value: &Value| match (&fact.value, value) {
        (Value::List(items), Value::List(found)) => found.iter().any(|item| items.contains(item)),
        (Value::List(items), single) => items.contains(single),
        (single, found) => single == found,
    };
    contents
        .iter()
        .flat_map(|(alert, contents)| contents.fields.iter().map(move |field| (*alert, field)))
        .filter(|(_, field)| field.field == name && holds(&field.value))
        .flat_map(|(alert, field)| {
            field.spans.iter().map(move |(part, start, end)| SpanRef { alert, part: *part, start: *start, end: *end })
        })
        .collect()
}

fn ids(live: &Live, indices: impl Iterator<Item = niyam_rules::chart::StateIx>) -> Vec<String> {
    indices.filter_map(|index| Some(state_at(&live.protocol.chart, index)?.id.clone())).collect()
}

fn clocks(live: &Live) -> Vec<ClockView> {
    let mut clocks: Vec<ClockView> = live
        .state
        .timers
        .values()
        .filter_map(|timer| match &timer.fires {
            Fires::Clock(index) => {
                let clock = live.protocol.chart.clocks.get(usize::from(index.0))?;
                Some(ClockView {
                    name: clock.name.clone(),
                    label: clock.label.clone(),
                    state: state_at(&live.protocol.chart, clock.state)?.id.clone(),
                    due: timer.due,
                    repeats: clock.timing.repeats(),
                })
            }
            Fires::Event { event, .. } => Some(ClockView {
                name: event.clone(),
                label: words::same(event),
                state: live.protocol.name.clone(),
                due: timer.due,
                repeats: false,
            }),
        })
        .collect();
    clocks.sort_by(|a, b| (a.due, &a.name).cmp(&(b.due, &b.name)));
    clocks
}

fn acts(live: &Live, readable: &BTreeSet<String>, reader: Option<&Actor>) -> Vec<ActView> {
    let view = |found: Allowed<'_>| ActView {
        act: found.act.name.clone(),
        label: found.act.label.clone(),
        weight: found.act.weight,
        state: found.state.id.clone(),
        by: found.act.by.iter().map(|id| Labelled { id: id.clone(), label: words::role(&live.protocol, id) }).collect(),
        mine: reader.is_some_and(|actor| found.act.by.contains(&actor.role)),
        needs_reason: needs_reason(&live.protocol, found.act, found.form),
        form: found.form.map(|form| form_view(live, readable, form)),
        blocked: found.blocked.map(|guard| Blocked { reason: guard::needs_text(&live.protocol, guard) }),
    };
    allowed(&live.protocol, &live.state).into_iter().map(view).collect()
}

fn records(live: &Live, readable: &BTreeSet<String>, reader: Option<&Actor>) -> Vec<RecordView> {
    let found = recordable(&live.protocol, &live.state).into_iter();
    found
        .map(|record| RecordView {
            state: record.state.id.clone(),
            label: words::state(&live.protocol, &record.state.id),
            by: record.by.map(|id| Labelled { id: id.to_owned(), label: words::role(&live.protocol, id) }),
            mine: reader.is_some_and(|actor| record.by.is_none_or(|role| role == actor.role)),
            form: form_view(live, readable, record.form),
        })
        .collect()
}

fn form_view(live: &Live, readable: &BTreeSet<String>, form: &Form) -> FormView {
    let shown = shown_fields(&live.protocol, &live.state, form);
    let fields = form.fields.iter().map(|field| {
        let declared = live.protocol.facts.get(&field.fact);
        let kind = declared.map_or(&FactType::Text, |fact| &fact.kind);
        let open = seal_of(&live.protocol, &field.fact).is_none_or(|seal| readable.contains(seal));
        let known = live.state.facts.get(&field.fact).map(|fact| &fact.value).filter(|value| !value.is_unknown());
        let item = if let FactType::List(of) = kind { Some(of.as_ref()) } else { None };
        FieldQuestion {
            label: field.label.clone().unwrap_or_else(|| words::fact(&live.protocol, &field.fact)),
            help: field.help.clone().filter(|help| !help.en.is_empty()),
            kind: type_name(kind).to_owned(),
            of: item.map(|of| type_name(of).to_owned()),
            choices: choices(item.unwrap_or(kind)),
            required: field.required,
            value: known.filter(|_| open).cloned(),
            show_if: shown.contains(&field.fact.as_str()),
            fact: field.fact.clone(),
        }
    });
    FormView { id: form.id.clone(), title: form.title.clone(), fields: fields.collect() }
}

fn choices(kind: &FactType) -> Option<Vec<Labelled>> {
    let ids: Vec<&str> = match kind {
        FactType::Choice(choices) => choices.iter().map(|choice| choice.id.as_str()).collect(),
        FactType::YesNo => vec!["yes", "no"],
        FactType::YesNoUnknown => vec!["yes", "no", "unknown"],
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
        | FactType::Position
        | FactType::List(_) => return None,
    };
    let label = |id: &str| label_of(kind, id).unwrap_or_else(|| words::same(id));
    Some(ids.into_iter().map(|id| Labelled { id: id.to_owned(), label: label(id) }).collect())
}

/// A type as the protocol writes it.
pub const fn type_name(kind: &FactType) -> &'static str {
    match kind {
        FactType::Text => "text",
        FactType::YesNo => "yes-no",
        FactType::YesNoUnknown => "yes-no-unknown",
        FactType::Choice(_) => "choice",
        FactType::Number => "number",
        FactType::Time => "time",
        FactType::Duration => "duration",
        FactType::Date => "date",
        FactType::Phone => "phone",
        FactType::Email => "email",
        FactType::Url => "url",
        FactType::Ip => "ip",
        FactType::Unit => "unit",
        FactType::Position => "position",
        FactType::List(_) => "list",
    }
}
