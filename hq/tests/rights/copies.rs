//! The age of the daily copy on the home page, and what people and tills are told while nothing can be kept.

use std::time::{Duration, SystemTime};

use axum::body::Body;
use axum::http::Request;
use hq::service::copies;

use crate::lab::Lab;

#[test]
fn the_home_page_says_how_old_the_copy_is_and_why_one_failed() {
    let lab = Lab::open();
    lab.everybody();
    let mut auditor = lab.signed_in("auditor");
    let home = |visitor: &mut crate::lab::Visitor<'_>| visitor.get("/console").text();
    assert!(home(&mut auditor).contains("还没有每日备份"));
    let file = copies::make(&lab.hq).unwrap();
    let said = home(&mut auditor);
    assert!(said.contains("上次备份") && !said.contains("天前。</p>"), "{said}");
    assert!(!home(&mut lab.signed_in("reviewer")).contains("备份"), "who can do nothing about it is not told");

    let old = SystemTime::now() - Duration::from_secs(3 * 86_400 + 60);
    std::fs::File::options().write(true).open(&file).unwrap().set_modified(old).unwrap();
    let said = home(&mut auditor);
    assert!(said.contains("3 天前") && said.contains("notice warn"), "{said}");

    // A row that refers to nothing is found before it is copied.
    {
        let db = lab.hq.db();
        let conn = db.conn.as_sqlite().unwrap();
        conn.pragma_update(None, "foreign_keys", false).unwrap();
        conn.execute("INSERT INTO tills (store, till) VALUES ('S999', '09')", []).unwrap();
    }
    let problem = copies::make(&lab.hq).unwrap_err().to_string();
    assert!(problem.contains("tills"), "{problem}");
    let said = home(&mut auditor);
    assert!(said.contains("最近一次备份失败") && said.contains("3 天前"), "{said}");
    lab.hq.db().conn.execute("DELETE FROM tills WHERE store = 'S999'", &[]).unwrap();
    copies::make(&lab.hq).unwrap();
    assert!(!home(&mut auditor).contains("失败"));
}

#[test]
fn while_nothing_can_be_kept_people_and_tills_are_told_so() {
    let lab = Lab::open();
    lab.everybody();
    let mut admin = lab.signed_in("admin");
    let read_only = |on: bool| lab.hq.db().conn.as_sqlite().unwrap().pragma_update(None, "query_only", on).unwrap();
    read_only(true);
    let answer = admin.post("/console/sign-out", &[]);
    assert_eq!(answer.status, 503);
    assert!(answer.text().contains("不能写入") && answer.text().contains("cannot be written"), "{}", answer.text());
    let enrols = "e30.e30.e30";
    let asked = Request::post("/v1/enrolments").body(Body::from(enrols)).unwrap();
    assert_ne!(lab.send(asked).status, 503, "what is wrong in itself is refused as ever");
    read_only(false);
    assert_eq!(admin.post("/console/sign-out", &[]).status, 303);
}
