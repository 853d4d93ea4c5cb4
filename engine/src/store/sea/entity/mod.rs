//! Rows as they stand in the database. Private to this implementation: they become domain values in `read`.

mod alert;
mod case;
mod event;
mod key;
mod told;
mod work;

pub use alert::alerts;
pub use case::{case_alerts, case_links, cases, versions};
pub use event::{events, snapshots};
pub use key::{accesses, case_keys, erasures, lookups, meta};
pub use told::{notices, outgoing};
pub use work::{outbox, requests, timers};
