//! Damaged files, and disks on which nothing more can be written: a clear sentence, never half a sale.

use std::collections::BTreeSet;
use std::process::Stdio;

use serde_json::json;
use tests::{Till, id_number, lines};

use super::hands::{
    Hand, RICE, checkpoint, claimed_once, column, command, copy_dir, damage, damage_table, drive_again,
    nothing_is_half, offline_till, point_at, sales, sell,
};

#[test]
fn a_damaged_till_names_its_copy_gives_out_its_records_and_is_put_back() {
    let (lab, till) = offline_till(3);
    let mut claims = BTreeSet::new();
    let mut drive = till.open();
    sell(&mut drive, 3, &mut claims);
    drop(drive);
    let copy = lines(&till.ok(&["copy"], ""))[0]["file"].as_str().unwrap().to_owned();
    // Two more after the copy, one of which headquarters has.
    let server = lab.serve();
    point_at(&till.dir, &server.url);
    let mut drive = drive_again(&till);
    sell(&mut drive, 1, &mut claims);
    drive.ok(&json!({"do": "sync"}));
    drop(drive);
    let db = till.dir.join("till.db");
    checkpoint(&db);
    let whole = column(&db, "SELECT jws FROM records ORDER BY id");
    damage_table(&db, "records");
    names_its_copy(&till, &copy);
    let records = lab.dir.path().join("records.ndjson");
    let told = &lines(&till.ok(&["export", records.to_str().unwrap()], ""))[0];
    let readable = lines(&std::fs::read_to_string(&records).unwrap());
    assert_eq!(told["records"].as_u64(), Some(u64::try_from(readable.len()).unwrap()));
    assert!(!readable.is_empty() && readable.len() < whole.len() && told["unreadable"].as_u64() > Some(0), "{told}");
    assert!(
        readable.iter().all(|line| whole.contains(&line["jws"].as_str().unwrap().to_owned())),
        "as they were signed"
    );
    // Worse still: a third of the file is nonsense.
    damage(&db, 40, 70);
    names_its_copy(&till, &copy);

    till.ok(&["restore", &copy], "");
    point_at(&till.dir, &server.url);
    let mut drive = drive_again(&till);
    sell(&mut drive, 1, &mut claims);
    drive.ok(&json!({"do": "sync"}));
    drive.ok(&json!({"do": "sync"}));
    drop(drive);
    claimed_once(&lab, &claims);
    till.ok(&["verify"], "");
}

/// The till does not open, and says which copy to put back.
fn names_its_copy(till: &Till, copy: &str) {
    let said = till.run(&["drive"], "");
    assert_eq!(said.code, 1);
    assert!(said.err.contains("损坏") && said.err.contains(&format!("jihui-till restore {copy}")), "{}", said.err);
}

#[test]
fn a_till_without_a_readable_page_and_without_a_copy_says_so() {
    let (lab, till) = offline_till(1);
    std::fs::remove_dir_all(till.dir.join("copies")).ok();
    std::fs::write(till.dir.join("till.db"), vec![7; 8192]).unwrap();
    std::fs::remove_file(till.dir.join("till.db-wal")).ok();
    let said = till.run(&["drive"], "");
    assert_eq!(said.code, 1);
    assert!(said.err.contains("没有找到每日备份") && said.err.contains("export"), "{}", said.err);
    drop(lab);
}

#[test]
fn a_damaged_headquarters_names_its_copy_and_gets_everything_again() {
    let (lab, till) = offline_till(3);
    let mut claims = BTreeSet::new();
    let server = lab.serve();
    let address = server.address();
    point_at(&till.dir, &server.url);
    let mut drive = till.open();
    sell(&mut drive, 2, &mut claims);
    drive.ok(&json!({"do": "sync"}));
    let copy = lines(&lab.hq_ok(&["copy"]))[0]["file"].as_str().unwrap().to_owned();
    sell(&mut drive, 2, &mut claims);
    drive.ok(&json!({"do": "sync"}));
    drop(server);
    let db = lab.hq_dir().join("hq.db");
    checkpoint(&db);
    damage(&db, 40, 60);
    let said = lab.hq(&["verify"]);
    assert_eq!(said.code, 1);
    assert!(said.err.contains("损坏") && said.err.contains(&format!("jihui-hq restore {copy}")), "{}", said.err);
    lab.hq_ok(&["restore", &copy]);
    let _server = lab.serve_on(&address);
    drive.ok(&json!({"do": "sync"}));
    drive.ok(&json!({"do": "sync"}));
    drop(drive);
    claimed_once(&lab, &claims);
}

/// A few megabytes that are all there is; none where this machine lets nobody mount.
#[cfg(target_os = "linux")]
struct SmallDisk(tempfile::TempDir);

#[cfg(target_os = "linux")]
impl SmallDisk {
    fn mount(megabytes: u32) -> Option<Self> {
        let dir = tempfile::tempdir().unwrap();
        let size = format!("size={megabytes}m");
        let mount = std::process::Command::new("mount")
            .args(["-t", "tmpfs", "-o", &size, "tmpfs"])
            .arg(dir.path())
            .stderr(Stdio::null())
            .status();
        mount.is_ok_and(|status| status.success()).then_some(Self(dir))
    }

    fn remount(&self, how: &str) {
        let status =
            std::process::Command::new("mount").args(["-o", &format!("remount,{how}")]).arg(self.0.path()).status();
        assert!(status.unwrap().success());
    }
}

