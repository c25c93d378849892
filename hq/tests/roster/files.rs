use hq::service::access::Role;
use hq::service::roster::imports::{self, Sent};
use hq::store::{people, roster};
use rust_xlsxwriter::Workbook;

use crate::{Desk, id_number, keeper, person, report};

/// A bureau's list in GB18030 with title lines: families of head, number, certificate, relation.
fn list(rows: &[(&str, usize, &str, &str)]) -> Vec<u8> {
    let mut text =
        "惠民区救助对象名单,,,,\r\n单位：民政局,,,,\r\n\r\n序号,姓名,身份证号码,低保证编号,与户主关系\r\n".to_owned();
    for (n, (name, number, certificate, relation)) in rows.iter().enumerate() {
        text.push_str(&format!("{},{name},{},{certificate},{relation}\r\n", n + 1, id_number(*number)));
    }
    encoding_rs::GB18030.encode(&text).0.into_owned()
}

const TWO: [(&str, usize, &str, &str); 4] =
    [("王春华", 1, "A1", "户主"), ("李秋实", 2, "A1", "妻"), ("王冬青", 3, "A1", "长子"), ("赵夏荷", 4, "B1", "本人")];

fn filled(desk: &Desk) {
    let import = desk.send("名单.csv", &list(&TWO));
    assert_eq!(import.state, "mapping", "category and district are nowhere in the file");
    let import = desk.fix(&import);
    assert_eq!(import.state, "ready", "{}", import.report);
    assert_eq!(desk.apply(&import).state, "applied");
}

#[test]
fn a_bureaus_list_is_mapped_once_shown_and_applied_as_shown() {
    let desk = Desk::open();
    filled(&desk);
    assert_eq!(desk.rows().len(), 4);
    assert_eq!(desk.count("SELECT count(*) FROM households WHERE review_on IS NOT NULL"), 2);
    let sizes =
        desk.hq.db().conn.all("SELECT size FROM members ORDER BY id", hq::params![], |r| r.get::<u32>(0)).unwrap();
    assert_eq!(sizes, [3, 3, 3, 1], "who is listed is counted");
    // The saved mapping takes the next month's list without a question.
    let next = [
        ("王春华", 1, "A1", "户主"),
        ("李秋石", 2, "A1", "妻"),
        ("王冬青", 3, "A1", "长子"),
        ("周松柏", 5, "C1", "户主"),
    ];
    let sent = Sent { source: "十二月.csv", bytes: &list(&next), mapping: "惠民区民政局", confirms: false };
    let id = imports::take(&desk.hq, &keeper(), &sent).unwrap().unwrap();
    imports::work(&desk.hq, id);
    let import = desk.import(id);
    let shown = report(&import);
    let c = &shown.counts;
    assert_eq!((c.added, c.changed, c.ended, c.unchanged, c.absent, c.households), (1, 1, 0, 2, 1, 1), "{shown:?}");
    let changed = roster::preview(&desk.hq.db().conn, id, "changed", 0, 9).unwrap();
    assert!(changed[0].columns.contains("\"column\":\"name\"") && changed[0].name == "李*石", "{changed:?}");
    assert_eq!(roster::preview(&desk.hq.db().conn, id, "absent", 0, 9).unwrap()[0].name, "赵*荷");
    // Nothing is changed until somebody says so, and then exactly that.
    assert_eq!(desk.rows().len(), 4);
    let applied = desk.apply(&import);
    let version = roster::one_version(&desk.hq.db().conn, applied.version.unwrap()).unwrap().unwrap();
    assert_eq!((version.added, version.changed, version.ended, version.unchanged), (1, 1, 0, 2));
    assert_eq!((version.who.as_str(), version.source.as_str(), version.kind.as_str()), ("lan", "十二月.csv", "import"));
    let begun = people::begun(&desk.hq.db().conn, version.version, 0, 9).unwrap();
    assert_eq!(u64::try_from(begun.len()).unwrap(), version.added + version.changed);
    assert_eq!(desk.count("SELECT count(*) FROM roster_import_rows"), 0, "what was shown is forgotten");
    assert_eq!(desk.count("SELECT count(*) FROM roster_imports WHERE length(file_enc) > 0"), 0, "and so is the file");
}

