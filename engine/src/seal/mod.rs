//! Sealing: personal data encrypted per case and seal group, and the hash chain over what is stored.
//!
//! The formats are documented byte for byte in `docs/storage.md`; a change here is a change there, and a new format byte.

pub mod chain;
pub mod deployment;
pub mod envelope;
pub mod part;
pub mod split;

pub use deployment::DeploymentKey;
pub use envelope::{Key, SealError};
