//! `cargo xtask demo|test|bench`: everything a newcomer needs, with the standard library alone.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};

type Result<T> = std::result::Result<T, String>;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    let done = match words.as_slice() {
        ["demo", "--headless"] => demo(true),
        ["demo"] => demo(false),
        ["test"] => test(),
        ["bench"] => bench(),
        _ => Err("usage: cargo xtask demo [--headless] | test | bench".into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            say(&problem);
            ExitCode::FAILURE
        }
    }
}

fn say(line: &str) {
    writeln!(std::io::stderr(), "{line}").ok();
}

fn cargo(args: &[&str]) -> Result<()> {
    let status = Command::new("cargo").args(args).current_dir(root()).status();
    match status {
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

/// All tests. `cargo nextest` where it is installed, else `cargo test`.
fn test() -> Result<()> {
    cargo(&["build", "--workspace", "--all-targets"])?;
    if has("nextest") {
        cargo(&["nextest", "run", "--workspace", "--no-fail-fast"])
    } else {
        cargo(&["test", "--workspace"])
    }
}

/// The table of benchmarks, from a release build. Ratios count; the machine's own figures differ.
fn bench() -> Result<()> {
    say("| what | ours | bare | ratio |");
    cargo(&["run", "--quiet", "--release", "--package", "tests", "--bin", "bench"])
}

struct Demo {
    bin: PathBuf,
    dir: PathBuf,
    children: Vec<Child>,
}

impl Drop for Demo {
    fn drop(&mut self) {
        for child in &mut self.children {
            child.kill().ok();
            child.wait().ok();
        }
    }
}

impl Demo {
    fn run(&self, program: &str, args: &[&str], input: &str) -> Result<String> {
        let data = self.dir.join(if program == "jihui-hq" { "hq" } else { "till" });
        let failed = |what: String| format!("{program} {}: {what}", args.join(" "));
        let mut child = Command::new(self.bin.join(program))
            .arg("--data")
            .arg(data)
            .args(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|err| failed(err.to_string()))?;
        if let Some(mut stdin) = child.stdin.take() {
            stdin.write_all(input.as_bytes()).map_err(|err| failed(err.to_string()))?;
        }
        let output = child.wait_with_output().map_err(|err| failed(err.to_string()))?;
        if !output.status.success() {
            return Err(failed("failed".into()));
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// Starts a server; what it says after `listening on `.
    fn start(&mut self, program: &str, data: &str, args: &[&str]) -> Result<String> {
        let spawned = Command::new(self.bin.join(program))
            .arg("--data")
            .arg(self.dir.join(data))
            .args(args)
            .stdout(Stdio::piped())
            .spawn();
        let mut child = spawned.map_err(|err| format!("{program}: {err}"))?;
        let mut line = String::new();
        if let Some(out) = child.stdout.take() {
            BufReader::new(out).read_line(&mut line).map_err(|err| format!("{program}: {err}"))?;
        }
        self.children.push(child);
        match line.trim().strip_prefix("listening on ") {
            Some(address) => Ok(address.into()),
            None => Err(format!("{program} did not start")),
        }
    }
}

fn demo(headless: bool) -> Result<()> {
    cargo(&["build", "--workspace", "--all-targets"])?;
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
    let dir = target.join("demo");
    if dir.exists() {
        std::fs::remove_dir_all(&dir).map_err(|err| err.to_string())?;
    }
    std::fs::create_dir_all(&dir).map_err(|err| err.to_string())?;
    let mut demo = Demo { bin: target.join("debug"), dir, children: Vec::new() };
    let (url, id_number) = set_up(&mut demo)?;
    let rice = "6900000000014";
    let commands = [
        r#"{"do":"login","staff":"demo","pin":"1234"}"#.to_owned(),
        r#"{"do":"open_shift","float":"200.00"}"#.into(),
        format!(r#"{{"do":"scan","code":"{rice}"}}"#),
        r#"{"do":"scan","code":"10001"}"#.into(),
        format!(r#"{{"do":"verify","id_number":"{id_number}"}}"#),
        r#"{"do":"pay","tender":"cash","amount":"100.00"}"#.into(),
        r#"{"do":"sync"}"#.into(),
    ];
    let answers = demo.run("jihui-till", &["drive"], &(commands.join("\n") + "\n"))?;
    say("The till's answers:");
    say(&answers);
    if let Some(bad) = answers.lines().find(|line| line.contains(r#""ok":false"#)) {
        return Err(format!("the till refused: {bad}"));
    }
    let paper =
        std::fs::read_to_string(demo.dir.join("paper/000001.txt")).map_err(|err| format!("the paper: {err}"))?;
    say("The receipt:");
    say(&paper);
    say("The claim at headquarters:");
    let claims = demo.run("jihui-hq", &["claims", "--json"], "")?;
    say(&claims);
    if !claims.contains(r#""state":"accepted""#) {
        return Err("the claim was not granted".into());
    }
    demo.run("jihui-hq", &["verify"], "")?;
    demo.run("jihui-till", &["verify"], "")?;
    if headless {
        return Ok(());
    }
    say(&format!("Headquarters' API listens on {url}; the console and the till's window come with a later version."));
    say(&format!(
        "Drive the till yourself: jihui-till --data {} drive (staff demo, PIN 1234)",
        demo.dir.join("till").display()
    ));
    say("Press Enter to end.");
    std::io::stdin().read_line(&mut String::new()).map_err(|err| err.to_string())?;
    Ok(())
}

/// Headquarters with data, a virtual printer and an enrolled till; address and a family's number.
fn set_up(demo: &mut Demo) -> Result<(String, String)> {
    for (code, district) in [("S001", "370811"), ("S002", "370812"), ("S003", "370826")] {
        demo.run(
            "jihui-hq",
            &["store", "add", code, "--name", "演示店", "--district", district, "--serves", "3708"],
            "",
        )?;
    }
    let made = Command::new(demo.bin.join("demo-roster")).arg("300").output().map_err(|err| err.to_string())?;
    let roster = demo.dir.join("roster.csv");
    std::fs::write(&roster, &made.stdout).map_err(|err| err.to_string())?;
    let text = String::from_utf8_lossy(&made.stdout);
    let id_number = text.lines().nth(1).and_then(|row| row.split(',').next()).ok_or("the roster is empty")?.to_owned();
    let file = |path: PathBuf| path.display().to_string();
    let products = file(root().join("data/products.csv"));
    demo.run("jihui-hq", &["roster", "import", &file(roster)], "")?;
    demo.run("jihui-hq", &["programmes", "import", &file(root().join("data/programmes.json"))], "")?;
    demo.run("jihui-hq", &["products", "import", &products], "")?;
    let code = demo.run("jihui-hq", &["till", "add", "S001/01"], "")?;
    let url = demo.start("jihui-hq", "hq", &["serve", "--listen", "127.0.0.1:0"])?;
    let paper = file(demo.dir.join("paper"));
    let printer =
        demo.start("jihui-till", "printer", &["printer", "virtual", "--listen", "127.0.0.1:0", "--out", &paper])?;
    demo.run("jihui-till", &["enrol", "--hq", &url, "--code", code.trim()], "")?;
    demo.run("jihui-till", &["products", "import", &products], "")?;
    demo.run("jihui-till", &["staff", "add", "demo", "--role", "cashier"], "1234\n")?;
    demo.run("jihui-till", &["printer", "set", &printer], "")?;
    Ok((url, id_number))
}
