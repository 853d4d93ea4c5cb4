//! What can go wrong at the engine's borders. A caller can tell: come again, refuse, or a bug.

use std::path::PathBuf;

use niyam_kernel::event::Refusal;
use niyam_kernel::id::{AlertId, CaseId, EffectId, RequestId};
use niyam_rules::bundle::VersionDigest;
use niyam_rules::text::Text;

/// Why the store did not do what it was asked.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StoreError {
    /// No room on the disk. Nothing was written and nothing acknowledged; come again when there is room.
    #[error("the disk that holds the data folder is full: nothing was stored; make room and send it again")]
    Full,
    /// Somebody else wrote to the case first. The runtime loads and tries again by itself.
    #[error("{case} has moved on from event {expected}: load it and try again")]
    Conflict {
        /// The case.
        case: CaseId,
        /// Number of the event that was expected to be the last.
        expected: u64,
    },
    /// A request with this id was stored meanwhile. The runtime looks it up by itself.
    #[error("the request {0} was stored meanwhile: look it up")]
    Repeated(RequestId),
    /// An effect was ended by another meanwhile. Nothing is left to do.
    #[error("the effect {0} was ended meanwhile")]
    Ended(EffectId),
    /// What a commit took for granted is no longer so: another alert about the same person, or the same bytes, came first.
    /// The runtime matches again by itself.
    #[error("what was matched has changed meanwhile: match again")]
    Moved,
    /// The database cannot be reached, or the connection broke. Whether the transaction happened is not known: look, then
    /// try again.
    #[error("the database cannot be reached: {reason}")]
    Unavailable {
        /// What the connection said.
        reason: String,
    },
    /// More is waiting than may wait. Nothing was taken; come again.
    #[error("too much is waiting: come again in {retry_after_s} s")]
    Overloaded {
        /// Seconds until it is worth coming again, from 1.
        retry_after_s: u64,
    },
    /// Another transaction was in the way for too long. Nothing was written; the runtime tries again by itself.
    #[error("the database is held by another transaction: try again")]
    Busy,
    /// A row is not what the program wrote.
    #[error("the table `{table}` holds a row that cannot be read ({row}, column `{column}`): {reason}")]
    Corrupt {
        /// Table.
        table: &'static str,
        /// Row, by its key.
        row: String,
        /// Column.
        column: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// The database refused for another reason.
    #[error("the database could not {doing}: {reason}")]
    Database {
        /// What was to be done.
        doing: &'static str,
        /// What it said.
        reason: String,
    },
}

/// Why the engine does not start. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The database was written by a newer program.
    #[error(
        "the database was written by a newer version of niyam (it has the schema step `{migration}`): start that version, or restore a backup made before it; the file was left as it is"
    )]
    Newer {
        /// The schema step that this program does not know.
        migration: String,
    },
    /// No PostgreSQL server can be used.
    #[error("no database can be used: {reason}")]
    NoDatabase {
        /// What each of the addresses answered.
        reason: String,
    },
    /// The database lacks a schema step, and was only to be looked at.
    #[error(
        "the database was written by an older version of niyam (it lacks the schema step `{migration}`): start `niyam serve` once, which upgrades it"
    )]
    Older {
        /// The first schema step that it lacks.
        migration: String,
    },
    /// There is nothing to look at.
    #[error("there is no database in {}: name the data folder with --data", path.display())]
    NoData {
        /// Where it should be.
        path: PathBuf,
    },
    /// Another program works on the data folder.
    #[error("the data folder {} is in use by another niyam: stop that one first", path.display())]
    InUse {
        /// Where it is.
        path: PathBuf,
    },
    /// There is data but not the key that opens it.
    #[error(
        "there are cases but no key file {}: put the file back from your backup, or copy it from another node; without it sealed facts cannot be read", path.display()
    )]
    KeyMissing {
        /// Where it should be.
        path: PathBuf,
    },
    /// The key file is not the one that the data were sealed with.
    #[error("the key file {} is not the one that the cases were sealed with: put back the one that is", path.display())]
    KeyWrong {
        /// Where it is.
        path: PathBuf,
    },
    /// The key file has not the right length.
    #[error("the key file {} is damaged: it must hold 64 hexadecimal digits; put it back from your backup", path.display())]
    KeyDamaged {
        /// Where it is.
        path: PathBuf,
    },
    /// The data folder cannot be used.
    #[error("the data folder {} cannot be used: {reason}", path.display())]
    Folder {
        /// Where it is.
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
    /// A protocol that new cases should run on, or open cases run on, does not compile.
    #[error("the protocol `{name}` does not compile: {findings}")]
    Protocol {
        /// Its name.
        name: String,
        /// The findings, one per line.
        findings: String,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why an alert was not taken in. Nothing was stored.
#[derive(Debug, thiserror::Error)]
pub enum ReceiveError {
    /// No bytes.
    #[error("the alert is empty: send the message itself as the body")]
    Empty,
    /// Too large.
    #[error(
        "the alert has {bytes} bytes, more than the {limit} that are taken: send it without its largest attachments"
    )]
    TooLarge {
        /// Its length.
        bytes: usize,
        /// The limit.
        limit: usize,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why an act, a form or a reopening did not happen.
#[derive(Debug, thiserror::Error)]
pub enum ActError {
    /// No such case.
    #[error("there is no case {0}")]
    NoSuchCase(CaseId),
    /// No such alert, or one that is not filed.
    #[error("there is no filed alert {0}")]
    NotFiled(AlertId),
    /// An effect that was not given up, or is tried again already.
    #[error("the delivery {0} was not given up, or is tried again already")]
    NotFailed(EffectId),
    /// The case refused it; that it was tried is in its timeline.
    #[error("{}", text.en)]
    Refused {
        /// Why.
        refusal: Refusal,
        /// In words.
        text: Text,
        /// Number of the event that records the refusal; 0 when nothing was recorded.
        number: u64,
    },
    /// A move without a reason.
    #[error("say why the case is moved: others must be able to understand it later")]
    ReasonMissing,
    /// A version that is not in force and that no case runs on.
    #[error("there is no version {0}: see which there are with `niyam versions`")]
    NoSuchVersion(VersionDigest),
    /// The case is there already.
    #[error("{case} runs on that version already")]
    SameVersion {
        /// The case.
        case: CaseId,
    },
    /// The request id was used for something else.
    #[error("the request {0} was already used for something else: use a new id for each request")]
    RequestReused(RequestId),
    /// The version that the case runs on cannot be loaded.
    #[error("the protocol version of {case} cannot be loaded: {reason}")]
    Version {
        /// The case.
        case: CaseId,
        /// Why.
        reason: String,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why something cannot be shown.
#[derive(Debug, thiserror::Error)]
pub enum ViewError {
    /// No such case.
    #[error("there is no case {0}")]
    NoSuchCase(CaseId),
    /// No such alert.
    #[error("there is no alert {0}")]
    NoSuchAlert(AlertId),
    /// Its key was destroyed.
    #[error("what {0} held was erased")]
    Erased(AlertId),
    /// This reader may not read it now.
    #[error("{0} is sealed for this reader")]
    Sealed(AlertId),
    /// The version that the case runs on cannot be loaded.
    #[error("the protocol version of {case} cannot be loaded: {reason}")]
    Version {
        /// The case.
        case: CaseId,
        /// Why.
        reason: String,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}
