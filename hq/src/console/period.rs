//! A period of records as a file, which an auditor checks with `jihui-verify`.

use std::io::Write;

use axum::extract::State;
use axum::response::{IntoResponse as _, Redirect};
use domain::time::parse_date;
use serde::Deserialize;

use super::{Answer, Asked, Failure, Shared, Visit, blocking, files, filled, page};
use crate::service::access::{Action, Place, Scope};
use crate::service::log;

/// Largest file that a page offers, in bytes; the command line has no bound.
const MOST: usize = 64 * 1024 * 1024;

/// The dates.
#[derive(Debug, Default, Deserialize)]
pub struct Ask {
    from: Option<String>,
    to: Option<String>,
}

/// Bytes up to a bound.
struct Bounded(Vec<u8>);

impl Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if self.0.len() + bytes.len() > MOST {
            return Err(std::io::ErrorKind::FileTooLarge.into());
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// The file, for who looks after the whole network: a log has no parts.
pub async fn show(State(hq): Shared, visit: Visit, Asked(ask): Asked<Ask>) -> Answer {
    visit.must(Place::Audit)?;
    let date = |field: &Option<String>| filled(field.as_ref()).and_then(|text| parse_date(&text).ok());
    let Some((from, to)) = date(&ask.from).zip(date(&ask.to)).filter(|(from, to)| from <= to) else {
        return Ok(Redirect::to(Place::Audit.path()).into_response());
    };
    blocking(move || {
        let sees_all = Scope::of(&hq.reading().conn, &visit.person)?.is_all();
        if !visit.person.role.may_do(Action::ExportAudit) || !sees_all {
            return Err(Failure::Forbidden(Box::new(visit), Place::Audit));
        }
        let mut out = Bounded(Vec::new());
        let made = match log::export(&hq, from, to, &mut out) {
            Ok(made) => made,
            Err(err) if is_too_large(&err) => {
                let sentence = "这段时间的记录太多，请选短一些，或由管理员用 jihui-hq export 导出。 Too many records for a page: choose a shorter period, or have it made by `jihui-hq export`";
                return Ok(page::refused(&visit, Place::Audit, sentence, Place::Audit.path()));
            }
            Err(err) => return Err(err.into()),
        };
        let detail = serde_json::json!({ "from": from, "to": to, "records": made.records });
        crate::store::audit(&hq.db().conn, &visit.person.name, "export period", &detail.to_string())?;
        Ok(files::bytes(&format!("records-{from}-{to}.ndjson"), "application/x-ndjson", out.0))
    })
    .await
}

fn is_too_large(err: &anyhow::Error) -> bool {
    let io = err.chain().find_map(|cause| cause.downcast_ref::<std::io::Error>());
    io.is_some_and(|io| io.kind() == std::io::ErrorKind::FileTooLarge)
}
