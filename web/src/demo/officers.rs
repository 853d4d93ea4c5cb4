//! Invented officers: they look at the board, and act on most cases at a pace one can follow.
//!
//! What they do depends on the case's id and number only, so that a restart changes nothing of importance. Some cases
//! they leave to whoever watches, some they let run until a clock has spoken; none stays open for ever.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use niyam_engine::engine::Engine;
use niyam_engine::error::{ActError, ViewError};
use niyam_engine::request::{ActRequest, RecordRequest};
use niyam_engine::view::{ActView, CaseCard, CaseView, Filter, FormView, LifeView};
use niyam_kernel::event::{FormProblem, Refusal};
use niyam_kernel::id::{CaseId, RequestId};
use niyam_kernel::time::Timestamp;
use niyam_rules::chart::Weight;
use niyam_rules::expression::Claim;
use niyam_rules::protocol::Protocol;
use niyam_rules::value::Value;

use super::answers;
use super::dice::Dice;
use crate::staff::Seat;

/// Demo milliseconds after which even a case left to the visitor is taken up.
const PATIENCE_MS: u64 = 40 * 60_000;
/// How many cases may wait for the visitor before the oldest is taken up.
const LEFT_AT_MOST: usize = 8;
/// Acts in one second, so that one can follow and the board still moves.
const AT_ONCE: usize = 3;
/// Events after which officers take the shortest way out.
const LONG: u64 = 140;

/// Why an invented officer does what cannot be undone.
const REASON: &str = "As found on the spot; discussed with the supervisor.";

/// How officers treat a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Treatment {
    /// At once.
    Prompt,
    /// Not before a clock has run out.
    Late,
    /// Left to the visitor.
    Left,
}

