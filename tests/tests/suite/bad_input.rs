//! Bad input: a clear error that names the place, exit 2 or 4xx, and nothing changed.

use serde_json::json;
use tests::Lab;

#[test]
fn a_bad_row_is_named_and_nothing_is_imported() {
    let lab = Lab::with_households(3);
    let good = tests::roster_csv(5);
    let bad = good.replace(&tests::id_number(1), "370899194001010000");
    let file = lab.file("bad.csv", bad.as_bytes());
    let said = lab.hq(&["roster", "import", &file]);
    assert_eq!(said.code, 2, "{}", said.err);
    assert!(said.err.contains("line 3"), "{}", said.err);
    assert_eq!(said.err.trim().lines().count(), 1);
    assert!(said.out.is_empty());
    for (what, content) in [("programmes", "{"), ("products", "barcode,name,group\n123,x,food\n")] {
        let file = lab.file("bad", content.as_bytes());
        assert_eq!(lab.hq(&[what, "import", &file]).code, 2);
    }
    assert_eq!(lab.hq(&["till", "add", "NOWHERE/01"]).code, 2);
    assert_eq!(lab.hq(&["nonsense"]).code, 2);
}

#[test]
fn a_bad_command_leaves_the_sale_as_it_was() {
    let lab = Lab::with_households(3);
    let server = lab.serve();
    let till = lab.till(&server, "S001/01");
    let mut drive = till.open();
    let before = drive.ok(&json!({"do": "scan", "code": "6900000000014"}));
    for bad in [
        json!({"do": "fly"}),
        json!({"do": "scan"}),
        json!({"do": "scan", "code": "0"}),
        json!({"do": "quantity", "line": 1, "value": "1.5"}),
        json!({"do": "quantity", "line": 9, "value": "1"}),
        json!({"do": "verify", "id_number": "123"}),
        json!({"do": "verify", "id_number": "11010519491231002X"}),
        json!({"do": "pay", "tender": "wechat", "amount": "9999.00"}),
        json!({"do": "pay", "tender": "cash", "amount": "-1"}),
        json!({"do": "recall", "n": 7}),
        json!("scan"),
    ] {
        assert!(!drive.refused(&bad).is_empty());
    }
    let after = drive.ok(&json!({"do": "unverify"}));
    assert_eq!(before["basket"], after["basket"]);
    assert_eq!(till.run(&["drive"], "").code, 1, "one till a folder at a time");
    assert_eq!(till.run(&["quote", "--cases", "/nowhere"], "").code, 2);
}
