//! `jihui-verify`: checks an exported period offline.

use std::fs::File;
use std::io::{BufReader, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use serde_json::json;
use verify::{Checked, Trusted, check};

/// Checks an exported period of Jihui with headquarters' public key alone (济惠审计核验).
#[derive(Parser)]
#[command(name = "jihui-verify", version)]
struct Cli {
    /// Headquarters' public key: a JWK file (`jihui-hq key`), or the key's thumbprint.
    #[arg(long)]
    key: String,
    /// A file with a signed head that was noted elsewhere; may be given more than once.
    #[arg(long, value_name = "FILE")]
    head: Vec<PathBuf>,
    /// Sums as NDJSON.
    #[arg(long)]
    json: bool,
    /// The export (`jihui-hq export`).
    export: PathBuf,
}

/// Why it ended: a wrong call, or a difference.
enum Stop {
    Input(String),
    Difference(String),
}

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(err) if err.use_stderr() => return end(2, &err.to_string().replace('\n', " ")),
        Err(err) => {
            err.print().ok();
            return ExitCode::SUCCESS;
        }
    };
    match run(&cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Stop::Input(problem)) => end(2, &problem),
        Err(Stop::Difference(problem)) => end(1, &problem),
    }
}

fn end(code: u8, line: &str) -> ExitCode {
    writeln!(std::io::stderr(), "{}", line.trim()).ok();
    ExitCode::from(code)
}

fn run(cli: &Cli) -> Result<(), Stop> {
    let trusted = match Trusted::read(&cli.key) {
        Some(trusted) => trusted,
        None => {
            let text = std::fs::read_to_string(&cli.key).map_err(|err| Stop::Input(format!("{}: {err}", cli.key)))?;
            let none = || Stop::Input(format!("{} is neither a JWK nor a thumbprint", cli.key));
            Trusted::read(&text).ok_or_else(none)?
        }
    };
    let read =
        |path: &PathBuf| std::fs::read_to_string(path).map_err(|err| Stop::Input(format!("{}: {err}", path.display())));
    let seen = cli.head.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    let file = File::open(&cli.export).map_err(|err| Stop::Input(format!("{}: {err}", cli.export.display())))?;
    let checked = check(BufReader::new(file), &trusted, &seen).map_err(Stop::Difference)?;
    print(cli, &checked).map_err(|err| Stop::Input(err.to_string()))
}

fn print(cli: &Cli, checked: &Checked) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    for (code, name, sums) in &checked.stores {
        if cli.json {
            let line = json!({
                "store": code, "name": name, "claims": sums.claims, "claimed": sums.claimed, "returns": sums.returns,
                "returned": sums.returned, "net": sums.net(), "granted": sums.granted,
            });
            writeln!(out, "{line}")?;
        } else {
            writeln!(
                out,
                "{code} {name}: 申报 claims {} {}, 退货 returns {} {}, 净额 net {}, 核准 granted {}",
                sums.claims,
                sums.claimed,
                sums.returns,
                sums.returned,
                sums.net(),
                sums.granted
            )?;
        }
    }
    let header = &checked.header;
    if checked.early > 0 {
        writeln!(std::io::stderr(), "退货的申报不在本期 returns of claims outside of this period: {}", checked.early)?;
    }
    writeln!(
        std::io::stderr(),
        "没有发现问题 nothing wrong: {} to {}, {} records, log {} to {}",
        header.from,
        header.to,
        checked.records,
        checked.first.size,
        checked.last.size
    )
}
