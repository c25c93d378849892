//! The API's own description, OpenAPI 3.1.

use axum::http::header;
use axum::response::{IntoResponse, Response};

/// `GET /v1/openapi.json`.
pub async fn document() -> Response {
    ([(header::CONTENT_TYPE, "application/json")], include_str!("openapi.json")).into_response()
}
