//! From the bytes of an alert to what they say.
pub(crate) mod finding;
mod reading;
mod vocabulary;

pub use crate::request::Received;
pub use finding::Finding;
pub use reading::*;
pub use vocabulary::{Field, Vocabulary};
