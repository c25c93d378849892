//! What these tests have in common: copies of folders, looks into databases, a till under a bad disk.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use rusqlite::Connection;
use serde_json::{Value, json};
use tests::{Lab, Till, id_number, program};

pub const RICE: &str = "6900000000014";

/// How many of something a trial tries: few in passing, more where a variable says so.
pub fn how_many(variable: &str, usual: usize) -> usize {
    std::env::var(variable).ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

/// A small generator; its seed is printed, and `JIHUI_SEED` runs it again.
pub struct Dice(u64);

impl Dice {
    pub fn new() -> Self {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_nanos();
        let drawn = u64::try_from(now & 0xFFFF_FFFF).unwrap();
        let seed = std::env::var("JIHUI_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(drawn) | 1;
        println!("JIHUI_SEED={seed}");
        Self(seed)
    }

    pub fn below(&mut self, below: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % below
    }
}

pub fn copy_dir(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy_dir(&path, &target);
        } else {
            std::fs::copy(&path, &target).unwrap();
        }
    }
}

/// Receipt numbers of a till's sales.
pub fn sales(dir: &Path) -> BTreeSet<String> {
    column(&dir.join("till.db"), "SELECT number FROM sales").into_iter().collect()
}

/// One column of text.
pub fn column(db: &Path, sql: &str) -> Vec<String> {
    let conn = Connection::open(db).unwrap();
    let mut statement = conn.prepare(sql).unwrap();
    statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}

/// One number.
pub fn number(db: &Path, sql: &str) -> i64 {
    Connection::open(db).unwrap().query_row(sql, [], |row| row.get(0)).unwrap()
}

/// No sale of a till is half there.
pub fn nothing_is_half(dir: &Path) {
    let half = number(
        &dir.join("till.db"),
        "SELECT count(*) FROM sales s WHERE NOT EXISTS (SELECT 1 FROM sale_lines l WHERE l.sale_id = s.id)
           OR NOT EXISTS (SELECT 1 FROM tenders t WHERE t.sale_id = s.id)
           OR s.claimed <> EXISTS (SELECT 1 FROM records r WHERE r.uuid = s.uuid)",
    );
    assert_eq!(half, 0, "a sale is half there");
}

/// Every one of these claims is at headquarters, once, and its books are in order.
pub fn claimed_once(lab: &Lab, claims: &BTreeSet<String>) {
    let listed: Vec<String> = lab.claims().iter().map(|c| c["id"].as_str().unwrap().to_owned()).collect();
    let unique: BTreeSet<String> = listed.iter().cloned().collect();
    assert_eq!(listed.len(), unique.len(), "a claim is there twice");
    assert_eq!(&unique, claims);
    lab.hq_ok(&["verify"]);
}

/// The ids of a sale's claims, as an answer has them.
pub fn claims_of(sale: &Value) -> Vec<String> {
    sale["claims"].as_array().unwrap().iter().map(|id| id.as_str().unwrap().to_owned()).collect()
}

/// Sales to families; their claims.
pub fn sell(drive: &mut tests::Drive, count: usize, claims: &mut BTreeSet<String>) {
    for n in 0..count {
        claims.extend(claims_of(&drive.sell(&[RICE], Some(&id_number(n % 3)))));
    }
}

/// Signs the cashier in again.
pub fn drive_again(till: &Till) -> tests::Drive {
    let mut drive = till.drive();
    drive.ok(&json!({"do": "login", "staff": "c1", "pin": "1234"}));
    drive
}

/// A program's command with its data folder.
pub fn command(name: &str, dir: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(program(name));
    command.arg("--data").arg(dir).args(args);
    command
}

/// `jihui-till drive`, started by a command that may have a bad disk.
pub struct Hand {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Hand {
    pub fn start(mut command: Command) -> Self {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let (input, output) = (child.stdin.take(), BufReader::new(child.stdout.take().unwrap()));
        Self { child, input, output }
    }

    /// Sends a command; its answer, or nothing where the till is gone.
    pub fn send(&mut self, command: &Value) -> Option<Value> {
        writeln!(self.input.as_mut()?, "{command}").ok()?;
        let mut line = String::new();
        self.output.read_line(&mut line).ok()?;
        serde_json::from_str(&line).ok()
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Ends the input; what the till said on the way out.
    pub fn end(mut self) -> String {
        self.input.take();
        let mut said = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        self.child.wait().unwrap();
        said
    }
}

/// A lab whose till has its lists, a shift to open and no line to headquarters; and headquarters' address.
pub fn offline_till(households: usize) -> (Lab, Till) {
    // Files are looked into, whatever database the other tests are run on.
    let lab = Lab::on(None).furnished(households);
    let server = lab.serve();
    let till = lab.till(&server, "S001/01");
    (lab, till)
}

/// Points a till at another address of its headquarters.
pub fn point_at(dir: &Path, url: &str) {
    let conn = Connection::open(dir.join("till.db")).unwrap();
    assert_eq!(conn.execute("UPDATE settings SET value = ?1 WHERE name = 'hq_url'", [url]).unwrap(), 1);
}

/// Writes nonsense over the middle of a file, from a share of it on.
pub fn damage(path: &Path, from_percent: usize, to_percent: usize) {
    let mut bytes = std::fs::read(path).unwrap();
    let (from, to) = (bytes.len() * from_percent / 100, bytes.len() * to_percent / 100);
    for (i, byte) in bytes[from..to].iter_mut().enumerate() {
        *byte = u8::try_from((i * 7 + 13) % 251).unwrap();
    }
    std::fs::write(path, bytes).unwrap();
}

/// Writes nonsense over one page that holds rows of a table.
pub fn damage_table(path: &Path, table: &str) {
    let sql = "SELECT pageno, pgsize FROM dbstat WHERE name = ?1 AND pagetype = 'leaf' ORDER BY pageno DESC LIMIT 1";
    let conn = Connection::open(path).unwrap();
    let (page, size): (usize, usize) = conn.query_row(sql, [table], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    drop(conn);
    let mut bytes = std::fs::read(path).unwrap();
    bytes[(page - 1) * size..page * size].fill(0x5A);
    std::fs::write(path, bytes).unwrap();
}

/// Everything of a database into its one file.
pub fn checkpoint(path: &Path) {
    let conn = Connection::open(path).unwrap();
    conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
}

/// The mode of a file.
#[cfg(unix)]
pub fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

/// Folders that begin so.
pub fn folders(dir: &Path, prefix: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(dir).into_iter().flatten().map(|entry| entry.unwrap().path());
    entries.filter(|path| path.file_name().unwrap().to_str().unwrap().starts_with(prefix)).collect()
}