#[test]
fn who_is_not_in_the_file_ends_only_where_a_person_says_so() {
    let desk = Desk::open();
    filled(&desk);
    let import = desk.fix(&desk.send("名单.csv", &list(&TWO[..3])));
    assert_eq!((report(&import).counts.absent, report(&import).counts.ended), (1, 0));
    let import = desk.answer(&import, "", true);
    assert_eq!((report(&import).counts.absent, report(&import).counts.ended), (1, 1));
    desk.apply(&import);
    assert_eq!(desk.rows().iter().filter(|row| row.2 == "ended").count(), 1);
}

#[test]
fn a_family_that_splits_or_merges_asks() {
    let desk = Desk::open();
    filled(&desk);
    let before = desk.rows();
    // The son has a certificate of his own now, and the widow moved to the first family.
    let parted = [
        ("王春华", 1, "A1", "户主"),
        ("李秋实", 2, "A1", "妻"),
        ("赵夏荷", 4, "A1", "其他"),
        ("王冬青", 3, "D1", "户主"),
    ];
    let import = desk.fix(&desk.send("分户.csv", &list(&parted)));
    let kinds: Vec<String> = report(&import).questions.into_iter().map(|q| q.kind).collect();
    assert_eq!(kinds, ["merge", "split"]);
    let no = imports::apply(&desk.hq, &keeper(), import.id).unwrap().unwrap_err();
    assert!(no.zh.contains("还有问题没有回答"));
    let both = desk.answer(&import, "both", false);
    assert_eq!(report(&both).counts.ended, 0);
    let moved = desk.answer(&both, "move", false);
    assert_eq!(report(&moved).counts.ended, 2, "{}", moved.report);
    desk.apply(&moved);
    let after = desk.rows();
    assert_eq!(after.len(), 4, "nobody stands twice: {after:?}");
    let household =
        |rows: &[(String, String, String)], name: &str| rows.iter().find(|row| row.1 == name).unwrap().0.clone();
    assert_eq!(household(&after, "赵*荷"), household(&before, "王*华"));
    assert_ne!(household(&after, "王*青"), household(&before, "王*青"));
}

#[test]
fn a_new_certificate_of_the_same_head_is_the_same_family() {
    let desk = Desk::open();
    filled(&desk);
    let renewed = [("王春华", 1, "Z9", "户主"), ("李秋实", 2, "Z9", "妻"), ("王冬青", 3, "Z9", "长子")];
    let import = desk.fix(&desk.send("换证.csv", &list(&renewed)));
    let shown = report(&import);
    assert_eq!((shown.counts.added, shown.counts.changed, shown.questions.len()), (0, 3, 0), "{shown:?}");
    desk.apply(&import);
    // And is known by it from then on, even where another heads it.
    let widow = [("李秋实", 2, "Z9", "户主"), ("王冬青", 3, "Z9", "长子")];
    let import = desk.fix(&desk.send("换户主.csv", &list(&widow)));
    assert_eq!((report(&import).counts.added, report(&import).counts.households), (0, 0));
}

#[test]
fn bad_rows_are_all_named_and_nothing_is_imported() {
    let desk = Desk::open();
    let mut book = Workbook::new();
    let page = book.add_worksheet();
    page.write(0, 0, "惠民区名单").unwrap();
    page.write_row(1, 0, ["姓名", "身份证号", "低保证号", "类别", "地区代码", "人数"]).unwrap();
    for (n, name) in (2_u32..).zip(["王春华", "李秋实", "赵夏荷"]) {
        page.write_row(n, 0, [name, "", "C", "城市低保", "370811"]).unwrap();
        page.write(n, 5, n).unwrap();
    }
    // Excel took the number for a number; another has a slip of the finger.
    page.write(2, 1, 110_105_194_912_310_000_i64.to_string().parse::<f64>().unwrap()).unwrap();
    page.write(3, 1, "11010519491231002Y").unwrap();
    page.write(4, 1, id_number(7)).unwrap();
    page.write(4, 3, "贫困").unwrap();
    let import = desk.send("坏.xlsx", &book.save_to_buffer().unwrap());
    assert_eq!(import.state, "bad", "{}", import.report);
    let bad = report(&import).bad;
    let named: Vec<_> = bad.iter().map(|bad| (bad.line.unwrap(), bad.who.as_str())).collect();
    assert_eq!(named, [(3, "王*华"), (4, "李*实"), (5, "赵*荷")]);
    assert!(bad[0].zh.contains("被表格软件改坏了") && bad[0].en.contains("format the column as text"), "{:?}", bad[0]);
    assert!(bad[1].zh.contains("18 位") && bad[2].zh.contains("类别"), "{bad:?}");
    assert!(desk.rows().is_empty());
    assert!(!import.report.contains("11010519"), "no digits of a number are repeated");
}

