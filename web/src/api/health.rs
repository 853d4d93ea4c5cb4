//! `GET /healthz`

/// Whether the server answers.
#[utoipa::path(get, path = "/healthz", tag = "server", responses((status = 200, description = "it answers", body = String)))]
pub async fn healthz() -> &'static str {
    "ok\n"
}
