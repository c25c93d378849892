//! What `jihui-till` does on the command line, beside `drive`.

pub mod api;
pub mod devices;
pub mod enrol;
pub mod printer;
pub mod quote;
pub mod raise;
pub mod safe;
pub mod setup;
pub mod sync;
pub mod verify;

use std::io::Write as _;

use anyhow::{Context as _, Result};

/// A wrong call or wrong input: exit 2. Everything else that fails exits 1.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct WrongInput(pub String);

/// An error that exits 2.
pub fn wrong_input(problem: impl Into<String>) -> anyhow::Error {
    WrongInput(problem.into()).into()
}

/// One line of machine output.
pub fn print(line: &str) -> Result<()> {
    writeln!(std::io::stdout().lock(), "{line}").context("writing the output")
}

/// Reads a whole input; a dash is standard input.
pub fn read_input(path: &str) -> Result<Vec<u8>> {
    use std::io::Read as _;
    if path != "-" {
        return std::fs::read(path).map_err(|err| wrong_input(format!("{path}: {err}")));
    }
    let mut bytes = Vec::new();
    std::io::stdin().lock().read_to_end(&mut bytes).context("reading standard input")?;
    Ok(bytes)
}

/// The first line of standard input: where PINs come from.
pub fn first_line() -> Result<String> {
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).context("reading the PIN from standard input")?;
    Ok(line.trim_end_matches(['\r', '\n']).into())
}