#[test]
fn half_files_empty_files_and_large_ones_are_refused_kindly() {
    let desk = Desk::open();
    let whole = list(&TWO);
    let cut = desk.send("断.csv", &whole[..whole.len() - 30]);
    assert_eq!(cut.state, "bad");
    assert!(desk.rows().is_empty());
    let take = |bytes: &[u8]| {
        let sent = Sent { source: "x", bytes, mapping: "", confirms: false };
        imports::take(&desk.hq, &keeper(), &sent).unwrap().unwrap_err().zh
    };
    assert!(take(b"").contains("没有选文件"));
    assert!(take(&vec![b'x'; (32 << 20) + 1]).contains("32 MB"));
    let rows = "王,1,A\n".repeat(200_001);
    let import = desk.send("多.csv", format!("姓名,身份证号,低保证号\n{rows}").as_bytes());
    assert!(report(&import).bad[0].zh.contains("超过 200000 行"), "{}", import.report);
    for bytes in [&b"PK\x03\x04nonsense"[..], b"\xFF\x80\xFF", b"<html><table>"] {
        assert_eq!(desk.send("坏", bytes).state, "bad");
    }
}

#[test]
fn two_imports_that_were_looked_at_do_not_both_do_what_they_showed() {
    let desk = Desk::open();
    filled(&desk);
    let renamed =
        |name: &'static str| list(&[("王春华", 1, "A1", "户主"), (name, 2, "A1", "妻"), ("王冬青", 3, "A1", "长子")]);
    let first = desk.fix(&desk.send("一.csv", &renamed("李秋石")));
    let second = desk.fix(&desk.send("二.csv", &renamed("李秋时")));
    assert_eq!(desk.apply(&first).state, "applied");
    let shown = desk.apply(&second);
    assert_eq!((shown.state.as_str(), shown.note.as_str()), ("ready", "changed"), "it is shown anew");
    assert!(desk.rows().iter().any(|row| row.1 == "李*石"));
    assert_eq!(desk.apply(&shown).state, "applied");
    // Applied once: a second press of the button finds it over.
    assert!(imports::apply(&desk.hq, &keeper(), shown.id).unwrap().unwrap_err().zh.contains("已经结束"));
    assert!(desk.rows().iter().any(|row| row.1 == "李*时"));
}

#[test]
fn discarded_and_late_imports_are_over() {
    let desk = Desk::open();
    let import = desk.fix(&desk.send("名单.csv", &list(&TWO)));
    imports::discard(&desk.hq, &keeper(), import.id).unwrap().unwrap();
    assert!(imports::apply(&desk.hq, &keeper(), import.id).unwrap().is_err());
    let late = desk.fix(&desk.send("名单.csv", &list(&TWO)));
    desk.hq.db().conn.execute("UPDATE roster_imports SET expires_at = 1", hq::params![]).unwrap();
    assert!(imports::apply(&desk.hq, &keeper(), late.id).unwrap().is_err());
    assert_eq!(desk.import(late.id).state, "expired");
    assert_eq!(desk.count("SELECT count(*) FROM roster_imports WHERE length(file_enc) > 0"), 0);
    assert!(desk.rows().is_empty());
}

#[test]
fn only_who_keeps_the_roster_imports_and_only_the_own_district() {
    let desk = Desk::open();
    let bytes = list(&TWO);
    let sent = Sent { source: "x", bytes: &bytes, mapping: "", confirms: false };
    for role in Role::ALL.into_iter().filter(|role| *role != Role::Roster) {
        let no = imports::take(&desk.hq, &person("wang", role), &sent).unwrap().unwrap_err();
        assert!(no.zh.contains("名册管理员"), "{}", no.zh);
    }
    let mut county = keeper();
    county.district = Some("370826".into());
    let id = imports::take(&desk.hq, &county, &sent).unwrap().unwrap();
    imports::work(&desk.hq, id);
    let import = desk.fix(&desk.import(id));
    assert!(report(&import).bad[0].zh.contains("不归上传的人管"), "{}", import.report);
    // A city's import is not a county's to apply.
    let city = desk.fix(&desk.send("名单.csv", &bytes));
    assert!(imports::apply(&desk.hq, &county, city.id).unwrap().is_err());
}
