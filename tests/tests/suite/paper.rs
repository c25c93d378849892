//! Paper over real sockets: the virtual printer, and paper that waited too long.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::json;
use tests::{Lab, program};

/// A running `jihui-till printer virtual`; ended when it goes out of scope.
struct Virtual {
    child: Child,
    address: String,
    out: PathBuf,
}

impl Virtual {
    fn start(dir: &Path, listen: &str, columns: &str) -> Self {
        let out = dir.join("out");
        let mut child = Command::new(program("jihui-till"))
            .args(["printer", "virtual", "--listen", listen, "--columns", columns, "--out"])
            .arg(&out)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("listening on tcp://").expect("it says where it listens").to_owned();
        Self { child, address, out }
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        stream
    }

    /// Sends a job and hears the line out.
    fn print(&self, job: &[u8]) {
        let mut stream = self.connect();
        stream.write_all(job).unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
        stream.read_to_end(&mut Vec::new()).expect("the printer closes when the paper is out");
    }

    fn jobs(&self) -> usize {
        tests::files(&self.out).iter().filter(|(path, _)| path.extension().is_some_and(|e| e == "png")).count()
    }

    /// The `n`th job's text, and its picture's width and height, once it is out.
    fn job(&self, n: u32) -> (String, u32, u32) {
        let path = |ending: &str| self.out.join(format!("{n:06}.{ending}"));
        until(|| path("png").exists());
        let png = std::fs::read(path("png")).unwrap();
        assert!(png.starts_with(b"\x89PNG\r\n\x1a\n"));
        let side = |at: usize| u32::from_be_bytes(png[at..at + 4].try_into().unwrap());
        (std::fs::read_to_string(path("txt")).unwrap(), side(16), side(20))
    }
}

impl Drop for Virtual {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

fn until(mut what: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(20);
    while !what() {
        assert!(Instant::now() < end, "it took too long");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_virtual_printer_draws_each_job_and_outlives_bad_ones() {
    let dir = tempfile::tempdir().unwrap();
    for (columns, dots) in [("32", 384), ("48", 576)] {
        let printer = Virtual::start(&dir.path().join(columns), "127.0.0.1:0", columns);
        let hung = printer.connect();
        printer.print(&printers::charset::encode("惠民优惠\n"));
        assert_eq!(printer.job(1), ("惠民优惠\n".into(), dots, 34));

        let mut asked = printer.connect();
        asked.write_all(b"\x10\x04\x01\x10\x04\x02\x10\x04\x03\x10\x04\x04").unwrap();
        let mut answers = [0; 4];
        asked.read_exact(&mut answers).unwrap();
        assert_eq!(answers, [0x12; 4], "all is well");
        asked.write_all(b"A\n\x1d\x72\x01").unwrap();
        asked.read_exact(&mut answers[..1]).unwrap();
        assert_eq!(answers[0], 0, "enough paper");
        drop(asked);
        assert_eq!(printer.job(2).0, "A\n");
        printer.print(b"\x10\x04\x01");

        // What a broken line delivered is on paper; a job without end is cut off.
        let mut broken = printer.connect();
        broken.write_all(b"half a line").unwrap();
        drop(broken);
        assert_eq!(printer.job(3).0, "half a line\n");
        let mut endless = printer.connect();
        while endless.write_all(&[b'\n'; 65536]).is_ok() {}
        until(|| printer.jobs() == 4);
        printer.print(b"and on it goes\n");
        assert_eq!(printer.job(5).0, "and on it goes\n");
        assert_eq!(printer.jobs(), 5, "a question leaves no paper");
        drop(hung);
    }
}

#[test]
fn a_till_s_own_virtual_printer_draws_too() {
    let lab = Lab::with_households(1);
    let server = lab.serve();
    let till = lab.till(&server, "S001/01");
    till.ok(&["printer", "set", "virtual", "--columns", "48"], "");
    till.ok(&["printer", "test"], "");
    let kept = |ending: &str| std::fs::read(till.dir.join("paper/000001").with_extension(ending)).unwrap();
    assert!(String::from_utf8(kept("txt")).unwrap().contains("打印正常"));
    assert_eq!(kept("png")[16..20], 576_u32.to_be_bytes(), "the paper is as wide as the lines need");
}

#[test]
fn paper_that_waited_too_long_comes_out_only_when_asked_for() {
    let lab = Lab::with_households(1);
    let server = lab.serve();
    let till = lab.till(&server, "S001/01");
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    till.ok(&["printer", "set", &format!("tcp://{free}")], "");
    let mut drive = till.open();
    let old = drive.sell(&["10001"], None);
    let recent = drive.sell(&["10002"], None);
    assert_eq!((&old["printed"], &recent["printed"]), (&json!(false), &json!(false)), "the printer is off");
    drop(drive);
    let db =
        tests::files(&till.dir).into_iter().map(|(path, _)| path).find(|p| p.extension().is_some_and(|e| e == "db"));
    let conn = rusqlite::Connection::open(db.unwrap()).unwrap();
    let age = "UPDATE print_jobs SET created_at = created_at - 660000 WHERE number = ?1";
    assert_eq!(conn.execute(age, [old["number"].as_str().unwrap()]).unwrap(), 1);
    drop(conn);

    let printer = Virtual::start(lab.dir.path(), &free, "32");
    let mut drive = till.drive();
    drive.ok(&json!({"do": "login", "staff": "c1", "pin": "1234"}));
    let number = |sale: &serde_json::Value| sale["number"].as_str().unwrap().to_owned();
    until(|| {
        drive.ok(&json!({"do": "x_report"}));
        printer.out.join("000001.png").exists()
    });
    assert!(printer.job(1).0.contains(&number(&recent)));
    // The paper is out before the till has written down that it is.
    let settled = |drive: &mut tests::Drive, says: &str| {
        until(|| drive.ok(&json!({"do": "x_report"})).to_string().contains(says));
    };
    settled(&mut drive, r#""uncertain":1,"unprinted":0"#);
    drive.ok(&json!({"do": "reprint", "sale": number(&old)}));
    let (text, _, _) = printer.job(2);
    assert!(text.contains(&number(&old)) && text.contains("补打 第1次"), "{text}");
    assert_eq!(printer.jobs(), 2);
    settled(&mut drive, r#""uncertain":0,"unprinted":0"#);
}
