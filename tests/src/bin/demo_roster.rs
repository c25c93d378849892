//! Writes a roster of fictitious households to standard output: `demo-roster 300`.

use std::io::Write as _;
use std::process::ExitCode;

fn main() -> ExitCode {
    let Some(households) = std::env::args().nth(1).and_then(|n| n.parse().ok()) else {
        writeln!(std::io::stderr(), "how many households? for example: demo-roster 300").ok();
        return ExitCode::from(2);
    };
    match std::io::stdout().write_all(tests::roster_csv(households).as_bytes()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}
