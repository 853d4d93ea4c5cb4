//! Checks of a whole protocol, on what lowering made of it.

use crate::diagnostics::Diagnostic;
use crate::lower::Trees;
use crate::protocol::Protocol;

/// Everything that the checks find. `broken` says that lowering found errors, so that checks which need a whole chart
/// stay silent instead of reporting what follows from them.
pub(crate) fn check(_protocol: &Protocol, _trees: &Trees, _broken: bool) -> Vec<Diagnostic> {
    Vec::new()
}
