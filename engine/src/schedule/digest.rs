//! Digest: how much is open, overdue and without owner.

use niyam_kernel::time::Timestamp;
use niyam_rules::text::Text;

use crate::error::StoreError;
use crate::runtime::Runtime;
use crate::store::Write;
use crate::view::words::text;

/// Unit: milliseconds.
const DAY_MS: i64 = 86_400_000;

impl Runtime {
    /// Counts, for the desk; written together with the end of the run, so that it is told once.
    pub(super) async fn digest(&self, due: Timestamp) -> Result<(Text, Vec<Write>), StoreError> {
        let now = self.now();
        let counts = self.store.counts(Timestamp::from_ms(now.as_ms().saturating_sub(DAY_MS))).await?;
        let say = text(
            format!(
                "{} open, {} of them overdue, {} without an owner; {} closed in 24 hours",
                counts.open, counts.overdue, counts.unowned, counts.closed_today
            ),
            format!(
                "{} खुले, {} समय से पीछे, {} बिना ज़िम्मेदार के; 24 घंटे में {} बंद",
                counts.open, counts.overdue, counts.unowned, counts.closed_today
            ),
        );
        let writes = self.desk_notice("digest", &due.as_ms().to_string(), None, &say);
        Ok((say, writes))
    }
}
