//! Programmes written in the console, and what another version would have come to.

use std::time::{Duration, Instant};

use domain::money::Money;
use hq::params;
use serde_json::Value;

use crate::site::{Site, Visitor};

type Pairs = Vec<(String, String)>;

/// The value of a tag's attribute.
fn attribute(tag: &str, name: &str) -> Option<String> {
    let text = tag.split_once(&format!(" {name}=\""))?.1.split_once('"')?.0;
    Some(text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&"))
}

fn has(tag: &str, name: &str) -> bool {
    tag.contains(&format!(" {name} ")) || tag.ends_with(&format!(" {name}"))
}

/// What a browser would send of the editor's form, without any button.
fn fields(page: &str) -> Pairs {
    let form = page.split("<form class=\"editor\"").nth(1).unwrap().split("</form>").next().unwrap();
    let (mut pairs, mut select) = (Pairs::new(), String::new());
    for tag in form.split('<').filter_map(|part| part.split('>').next()) {
        if tag.starts_with("select ") {
            select = attribute(tag, "name").unwrap();
        } else if tag.starts_with("option ") && has(tag, "selected") {
            pairs.push((select.clone(), attribute(tag, "value").unwrap()));
        } else if tag.starts_with("input ") {
            let kind = attribute(tag, "type").unwrap_or_default();
            let ticks = kind == "checkbox" || kind == "radio";
            if let Some(name) = attribute(tag, "name").filter(|_| !ticks || has(tag, "checked")) {
                pairs.push((name, attribute(tag, "value").unwrap_or_default()));
            }
        }
    }
    pairs
}

fn set(pairs: &mut Pairs, name: &str, value: &str) {
    pairs.retain(|(known, _)| known != name);
    pairs.push((name.into(), value.into()));
}

fn send(visitor: &mut Visitor, path: &str, pairs: &Pairs) -> crate::site::Answer {
    let form: Vec<(&str, &str)> = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    visitor.post(path, &form, None)
}

fn document(site: &Site, sql: &str) -> Value {
    let text: String = site.lab.db().conn.value(sql, params![]).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// A draft of a new version with some fields changed; its number.
fn draft(visitor: &mut Visitor, code: &str, changes: &[(&str, &str)]) -> String {
    let mut pairs = fields(&visitor.get(&format!("/console/programme-drafts?code={code}")).body);
    for (name, value) in changes {
        set(&mut pairs, name, value);
    }
    set(&mut pairs, "do", "save");
    let saved = send(visitor, "/console/programme-drafts", &pairs);
    assert_eq!(saved.status, 303, "{}", saved.body);
    let id = saved.location.split(['/', '?']).nth(3).unwrap().to_owned();
    let page = visitor.get(&saved.location).body;
    assert!(page.contains("草稿已保存"), "{page}");
    id
}

#[test]
fn a_version_that_is_saved_as_it_came_is_the_same_programme() {
    let site = Site::open();
    let mut writer = site.signed_in("reviewer");
    for code in ["JIANSHOU", "MEAT", "EGG", "GRAIN", "RICE", "CARD", "TUETHU"] {
        let published = document(&site, &format!("SELECT document FROM programmes WHERE code = '{code}'"));
        let from = published["valid_from"].as_str().unwrap();
        let id = draft(&mut writer, code, &[("valid_from", from)]);
        let mut kept = document(&site, &format!("SELECT document FROM programme_drafts WHERE id = {id}"));
        assert_eq!(kept["version"], 2);
        kept["version"] = 1.into();
        assert_eq!(kept, published, "{code}");
        let page = writer.get(&format!("/console/programme-drafts/{id}/review")).body;
        assert!(page.contains("两个版本写的一样"), "{page}");
    }
}

#[test]
fn a_colleague_publishes_what_was_written_and_sees_what_changes() {
    let site = Site::open();
    let mut writer = site.signed_in("accountant");
    let id = draft(&mut writer, "GRAIN", &[("benefit.percent_off", "20"), ("limits[0].sizes[2].figure", "75")]);
    let review = format!("/console/programme-drafts/{id}/review");
    let page = writer.get(&review).body;
    for said in ["八五折（优惠15%）", "八折（优惠20%）", "4 口起 ¥60.00", "4 口起 ¥75.00", "由审批人或系统管理员发布"]
    {
        assert!(page.contains(said), "{said}: {page}");
    }
    let publish = format!("/console/programme-drafts/{id}/publish");
    for role in ["accountant", "reviewer", "payer", "auditor", "manager", "roster"] {
        assert_eq!(site.signed_in(role).post(&publish, &[("revision", "1")], None).status, 403, "{role}");
    }
    for role in ["payer", "auditor", "manager", "roster"] {
        assert_eq!(site.signed_in(role).get("/console/programme-drafts?code=GRAIN").status, 403, "{role}");
    }
    let mut approver = site.signed_in("approver");
    assert!(approver.get(&review).body.contains("发布第 2 版"));
    let done = approver.post(&publish, &[("revision", "1")], None);
    assert_eq!((done.status, done.location.as_str()), (303, "/console/programmes/GRAIN/2"), "{}", done.body);
    let page = approver.get("/console/programmes/GRAIN/2").body;
    assert!(page.contains("accountant") && page.contains("approver") && page.contains("由命令行导入"), "{page}");
    let noted = site.signed_in("auditor").get("/console/audit?action=programme+publish").body;
    assert!(noted.contains("programme GRAIN") && noted.contains("version 2"), "{noted}");
}

#[test]
fn a_form_with_mistakes_comes_back_with_all_that_was_typed() {
    let site = Site::open();
    let mut writer = site.signed_in("reviewer");
    let mut pairs = fields(&writer.get("/console/programme-drafts?code=GRAIN").body);
    set(&mut pairs, "limits[1].figure", "两桶");
    set(&mut pairs, "subsidy_share", "160");
    set(&mut pairs, "do", "check");
    let page = send(&mut writer, "/console/programme-drafts", &pairs).body;
    assert!(page.contains("“两桶”不是数字") && page.contains("“160”太大了"), "{page}");
    let mut again = fields(&page);
    for name in ["limits[1].figure", "subsidy_share", "name.zh", "limits[0].sizes[2].figure"] {
        let of = |pairs: &Pairs| pairs.iter().find(|(known, _)| known == name).cloned();
        assert_eq!(of(&again), of(&pairs), "{name}");
    }
    // Rows come and go by buttons that post.
    set(&mut again, "limits[1].figure", "2");
    set(&mut again, "subsidy_share", "60");
    set(&mut again, "do", "add limits");
    let mut more = fields(&send(&mut writer, "/console/programme-drafts", &again).body);
    assert!(more.iter().any(|(name, _)| name == "limits[2].id"));
    set(&mut more, "do", "remove limits 2");
    let fewer = fields(&send(&mut writer, "/console/programme-drafts", &more).body);
    assert!(fewer.iter().all(|(name, _)| !name.starts_with("limits[2]")));
}

#[test]
fn the_example_shows_before_and_after() {
    let site = Site::open();
    let mut writer = site.signed_in("reviewer");
    let mut pairs = fields(&writer.get("/console/programme-drafts?code=GRAIN").body);
    set(&mut pairs, "pick.goods", "杏坛东北大米");
    set(&mut pairs, "do", "find");
    let found = send(&mut writer, "/console/programme-drafts", &pairs).body;
    assert!(found.contains("try barcode:6900000000014"), "{found}");
    let mut pairs = fields(&found);
    set(&mut pairs, "benefit.percent_off", "20");
    set(&mut pairs, "try.used.month", "25");
    set(&mut pairs, "try.category", "urban_dibao");
    set(&mut pairs, "try.size", "1");
    set(&mut pairs, "do", "try barcode:6900000000014");
    let mut pairs = fields(&send(&mut writer, "/console/programme-drafts", &pairs).body);
    set(&mut pairs, "try.lines[0].unit_price", "20.00");
    set(&mut pairs, "do", "check");
    let page = send(&mut writer, "/console/programme-drafts", &pairs).body;
    // 15 percent of 20.00 is 3.00, 20 percent 4.00; 5.00 of the month's 30.00 are left.
    assert!(page.contains("¥3.00 → <strong>¥4.00</strong>") && page.contains("全部优惠"), "{page}");
    let mut pairs = fields(&page);
    set(&mut pairs, "try.lines[0].unit_price", "41.40");
    set(&mut pairs, "do", "check");
    let page = send(&mut writer, "/console/programme-drafts", &pairs).body;
    assert!(page.contains("¥5.00") && page.contains("金额限额只够一部分"), "{page}");
    set(&mut pairs, "try.lines[0].quantity", "1.5");
    let page = send(&mut writer, "/console/programme-drafts", &pairs).body;
    assert!(page.contains("按件卖的数量要是整数"), "{page}");
}

/// Asks a what-if and waits for it: the page, and its file as rows.
fn what_if(visitor: &mut Visitor, form: &[(&str, &str)]) -> (String, Vec<Vec<String>>) {
    let begun = visitor.post("/console/what-if", form, None);
    assert_eq!(begun.status, 303, "{}", begun.body);
    let until = Instant::now() + Duration::from_secs(120);
    let page = loop {
        let page = visitor.get(&begun.location);
        if !page.headers.contains_key("refresh") {
            break page.body;
        }
        assert!(Instant::now() < until, "{}", page.body);
        std::thread::sleep(Duration::from_millis(50));
    };
    let file = visitor.get(&format!("{}/csv", begun.location)).body;
    let row = |line: &str| line.split(',').map(|cell| cell.trim_matches('"').to_owned()).collect();
    (page, file.lines().skip(1).map(row).collect())
}

/// Now and then of a row's column, in fen. Columns: 6 discount, 8 fund, 10 card, 12 store.
fn amounts(rows: &[Vec<String>], cut: &str, key: &str, column: usize) -> (i128, i128) {
    let row =
        rows.iter().find(|row| row[0] == cut && row[1].contains(key)).unwrap_or_else(|| panic!("{key}: {rows:?}"));
    let fen = |n: usize| Money::parse_signed(&row[n]).unwrap().fen();
    (fen(column), fen(column + 1))
}

const ALWAYS: [(&str, &str); 2] = [("from", "2026-01-01"), ("to", "2099-01-01")];

#[test]
fn limits_are_replayed_in_order_with_the_drafts_figures() {
    let site = Site::open();
    let mut writer = site.signed_in("reviewer");
    let changes = [("limits[0].kind", "discount"), ("limits[0].figure", "10")];
    let id = draft(&mut writer, "GRAIN", &changes);
    let taken = format!("d{id}");
    let (page, rows) = what_if(&mut writer, &[ALWAYS[0], ALWAYS[1], ("c.GRAIN", &taken)]);
    assert!(page.contains("3 笔与核准的一致，0 笔不同"), "{page}");
    // Three times rice at 41.40: 6.21 each; then 6.21, the 3.79 that are left, and JIANSHOU's 8 percent, 3.31.
    assert_eq!(amounts(&rows, "按项目", "GRAIN", 6), (1863, 1000));
    assert_eq!(amounts(&rows, "按项目", "GRAIN", 8), (373 * 3, 373 + 227));
    let (now, then) = amounts(&rows, "按项目", "JIANSHOU", 6);
    assert_eq!(then - now, 331);
    let granted: i128 = site.lab.claims().iter().map(|c| fen(&c["granted"]["discount"])).sum();
    let all = amounts(&rows, "合计", "", 6);
    assert_eq!(all, (granted, granted - 1863 + 1331));
    let by_store: i128 = ["S001", "S002"].iter().map(|store| amounts(&rows, "按门店", store, 6).1).sum();
    assert_eq!(by_store, all.1);
    // Without the programme at all.
    let (_, rows) = what_if(&mut writer, &[ALWAYS[0], ALWAYS[1], ("c.GRAIN", "none"), ("c.RICE", "v1")]);
    assert_eq!(amounts(&rows, "按项目", "GRAIN", 6), (1863, 0));
    // Nobody else sees it, and who may not ask is refused.
    assert_eq!(site.signed_in("approver").get("/console/what-if/1").status, 404);
    assert_eq!(site.signed_in("payer").get("/console/what-if").status, 403);
    assert_eq!(site.signed_in("manager").post("/console/what-if", &ALWAYS, None).status, 403);
}

fn fen(amount: &Value) -> i128 {
    Money::parse_signed(amount.as_str().unwrap()).unwrap().fen()
}

#[test]
fn a_month_priced_again_comes_to_what_was_granted() {
    let site = Site::after(16, 40);
    let mut asker = site.signed_in("auditor");
    let (page, rows) = what_if(&mut asker, &ALWAYS);
    let claims: Vec<Value> = site.lab.claims().into_iter().filter(|c| c["state"] != "rejected").collect();
    let count = |before: &str| -> usize {
        page.split(before).next().unwrap().rsplit(|c: char| !c.is_ascii_digit()).next().unwrap().parse().unwrap()
    };
    let (same, other) = (count(" 笔与核准的一致"), count(" 笔不同"));
    assert_eq!(same + other, claims.len(), "{page}");
    // Whatever was accepted as made, by a till that knew what was used, comes to the fen: the rest is
    // named. In this month a till loses its line, families change stores, and noodles change their group.
    for why in ["离线额度以内", "断网时做的", "已用额度", "商品分类后来改过"] {
        assert!(page.contains(why), "{why}: {page}");
    }
    assert!(!page.contains("其他："), "each difference is explained: {page}");
    assert!(same * 4 > claims.len() * 3, "{same} of {}", claims.len());
    // Nothing was changed: both sides are the same, and every cut comes to the whole.
    for column in [6, 8, 10] {
        let (now, then) = amounts(&rows, "合计", "", column);
        assert_eq!(now, then);
        for cut in ["按项目", "按门店", "按类别", "按家庭人数"] {
            let parts = rows.iter().filter(|row| row[0] == cut);
            let sum: i128 = parts.map(|row| Money::parse_signed(&row[column]).unwrap().fen()).sum();
            assert_eq!(sum, now, "{cut} {column}");
        }
    }
    // What was given, less what came back, by the books of each programme: off by the differences alone.
    let sql = "SELECT sum(discount_fen) FROM claim_programmes p JOIN claims c ON c.id = p.claim_id
               WHERE c.state <> 'rejected'";
    let books: i64 = site.lab.db().conn.value(sql, params![]).unwrap();
    let (now, _) = amounts(&rows, "合计", "", 6);
    assert!((i128::from(books) - now).abs() * 10 <= now, "{books} {now}");
}
