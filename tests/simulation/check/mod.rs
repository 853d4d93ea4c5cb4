//! What must hold after a run, whatever happened in it. Each check is made from what is stored, what the observer saw and
//! what senders were told; none asks the engine.

mod acknowledged;
mod duty;
mod log;
mod once;

use std::collections::BTreeMap;
use std::sync::Arc;

use niyam_engine::store::{CaseRow, CaseStore as _, EffectRow, NoticeRow, OutgoingRow, WorkStore as _};
use niyam_engine::view::Filter;
use niyam_kernel::effect::Effect;
use niyam_kernel::event::{Event, Refusal};
use niyam_kernel::id::CaseId;
use niyam_kernel::state::CaseState;
use niyam_rules::protocol::Protocol;
use serde::Deserialize;

use crate::client::Clients;
use crate::world::World;

/// What the log says of a step. Read here again, not with the runtime's own type.
#[derive(Deserialize)]
pub struct Outcome {
    #[serde(default)]
    pub refusal: Option<Refusal>,
    pub effects: Vec<Effect>,
    /// SHA-256 of the plain state.
    pub state: String,
}

/// One event of a case with what came of it.
pub struct Logged {
    pub event: Event,
    pub outcome: Outcome,
    /// The case after it, as the kernel says now.
    pub after: CaseState,
}

/// A case with everything that belongs to it.
pub struct History {
    pub row: CaseRow,
    pub protocol: Arc<Protocol>,
    pub log: Vec<Logged>,
    pub effects: Vec<EffectRow>,
    pub notices: Vec<NoticeRow>,
    pub outgoing: Vec<OutgoingRow>,
}

impl History {
    /// The case as its log leaves it.
    pub fn state(&self) -> CaseState {
        self.log.last().map(|logged| logged.after.clone()).unwrap_or_default()
    }
}

/// Collects what does not hold.
#[derive(Default)]
pub struct Findings(pub Vec<String>);

impl Findings {
    /// Something that must hold.
    pub fn must(&mut self, holds: bool, what: impl FnOnce() -> String) {
        if !holds {
            self.0.push(what());
        }
    }
}

/// Checks a run that has come to rest.
pub async fn all(world: &World, clients: &Clients) -> Vec<String> {
    let mut findings = Findings::default();
    if world.is_endless() {
        findings.0.push("the run does not come to rest".to_owned());
        return findings.0;
    }
    findings.0.append(&mut clients.ledger().wrong);
    let waiting = clients.ledger().waiting;
    findings.must(waiting == 0, || format!("{waiting} senders or officers were never answered"));
    let rows = world.database.cases(&Filter { open: None, limit: u32::MAX }).await.expect("the store in memory reads");
    let mut histories = BTreeMap::new();
    for row in rows {
        if let Some(history) = log::check(world, row, &mut findings).await {
            histories.insert(history.row.id, history);
        }
    }
    acknowledged::check(world, clients, &histories, &mut findings).await;
    once::check(world, &histories, &mut findings);
    duty::check(world, &histories, &mut findings).await;
    findings.0
}

/// All that is stored of what a case had to be done.
async fn belongings(world: &World, case: CaseId) -> (Vec<EffectRow>, Vec<NoticeRow>, Vec<OutgoingRow>) {
    let database = &world.database;
    let read = "the store in memory reads";
    (
        database.effects_of(case).await.expect(read),
        database.notices_of(case).await.expect(read),
        database.outgoing_of(case).await.expect(read),
    )
}
