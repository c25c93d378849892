//! The demonstration: headquarters, three stores with their month behind them, a printer, a window.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use crate::{Result, cargo, packages, root, say};

/// Stores: code, name, district.
const STORES: [(&str, &str, &str); 3] =
    [("S001", "和平路店", "370811"), ("S002", "新华街店", "370812"), ("S003", "城南店", "370826")];
/// Who signs in at headquarters; the store's manager belongs to the first store. Two approve, never
/// the same person.
const USERS: [(&str, &str); 9] = [
    ("reviewer", "reviewer"),
    ("approver", "approver"),
    ("approver2", "approver"),
    ("accountant", "accountant"),
    ("payer", "payer"),
    ("auditor", "auditor"),
    ("roster", "roster"),
    ("manager", "manager"),
    ("admin", "admin"),
];
const PASSWORD: &str = "demo-2026";
/// Staff of each store: code, role, PIN.
const STAFF: [(&str, &str, &str); 2] = [("demo", "cashier", "1234"), ("manager", "manager", "5678")];
/// Rice, 5 kg.
const RICE: &str = "6900000000014";

/// What runs and what people need to know of it.
struct Demo {
    bin: PathBuf,
    dir: PathBuf,
    children: Vec<Child>,
    /// Headquarters' address.
    url: String,
    /// A family whose month is untouched: ID number and card.
    family: (String, String),
}

impl Drop for Demo {
    fn drop(&mut self) {
        for child in &mut self.children {
            // It may have ended by itself.
            child.kill().ok();
            child.wait().ok();
        }
    }
}

