//! Senders and officers: they ask a node, wait, ask again with the same words, or give up.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use niyam_engine::engine::Engine;
use niyam_engine::error::{ActError, ReceiveError};
use niyam_engine::request::{ActRequest, Received, RecordRequest};
use niyam_kernel::id::{CaseId, RequestId};
use niyam_kernel::time::Timestamp;

use crate::ledger::{Acknowledged, Asked, Ledger, Sent};
use crate::world::World;

/// What a person asks of a case.
#[derive(Clone, Debug)]
pub enum Ask {
    Act(ActRequest),
    Record(RecordRequest),
}

/// All who ask, and what they were told.
#[derive(Clone)]
pub struct Clients {
    pub world: Arc<World>,
    ledger: Arc<Mutex<Ledger>>,
}

impl Clients {
    pub fn new(world: &Arc<World>) -> Self {
        Self { world: Arc::clone(world), ledger: Arc::default() }
    }

    pub fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A node that runs; one of them by chance.
    fn engine(&self) -> Option<(usize, Arc<Engine>)> {
        let running: Vec<(usize, Arc<Engine>)> = self
            .world
            .nodes()
            .iter()
            .enumerate()
            .filter_map(|(number, node)| Some((number, Arc::clone(node.engine.as_ref()?))))
            .collect();
        self.world.throw(|dice| dice.pick(&running).cloned())
    }

    /// Waits a little; `false` when the sender gives up instead.
    async fn again(&self) -> bool {
        let (goes_on, wait) = self.world.throw(|dice| (!dice.permille(60), dice.between(50, 6_000)));
        // while nothing is broken nobody gives up
        if !goes_on && self.world.faults().on {
            return false;
        }
        self.world.sleep(i64::try_from(wait).unwrap_or(0)).await;
        true
    }

    /// How long an asker waits for an answer.
    fn patience(&self) -> std::time::Duration {
        let hurried = self.world.faults().on && self.world.throw(|dice| dice.permille(50));
        std::time::Duration::from_millis(if hurried { self.world.throw(|dice| dice.between(1, 30)) } else { 12_000 })
    }

    /// Sends a message until it is acknowledged, or given up.
    pub fn send(&self, token: u64, sent: Sent, received: Received) {
        self.ledger().sent.insert(token, sent);
        self.ledger().waiting += 1;
        let clients = self.clone();
        tokio::spawn(async move {
            clients.deliver(token, received).await;
            clients.ledger().waiting -= 1;
        });
    }

    /// Sends the same bytes once more.
    pub fn repeat(&self, token: u64, received: Received) {
        self.ledger().waiting += 1;
        let clients = self.clone();
        tokio::spawn(async move {
            clients.deliver(token, received).await;
            clients.ledger().waiting -= 1;
        });
    }

    async fn deliver(&self, token: u64, received: Received) {
        loop {
            if let Some((node, engine)) = self.engine() {
                let received = Received { received_at: Timestamp::from_ms(self.world.now_ms()), ..received.clone() };
                match tokio::time::timeout(self.patience(), engine.receive(received)).await {
                    Ok(Ok(receipt)) => {
                        let cases: Vec<CaseId> = receipt.cases.iter().map(|of| of.case).collect();
                        self.world.tell(format_args!(
                            "node {node} acknowledges message {token} as {} {:?} {cases:?}",
                            receipt.alert, receipt.class
                        ));
                        let acknowledged = Acknowledged { alert: receipt.alert, class: receipt.class, cases };
                        if let Some(sent) = self.ledger().sent.get_mut(&token) {
                            sent.acknowledged.push(acknowledged);
                        }
                        return;
                    }
                    Ok(Err(ReceiveError::Store(error))) => {
                        self.world.tell(format_args!("node {node} does not take message {token}: {error}"));
                    }
                    Ok(Err(error @ (ReceiveError::Empty | ReceiveError::TooLarge { .. }))) => {
                        self.ledger().wrong.push(format!("message {token}: {error}"));
                        return;
                    }
                    Err(_) => self.world.tell(format_args!("node {node} does not answer message {token}")),
                }
            }
            if !self.again().await {
                self.world.tell(format_args!("message {token} is given up"));
                return;
            }
        }
    }

    /// Asks something of a case until it is answered, or given up.
    pub fn ask(&self, case: CaseId, ask: Ask) {
        let request = match &ask {
            Ask::Act(act) => act.request,
            Ask::Record(record) => record.request,
        };
        let mut ledger = self.ledger();
        ledger.asked.entry(request).or_insert_with(|| Asked { case, answers: Vec::new() });
        ledger.waiting += 1;
        drop(ledger);
        let clients = self.clone();
        tokio::spawn(async move {
            clients.demand(case, request, ask).await;
            clients.ledger().waiting -= 1;
        });
    }

    async fn demand(&self, case: CaseId, request: RequestId, ask: Ask) {
        loop {
            if let Some((node, engine)) = self.engine() {
                let answer = tokio::time::timeout(self.patience(), async {
                    match ask.clone() {
                        Ask::Act(act) => engine.act(case, act).await,
                        Ask::Record(record) => engine.record(case, record).await,
                    }
                });
                match answer.await {
                    Ok(Ok(done)) => return self.answered(node, request, done.number, false),
                    Ok(Err(ActError::Refused { number, .. })) => return self.answered(node, request, number, true),
                    Ok(Err(ActError::Store(error))) => {
                        self.world.tell(format_args!("node {node} does not take {request}: {error}"));
                    }
                    Ok(Err(error)) => {
                        self.ledger().wrong.push(format!("{request} on {case}: {error}"));
                        return;
                    }
                    Err(_) => self.world.tell(format_args!("node {node} does not answer {request}")),
                }
            }
            if !self.again().await {
                self.world.tell(format_args!("{request} is given up"));
                return;
            }
        }
    }

    fn answered(&self, node: usize, request: RequestId, number: u64, refused: bool) {
        self.world.tell(format_args!("node {node} answers {request}: event {number}, refused: {refused}"));
        if let Some(asked) = self.ledger().asked.get_mut(&request) {
            asked.answers.push((number, refused));
        }
    }
}