/// What went wrong while officers worked; the demo goes on.
#[derive(Debug, thiserror::Error)]
pub enum OfficerError {
    /// Looking.
    #[error(transparent)]
    View(#[from] ViewError),
    /// Acting.
    #[error(transparent)]
    Act(#[from] ActError),
}

/// All officers together.
pub struct Officers {
    engine: Arc<Engine>,
    seats: Vec<Seat>,
    /// How often each act was done on a case: what changes nothing must not be done for ever.
    done: BTreeMap<(CaseId, String), u32>,
    /// Forms that were saved.
    recorded: BTreeSet<(CaseId, String)>,
}

impl Officers {
    /// Officers of a roster.
    #[must_use]
    pub fn new(engine: Arc<Engine>, seats: Vec<Seat>) -> Self {
        Self { engine, seats, done: BTreeMap::new(), recorded: BTreeSet::new() }
    }

    /// Looks at the board and does a few things at most. Returns how many cases are open.
    ///
    /// # Errors
    /// What the engine says; nothing is half done.
    pub async fn work(&mut self) -> Result<usize, OfficerError> {
        let board = self.engine.board(&Filter { open: Some(true), limit: 0 }).await?;
        let open: BTreeSet<CaseId> = board.cases.iter().map(|card| card.id).collect();
        self.done.retain(|(case, _), _| open.contains(case));
        self.recorded.retain(|(case, _)| open.contains(case));
        for case in next(&board.cases, board.now) {
            self.act_on(case).await?;
        }
        Ok(board.cases.iter().filter(|card| card.life == LifeView::Open).count())
    }

    async fn act_on(&mut self, id: CaseId) -> Result<(), OfficerError> {
        let case = self.engine.case(id, None).await?;
        let mut dice = Dice::of(&[&id.to_string(), &case.events.to_string()]);
        if self.record(&case, &mut dice).await? {
            return Ok(());
        }
        let Some(act) = self.choose(&case, &mut dice).cloned() else { return Ok(()) };
        let Some(seat) = self.seat(&case, &act.by.iter().map(|role| role.id.as_str()).collect::<Vec<_>>()).cloned()
        else {
            *self.done.entry((id, act.act)).or_default() += 4;
            return Ok(());
        };
        *self.done.entry((id, act.act.clone())).or_default() += 1;
        // As the officer sees it: with the sealed answers that this officer may read.
        let seen = self.engine.case(id, Some(&seat.actor())).await?;
        let form =
            seen.acts.iter().find(|one| one.act == act.act && one.state == act.state).and_then(|one| one.form.clone());
        let protocol = self.engine.protocol_of(id).await?;
        let mut answers = form.as_ref().map(|form| self.fill(&seen, &protocol, form, &mut dice)).unwrap_or_default();
        for _ in 0..3 {
            let (request, actor) = (self.request(), seat.actor());
            let asked = ActRequest {
                request,
                actor,
                act: act.act.clone(),
                form: answers.clone(),
                reason: act.needs_reason.then(|| REASON.to_owned()),
                happened_at: None,
            };
            match self.engine.act(id, asked).await {
                Ok(_) => return Ok(()),
                Err(ActError::Refused { refusal: Refusal::Form { problems }, .. }) => {
                    let form = form.as_ref();
                    if !form.is_some_and(|form| self.mend(&seen, form, &problems, &mut answers, &mut dice)) {
                        break;
                    }
                }
                Err(ActError::Refused { .. }) => break,
                Err(error) => return Err(error.into()),
            }
        }
        *self.done.entry((id, act.act)).or_default() += 3;
        Ok(())
    }

    /// Saves the form of an active state, once, when something in it is not known yet.
    async fn record(&mut self, case: &CaseView, dice: &mut Dice) -> Result<bool, OfficerError> {
        let id = case.card.id;
        let open = |form: &FormView| form.fields.iter().any(|field| field.show_if && field.value.is_none());
        let fresh = case.record.iter().find(|one| open(&one.form) && !self.recorded.contains(&(id, one.state.clone())));
        let Some(record) = fresh else { return Ok(false) };
        self.recorded.insert((id, record.state.clone()));
        let owners = case.owners.iter().map(|owner| owner.role.as_str());
        let roles: Vec<&str> = record.by.as_ref().map_or_else(|| owners.collect(), |by| vec![by.id.as_str()]);
        let Some(seat) = self.seat(case, &roles).cloned() else { return Ok(false) };
        let seen = self.engine.case(id, Some(&seat.actor())).await?;
        let mine = seen.record.iter().find(|one| one.state == record.state && one.mine);
        let Some(form) = mine.map(|one| one.form.clone()) else {
            return Ok(false);
        };
        let protocol = self.engine.protocol_of(id).await?;
        let form = self.fill(&seen, &protocol, &form, dice);
        let asked = RecordRequest {
            request: self.request(),
            actor: seat.actor(),
            state: record.state.clone(),
            form,
            happened_at: None,
        };
        match self.engine.record(id, asked).await {
            Ok(_) => Ok(true),
            Err(ActError::Refused { .. }) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Fills in a form, also the questions that come up by what was just answered.
    fn fill(&self, case: &CaseView, protocol: &Protocol, form: &FormView, dice: &mut Dice) -> BTreeMap<String, Value> {
        let mut answers = answers::fill(form, &case.candidates, fallback_unit(case), self.engine.now(), dice);
        let declared = protocol.forms.get(&form.id).map_or(&[][..], |form| &form.fields);
        for field in declared.iter().filter(|field| field.required) {
            if answers.contains_key(&field.fact) {
                continue;
            }
            let asked = field.show_if.as_ref().is_some_and(|condition| match condition.claim() {
                Claim::OneOf(fact, values, holds) => {
                    answers.get(&fact).is_some_and(|answer| values.contains(answer) == holds)
                }
                Claim::Known(..)
                | Claim::Order(..)
                | Claim::Same(..)
                | Claim::Active(..)
                | Claim::Asks { .. }
                | Claim::All(_)
                | Claim::Any(_)
                | Claim::Other(_) => false,
            });
            let question = form.fields.iter().find(|question| asked && question.fact == field.fact);
            let answer = question.and_then(|question| {
                let known = question.value.clone().filter(|value| !value.is_unknown());
                known.or_else(|| {
                    answers::answer(question, &case.candidates, fallback_unit(case), self.engine.now(), dice)
                })
            });
            if let Some(answer) = answer {
                answers.insert(field.fact.clone(), answer);
            }
        }
        answers
    }

    /// Answers what a refused form was missing. False when it cannot be mended.
    fn mend(
        &self,
        case: &CaseView,
        form: &FormView,
        problems: &BTreeMap<String, FormProblem>,
        answers: &mut BTreeMap<String, Value>,
        dice: &mut Dice,
    ) -> bool {
        for (fact, problem) in problems {
            match problem {
                FormProblem::NoSuchField => {
                    answers.remove(fact);
                }
                FormProblem::Missing | FormProblem::WrongType { .. } => {
                    let question = form.fields.iter().find(|field| field.fact == *fact);
                    let value = question.and_then(|question| {
                        answers::answer(question, &case.candidates, fallback_unit(case), self.engine.now(), dice)
                    });
                    let Some(value) = value else { return false };
                    if answers.insert(fact.clone(), value.clone()) == Some(value) {
                        return false;
                    }
                }
            }
        }
        true
    }

    fn choose<'c>(&self, case: &'c CaseView, dice: &mut Dice) -> Option<&'c ActView> {
        let weights: Vec<u64> = case.acts.iter().map(|act| self.weight(case, act)).collect();
        dice.weighed(&weights).and_then(|index| case.acts.get(index))
    }

    fn weight(&self, case: &CaseView, act: &ActView) -> u64 {
        // Nobody dies in the demo, and nobody is said to have been mistreated; 112 is left to the visitor.
        let never = ["death", "died", "pocso", "child", "other_trouble"].iter().any(|word| act.act.contains(word));
        if act.blocked.is_some() || never {
            return 0;
        }
        let base: u64 = match act.weight {
            Weight::Primary => 4_096,
            Weight::Plain => 384,
            Weight::Grave if ends_early(case, act) => 6_144,
            Weight::Grave if case.events > LONG => 2_048,
            Weight::Grave => 24,
        };
        let times = self.done.get(&(case.card.id, act.act.clone())).copied().unwrap_or(0);
        base.checked_shr(2 * times).unwrap_or(0).max(u64::from(times < 12))
    }

    /// Who does it: whoever is responsible, else somebody in that role nearby.
    fn seat(&self, case: &CaseView, roles: &[&str]) -> Option<&Seat> {
        let unit = case.card.unit.as_ref().map(|unit| unit.code.as_str());
        let state = case.card.number.split('-').next().unwrap_or_default();
        let rank = |seat: &Seat| {
            let owns = case
                .owners
                .iter()
                .any(|owner| owner.role == seat.role && owner.person_name.as_ref() == Some(&seat.name));
            if owns {
                0
            } else if Some(seat.unit.code.as_str()) == unit {
                1
            } else if seat.unit.code.starts_with(state) {
                2
            } else {
                3
            }
        };
        let fits = |seat: &&Seat| roles.contains(&seat.role.as_str());
        self.seats.iter().filter(fits).min_by_key(|seat| (rank(seat), roles.iter().position(|role| *role == seat.role)))
    }

    fn request(&self) -> RequestId {
        RequestId(self.engine.new_id())
    }
}

/// The cases that have waited longest among those somebody is ready to act on.
fn next(cards: &[CaseCard], now: Timestamp) -> Vec<CaseId> {
    let running = || cards.iter().filter(|card| card.life == LifeView::Open);
    let mut left: Vec<Timestamp> =
        running().filter(|card| treatment(card.id) == Treatment::Left).map(|card| card.opened_at).collect();
    left.sort();
    let too_many = left.len().checked_sub(LEFT_AT_MOST).and_then(|over| left.get(over.checked_sub(1)?)).copied();
    let mut ready: Vec<&CaseCard> = running()
        .filter(|card| {
            let age_ms = now.since_ms(card.opened_at);
            let wanted = match treatment(card.id) {
                Treatment::Prompt => true,
                Treatment::Late => card.overdue || age_ms > PATIENCE_MS / 4,
                Treatment::Left => age_ms > PATIENCE_MS || too_many.is_some_and(|newest| card.opened_at <= newest),
            };
            wanted && now.since_ms(card.last_event_at) >= thinking_ms(card)
        })
        .collect();
    ready.sort_by_key(|card| card.last_event_at);
    ready.into_iter().take(AT_ONCE).map(|card| card.id).collect()
}

fn treatment(case: CaseId) -> Treatment {
    match Dice::of(&["treatment", &case.to_string()]).below(100) {
        0..=61 => Treatment::Prompt,
        62..=83 => Treatment::Late,
        _ => Treatment::Left,
    }
}

/// How long somebody thinks before the next thing, in demo milliseconds: 4 to 15 real seconds.
fn thinking_ms(card: &CaseCard) -> u64 {
    let words = [card.id.to_string(), card.last_event_at.as_ms().to_string()];
    let real_ms = 4_000 + Dice::of(&[&words[0], &words[1]]).below(11_000);
    real_ms * u64::from(super::clock::RATE)
}

/// Some cases turn out to need no more: the search ends, or the calls afterwards are waived.
fn ends_early(case: &CaseView, act: &ActView) -> bool {
    let early = Dice::of(&["early", &case.card.id.to_string()]).percent(40);
    early && (act.act == "end_search" || act.act == "close" || act.act.starts_with("waive_follow"))
}

/// Where a case goes when the alert names no place.
fn fallback_unit(case: &CaseView) -> &'static str {
    match (case.card.protocol.name.as_str(), case.card.number.split('-').next()) {
        ("kota" | "k-sos", _) => "RJ-STN-KOTACITY-VIGYANNAGAR",
        (_, Some("UP")) => "UP-COM-PRAYAGRAJ",
        _ => "RJ-DST-AJMER",
    }
}
