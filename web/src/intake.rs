//! The intake that server and command line read alerts with.

use std::sync::Arc;

use niyam_engine::reading::ReadByRules;
use niyam_engine::understood::Intake;

/// Reads alerts by the shipped rule files.
#[must_use]
pub fn shipped() -> Arc<dyn Intake> {
    Arc::new(ReadByRules::shipped())
}
