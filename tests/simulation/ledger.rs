//! What senders and officers were told: what counts as acknowledged.

use std::collections::BTreeMap;

use niyam_engine::request::Class;
use niyam_kernel::id::{AlertId, CaseId, RequestId};

/// One message that somebody sent.
#[derive(Clone, Debug)]
pub struct Sent {
    /// How many persons it is about; 0 = it is to be filed.
    pub persons: usize,
    /// It ends a session.
    pub is_stop: bool,
    /// It cannot be read.
    pub breaks: bool,
    pub acknowledged: Vec<Acknowledged>,
}

/// An acknowledged alert.
#[derive(Clone, Debug)]
pub struct Acknowledged {
    pub alert: AlertId,
    pub class: Class,
    pub cases: Vec<CaseId>,
}

/// One request of a person.
#[derive(Clone, Debug)]
pub struct Asked {
    pub case: CaseId,
    /// Each answer: number of the event, and whether it was refused.
    pub answers: Vec<(u64, bool)>,
}

/// All of it.
#[derive(Debug, Default)]
pub struct Ledger {
    pub sent: BTreeMap<u64, Sent>,
    pub asked: BTreeMap<RequestId, Asked>,
    /// Answers that can never be right.
    pub wrong: Vec<String>,
    /// Senders and officers who still wait.
    pub waiting: u64,
}
