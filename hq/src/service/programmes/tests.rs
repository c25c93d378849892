use chrono::Days;
use domain::programme::Programme;
use domain::time::business_date;
use serde_json::{Value, json};

use super::check::{Problem, check, field};
use super::typed::{Typed, of_document};
use super::{NOBODY, Writing, comes_back, earliest, ending, next_version, publish, save, versions};
use crate::service::access::Role;
use crate::service::session::Person;
use crate::service::{Hq, catalogue, now};

fn demonstration() -> Vec<u8> {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../data/programmes.json");
    std::fs::read(path).unwrap()
}

fn documents() -> Vec<Value> {
    serde_json::from_slice::<Value>(&demonstration()).unwrap()["programmes"].as_array().unwrap().clone()
}

/// Everything that a version may have.
fn everything() -> Value {
    json!({
        "code": "ALL", "version": 1, "name": {"zh": "全部", "en": "All"}, "fund": "CIXIN", "valid_from": "2027-01-01",
        "valid_to": "2027-12-31", "weekdays": ["mon", "sun"], "categories": ["urban_dibao", "veteran"],
        "tags": ["elderly", "single"], "districts": ["3708", "370811"], "stores": ["S001", "S002"],
        "scope": {"include": ["all"], "exclude": ["group:tobacco", "barcode:6900000000014", "plu:10001"]},
        "minimum": {"gross": "50.00", "kinds": 4}, "benefit": {"amount_off": "2.00", "unit": "kg"},
        "ceilings": [{"match": "group:food/oil", "price": "6.00", "unit": "kg"}, {"match": "all", "price": "9", "unit": "piece"}],
        "lowest_price_7d": true, "subsidy_share": "62.5",
        "limits": [
            {"id": "a", "per": "sale", "match": "group:food", "quantity": "2.5", "unit": "kg", "each_product": true},
            {"id": "b", "per": "two_months", "discount_by_size": {"1": "50.00", "3": "80.00", "10": "90"}, "holder": "person"},
            {"id": "c", "per": "programme", "quantity_by_size": {"2": "4"}, "unit": "piece"},
            {"id": "d", "per": "week", "discount": "7.50"},
        ],
        "offline": {"home": "50.00", "other": "20.00"}, "priority": -3,
    })
}

#[test]
fn a_version_that_is_opened_and_not_changed_is_the_same_document() {
    let mut all = documents();
    assert!(all.len() >= 7);
    all.push(everything());
    all.push(json!({
        "code": "FIX", "version": 1, "name": {"zh": "x", "en": "x"}, "fund": null, "valid_from": "2027-01-01",
        "valid_to": "2027-12-31", "categories": ["tekun"], "scope": {"include": ["all"]},
        "benefit": {"fixed_price": "19.90", "unit": "piece"}, "subsidy_share": "0", "limits": [], "priority": 1,
        "minimum": {"kinds": 2},
    }));
    for document in all {
        let typed = of_document(&document);
        let (programme, again) = check(&typed, 1, &[]).unwrap();
        assert_eq!(again, document);
        assert_eq!(of_document(&again), typed);
        assert_eq!(programme.code, document["code"].as_str().unwrap());
    }
}

#[test]
fn what_is_typed_for_a_jin_is_twice_as_much_for_a_kilogram() {
    let mut typed = of_document(&everything());
    typed.set("benefit.amount_off", "0.75");
    typed.set("benefit.amount_off.unit", "jin");
    let (_, document) = check(&typed, 1, &[]).unwrap();
    assert_eq!(document["benefit"], json!({"amount_off": "1.50", "unit": "kg"}));
}

/// What is typed, and the field that is blamed.
const WRONG: [(&str, &str, &str); 38] = [
    ("code", "谷物", "code"),
    ("code", "", "code"),
    ("fund", "慈 心", "fund"),
    ("fund", "", "fund"),
    ("valid_from", "", "valid_from"),
    ("valid_from", "2028-01-01", "valid_from"),
    ("valid_to", "2027-02-30", "valid_to"),
    ("categories.other", "低保", "categories"),
    ("tags", "老人", "tags"),
    ("districts", "济宁", "districts"),
    ("stores", "和平路", "stores"),
    ("scope.include[0]", "everything", "scope.include"),
    ("scope.exclude[1]", "barcode:6900000000015", "scope.exclude"),
    ("minimum.gross", "五十", "minimum.gross"),
    ("minimum.kinds", "-1", "minimum.kinds"),
    ("minimum.kinds", "2.5", "minimum.kinds"),
    ("benefit", "", "benefit"),
    ("benefit.amount_off", "2.005", "benefit.amount_off"),
    ("benefit.amount_off", "", "benefit.amount_off"),
    ("benefit.amount_off.unit", "box", "benefit.amount_off.unit"),
    ("ceilings[1].price", "-9", "ceilings[1].price"),
    ("ceilings[0].match", "", "ceilings[0].match"),
    ("ceilings[0].unit", "", "ceilings[0].unit"),
    ("subsidy_share", "101", "subsidy_share"),
    ("subsidy_share", "", "subsidy_share"),
    ("limits[0].id", "", "limits[0].id"),
    ("limits[1].id", "offline", "limits[1].id"),
    ("limits[3].id", "a", "limits"),
    ("limits[0].per", "month", "limits[0].each_product"),
    ("limits[0].figure", "2.5555", "limits[0].figure"),
    ("limits[0].match", "group:food//rice", "limits[0].match"),
    ("limits[0].unit", "", "limits[0].unit"),
    ("limits[1].sizes[1].size", "三", "limits[1].sizes[1]"),
    ("limits[1].sizes[2].size", "3", "limits[1].sizes[1]"),
    ("limits[1].sizes[0].figure", "10000000", "limits[1].sizes[0]"),
    ("limits[3].kind", "", "limits[3].kind"),
    ("offline.other", "", "offline.other"),
    ("priority", "first", "priority"),
];

