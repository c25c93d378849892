//! A store's products by file, and its shelf labels.

use hq::service::access::Role;
use hq::store::shop::{find, of_kind};
use serde_json::Value;

use crate::lab::{Answer, Lab, Visitor, data};

const RICE: &str = "barcode:6900000000014";

fn price(lab: &Lab, store: &str, key: &str) -> Option<String> {
    let entry = find(&lab.hq.reading().conn, store, "product", key).unwrap()?;
    let body: Value = serde_json::from_str(&entry.body?).unwrap();
    body["price"].as_str().map(Into::into)
}

/// The digest that a page's form carries.
fn seen(page: &str) -> String {
    let rest = page.split("name=\"seen\" value=\"").nth(1).unwrap_or_else(|| panic!("{page}"));
    rest.split('"').next().unwrap().to_owned()
}

fn send(visitor: &mut Visitor<'_>, file: &str) -> (String, String) {
    let answer = visitor.upload("/console/shop/import", &[("store", "S001")], file.as_bytes());
    assert_eq!(answer.status, 303, "{}", answer.text());
    let address = answer.header("location").to_owned();
    let page = visitor.get(&address);
    assert_eq!(page.status, 200);
    (address, page.text())
}

fn apply(visitor: &mut Visitor<'_>, address: &str, seen: &str) -> Answer {
    visitor.post(address, &[("seen", seen)])
}

/// S001 with the demonstration's goods.
fn stocked(lab: &Lab) {
    let mut manager = lab.signed_in("manager");
    let (address, page) = send(&mut manager, &String::from_utf8(data("products.csv")).unwrap());
    assert_eq!(apply(&mut manager, &address, &seen(&page)).status, 303);
}

#[test]
fn a_price_list_is_seen_before_it_is_applied_once() {
    let lab = Lab::open();
    lab.everybody();
    stocked(&lab);
    let count = of_kind(&lab.hq.reading().conn, "S001", "product").unwrap().len();
    assert!(count > 100, "{count}");
    assert_eq!(price(&lab, "S001", RICE).as_deref(), Some("41.40"));
    let mut manager = lab.signed_in("manager");
    // Chinese names below a title line, and in the rows what people do.
    let file = "新价格表\n条码,单价,产地\n6900000000014,¥39.90,东北\n6900000000021,39.30,\n6900000000015,1.00,\n\
        6900000000038,abc,\n6900000000014,2.00,\n6901234567892,3.00,\n";
    let (address, page) = send(&mut manager, file);
    assert!(page.contains("新增 0 种，修改 1 种，不变 1 种，有问题 4 行"), "{page}");
    for said in
        ["¥41.40", "¥39.90", "产地", "第 3 行是同一个商品", "新商品缺少名称", "条码: 不是正确的条码", "单价: 不是金额"]
    {
        assert!(page.contains(said), "{said}");
    }
    assert_eq!(price(&lab, "S001", RICE).as_deref(), Some("41.40"), "nothing is changed by looking");
    // A till changed the price meanwhile: what was seen is not what would be done.
    let other = "barcode,price\n6900000000014,40.00\n";
    let mut admin = lab.signed_in("admin");
    let (quick, quick_page) = send(&mut admin, other);
    assert_eq!(apply(&mut admin, &quick, &seen(&quick_page)).status, 303);
    let late = apply(&mut manager, &address, &seen(&page));
    assert_eq!((late.status, late.text().contains("再看一遍差别")), (409, true));
    let again = late.text();
    assert!(again.contains("¥40.00") && again.contains("¥39.90"));
    assert_eq!(apply(&mut manager, &address, &seen(&again)).status, 303);
    assert_eq!(price(&lab, "S001", RICE).as_deref(), Some("39.90"));
    let twice = apply(&mut manager, &address, &seen(&again));
    assert_eq!((twice.status, twice.text().contains("已经应用过")), (409, true));
    let audited: i64 = lab.hq.db().conn.value("SELECT count(*) FROM audit WHERE action = 'shop import'", &[]).unwrap();
    assert_eq!(audited, 3);
}

#[test]
fn an_exported_list_comes_back_unchanged() {
    let lab = Lab::open();
    lab.everybody();
    stocked(&lab);
    let mut manager = lab.signed_in("manager");
    let count = of_kind(&lab.hq.reading().conn, "S001", "product").unwrap().len();
    for name in ["products.csv", "products.xlsx"] {
        let file = manager.get(&format!("/console/shop/{name}?store=S001"));
        assert_eq!(file.status, 200);
        let sent = manager.upload("/console/shop/import", &[("store", "S001")], &file.body);
        let page = manager.get(sent.header("location")).text();
        assert!(page.contains(&format!("新增 0 种，修改 0 种，不变 {count} 种，有问题 0 行")), "{name}: {page}");
    }
}

