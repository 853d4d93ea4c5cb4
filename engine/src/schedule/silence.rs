//! Silent channels: what is expected to speak and does not.

use niyam_rules::text::Text;

use crate::error::StoreError;
use crate::runtime::Runtime;
use crate::store::Write;
use crate::view::words::text;

/// Unit: milliseconds.
const DAY_MS: u64 = 86_400_000;
/// Unit: milliseconds.
const HOUR_MS: u64 = 3_600_000;

impl Runtime {
    /// Tells the desk of every channel that was heard before and has been silent for longer than it may be, once a day.
    pub(super) async fn look_for_silence(&self) -> Result<(Text, Vec<Write>), StoreError> {
        let now = self.now();
        let (mut silent, mut writes) = (0, Vec::new());
        for (channel, most) in &self.schedules.channels {
            let Some(heard) = self.store.last_heard(channel).await? else { continue };
            let for_ms = now.since_ms(heard);
            if for_ms <= most.as_ms() {
                continue;
            }
            silent += 1;
            let hours = for_ms / HOUR_MS;
            let say = text(
                format!("Nothing has come through {channel} for {hours} hours. See whether the line works."),
                format!("{channel} से {hours} घंटे से कुछ नहीं आया। देखें कि लाइन चल रही है या नहीं।"),
            );
            let about = format!("{channel}/{}/{}", heard.as_ms(), for_ms / DAY_MS);
            writes.extend(self.desk_notice("silent_channel", &about, None, &say));
        }
        Ok((text(format!("{silent} channels are silent"), format!("{silent} माध्यम मौन हैं")), writes))
    }
}