#[test]
fn whatever_is_wrong_names_its_field_and_says_what_to_do() {
    for (name, value, blamed) in WRONG {
        let mut typed = of_document(&everything());
        typed.set(name, value);
        let problems = check(&typed, 1, &[]).unwrap_err();
        assert!(problems.iter().any(|p| p.field == blamed), "{name} = {value}: {problems:?}");
        for Problem { zh, en, .. } in &problems {
            assert!(!zh.contains("这一项不能用") && !zh.contains('`') && zh.ends_with('。'), "{name} = {value}: {zh}");
            assert!(!en.contains('`') && !en.contains("{}"), "{en}");
        }
    }
    let mut typed = of_document(&everything());
    typed.0.retain(|(name, _)| !name.starts_with("categor") && !name.starts_with("scope.include"));
    typed.set("limits[0].figure", "x");
    typed.set("limits[3].figure", "y");
    let problems = check(&typed, 1, &[]).unwrap_err();
    let blamed: Vec<&str> = problems.iter().map(|p| p.field.as_str()).collect();
    for name in ["categories", "scope.include", "limits[0].figure", "limits[3].figure"] {
        assert!(blamed.contains(&name), "all at once: {blamed:?}");
    }
    assert_eq!(field(&typed, "programme"), "benefit");
}

#[test]
fn a_value_card_is_held_to_its_own_rules() {
    let mut typed = of_document(&everything());
    typed.set("benefit", "purse");
    assert_eq!(check(&typed, 1, &[]).unwrap_err()[0].field, "subsidy_share");
    typed.set("subsidy_share", "100");
    assert_eq!(check(&typed, 1, &[]).unwrap_err()[0].field, "benefit");
}

