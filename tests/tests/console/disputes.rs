//! Stores say that a decision is wrong.

use domain::money::Money;
use hq::params;
use hq::service::decide::{Order, Verdict};
use pos::shop::Shop;
use rusqlite::Connection;
use serde_json::{Value, json};
use tests::{Lab, Till, id_number};

use crate::site::{Site, Visitor};

const RICE: &str = "6900000000014";
/// The smallest PNG there is: one dot.
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\0\0\0\0:~\x9bU\0\0\0\nIDATx\x9cc`\0\0\0\x02\0\x01H\xaf\xa4q\0\0\0\0IEND\xaeB`\x82";

/// One store whose claims some reviewer rejected; the first claim's row and id.
fn rejected() -> (Site, i64, String) {
    let lab = Lab::with_households(1);
    let server = lab.serve();
    let till = lab.till(&server, "S001/01");
    let mut drive = till.open();
    drive.sell(&[RICE], Some(&id_number(0)));
    drive.sell(&[RICE], Some(&id_number(0)));
    drive.ok(&json!({"do": "sync"}));
    drop(drive);
    let site = Site::of(lab, server);
    let mut reviewer = site.signed_in("reviewer");
    let (row, id) = first(&site);
    for (verdict, code) in [("hold", "R16"), ("reject", "R16")] {
        let version = version(&site, row).to_string();
        let form =
            [("version", version.as_str()), ("claim", &id), ("verdict", verdict), ("code", code), ("note", "没有小票")];
        let done = reviewer.post(&format!("/console/review/claims/{row}"), &form, None);
        assert_eq!(done.status, 303, "{}", done.body);
    }
    (site, row, id)
}

fn first(site: &Site) -> (i64, String) {
    let sql = "SELECT id, uuid FROM claims ORDER BY id LIMIT 1";
    site.lab.db().conn.one(sql, params![], |row| Ok((row.get(0)?, row.get(1)?))).unwrap()
}

fn version(site: &Site, row: i64) -> i64 {
    site.lab.db().conn.value("SELECT version FROM claims WHERE id = ?1", params![row]).unwrap()
}

fn state(site: &Site, id: &str) -> Value {
    site.lab.claims().into_iter().find(|c| c["id"] == id).unwrap()["state"].clone()
}

/// A form with a picture, as browsers send it.
fn upload(visitor: &mut Visitor, row: i64, fields: &[(&str, &str)], picture: &[u8]) -> crate::site::Answer {
    let mut body = Vec::new();
    for (name, value) in fields {
        body.extend(format!("--X\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n").bytes());
    }
    body.extend(b"--X\r\nContent-Disposition: form-data; name=\"picture\"; filename=\"slip.png\"\r\nContent-Type: text/html\r\n\r\n");
    body.extend(picture);
    body.extend(b"\r\n--X--\r\n");
    visitor.post_bytes(&format!("/console/disputes/{row}"), "multipart/form-data; boundary=X", &body)
}

#[test]
fn a_manager_disputes_with_a_picture_and_is_answered() {
    let (site, row, id) = rejected();
    let mut manager = site.signed_in("manager");
    let page = manager.get(&format!("/console/claims/{id}")).body;
    assert!(page.contains("提出申诉") && page.contains("没有小票"), "{page}");
    let version = version(&site, row).to_string();
    let fields = [("version", version.as_str()), ("claim", id.as_str()), ("note", "小票在这里")];
    let huge = vec![0_u8; 2 * 1024 * 1024 + 1];
    for (what, bytes) in [("html", b"<script>alert(1)</script>".as_slice()), ("a cut PNG", &PNG[..40]), ("2 MB", &huge)]
    {
        let refused = upload(&mut manager, row, &fields, bytes);
        assert_eq!(refused.status, 409, "{what}");
        assert!(refused.body.contains("JPEG 或 PNG"), "{what}");
    }
    let no_words = upload(&mut manager, row, &[fields[0], fields[1], ("note", " ")], PNG);
    assert_eq!(no_words.status, 409);
    assert_eq!(state(&site, &id), "rejected");
    // Nobody but the store's own manager.
    assert_eq!(upload(&mut site.signed_in("reviewer"), row, &fields, PNG).status, 404);
    site.lab.hq_ok(&["user", "add", "other", "--role", "manager", "--store", "S002"]);
    assert_eq!(upload(&mut site.signed_in("other"), row, &fields, PNG).status, 404);
    let taken = upload(&mut manager, row, &fields, PNG);
    assert_eq!(taken.status, 303, "{}", taken.body);
    assert_eq!(state(&site, &id), "disputed");
    assert_eq!(upload(&mut manager, row, &fields, PNG).status, 409, "twice is once");

    let mut reviewer = site.signed_in("reviewer");
    assert!(reviewer.get("/console/review?tab=disputed").body.contains(&id));
    let page = reviewer.get(&format!("/console/claims/{id}")).body;
    let picture = page.split("src=\"").find_map(|part| part.split('"').next().filter(|p| p.ends_with("/picture")));
    let picture = picture.expect("the picture is on the page").to_owned();
    for role in ["reviewer", "manager"] {
        let sent = site.signed_in(role).bytes(&picture);
        assert_eq!((sent.0, sent.2.as_slice()), (200, PNG), "{role}");
        assert_eq!(
            (&sent.1["content-type"], &sent.1["x-content-type-options"]),
            (&"image/png".parse().unwrap(), &"nosniff".parse().unwrap())
        );
    }
    assert_eq!(site.signed_in("other").bytes(&picture).0, 404);
    let version = self::version(&site, row).to_string();
    let answer = [("version", version.as_str()), ("claim", &id), ("verdict", "uphold"), ("note", "看到了，谢谢")];
    let done = reviewer.post(&format!("/console/review/claims/{row}"), &answer, None);
    assert_eq!(done.status, 303, "{}", done.body);
    let claim = site.lab.claims().into_iter().find(|c| c["id"] == id.as_str()).unwrap();
    assert_eq!((claim["state"].as_str(), &claim["granted"]["claim"]), (Some("reviewed"), &claim["totals"]["claim"]));
    let page = manager.get(&format!("/console/claims/{id}")).body;
    assert!(page.contains("申诉成立") && page.contains("看到了，谢谢"), "{page}");
    site.lab.hq_ok(&["verify"]);
}