#[test]
fn a_manager_reaches_no_other_stores_file() {
    let lab = Lab::open();
    lab.everybody();
    lab.user("other", Role::Manager, Some("S002"), None);
    let mut manager = lab.signed_in("manager");
    let (address, page) = send(&mut manager, "barcode,name,group,price\n6900000000014,米,food/grain/rice,1.00\n");
    let mut other = lab.signed_in("other");
    assert_eq!(other.get(&address).status, 404);
    assert_eq!(apply(&mut other, &address, &seen(&page)).status, 404);
    let foreign = other.upload("/console/shop/import", &[("store", "S001")], b"barcode,price\n6900000000014,1.00\n");
    assert_eq!(foreign.status, 404);
    assert_eq!(price(&lab, "S001", RICE), None);
    for bad in ["", "a,b\n1,2\n", "\u{0}\u{1}"] {
        let answer = manager.upload("/console/shop/import", &[("store", "S001")], bad.as_bytes());
        assert_eq!(answer.status, 422, "{bad:?}");
    }
}

#[test]
fn labels_say_what_a_verified_family_pays_and_on_which_condition() {
    let lab = Lab::open();
    lab.everybody();
    stocked(&lab);
    let mut manager = lab.signed_in("manager");
    let page = manager.get("/console/shop/labels?q=6900000000014").text();
    // GRAIN takes 15 percent off 41.40, which is more than RICE's 3.00 and JIANSHOU's 8 percent.
    for said in ["¥41.40", "¥35.19", "惠民价（凭核验）", "每户每月最多优惠 30 元", "袋", "1 张价签，1 页"]
    {
        assert!(page.contains(said), "{said}: {page}");
    }
    let all = manager.get("/console/shop/labels").text();
    for never in ["原价", "救助价", "低保"] {
        assert!(!all.contains(never), "{never}");
    }
    assert!(manager.get("/console/shop/labels?since=2999-01-01").text().contains("没有这样的商品"));
    let file = manager.get("/console/shop/labels.pdf?q=6900000000014&used=3&frames=1");
    assert_eq!((file.status, file.header("content-type")), (200, "application/pdf"));
    assert!(file.body.starts_with(b"%PDF-"));
    // No programme takes anything off tobacco: it has its price alone.
    let tobacco = of_kind(&lab.hq.reading().conn, "S001", "product").unwrap();
    let tobacco = tobacco.iter().find(|e| e.body.as_ref().is_some_and(|b| b.contains("\"alcohol"))).unwrap();
    let code = tobacco.key.split(':').nth(1).unwrap();
    let page = manager.get(&format!("/console/shop/labels?q={code}")).text();
    assert!(page.contains("<td class=\"number\">–</td>"), "{page}");
}

#[test]
fn a_price_holds_from_its_day_on_and_the_lowest_of_seven_days_is_known() {
    let lab = Lab::open();
    lab.everybody();
    stocked(&lab);
    let day = |days: u64| (domain::time::business_date(hq::service::now()) + chrono::Days::new(days)).to_string();
    let mut manager = lab.signed_in("manager");
    let mut plan = |date: &str, price: &str| {
        let form = [("store", "S001"), ("code", "6900000000014"), ("date", date), ("price", price)];
        manager.post("/console/shop/prices", &form).status
    };
    for (date, price) in [(day(0), "1.00"), ("x".into(), "1.00"), (day(2), "")] {
        assert_eq!(plan(&date, &price), 422, "{date} {price}");
    }
    assert_eq!((plan(&day(1), "45.00"), plan(&day(1), "46.00"), plan(&day(3), "30.00")), (303, 303, 303));
    let page = manager.get("/console/shop/prices").text();
    assert!(!page.contains("¥45.00") && page.contains("¥46.00") && page.contains("¥30.00"), "{page}");
    let id = page.split("name=\"id\" value=\"").nth(2).unwrap().split('"').next().unwrap().to_owned();
    let back = [("store", "S001"), ("id", id.as_str())];
    assert_eq!(manager.post("/console/shop/prices/take-back", &back).status, 303);
    assert_eq!(manager.post("/console/shop/prices/take-back", &back).status, 404);
    assert_eq!(price(&lab, "S001", RICE).as_deref(), Some("41.40"));

    let conn_of = |text: &str| lab.hq.db().conn.execute(text, &[]).unwrap();
    // The day comes: as if it had been set long ago.
    conn_of("UPDATE prices_to_come SET date = '2020-01-01' WHERE state = 'waiting'");
    lab.hq.prices_looked.forget();
    hq::service::shop::prices::come(&lab.hq).unwrap();
    assert_eq!(price(&lab, "S001", RICE).as_deref(), Some("46.00"));
    let low = || hq::service::shop::prices::lowest(&lab.hq.reading().conn, "S001", RICE).unwrap();
    assert_eq!(low(), Some(4140));
    // Eight days later the higher one alone held all the time.
    conn_of("UPDATE shop_prices SET at = at - 691200000 WHERE product = 'barcode:6900000000014'");
    assert_eq!(low(), Some(4600));
    let page = manager.get("/console/shop?q=6900000000014").text();
    assert_eq!(page.matches("46.00").count(), 2, "{page}");
    let who: Vec<String> =
        lab.hq.db().conn.all("SELECT who FROM audit WHERE action = 'price comes'", &[], |row| row.get(0)).unwrap();
    assert_eq!(who, ["hq"]);
}