#[test]
fn rows_move_up_when_one_is_taken_away() {
    let mut typed = of_document(&everything());
    typed.remove_row("limits", 1);
    let (_, document) = check(&typed, 1, &[]).unwrap();
    let ids: Vec<&str> = document["limits"].as_array().unwrap().iter().map(|l| l["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["a", "c", "d"]);
    assert_eq!(document["limits"][1]["quantity_by_size"], json!({"2": "4"}));
}

fn person(name: &str, role: Role) -> Person {
    Person { name: name.into(), role, store: None, district: None, confirmed_at: 0 }
}

fn headquarters() -> (tempfile::TempDir, Hq) {
    let dir = tempfile::tempdir().unwrap();
    let hq = Hq::open(dir.path(), &dir.path().join("keys")).unwrap();
    catalogue::import_programmes(&hq, &demonstration(), false).unwrap().unwrap();
    (dir, hq)
}

fn newest(hq: &Hq, code: &str) -> Typed {
    let published = catalogue::published(&hq.db().conn).unwrap();
    next_version(&published, code).unwrap()
}

fn keep(hq: &Hq, who: &Person, of: Option<(i64, u32)>, code: Option<&str>, typed: &Typed) -> Result<i64, Problem> {
    save(hq, who, &Writing { of, code, typed }).unwrap()
}

#[test]
fn two_people_make_a_version_and_it_takes_the_next_number() {
    let (_dir, hq) = headquarters();
    let (writer, approver) = (person("w", Role::Accountant), person("a", Role::Approver));
    let mut typed = newest(&hq, "GRAIN");
    typed.set("benefit.percent_off", "20");
    let id = keep(&hq, &writer, None, Some("GRAIN"), &typed).unwrap();
    assert!(publish(&hq, &writer, id, 1).unwrap().is_err(), "the role");
    assert!(publish(&hq, &person("w", Role::Admin), id, 1).unwrap().is_err(), "the hand");
    assert!(publish(&hq, &approver, id, 7).unwrap().is_err(), "another revision than was looked at");
    let helper = person("h", Role::Approver);
    assert_eq!(keep(&hq, &helper, Some((id, 1)), Some("GRAIN"), &typed).unwrap(), id);
    assert!(publish(&hq, &helper, id, 2).unwrap().unwrap_err().zh.contains("另一个人"));
    assert!(keep(&hq, &writer, Some((id, 1)), Some("GRAIN"), &typed).is_err(), "somebody changed it meanwhile");
    assert_eq!(publish(&hq, &approver, id, 2).unwrap().unwrap(), ("GRAIN".to_owned(), 2));
    assert!(publish(&hq, &approver, id, 2).unwrap().is_err(), "once");
    let list = versions(&hq.db().conn, "GRAIN").unwrap();
    assert_eq!(list.iter().map(|p| p.version).collect::<Vec<_>>(), [1, 2]);
    let history = crate::store::drafts::published(&hq.db().conn, "GRAIN").unwrap();
    assert_eq!((history[0].drafted_by.as_str(), history[0].published_by.as_deref()), ("w", Some("a")));
    assert!(keep(&hq, &person("m", Role::Manager), None, None, &typed).is_err());
}

#[test]
fn nothing_takes_effect_before_tomorrow_and_no_draft_overtakes_another() {
    let (_dir, hq) = headquarters();
    let (writer, approver) = (person("w", Role::Reviewer), person("a", Role::Admin));
    let mut typed = newest(&hq, "EGG");
    typed.set("valid_from", business_date(now()).to_string());
    let id = keep(&hq, &writer, None, Some("EGG"), &typed).unwrap();
    assert_eq!(publish(&hq, &approver, id, 1).unwrap().unwrap_err().field, "valid_from");
    typed.set("valid_from", earliest().to_string());
    let first = keep(&hq, &writer, Some((id, 1)), Some("EGG"), &typed).unwrap();
    let second = keep(&hq, &writer, None, Some("EGG"), &typed).unwrap();
    publish(&hq, &approver, first, 2).unwrap().unwrap();
    assert!(publish(&hq, &approver, second, 1).unwrap().unwrap_err().zh.contains("新版本"));
    keep(&hq, &writer, Some((second, 1)), Some("EGG"), &typed).unwrap();
    assert_eq!(publish(&hq, &approver, second, 2).unwrap().unwrap().1, 3);
}

#[test]
fn what_is_not_whole_or_takes_a_code_is_kept_but_not_published() {
    let (_dir, hq) = headquarters();
    let (writer, approver) = (person("w", Role::Reviewer), person("a", Role::Admin));
    let mut typed = newest(&hq, "EGG");
    let id = keep(&hq, &writer, None, None, &typed).unwrap();
    assert!(publish(&hq, &approver, id, 1).unwrap().unwrap_err().zh.contains("新版本"), "the code is taken");
    typed.set("code", "EGG2");
    typed.set("fund", "NONE");
    let id = keep(&hq, &writer, None, None, &typed).unwrap();
    assert_eq!(publish(&hq, &approver, id, 1).unwrap().unwrap_err().field, "fund");
    typed.set("fund", "CIXIN");
    let id = keep(&hq, &writer, None, None, &typed).unwrap();
    assert_eq!(publish(&hq, &approver, id, 1).unwrap().unwrap(), ("EGG2".to_owned(), 1));
}

#[test]
fn an_ended_programme_stays_ended() {
    let (_dir, hq) = headquarters();
    let (writer, approver) = (person("w", Role::Reviewer), person("a", Role::Admin));
    let shorter = {
        let mut typed = newest(&hq, "EGG");
        typed.set("valid_to", (earliest() + Days::new(9)).to_string());
        typed
    };
    let list = versions(&hq.db().conn, "EGG").unwrap();
    let (short, _) = check(&shorter, 2, &list).unwrap();
    assert_eq!(comes_back(&short, &list).map(|p| p.version), Some(1), "the first version outlives it");
    let last = earliest() + Days::new(20);
    let published = catalogue::published(&hq.db().conn).unwrap();
    let typed = ending(&published, "EGG", last).unwrap();
    let id = keep(&hq, &writer, None, Some("EGG"), &typed).unwrap();
    publish(&hq, &approver, id, 1).unwrap().unwrap();
    let list = versions(&hq.db().conn, "EGG").unwrap();
    let counts = |date| -> &Programme { list.iter().filter(|p| p.in_force(date)).max_by_key(|p| p.version).unwrap() };
    assert_eq!(counts(last).version, 1);
    for days in [1, 300, 20_000] {
        assert_eq!(counts(last + Days::new(days)).categories, [NOBODY], "{days} days later");
    }
}
