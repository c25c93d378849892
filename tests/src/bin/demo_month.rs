//! Rings up some days of sales: `demo-month 30 300 HEADQUARTERS TILL…`, each a data folder.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use tests::month::{Plan, ring_up};

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let Some(plan) = plan(&args) else {
        writeln!(std::io::stderr(), "usage: demo-month DAYS HOUSEHOLDS HEADQUARTERS-FOLDER TILL-FOLDER…").ok();
        return ExitCode::from(2);
    };
    match ring_up(&plan) {
        Ok(rung) => {
            writeln!(std::io::stdout(), "{}", serde_json::to_string(&rung).unwrap_or_default()).ok();
            ExitCode::SUCCESS
        }
        Err(problem) => {
            writeln!(std::io::stderr(), "{problem:#}").ok();
            ExitCode::FAILURE
        }
    }
}

fn plan(args: &[String]) -> Option<Plan> {
    let [days, households, headquarters, tills @ ..] = args else { return None };
    let plan = Plan {
        days: days.parse().ok()?,
        households: households.parse().ok()?,
        headquarters: headquarters.into(),
        database: PathBuf::from(headquarters).into(),
        tills: tills.iter().map(Into::into).collect(),
    };
    (!plan.tills.is_empty()).then_some(plan)
}
