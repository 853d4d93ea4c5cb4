//! Ids in addresses and bodies.

use std::str::FromStr;

use niyam_kernel::id::{IdError, RequestId};

use crate::http::ApiError;

/// Reads an id out of an address. What is no id names nothing: 404.
///
/// # Errors
/// Not found.
pub fn parse<I: FromStr<Err = IdError>>(text: &str) -> Result<I, ApiError> {
    text.parse().map_err(|_| ApiError::not_found("There is nothing of that id.", "इस पहचान का कुछ नहीं है।"))
}

/// Reads the id that a client gave its request: `req_` and 32 digits, or a plain UUID.
///
/// # Errors
/// Bad request.
pub fn request(text: &str) -> Result<RequestId, ApiError> {
    let plain = || uuid::Uuid::try_parse(text).ok().map(RequestId);
    text.parse().ok().or_else(plain).ok_or_else(|| {
        ApiError::bad_request(
            "`request_id` must be a UUID that is new for each request.",
            "`request_id` हर अनुरोध के लिए नया UUID होना चाहिए।",
        )
    })
}
