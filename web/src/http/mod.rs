//! What every HTTP answer has in common.

pub mod assets;
pub mod error;
pub mod guard;
pub mod headers;
pub mod log;

pub use error::{ApiError, ErrorCode};
