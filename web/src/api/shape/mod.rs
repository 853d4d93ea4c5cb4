//! What the API's JSON looks like, where it differs from the engine's values: times as text, descriptions for OpenAPI.

use niyam_rules::text::Text;
use serde::Serialize;
use utoipa::ToSchema;

/// A text in both languages.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Text)]
pub struct TextShape {
    /// English.
    pub en: String,
    /// Hindi.
    pub hi: String,
}

impl From<Text> for TextShape {
    fn from(text: Text) -> Self {
        Self {
            en: text.en,
            hi: text.hi,
        }
    }
}
