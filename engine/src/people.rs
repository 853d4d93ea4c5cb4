//! Who: units, seats and names, as far as the runtime asks for them.

use niyam_kernel::id::PersonId;
use niyam_kernel::time::Timestamp;
use niyam_rules::text::Text;

/// What the runtime asks the directory and the roster.
pub trait People: Send + Sync + 'static {
    /// Name of a unit; `None` when the directory does not know the code.
    fn unit_name(&self, unit: &str) -> Option<Text>;

    /// Code of the nearest unit of one of these kinds at or above a unit.
    fn above(&self, unit: &str, kinds: &[String]) -> Option<String>;

    /// Who sits in a seat at a moment; `None` when nobody does.
    fn seat(&self, role: &str, unit: &str, at: Timestamp) -> Option<PersonId>;

    /// Name of a person; `None` when the directory does not know the id.
    fn person_name(&self, person: PersonId) -> Option<Text>;
}
