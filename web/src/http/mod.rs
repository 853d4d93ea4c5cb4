//! What every HTTP answer has in common.

pub mod assets;
pub mod error;
pub mod guard;
pub mod headers;
pub mod log;
pub mod measure;
pub mod patience;

pub use error::{ApiError, ErrorCode};