/// Sends a letter as a till does; status and body.
fn letter(site: &Site, body: &Value) -> (u16, Value) {
    let shop = Shop::open(&site.lab.dir.path().join("S001-01")).unwrap();
    let me = shop.enrolled().unwrap();
    let token = sync::token::make(&me.key, &me.store, &me.till, chrono::Utc::now().timestamp());
    let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let request =
        agent.post(format!("{}/v1/disputes", site.server.url)).header("authorization", format!("Bearer {token}"));
    let mut answer = request.send_json(body).unwrap();
    (answer.status().as_u16(), answer.body_mut().read_json().unwrap())
}

#[test]
fn a_till_disputes_once_however_often_it_says_so() {
    let (site, row, id) = rejected();
    let picture = base64(PNG);
    let said = json!({"id": "0197", "claim": id, "note": "有小票", "by": "c1", "picture": picture, "name": "a.png"});
    let word = |answer: &(u16, Value)| answer.1["type"].as_str().and_then(|t| t.rsplit('/').next().map(str::to_owned));
    for (change, status, kind) in [
        (json!({"picture": base64(b"GIF89a")}), 422, "invalid"),
        (json!({"picture": "%%"}), 400, "body"),
        (json!({"note": " "}), 422, "invalid"),
        (json!({"claim": "nobody's"}), 404, "unknown"),
    ] {
        let mut other = said.clone();
        other.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        let answer = letter(&site, &other);
        assert_eq!((answer.0, word(&answer).as_deref()), (status, Some(kind)), "{change}");
    }
    assert_eq!(state(&site, &id), "rejected");
    for _ in 0..2 {
        assert_eq!(letter(&site, &said), (200, json!({"claim": id, "state": "disputed"})));
    }
    let mut changed = said.clone();
    changed["note"] = json!("别的话");
    assert_eq!(letter(&site, &changed).0, 409);
    let count: i64 = site.lab.db().conn.value("SELECT count(*) FROM disputes", params![]).unwrap();
    assert_eq!(count, 1);
    let refuse = Order { verdict: Verdict::Refuse, code: None, note: "照片不清楚".into() };
    let hq = hq::service::Hq::open(site.lab.place(), &site.lab.hq_dir().join("keys.json")).unwrap();
    let reviewer = hq::service::session::Person {
        name: "reviewer".into(),
        role: hq::service::access::Role::Reviewer,
        store: None,
        district: None,
        confirmed_at: 0,
    };
    let version = u64::try_from(version(&site, row)).unwrap();
    let done = hq::service::decide::decide(&hq, &reviewer, &[hq::service::decide::Seen { id: row, version }], &refuse);
    let done = done.unwrap().unwrap();
    assert_eq!((done[0].state, done[0].granted), ("reviewed", Money::ZERO), "what was rejected stays so");
    assert_eq!(letter(&site, &said), (200, json!({"claim": id, "state": "reviewed"})));
    let till = Till { dir: site.lab.dir.path().join("S001-01") };
    till.ok(&["sync"], "");
    let known = Connection::open(till.dir.join("till.db")).unwrap();
    let line: String = known.query_row("SELECT document FROM decisions WHERE claim = ?1", [&id], |r| r.get(0)).unwrap();
    assert_eq!(serde_json::from_str::<Value>(&line).unwrap()["note"], "照片不清楚");
    site.lab.hq_ok(&["verify"]);
}

/// Base64 with padding.
fn base64(bytes: &[u8]) -> String {
    let plain = sync::b64(bytes).replace('-', "+").replace('_', "/");
    format!("{plain}{}", "=".repeat((4 - plain.len() % 4) % 4))
}
