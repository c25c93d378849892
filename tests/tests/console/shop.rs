//! Goods, prices, promotions and staff of a store in the console.

use domain::barcode::ProductKey;
use pos::shop::Shop;
use serde_json::{Value, json};
use tests::{Lab, Till};

use crate::site::Site;

const RICE: &str = "6900000000014";

/// Headquarters with two stores' tills that sent their products.
fn site() -> (Site, [Till; 2]) {
    let lab = Lab::with_households(1);
    let server = lab.serve();
    let tills = ["S001/01", "S002/01"].map(|name| lab.till(&server, name));
    for till in &tills {
        till.ok(&["sync"], "");
    }
    (Site::of(lab, server), tills)
}

fn rice(changes: &[(&'static str, &'static str)]) -> Vec<(&'static str, &'static str)> {
    let mut form = vec![
        ("store", "S001"),
        ("key", "barcode:6900000000014"),
        ("code", RICE),
        ("name", "济惠东北大米"),
        ("spec", "5kg"),
        ("unit", "piece"),
        ("unit_name", "袋"),
        ("content_kg", "5"),
        ("group", "food/grain/rice"),
        ("price", "38.5"),
        ("tax_rate", "0.09"),
    ];
    for (name, value) in changes {
        form.retain(|(known, _)| known != name);
        form.push((name, value));
    }
    form
}

fn price(till: &Till, key: &ProductKey) -> Option<String> {
    till.ok(&["sync"], "");
    let product = Shop::open(&till.dir).unwrap().store.product(key).unwrap();
    product.map(|p| p.price.unwrap().to_string())
}

#[test]
fn a_price_of_the_console_is_the_tills_after_its_next_sync() {
    let (site, [till, other]) = site();
    let mut manager = site.signed_in("manager");
    let page = manager.get("/console/shop").body;
    assert!(page.contains("商品与价格") && page.contains("共 324 种") && page.contains("1 / 7"), "{page}");
    assert_eq!(page.matches("<tr>").count(), 51, "fifty a page, and the head");
    let page = manager.get(&format!("/console/shop?q={RICE}")).body;
    assert!(page.contains("共 1 种") && page.contains("杏坛东北大米") && page.contains("¥41.40"), "{page}");
    let page = manager.get("/console/shop/product?key=barcode:6900000000014").body;
    assert!(page.contains("value=\"41.40\""), "{page}");

    // What is wrong is said at its field, and what was typed stays.
    let wrong = manager.post("/console/shop/product", &rice(&[("price", "3,50"), ("name", "新米<b>")]), None);
    assert_eq!(wrong.status, 200);
    assert!(wrong.body.contains("请填写金额") && wrong.body.contains("value=\"3,50\""), "{}", wrong.body);
    assert!(wrong.body.contains("value=\"新米&lt;b&gt;\""), "{}", wrong.body);

    let saved = manager.post("/console/shop/product", &rice(&[]), None);
    assert_eq!(saved.status, 303, "{}", saved.body);
    assert!(manager.get(&saved.location).body.contains("济惠东北大米 已保存"));
    let key = ProductKey::barcode(RICE).unwrap();
    assert_eq!(price(&till, &key).as_deref(), Some("38.50"));
    assert_eq!(price(&other, &key).as_deref(), Some("41.40"));

    // A new one, once.
    let new = rice(&[
        ("key", ""),
        ("code", "77001"),
        ("name", "散装花生"),
        ("unit", "kg"),
        ("content_kg", ""),
        ("price", "12"),
    ]);
    assert_eq!(manager.post("/console/shop/product", &new, None).status, 303);
    assert_eq!(price(&till, &ProductKey::plu("77001").unwrap()).as_deref(), Some("12.00"));
    assert!(manager.post("/console/shop/product", &new, None).body.contains("已经有了"));
    let page = site.signed_in("auditor").get("/console/audit?action=shop+product").body;
    assert!(page.contains("修改商品") && page.contains("38.50") && page.contains("共 2 条"), "{page}");
}

#[test]
fn a_manager_keeps_the_own_store_and_others_keep_none() {
    let (site, _) = site();
    let mut manager = site.signed_in("manager");
    assert_eq!(manager.get("/console/shop?store=S002").status, 404);
    assert_eq!(manager.post("/console/shop/product", &rice(&[("store", "S002")]), None).status, 404);
    assert_eq!(manager.post("/console/shop/product", &rice(&[("store", "")]), None).status, 404);
    let mut admin = site.signed_in("admin");
    assert_eq!(admin.post("/console/shop/product", &rice(&[("store", "S002")]), None).status, 303);
    for role in domain::role::HQ_ROLES {
        let mut visitor = site.signed_in(role);
        let may = matches!(role, "manager" | "admin");
        for path in ["/console/shop", "/console/shop/product", "/console/shop/promotions", "/console/shop/staff"] {
            let page = visitor.get(path);
            assert_eq!(page.status, if may { 200 } else { 403 }, "{role} at {path}");
            assert!(!page.body.contains("<script") && !page.body.contains("argon2"), "{path}");
        }
        if !may {
            for path in ["/console/shop/product", "/console/shop/promotions", "/console/shop/staff"] {
                assert_eq!(visitor.post(path, &rice(&[]), None).status, 403, "{role} at {path}");
            }
        }
    }
}

