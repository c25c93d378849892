//! `cargo xtask demo|test|bench`: everything a newcomer needs, with the standard library alone.

mod demo;
mod packages;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

type Result<T> = std::result::Result<T, String>;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    let done = match words.as_slice() {
        ["demo", "--headless"] => demo::headless(),
        ["demo"] => demo::with_window(),
        ["test"] => test(),
        ["bench"] => bench(),
        ["bench", "load", parts @ ..] => load(parts),
        _ => Err("usage: cargo xtask demo [--headless] | test | bench [load [PART…]]".into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            say(&problem);
            ExitCode::FAILURE
        }
    }
}

/// One line for people.
fn say(line: &str) {
    writeln!(std::io::stderr(), "{line}").ok();
}

fn cargo(args: &[&str]) -> Result<()> {
    cargo_with(args, &[])
}

fn cargo_with(args: &[&str], set: &[(&str, &str)]) -> Result<()> {
    let mut command = Command::new("cargo");
    command.args(args).envs(set.iter().copied()).current_dir(root());
    // What cargo said of this package would make it build some crates anew each time.
    for (name, _) in std::env::vars() {
        if name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_") {
            command.env_remove(name);
        }
    }
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        _ => Err(format!("cargo {} failed", args.join(" "))),
    }
}

fn has(tool: &str) -> bool {
    let out = Command::new("cargo").args([tool, "--version"]).stdout(Stdio::null()).stderr(Stdio::null()).status();
    out.is_ok_and(|status| status.success())
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().map(Path::to_path_buf).unwrap_or_default()
}

/// All tests, and once more, over PostgreSQL, those of the console. `cargo nextest` where it is
/// installed, else `cargo test`.
fn test() -> Result<()> {
    packages::install(&[packages::PAPER, packages::WINDOW, packages::TEST].concat());
    packages::install_database();
    cargo(&["build", "--workspace", "--all-targets"])?;
    // The same packages again: others would be built with other features.
    let on_postgres = [("JIHUI_TEST_DATABASE", "postgres")];
    if has("nextest") {
        let all = ["nextest", "run", "--workspace", "--no-fail-fast"];
        cargo(&all)?;
        // The quarter and the honest month are reckoned once: they are long, and the same on both.
        let console = ["-E", "binary(console) & not test(/^(browser|postgres|quarter)::/) & not test(/_month_/)"];
        cargo_with(&[&all[..], &console].concat(), &on_postgres)
    } else {
        cargo(&["test", "--workspace"])?;
        cargo_with(&["test", "--workspace", "--test", "console"], &on_postgres)
    }
}

/// The table of benchmarks, from a release build. Ratios count; the machine's own figures differ.
fn bench() -> Result<()> {
    packages::install(&[packages::PAPER, packages::WINDOW, &["xvfb"]].concat());
    cargo(&["build", "--release", "--workspace", "--bins"])?;
    say("| what | ours | bare | ratio |");
    cargo(&["run", "--quiet", "--release", "--package", "tests", "--bin", "bench"])?;
    packages::install_database();
    let speed = ["run", "--quiet", "--release", "--package", "tests", "--bin", "speed"];
    say("The console over a million claims:");
    cargo(&speed)?;
    say("The same on PostgreSQL:");
    cargo(&[&speed[..], &["--", "postgres"]].concat())?;
    load(&[])
}

/// The table of the line between tills and headquarters, or parts of it.
fn load(parts: &[&str]) -> Result<()> {
    packages::install(&[packages::PAPER, packages::WINDOW].concat());
    packages::install_database();
    // The same build as that of the other tables: it calls the programs.
    cargo(&["build", "--release", "--workspace", "--bins"])?;
    say("The line between tills and headquarters:");
    let run = ["run", "--quiet", "--release", "--package", "tests", "--bin", "load", "--"];
    cargo(&[&run[..], parts].concat())
}
