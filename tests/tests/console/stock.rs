//! A store's stock in the console, and claims held against what was bought.

use domain::time::business_date;
use serde_json::json;
use tests::Lab;

use crate::site::{Site, Visitor};

const RICE: &str = "6900000000014";

fn enter(visitor: &mut Visitor, kind: &str, fields: &[(&'static str, &str)]) -> (u16, String) {
    let today = business_date(chrono::Utc::now()).to_string();
    let mut form = vec![("store", "S001"), ("kind", kind), ("code", RICE), ("date", &today)];
    form.retain(|(name, _)| !fields.iter().any(|(given, _)| given == name));
    form.extend(fields.iter().copied());
    let answer = visitor.post("/console/shop/stock", &form, None);
    (answer.status, answer.body)
}

/// The table's row of the rice, without its markup.
fn row(page: &str) -> Vec<String> {
    let row = page.split("<tr>").find(|row| row.contains("杏坛东北大米")).unwrap_or_else(|| panic!("{page}"));
    let row = row.split("</tr>").next().unwrap();
    let cells = row.split("<td").skip(1).map(|cell| {
        let text: String = cell
            .split_once('>')
            .unwrap()
            .1
            .split('<')
            .filter_map(|p| p.split_once('>').map(|t| t.1).or(Some(p)))
            .collect();
        text.trim().to_owned()
    });
    cells.collect()
}

#[test]
fn claims_are_held_against_what_was_received() {
    let site = Site::open();
    let mut manager = site.signed_in("manager");
    let mut reviewer = site.signed_in("reviewer");
    // Two families' sales took a bag each; nothing was entered, so there is nothing to hold them against.
    let page = manager.get("/console/shop/stock").body;
    let bare = row(&page);
    assert_eq!((bare[1].as_str(), bare[4].as_str(), bare[9].as_str(), bare[10].as_str()), ("0", "2", "-2", "未建账"));
    let found = reviewer.get("/console/signs/goods").body;
    assert!(found.contains("没有发现") && found.contains("无法核对"), "{found}");

    let donated = [("quantity", "1"), ("source", "县慈善总会"), ("donated", "1")];
    assert_eq!(enter(&mut manager, "received", &donated).0, 303);
    let page = manager.get("/console/shop/stock").body;
    assert!(page.contains("1 种商品的惠民销售多于期初加收货"), "{page}");
    assert_eq!(row(&page)[1..], ["0", "1", "1", "2", "", "", "", "", "-1", "1"]);
    let found = reviewer.get("/console/signs/goods").body;
    assert!(found.contains("S001") && found.contains("杏坛东北大米"), "{found}");
    let month = business_date(chrono::Utc::now()).format("%Y-%m").to_string();
    let of = format!("month={month}&store=S001&key=barcode%3A{RICE}");
    let claims = reviewer.get(&format!("/console/signs/goods?{of}")).body;
    assert_eq!(claims.matches("href=\"/console/claims/").count(), 2, "{claims}");

    // Bought goods, and a count that needs its reason.
    let bought = [("quantity", "20"), ("source", "粮站"), ("invoice", "F-77"), ("cost", "600")];
    assert_eq!(enter(&mut manager, "received", &bought).0, 303);
    let (status, said) = enter(&mut manager, "counted", &[("quantity", "18")]);
    assert!(status == 422 && said.contains("账面是 19"), "{said}");
    assert_eq!(enter(&mut manager, "counted", &[("quantity", "18"), ("note", "破袋一件")]).0, 303);
    assert_eq!(enter(&mut manager, "given", &[("quantity", "3")]).0, 422, "to how many households?");
    assert_eq!(enter(&mut manager, "given", &[("quantity", "1"), ("households", "1")]).0, 303);
    let page = manager.get("/console/shop/stock").body;
    assert_eq!(row(&page)[1..], ["0", "21", "1", "2", "", "1", "18", "", "18", "–"], "a count is at the day's end");
    assert!(reviewer.get("/console/signs/goods").body.contains("没有发现"));
    let product = manager.get(&format!("/console/shop/stock/product?{of}")).body;
    for said in ["粮站 · F-77 · ¥600.00", "县慈善总会", "破袋一件", "1 户", "收货（捐赠）"] {
        assert!(product.contains(said), "{said}: {product}");
    }

    // What was entered wrongly is struck out, and stays to be seen.
    let id = product.split("name=\"id\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let strike = [("store", "S001"), ("id", id.as_str()), ("key", "barcode:6900000000014"), ("month", &month)];
    assert_eq!(manager.post("/console/shop/stock/strike", &strike, None).status, 303);
    assert_eq!(manager.post("/console/shop/stock/strike", &strike, None).status, 404);
    assert_eq!(
        row(&manager.get("/console/shop/stock").body)[1..],
        ["0", "21", "1", "2", "", "", "18", "-1", "18", "–"]
    );
    assert!(manager.get(&format!("/console/shop/stock/product?{of}")).body.contains("已划掉"));
}

#[test]
fn what_cannot_be_is_not_entered() {
    let site = Site::open();
    let mut manager = site.signed_in("manager");
    let good: [(&'static str, &str); 2] = [("quantity", "2"), ("source", "粮站")];
    for wrong in [
        ("code", "6900000000015"),
        ("code", "6901234567892"),
        ("date", "2999-01-01"),
        ("date", "x"),
        ("quantity", "0"),
        ("quantity", "-1"),
        ("quantity", "1.5"),
        ("source", " "),
        ("cost", "1,0"),
    ] {
        let mut form: Vec<_> = good.to_vec();
        form.retain(|(name, _)| *name != wrong.0);
        form.push(wrong);
        assert_eq!(enter(&mut manager, "received", &form).0, 422, "{wrong:?}");
    }
    assert_eq!(enter(&mut manager, "received", &[("store", "S002"), ("quantity", "2"), ("source", "粮站")]).0, 404);
    assert_eq!(site.signed_in("reviewer").get("/console/shop/stock").status, 403);
    assert_eq!(manager.get("/console/signs/goods").status, 403);

    // A file is taken whole or not at all.
    let today = business_date(chrono::Utc::now()).to_string();
    let mut send = |rows: &str| {
        let body = format!(
            "--M\r\nContent-Disposition: form-data; name=\"store\"\r\n\r\nS001\r\n\
             --M\r\nContent-Disposition: form-data; name=\"file\"; filename=\"s.csv\"\r\n\r\n日期,条码,数量\n{rows}\r\n--M--\r\n"
        );
        manager.post_bytes("/console/shop/stock/sales", "multipart/form-data; boundary=M", body.as_bytes()).status
    };
    assert_eq!(send(&format!("{today},{RICE},3\n{today},{RICE},x\n")), 422);
    assert_eq!(send(&format!("{today},{RICE},3\n{today},{RICE},4\n")), 303);
    assert_eq!(row(&manager.get("/console/shop/stock").body)[5], "7");
}

#[test]
fn the_stores_report_says_what_its_tills_say() {
    let lab = Lab::with_households(1);
    let server = lab.serve();
    let till = lab.till(&server, "S001/01");
    let mut drive = till.open();
    drive.sell(&[RICE], None);
    drive.ok(&json!({"do": "scan", "code": RICE}));
    drive.ok(&json!({"do": "clear"}));
    // 200.00 and 41.40 should be there; half a yuan is missing.
    drive.ok(&json!({"do": "close_shift", "counted": "240.90"}));
    drive.ok(&json!({"do": "close_day"}));
    drive.ok(&json!({"do": "sync"}));
    let site = Site::of(lab, server);
    let mut manager = site.signed_in("manager");
    let page = manager.get("/console/shop/report").body;
    let row = page.split("<tr>").nth(2).unwrap().split("</tr>").next().unwrap();
    assert!(row.contains(">是</td>") && row.matches("¥41.40").count() == 2, "{row}");
    assert!(row.contains("<span class=\"less\">") && row.contains("0.50"), "{row}");
    let csv = manager.get("/console/shop/report.csv").body;
    let cells: Vec<&str> = csv.lines().nth(1).unwrap().split(',').map(|cell| cell.trim_matches('"')).collect();
    assert_eq!(cells[1..7], ["01", "是", "1", "0", "41.40", "0.00"], "{csv}");
    assert_eq!((cells[9], cells[10], cells[16], cells[17], cells[20]), ("1", "41.40", "0", "0", "-0.50"), "{csv}");
    assert_eq!(site.signed_in("auditor").get("/console/shop/report").status, 403);
}
