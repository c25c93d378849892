//! What the suites that cross crates share: fictitious families, and the two programs as a person
//! would run them.
#![expect(clippy::unwrap_used, reason = "a fixture that does not stand fails its test")]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Output, Stdio};
use std::sync::{Arc, Mutex};

use hq::store::Db;
use hq::store::place::Database;
use serde_json::{Value, json};

pub mod cluster;
pub mod month;
mod roster;
pub mod window;

pub use roster::{Household, Person, card_number, households, id_number, name, roster_csv};

/// A folder of demonstration data in the project.
pub fn data() -> PathBuf {
    root().join("data")
}

/// The project's root.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().into()
}

/// One of the project's programs, as the same build made it.
pub fn program(name: &str) -> PathBuf {
    let mut folder = std::env::current_exe().unwrap();
    folder.pop();
    if folder.ends_with("deps") {
        folder.pop();
    }
    let path = folder.join(name);
    assert!(path.exists(), "{} is not built: run `cargo build --workspace --all-targets`", path.display());
    path
}

/// A folder in which headquarters and tills live, and the calls that people make.
pub struct Lab {
    /// The folder.
    pub dir: tempfile::TempDir,
    /// Where headquarters' database is, if not in its folder.
    pub database: Option<String>,
}

/// What a program said and how it ended.
#[derive(Debug, Clone)]
pub struct Said {
    /// Exit code.
    pub code: i32,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

fn said(output: Output) -> Said {
    Said {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

fn run(program_name: &str, dir: &Path, args: &[&str], input: &str) -> Said {
    let mut child = Command::new(program(program_name))
        .arg("--data")
        .arg(dir)
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A program that refuses its call may be gone before it reads.
    child.stdin.take().unwrap().write_all(input.as_bytes()).ok();
    said(child.wait_with_output().unwrap())
}

impl Default for Lab {
    fn default() -> Self {
        Self::on(cluster::is_wanted().then(cluster::database))
    }
}

impl Lab {
    /// Headquarters whose database is at this address, or in its folder.
    pub fn on(database: Option<String>) -> Self {
        Self { dir: tempfile::tempdir().unwrap(), database }
    }

    /// Headquarters with three stores, the demonstration's programmes and products, and a roster.
    pub fn with_households(households: usize) -> Self {
        Self::default().furnished(households)
    }

    /// The same, wherever its database is.
    pub fn furnished(self, households: usize) -> Self {
        let lab = self;
        for (code, district) in [("S001", "370811"), ("S002", "370812"), ("S003", "370826")] {
            lab.hq_ok(&[
                "store",
                "add",
                code,
                "--name",
                &format!("演示店{code}"),
                "--district",
                district,
                "--serves",
                "3708",
            ]);
        }
        let roster = lab.file("roster.csv", roster_csv(households).as_bytes());
        lab.hq_ok(&["roster", "import", &roster]);
        for (what, file) in [("programmes", "programmes.json"), ("products", "products.csv")] {
            lab.hq_ok(&[what, "import", data().join(file).to_str().unwrap()]);
        }
        lab
    }

    /// Writes a file into the folder; its path.
    pub fn file(&self, name: &str, bytes: &[u8]) -> String {
        let path = self.dir.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path.to_str().unwrap().into()
    }

    /// Headquarters' data folder.
    pub fn hq_dir(&self) -> PathBuf {
        self.dir.path().join("hq")
    }

    /// Headquarters' database.
    pub fn place(&self) -> Database {
        self.database.as_deref().map_or_else(|| self.hq_dir().into(), |address| Database::parse(address).unwrap())
    }

    /// Headquarters' database, opened: to look behind the pages.
    pub fn db(&self) -> Db {
        Db::open(&self.place()).unwrap()
    }

    /// Words before a call of `jihui-hq`.
    fn at(&self) -> Vec<&str> {
        self.database.iter().flat_map(|address| ["--database", address.as_str()]).collect()
    }

    /// Calls `jihui-hq`.
    pub fn hq(&self, args: &[&str]) -> Said {
        run("jihui-hq", &self.hq_dir(), &[&self.at(), args].concat(), "a long password\n")
    }

    /// Calls `jihui-hq`, which must work; its output.
    pub fn hq_ok(&self, args: &[&str]) -> String {
        let said = self.hq(args);
        assert_eq!(said.code, 0, "jihui-hq {args:?}: {}", said.err);
        said.out
    }

    /// Headquarters' claims.
    pub fn claims(&self) -> Vec<Value> {
        lines(&self.hq_ok(&["claims", "--json"]))
    }

    /// Starts headquarters.
    pub fn serve(&self) -> Server {
        self.serve_on("127.0.0.1:0")
    }

    /// Starts headquarters on an address.
    pub fn serve_on(&self, listen: &str) -> Server {
        let mut child = Command::new(program("jihui-hq"))
            .arg("--data")
            .arg(self.hq_dir())
            .args(self.at())
            .args(["serve", "--listen", listen])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let url = line.trim().strip_prefix("listening on ").expect("the server says where it listens").to_owned();
        Server { child, url }
    }

    /// A till that is enrolled, with products, a cashier `c1` and a manager `m1` (PINs 1234, 9999).
    pub fn till(&self, server: &Server, name: &str) -> Till {
        let till = Till { dir: self.dir.path().join(name.replace('/', "-")) };
        let code = self.hq_ok(&["till", "add", name]);
        till.ok(&["enrol", "--hq", &server.url, "--code", code.trim()], "");
        till.ok(&["products", "import", data().join("products.csv").to_str().unwrap()], "");
        till.ok(&["staff", "add", "c1", "--role", "cashier"], "1234\n");
        till.ok(&["staff", "add", "m1", "--role", "manager"], "9999\n");
        till
    }
}

/// Lines of NDJSON.
pub fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// A running headquarters; ended when it goes out of scope.
pub struct Server {
    child: Child,
    /// `http://127.0.0.1:PORT`.
    pub url: String,
}

impl Server {
    /// Pulls the plug.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// The process, to be looked at from elsewhere.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Address and port, to start it again there.
    pub fn address(&self) -> String {
        self.url.split_once("://").unwrap().1.into()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have been killed by its test.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// A till's data folder.
pub struct Till {
    /// The folder.
    pub dir: PathBuf,
}

impl Till {
    /// Calls `jihui-till`.
    pub fn run(&self, args: &[&str], input: &str) -> Said {
        run("jihui-till", &self.dir, args, input)
    }

    /// Calls `jihui-till`, which must work; its output.
    pub fn ok(&self, args: &[&str], input: &str) -> String {
        let said = self.run(args, input);
        assert_eq!(said.code, 0, "jihui-till {args:?}: {}", said.err);
        said.out
    }

    /// Starts the till without its window.
    pub fn drive(&self) -> Drive {
        let mut child = Command::new(program("jihui-till"))
            .arg("--data")
            .arg(&self.dir)
            .arg("drive")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let (input, output) = (child.stdin.take(), BufReader::new(child.stdout.take().unwrap()));
        Drive { child, input, output }
    }

    /// Starts the till, signs the cashier in and opens a shift.
    pub fn open(&self) -> Drive {
        let mut drive = self.drive();
        drive.ok(&json!({"do": "login", "staff": "c1", "pin": "1234"}));
        drive.ok(&json!({"do": "open_shift", "float": "200.00"}));
        drive
    }
}

/// A till that is being driven.
pub struct Drive {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Drive {
    /// Sends one command; its answer, or nothing where the till is gone.
    pub fn send(&mut self, command: &Value) -> Option<Value> {
        writeln!(self.input.as_mut()?, "{command}").ok()?;
        let mut line = String::new();
        self.output.read_line(&mut line).ok()?;
        serde_json::from_str(&line).ok()
    }

    /// Sends one command, which must be done.
    pub fn ok(&mut self, command: &Value) -> Value {
        let answer = self.send(command).expect("the till answers");
        assert_eq!(answer["ok"], json!(true), "{command}: {answer}");
        answer
    }

    /// Sends one command, which must be refused; the sentence.
    pub fn refused(&mut self, command: &Value) -> String {
        let answer = self.send(command).expect("the till answers");
        assert_eq!(answer["ok"], json!(false), "{command}: {answer}");
        answer["error"].as_str().unwrap().into()
    }

    /// A sale of these codes to a person, paid in cash; the answer's `sale`.
    pub fn sell(&mut self, codes: &[&str], id_number: Option<&str>) -> Value {
        for code in codes {
            self.ok(&json!({"do": "scan", "code": code}));
        }
        if let Some(id) = id_number {
            self.ok(&json!({"do": "verify", "id_number": id}));
        }
        self.ok(&json!({"do": "pay", "tender": "cash"}))["sale"].clone()
    }

    /// The process, to be killed from elsewhere.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Pulls the plug.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Drive {
    fn drop(&mut self) {
        // End of input ends it; it may be gone already.
        self.input.take();
        self.child.wait().ok();
    }
}

/// A printer on TCP that keeps each job.
pub struct Printer {
    /// `tcp://127.0.0.1:PORT`.
    pub target: String,
    jobs: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl Default for Printer {
    fn default() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let target = format!("tcp://{}", listener.local_addr().unwrap());
        let jobs: Arc<Mutex<Vec<Vec<u8>>>> = Arc::default();
        let kept = Arc::clone(&jobs);
        std::thread::Builder::new()
            .name("test printer".into())
            .spawn(move || {
                for mut stream in listener.incoming().flatten() {
                    let mut job = Vec::new();
                    stream.read_to_end(&mut job).ok();
                    kept.lock().unwrap().push(job);
                }
            })
            .unwrap();
        Self { target, jobs }
    }
}

impl Printer {
    /// The jobs so far.
    pub fn jobs(&self) -> Vec<Vec<u8>> {
        self.jobs.lock().unwrap().clone()
    }
}

/// Every file below a folder, with its bytes.
pub fn files(dir: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push((path.clone(), std::fs::read(&path).unwrap()));
        }
    }
    found
}