/// A few days of sales, one more from scan to granted claim, and the end.
pub fn headless() -> Result<()> {
    packages::install(packages::PAPER);
    let demo = Demo::set_up("2", "60")?;
    let id_number = &demo.family.0;
    let commands = [
        r#"{"do":"login","staff":"demo","pin":"1234"}"#.to_owned(),
        r#"{"do":"open_shift","float":"200.00"}"#.into(),
        format!(r#"{{"do":"scan","code":"{RICE}"}}"#),
        r#"{"do":"scan","code":"10001"}"#.into(),
        format!(r#"{{"do":"verify","id_number":"{id_number}"}}"#),
        r#"{"do":"pay","tender":"cash","amount":"100.00"}"#.into(),
        r#"{"do":"sync"}"#.into(),
    ];
    let answers = demo.till(0, &["drive"], &(commands.join("\n") + "\n"))?;
    say("The till's answers:");
    say(&answers);
    if let Some(bad) = answers.lines().find(|line| line.contains(r#""ok":false"#)) {
        return Err(format!("the till refused: {bad}"));
    }
    let paper =
        std::fs::read_to_string(demo.dir.join("paper/000001.txt")).map_err(|err| format!("the paper: {err}"))?;
    say("The receipt:");
    say(&paper);
    let id = answers.split_once(r#""claims":[""#).and_then(|(_, rest)| rest.split('"').next()).unwrap_or_default();
    let claims = demo.hq(&["claims", "--json"], "")?;
    let claim = claims.lines().find(|line| !id.is_empty() && line.contains(id)).unwrap_or_default();
    say("The claim at headquarters:");
    say(claim);
    if !claim.contains(r#""state":"accepted""#) {
        return Err("the claim was not granted".into());
    }
    demo.hq(&["verify"], "")?;
    demo.till(0, &["verify"], "")?;
    Ok(())
}

/// A month of sales, the till's window, and what to try.
pub fn with_window() -> Result<()> {
    packages::install(&[packages::PAPER, packages::WINDOW].concat());
    let demo = Demo::set_up("30", "300")?;
    demo.tell();
    let shown = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let problem = if cfg!(target_os = "linux") && !shown("DISPLAY") && !shown("WAYLAND_DISPLAY") {
        "There is no display (DISPLAY, WAYLAND_DISPLAY) for the till's window; all else runs.".to_owned()
    } else {
        let window = Command::new(demo.bin.join("jihui-till")).arg("--data").arg(demo.till_dir(0)).status();
        match window {
            Ok(status) if status.success() => return Ok(()),
            Ok(status) => format!("The till's window ended: {status}; all else runs."),
            Err(err) => format!("The till's window did not open: {err}; all else runs."),
        }
    };
    say(&problem);
    say("Press Enter to end.");
    std::io::stdin().read_line(&mut String::new()).map_err(|err| err.to_string())?;
    Ok(())
}

impl Demo {
    /// Builds, starts afresh and rings up so many days with so many families.
    fn set_up(days: &str, families: &str) -> Result<Self> {
        cargo(&["build", "--workspace", "--all-targets"])?;
        let start = Instant::now();
        let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
        let dir = target.join("demo");
        if dir.exists() {
            std::fs::remove_dir_all(&dir).map_err(|err| format!("{}: {err}", dir.display()))?;
        }
        std::fs::create_dir_all(&dir).map_err(|err| format!("{}: {err}", dir.display()))?;
        let bin = target.join("debug");
        let mut demo = Self { bin, dir, children: Vec::new(), url: String::new(), family: Default::default() };
        say("Setting up headquarters, three stores and their tills.");
        demo.set_up_headquarters()?;
        for n in 0..STORES.len() {
            demo.set_up_till(n)?;
        }
        say(&format!("Ringing up {days} days of sales for {families} fictitious families."));
        let tills: Vec<String> = (0..STORES.len()).map(|n| shown(&demo.till_dir(n))).collect();
        let hq = shown(&demo.dir.join("hq"));
        let args: Vec<&str> = [days, families, &hq].into_iter().chain(tills.iter().map(String::as_str)).collect();
        let rung = run(&mut Command::new(demo.bin.join("demo-month")), &args, "")?;
        say(rung.trim());
        // Only now: a month of paper is of no use to anybody.
        let paper = shown(&demo.dir.join("paper"));
        let printer =
            demo.start("jihui-till", "printer", &["printer", "virtual", "--listen", "127.0.0.1:0", "--out", &paper])?;
        for n in 0..STORES.len() {
            demo.till(n, &["printer", "set", &printer], "")?;
        }
        demo.family = demo.first_family()?;
        say(&format!("Ready after {} s.", start.elapsed().as_secs()));
        Ok(demo)
    }

    fn set_up_headquarters(&mut self) -> Result<()> {
        for (code, name, district) in STORES {
            self.hq(&["store", "add", code, "--name", name, "--district", district, "--serves", "3708"], "")?;
        }
        for (name, role) in USERS {
            let store = if role == "manager" { &["--store", "S001"][..] } else { &[] };
            self.hq(&[&["user", "add", name, "--role", role], store].concat(), &format!("{PASSWORD}\n"))?;
        }
        self.url = self.start("jihui-hq", "hq", &["serve", "--listen", "127.0.0.1:0"])?;
        Ok(())
    }

    fn set_up_till(&self, n: usize) -> Result<()> {
        let (store, name, _) = STORES[n];
        let code = self.hq(&["till", "add", &format!("{store}/01")], "")?;
        self.till(n, &["enrol", "--hq", &self.url, "--code", code.trim()], "")?;
        self.till(n, &["products", "import", &shown(&root().join("data/products.csv"))], "")?;
        self.till(n, &["set", "store_name", name], "")?;
        for (staff, role, pin) in STAFF {
            self.till(n, &["staff", "add", staff, "--role", role], &format!("{pin}\n"))?;
        }
        Ok(())
    }

    /// The roster's first family: it did not shop in the month.
    fn first_family(&self) -> Result<(String, String)> {
        let roster = run(&mut Command::new(self.bin.join("demo-roster")), &["1"], "")?;
        let mut cells = roster.lines().nth(1).unwrap_or_default().split(',').map(str::to_owned);
        cells.next().zip(cells.next()).ok_or_else(|| "the roster is empty".into())
    }

    fn till_dir(&self, n: usize) -> PathBuf {
        self.dir.join(format!("till-{}", STORES[n].0))
    }

    fn till(&self, n: usize, args: &[&str], input: &str) -> Result<String> {
        run(Command::new(self.bin.join("jihui-till")).arg("--data").arg(self.till_dir(n)), args, input)
    }

    fn hq(&self, args: &[&str], input: &str) -> Result<String> {
        run(Command::new(self.bin.join("jihui-hq")).arg("--data").arg(self.dir.join("hq")), args, input)
    }

    /// Starts a server; what it says after `listening on `.
    fn start(&mut self, program: &str, data: &str, args: &[&str]) -> Result<String> {
        let mut command = Command::new(self.bin.join(program));
        command.arg("--data").arg(self.dir.join(data)).args(args).stdin(Stdio::null()).stdout(Stdio::piped());
        let mut child = command.spawn().map_err(|err| format!("{program}: {err}"))?;
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

    /// What is there, and what to try.
    fn tell(&self) {
        let (id_number, card) = &self.family;
        let names: Vec<&str> = USERS.iter().map(|(name, _)| *name).collect();
        let [(cashier, _, pin), (manager, _, manager_pin)] = STAFF;
        let (store, name, _) = STORES[0];
        say(&format!(
            "
Headquarters' console: {url}
  sign in as one of: {users}
  the password of each: {PASSWORD}
  It has a month of claims of {stores}; a few were adjusted or are held, with their reasons.

The till of {store} {name}:
  cashier {cashier}, PIN {pin}; manager {manager}, PIN {manager_pin}; then open the shift.
  Scan or type {RICE} (rice, 41.40), press F2, and scan or type a fictitious family's card:
    {card}
  or its ID number: {id_number}
  惠民优惠 6.21 comes off: 35.19 is due. Pay in cash; the receipt says what was taken off and what is left of the month.
  After the till's next sync the claim stands at headquarters under today's date.
  Tobacco (6900000002889) stays at its price; potatoes are PLU 10002, sold by weight.

Receipts land as pictures and text in {paper}
Without a window: jihui-till --data {till} drive
Everyone here is fictitious: the region code of the ID numbers was never given out.
",
            url = self.url,
            users = names.join(", "),
            stores = STORES.map(|(_, name, _)| name).join(", "),
            paper = self.dir.join("paper").display(),
            till = self.till_dir(0).display(),
        ));
    }
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

/// Runs a program to its end; its output.
fn run(command: &mut Command, args: &[&str], input: &str) -> Result<String> {
    let program = Path::new(command.get_program()).file_name().unwrap_or_default().to_string_lossy().into_owned();
    let failed = |what: String| format!("{program} {}: {what}", args.join(" "));
    let mut child = command
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|err| failed(err.to_string()))?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(input.as_bytes()).map_err(|err| failed(err.to_string()))?;
    }
    let output = child.wait_with_output().map_err(|err| failed(err.to_string()))?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        Err(failed(output.status.to_string()))
    }
}