#[cfg(target_os = "linux")]
impl Drop for SmallDisk {
    fn drop(&mut self) {
        std::process::Command::new("umount").arg("-l").arg(self.0.path()).status().ok();
    }
}

/// The same sentences come from the bad disk of `power`, which needs no mounting.
#[cfg(target_os = "linux")]
#[test]
fn a_full_and_a_read_only_disk_refuse_a_sale_whole_and_take_it_when_they_can() {
    let Some(disk) = SmallDisk::mount(8) else {
        println!("nobody may mount here: `power` has tried the same");
        return;
    };
    let (_lab, till) = offline_till(2);
    let small = Till { dir: disk.0.path().join("till") };
    copy_dir(&till.dir, &small.dir);
    let mut hand = Hand::start(command("jihui-till", &small.dir, &["drive"]));
    let ask = |hand: &mut Hand, what: serde_json::Value| hand.send(&what).expect("the till answers");
    ask(&mut hand, json!({"do": "login", "staff": "c1", "pin": "1234"}));
    ask(&mut hand, json!({"do": "open_shift", "float": "200.00"}));
    ask(&mut hand, json!({"do": "scan", "code": RICE}));
    ask(&mut hand, json!({"do": "verify", "id_number": id_number(0)}));
    // Somebody fills the disk, to the last byte.
    let filler = disk.0.path().join("filler");
    let mut size = 1 << 20;
    let mut file = std::fs::File::create(&filler).unwrap();
    while size > 0 {
        if std::io::Write::write_all(&mut file, &vec![1_u8; size]).is_err() {
            size /= 2;
        }
    }
    drop(file);
    let mut refused = 0;
    let mut paid = json!(null);
    // What is left in the journal may still take a sale or two.
    for _ in 0..200 {
        paid = ask(&mut hand, json!({"do": "pay", "tender": "cash"}));
        if paid["ok"] != true {
            refused += 1;
            break;
        }
        ask(&mut hand, json!({"do": "scan", "code": RICE}));
    }
    assert_eq!(refused, 1, "the disk was full");
    let said = paid["error"].as_str().unwrap();
    assert!(said.contains("磁盘已满") && said.contains("腾出空间") && said.contains("disk is full"), "{said}");
    let before = sales(&small.dir).len();
    std::fs::remove_file(&filler).unwrap();
    let paid = ask(&mut hand, json!({"do": "pay", "tender": "cash"}));
    assert_eq!(paid["ok"], true, "the same sale, once there is room: {paid}");
    assert_eq!(sales(&small.dir).len(), before + 1);
    hand.end();

    checkpoint(&small.dir.join("till.db"));
    disk.remount("ro");
    let said = small.run(&["drive"], "");
    assert_eq!(said.code, 1);
    assert!(said.err.contains("不能写入"), "{}", said.err);
    disk.remount("rw");
    small.ok(&["verify"], "");
    nothing_is_half(&small.dir);
}

/// Headquarters on a disk that fills up: 503, the till tries again, and nothing is lost.
#[cfg(target_os = "linux")]
#[test]
fn a_headquarters_that_can_keep_nothing_says_so_and_loses_nothing() {
    use super::fault::{Mode, put_under};
    use std::io::BufRead as _;
    let (lab, till) = offline_till(3);
    let mut claims = BTreeSet::new();
    let mut drive = till.open();
    sell(&mut drive, 3, &mut claims);
    drop(drive);
    // Started on a sound disk, to know at which call it stands when it listens.
    let hit = lab.dir.path().join("hit");
    let start = |mode, n| {
        let mut serve = command("jihui-hq", &lab.hq_dir(), &["serve", "--listen", "127.0.0.1:0"]);
        put_under(&mut serve, mode, n, 1, &hit);
        let mut child = serve.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        std::io::BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        (child, line.trim().strip_prefix("listening on ").map(str::to_owned))
    };
    let (mut child, _) = start(Mode::Count, 0);
    std::process::Command::new("sh").args(["-c", &format!("kill -TERM {}", child.id())]).status().unwrap();
    child.wait().unwrap();
    let calls: u64 = std::fs::read_to_string(&hit).unwrap().trim().parse().unwrap();
    for mode in [Mode::Full, Mode::ReadOnly] {
        let (mut child, url) = start(mode, calls + 1);
        let url = url.expect("it listens");
        let key = pos::keyfile::read(&till.dir).unwrap().unwrap();
        let token = sync::token::make(&key, "S001", "01", chrono::Utc::now().timestamp());
        let epoch = &column(&till.dir.join("till.db"), "SELECT epoch FROM epochs WHERE closed = 0")[0];
        let body = column(&till.dir.join("till.db"), "SELECT jws FROM records ORDER BY seq").join("\n");
        let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
        let mut answer = agent
            .post(format!("{url}/v1/records?epoch={epoch}"))
            .header("authorization", format!("Bearer {token}"))
            .header("content-type", "application/jose")
            .send(body.as_bytes())
            .unwrap();
        let said: serde_json::Value = serde_json::from_str(&answer.body_mut().read_to_string().unwrap()).unwrap();
        assert_eq!(answer.status().as_u16(), 503, "{mode:?}: {said}");
        assert!(said["type"].as_str().unwrap().ends_with("/unavailable"), "{said}");
        point_at(&till.dir, &url);
        assert_eq!(till.run(&["sync"], "").code, 1);
        child.kill().unwrap();
        child.wait().unwrap();
    }
    let server = lab.serve();
    point_at(&till.dir, &server.url);
    till.ok(&["sync"], "");
    claimed_once(&lab, &claims);
}
