//! The public log. Nobody says who asks; what is unknown and what is wrong get the same answer.

use axum::extract::State;
use serde::Deserialize;

use super::{Answer, Ask, Shared, blocking, jose, json};
use crate::service::{Refusal, log};

fn unknown() -> Refusal {
    Refusal::new("unknown", "the log has nothing like that")
}

pub async fn head(State(hq): Shared) -> Answer {
    Ok(jose(blocking(move || Ok(log::head(&hq)?.jws)).await?))
}

#[derive(Deserialize)]
pub struct ProofQuery {
    record: Option<String>,
    hash: Option<String>,
}

pub async fn proof(State(hq): Shared, Ask(query): Ask<ProofQuery>) -> Answer {
    let (Some(record), Some(hash)) = (query.record, query.hash) else {
        return Err(unknown());
    };
    json(&blocking(move || log::proof(&hq, &record, &hash)).await?)
}

#[derive(Deserialize)]
pub struct SizesQuery {
    from: Option<String>,
    to: Option<String>,
}

pub async fn consistency(State(hq): Shared, Ask(query): Ask<SizesQuery>) -> Answer {
    let size = |text: Option<String>| text.and_then(|text| text.parse::<u64>().ok()).ok_or_else(unknown);
    let (from, to) = (size(query.from)?, size(query.to)?);
    json(&blocking(move || log::consistency(&hq, from, to)).await?)
}