#[test]
fn staff_of_the_console_sign_in_at_the_till_until_they_leave() {
    let (site, [till, _]) = site();
    let mut manager = site.signed_in("manager");
    let path = "/console/shop/staff";
    let mut post = |act: &str, code: &str, pin: &str| {
        let form = [("store", "S001"), ("act", act), ("code", code), ("role", "manager"), ("pin", pin)];
        manager.post(path, &form, None)
    };
    let signs_in = |code: &str, pin: &str| {
        till.ok(&["sync"], "");
        till.drive().send(&json!({"do": "login", "staff": code, "pin": pin})).unwrap()["ok"] == json!(true)
    };
    let last = post("stop", "m1", "");
    assert!(last.status == 200 && last.body.contains("最后一位店长"), "{}", last.body);
    let wrong = post("add", "m 2", "12");
    assert!(wrong.body.contains("工号只用") && wrong.body.contains("4 到 8 位"), "{}", wrong.body);
    assert!(wrong.body.contains("value=\"m 2\"") && !wrong.body.contains("value=\"12\""), "a PIN is not shown again");
    assert_eq!(post("add", "m2", "2468").status, 303);
    assert!(post("add", "m2", "1111").body.contains("已经有了"));
    assert!(signs_in("m2", "2468"));
    assert_eq!(post("pin", "m2", "8642").status, 303);
    assert!(signs_in("m2", "8642") && !signs_in("m2", "2468"));
    assert_eq!(post("stop", "m1", "").status, 303);
    assert!(!signs_in("m1", "9999"));
    assert_eq!(post("start", "m1", "").status, 303);
    assert!(signs_in("m1", "9999"));
    assert_eq!(post("stop", "nobody", "").status, 404);
    let audit = site.signed_in("auditor").get("/console/audit?action=shop+staff").body;
    assert!(audit.contains("修改员工") && audit.contains("共 4 条") && !audit.contains("argon2"), "{audit}");
}

#[test]
fn a_promotion_is_at_the_till_until_it_is_stopped() {
    let (site, [till, _]) = site();
    let mut manager = site.signed_in("manager");
    let path = "/console/shop/promotions";
    let form = |changes: &[(&'static str, &'static str)]| {
        let mut form = vec![
            ("store", "S001"),
            ("act", "add"),
            ("name", "大米特价"),
            ("valid_from", "2026-11-01"),
            ("valid_to", "2036-11-30"),
            ("kind", "unit_price"),
            ("amount", "19.9"),
            ("include", "6900000000014，group:food/oil"),
        ];
        form.retain(|(name, _)| changes.iter().all(|(changed, _)| changed != name));
        form.extend(changes);
        form
    };
    for (changes, said) in [
        (&[("valid_to", "2026-10-01")][..], "不能早于"),
        (&[("amount", "0")], "要大于 0"),
        (&[("include", "6900000000015")], "请填写条码"),
        (&[("name", "")], "请填写名称"),
        (&[("kind", "threshold"), ("spend", "10")], "不能小于减的金额"),
        (&[("kind", "percent_off"), ("amount", "100")], "请填写百分比"),
    ] {
        let page = manager.post(path, &form(changes), None);
        assert!(page.status == 200 && page.body.contains(said), "{changes:?}: {}", page.body);
        assert!(page.body.contains("2036-11-30") || changes[0].0 == "valid_to", "what was typed stays");
    }
    assert_eq!(manager.post(path, &form(&[]), None).status, 303);
    let threshold = form(&[
        ("kind", "threshold"),
        ("name", "满减"),
        ("spend", "100"),
        ("amount", "10"),
        ("repeat", "yes"),
        ("include", "all"),
        ("exclude", "plu:10001"),
    ]);
    assert_eq!(manager.post(path, &threshold, None).status, 303);
    let page = manager.get(path).body;
    assert!(
        page.contains("特价 ¥19.90") && page.contains("每满 ¥100.00 减 ¥10.00") && page.contains("进行中"),
        "{page}"
    );

    till.ok(&["sync"], "");
    let promotions = || -> Vec<Value> {
        let documents = Shop::open(&till.dir).unwrap().store.promotions().unwrap();
        documents.iter().map(|text| serde_json::from_str(text).unwrap()).collect()
    };
    let here = promotions();
    let special = here.iter().find(|p| p["name"] == "大米特价").unwrap();
    let code = special["code"].as_str().unwrap();
    assert_eq!(
        *special,
        json!({
            "code": code, "name": "大米特价", "valid_from": "2026-11-01", "valid_to": "2036-11-30", "unit_price": "19.90",
            "scope": {"include": ["barcode:6900000000014", "group:food/oil"], "exclude": []},
        })
    );
    let sum = here.iter().find(|p| p["name"] == "满减").unwrap();
    assert_eq!(sum["threshold"], json!({"spend": "100.00", "off": "10.00", "repeat": true}));
    assert_eq!(manager.post(path, &[("store", "S001"), ("act", "stop"), ("code", code)], None).status, 303);
    till.ok(&["sync"], "");
    assert_eq!(promotions().len(), 1);
    assert_eq!(manager.post(path, &[("store", "S001"), ("act", "stop"), ("code", code)], None).status, 404);
    let sql = "SELECT count(*) FROM audit WHERE action = 'shop promotion' AND who = 'manager'";
    let noted: i64 = site.lab.db().conn.value(sql, &[]).unwrap();
    assert_eq!(noted, 3);
}
