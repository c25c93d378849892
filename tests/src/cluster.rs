//! A throw-away PostgreSQL: one server for each test process, a database for each test. What is timed
//! has another server, that makes each commit durable.

use std::io::{BufRead as _, BufReader};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

/// Set to `postgres`, all headquarters of the tests keep their database there.
const SWITCH: &str = "JIHUI_TEST_DATABASE";

/// Makes a server and keeps it until the test process is gone, however that ends: its end of the
/// pipe closes then.
const KEEPER: &str = r#"
as_owner() { if [ "$(id -u)" = 0 ]; then runuser -u postgres -- "$@"; else "$@"; fi; }
cd "$DIR" || exit 1
if [ "$(id -u)" = 0 ]; then chown postgres "$DIR"; fi
as_owner "$BIN/initdb" -D "$DIR/data" -A trust -U postgres --no-sync -E UTF8 --locale=C.UTF-8 >"$DIR/log" 2>&1 || { cat "$DIR/log"; exit 1; }
as_owner "$BIN/pg_ctl" -w -D "$DIR/data" -l "$DIR/data/log" -o "-k $DIR -c listen_addresses= -c fsync=$FSYNC -c max_connections=60" start >>"$DIR/log" 2>&1 || { cat "$DIR/log"; exit 1; }
echo ready
cat >/dev/null
as_owner "$BIN/pg_ctl" -m immediate -D "$DIR/data" stop >/dev/null 2>&1
rm -rf "$DIR"
"#;

struct Cluster {
    bin: PathBuf,
    dir: PathBuf,
    /// Its input is what holds the server.
    _keeper: Child,
}

/// Whether the tests' headquarters stand on PostgreSQL.
pub fn is_wanted() -> bool {
    match std::env::var(SWITCH) {
        Ok(wanted) => {
            assert!(wanted == "postgres" || wanted == "sqlite", "{SWITCH} is postgres or sqlite");
            wanted == "postgres"
        }
        Err(_) => false,
    }
}

/// The address of a new, empty database.
pub fn database() -> String {
    static CLUSTER: OnceLock<Cluster> = OnceLock::new();
    make(CLUSTER.get_or_init(|| Cluster::start("off")), "template0")
}

/// The same on another server, that makes each commit durable: for what is timed.
pub fn durable() -> String {
    make(durable_cluster(), "template0")
}

/// A copy of a database of the durable server, while nobody is connected to it.
pub fn copy_of(address: &str) -> String {
    let name = address.trim_start_matches("postgres:///").split('?').next().unwrap();
    make(durable_cluster(), name)
}

/// Takes a database of the durable server away, whoever is connected.
pub fn drop_durable(address: &str) {
    let cluster = durable_cluster();
    let name = address.trim_start_matches("postgres:///").split('?').next().unwrap();
    let mut drop = Command::new(cluster.bin.join("dropdb"));
    let done = drop.arg("-h").arg(&cluster.dir).args(["-U", "postgres", "--force", name]).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

fn durable_cluster() -> &'static Cluster {
    static CLUSTER: OnceLock<Cluster> = OnceLock::new();
    CLUSTER.get_or_init(|| Cluster::start("on"))
}

fn make(cluster: &Cluster, template: &str) -> String {
    static NEXT: AtomicU32 = AtomicU32::new(1);
    let name = format!("hq{}", NEXT.fetch_add(1, Ordering::Relaxed));
    let mut create = Command::new(cluster.bin.join("createdb"));
    let made = create.arg("-h").arg(&cluster.dir).args(["-U", "postgres", "-T", template, &name]).output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    format!("postgres:///{name}?host={}&user=postgres", cluster.dir.display())
}

impl Cluster {
    fn start(fsync: &str) -> Self {
        let bin = programs().expect("PostgreSQL is not installed: apt-get install postgresql");
        let dir = tempfile::Builder::new().prefix("jihui-pg-").tempdir().unwrap().keep();
        let mut keeper = Command::new("sh")
            .args(["-c", KEEPER])
            .env("BIN", &bin)
            .env("DIR", &dir)
            .env("FSYNC", fsync)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            // Whoever stops the tests must not stop who tidies up after them.
            .process_group(0)
            .spawn()
            .unwrap();
        let mut said = String::new();
        let mut output = BufReader::new(keeper.stdout.take().unwrap());
        while said.lines().last() != Some("ready") {
            assert!(output.read_line(&mut said).unwrap() > 0, "PostgreSQL does not start: {said}");
        }
        Self { bin, dir, _keeper: keeper }
    }
}

/// The newest server's programs, where Debian puts them.
fn programs() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?.flatten();
    let number = |path: &Path| path.file_name()?.to_str()?.parse::<u32>().ok();
    let newest = versions.map(|entry| entry.path()).filter(|path| path.join("bin/initdb").exists());
    Some(newest.max_by_key(|path| number(path))?.join("bin"))
}
