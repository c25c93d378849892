//! The roster keeper's pages, from a bureau's file to a card.

use std::time::{Duration, Instant};

use crate::site::{Answer, Site, Visitor, secrets};
use tests::{card_number, id_number, name};

/// Waits until nothing works on an import any more.
fn settled(visitor: &mut Visitor, path: &str) -> Answer {
    let until = Instant::now() + Duration::from_secs(30);
    loop {
        let page = visitor.get(path);
        assert_eq!(page.status, 200, "{path}");
        if !page.body.contains("http-equiv=\"refresh\"") {
            return page;
        }
        assert!(Instant::now() < until, "{}", page.body);
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// A bureau's list: title lines, Chinese columns, one row more than the roster has, one not in it.
fn list(families: &[usize]) -> Vec<u8> {
    let mut text = "惠民区救助对象名单,,,\r\n姓名,身份证号,户号,救助类别\r\n".to_owned();
    for n in families {
        text.push_str(&format!("{},{},B-{n},城市低保\r\n", name(*n), id_number(*n)));
    }
    text.into_bytes()
}

#[test]
fn a_bureaus_file_is_mapped_looked_at_and_applied() {
    let site = Site::open();
    let mut keeper = site.signed_in("roster");
    assert!(keeper.get("/console/roster").body.contains("multipart/form-data"));
    let sent = keeper.upload("/console/roster/upload", &[("mapping", "")], "名单.csv", &list(&[900, 901]));
    assert_eq!(sent.status, 303, "{}", sent.body);
    let path = sent.location;
    assert!(settled(&mut keeper, &path).body.contains("有的列还不知道是什么"));
    let form = keeper.get(&format!("{path}/mapping")).body;
    assert!(form.contains("还缺") && form.contains("地区代码"), "{form}");
    let fields = [
        ("n0", "姓名"),
        ("c0", "name"),
        ("n1", "身份证号"),
        ("c1", "id_number"),
        ("n2", "户号"),
        ("c2", "household"),
        ("n3", "救助类别"),
        ("c3", "category"),
        ("f.district", "370811"),
        ("f.status", "active"),
        ("save_as", "惠民区民政局"),
    ];
    assert_eq!(keeper.post(&format!("{path}/mapping"), &fields, None).location, path);
    let page = settled(&mut keeper, &path).body;
    assert!(page.contains("写入名册") && page.contains("新增 2") && page.contains("不在文件里"), "{page}");
    assert!(!page.contains(&id_number(900)) && !page.contains(&name(900)));
    assert!(!site.signed_in("auditor").get(&path).body.contains("写入名册"), "an auditor looks and changes nothing");
    assert_eq!(keeper.post(&format!("{path}/apply"), &[], None).location, path);
    let page = settled(&mut keeper, &path).body;
    assert!(page.contains("已导入"), "{page}");
    let versions = keeper.get("/console/roster/versions").body;
    assert!(versions.contains("名单.csv") && versions.contains("roster"), "{versions}");
    let version = page.split("/console/roster/versions/").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let changed = keeper.get(&format!("/console/roster/versions/{version}")).body;
    assert!(changed.contains("新增") && changed.contains("城市低保"), "{changed}");
    assert!(keeper.get("/console/roster").body.contains("<option value=\"惠民区民政局\">"), "the mapping is kept");
    assert!(keeper.get("/console/roster/review").body.contains("各类别几个月复核一次"));
}

#[test]
fn bad_files_are_named_and_large_ones_refused() {
    let site = Site::open();
    let mut keeper = site.signed_in("roster");
    let text = "id_number,name,household,household_size,category,district,status,valid_from\n110105194912310021,王明,A,1,urban_dibao,370811,active,2026-01-01\n";
    let sent = keeper.upload("/console/roster/upload", &[], "坏.csv", text.as_bytes());
    let page = settled(&mut keeper, &sent.location).body;
    assert!(page.contains("不能导入") && page.contains("校验位") && page.contains("王*"), "{page}");
    assert!(!page.contains("110105194912310021"));
    let large = keeper.upload("/console/roster/upload", &[], "大.csv", &vec![b'x'; (32 << 20) + 100]);
    assert!(large.status == 422 && large.body.contains("32 MB"), "{}", large.body);
    assert_eq!(keeper.post(&format!("{}/discard", sent.location), &[], None).status, 303);
    assert!(keeper.get(&sent.location).body.contains("已放弃"));
    let csrf = keeper.post(&format!("{}/apply", sent.location), &[], Some("https://elsewhere.invalid"));
    assert_eq!(csrf.status, 403);
}

#[test]
fn whole_numbers_are_shown_for_a_reason_only_and_each_look_is_listed() {
    let site = Site::open();
    let mut keeper = site.signed_in("roster");
    let found = keeper.post("/console/households", &[("number", &id_number(0))], None).location;
    let look = format!("{found}/look");
    assert_eq!(keeper.post(&look, &[("reason", "")], None).status, 422);
    let whole = keeper.post(&look, &[("reason", "核对证件")], None).body;
    assert!(whole.contains(&id_number(0)) && whole.contains(&name(0)) && whole.contains(&card_number(0)));
    let page = keeper.get(&found).body;
    assert!(page.contains("核对证件") && page.contains("查看完整姓名和号码"));
    for secret in secrets() {
        assert!(!page.contains(&secret), "{secret}");
    }
    for role in ["manager", "admin", "payer", "accountant", "approver"] {
        let answer = site.signed_in(role).post(&look, &[("reason", "看看")], None);
        assert!(answer.status == 403 && !answer.body.contains(&id_number(0)), "{role}");
    }
    // A card that is lost opens nothing at the next sync; one that replaces it does.
    let person = page.split("name=\"person\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let card = |act: &str, visitor: &mut Visitor| {
        visitor.post(&format!("{found}/{act}"), &[("person", person.as_str()), ("reason", "本人来办")], None).status
    };
    assert_eq!(card("lose", &mut site.signed_in("reviewer")), 422, "reviewers issue no cards");
    assert_eq!(card("lose", &mut keeper), 303);
    let lost = keeper.post("/console/households", &[("number", &card_number(0))], None).location;
    assert!(lost.contains("none=1"), "{lost}");
    assert_eq!(card("issue", &mut keeper), 303);
    let page = keeper.get(&found).body;
    assert!(page.contains("已挂失") && page.contains("在用"), "{page}");
    // The family's copy.
    let copy = keeper.post(&format!("{found}/export"), &[("reason", "本人查询")], None);
    assert!(
        copy.headers["content-type"].to_str().unwrap().starts_with("text/csv") && copy.body.contains(&id_number(0))
    );
    let audit = site.signed_in("auditor").get("/console/audit").body;
    assert!(audit.contains("household look") && audit.contains("household export"));
}

#[test]
fn no_page_of_the_roster_holds_a_whole_name_or_number() {
    let site = Site::open();
    let mut keeper = site.signed_in("roster");
    let rows = list(&[0, 1, 2, 3, 4]);
    let sent = keeper.upload("/console/roster/upload", &[], "名单.csv", &rows);
    settled(&mut keeper, &sent.location);
    let form = [
        ("name", "王春华"),
        ("number", "11010519491231002X"),
        ("category", "urban_dibao"),
        ("size", "2"),
        ("district", "370811"),
        ("consent", "yes"),
        ("consent_on", "2026-01-01"),
    ];
    assert_eq!(keeper.post("/console/roster/applications/new", &form, None).status, 303);
    let mut pages =
        vec!["/console/roster/versions/1".to_owned(), "/console/roster/applications/new".into(), sent.location.clone()];
    pages.extend(["", "/versions", "/review", "/applications"].map(|tab| format!("/console/roster{tab}")));
    pages.push(format!("{}/mapping", sent.location));
    pages.push(keeper.post("/console/households", &[("number", &id_number(1))], None).location);
    for page in &pages {
        for role in ["roster", "auditor"] {
            let body = site.signed_in(role).get(page).body;
            for secret in secrets().into_iter().chain(["王春华".into(), "11010519491231002X".into()]) {
                assert!(!body.contains(&secret), "{secret} at {page} for {role}");
            }
            assert!(!body.contains("<script"));
        }
    }
    let english = |visitor: &mut Visitor, page: &str| {
        visitor.cookie.push_str("; jihui_lang=en");
        visitor.get(page).body
    };
    let page = english(&mut keeper, "/console/roster/applications");
    assert!(page.contains("Applications") && page.contains("王*华"));
}

#[test]
fn a_file_that_is_too_large_or_cut_off_is_refused_and_nothing_is_kept() {
    let site = Site::open();
    let mut keeper = site.signed_in("roster");
    let before = keeper.get("/console/roster").body;
    let line = b"\xE7\x8E\x8B\xE5\xB0\x8F\xE6\x98\x8E,370811195001010012,B-1,\xE5\x9F\x8E\xE5\xB8\x82\xE4\xBD\x8E\xE4\xBF\x9D\r\n";
    let large: Vec<u8> = line.iter().copied().cycle().take(100 << 20).collect();
    let sent = keeper.upload("/console/roster/upload", &[("mapping", "")], "large.csv", &large);
    assert_eq!(sent.status, 422);
    assert!(sent.body.contains("32 MB") && sent.body.contains("返回"), "{}", sent.body);
    // A connection that broke: the form ends in the middle of the file.
    let half = b"--edge\r\nContent-Disposition: form-data; name=\"file\"; filename=\"half.csv\"\r\n\r\nname,id_num";
    let sent = keeper.post_bytes("/console/roster/upload", "multipart/form-data; boundary=edge", half);
    assert_eq!(sent.status, 422);
    assert!(sent.body.contains("上传中断了") && sent.body.contains("返回"), "{}", sent.body);
    assert_eq!(keeper.get("/console/roster").body, before, "nothing was kept");
}
