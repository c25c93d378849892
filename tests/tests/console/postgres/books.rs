//! Two servers on one database keep the same books as one on SQLite.

use std::collections::BTreeMap;

use hq::store::list_version;
use serde_json::{Value, json};
use tests::{Drive, Lab, Server, Till, households, id_number, lines, roster_csv};

use super::lab;

const BASKET: [&str; 2] = ["6900000000014", "10001"];

fn sell(drive: &mut Drive, family: usize) -> Value {
    drive.sell(&BASKET, Some(&id_number(family)))
}

/// A day at two tills that reach headquarters through these servers.
fn a_day(lab: &Lab, servers: [&Server; 2]) -> [Till; 2] {
    let [one, two] = [lab.till(servers[0], "S001/01"), lab.till(servers[1], "S002/01")];
    let (mut here, mut there) = (one.open(), two.open());
    let sync = |drive: &mut Drive| drive.ok(&json!({"do": "sync"}));
    let first = sell(&mut here, 0);
    sync(&mut here);
    // The quota that is left is the same wherever the family goes.
    sync(&mut there);
    sell(&mut there, 0);
    sell(&mut there, 1);
    sync(&mut there);
    let lines = json!([{"line": 1, "quantity": "1"}]);
    here.ok(&json!({"do": "return", "sale": first["number"], "lines": lines, "reason": "变质"}));
    sync(&mut here);
    let roster = lab.file("more.csv", roster_csv(8).replace(",urban_dibao,", ",tekun,").as_bytes());
    lab.hq_ok(&["roster", "import", &roster]);
    let products = std::fs::read_to_string(tests::data().join("products.csv")).unwrap();
    let moved = lab.file("moved.csv", products.replace("food/grain/noodles", "food/instant").as_bytes());
    lab.hq_ok(&["products", "import", &moved]);
    for drive in [&mut here, &mut there] {
        sync(drive);
        sell(drive, 7);
        sync(drive);
        sync(drive);
    }
    drop((here, there));
    [one, two]
}

/// A receipt's number without the part of it that is drawn at random.
fn plain(sale: &str) -> String {
    let parts: Vec<&str> = sale.split('-').collect();
    format!("{}-{}-{}", parts[0], parts[1], parts[parts.len() - 1])
}

/// What stands in the books, without what is drawn at random.
fn books(lab: &Lab) -> Value {
    let mut claims: Vec<Value> = lab.claims();
    for claim in &mut claims {
        claim.as_object_mut().unwrap().remove("id");
        claim["sale"] = plain(claim["sale"].as_str().unwrap()).into();
    }
    claims.sort_by_key(|claim| claim["sale"].to_string());
    let mut used: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for household in households(8) {
        for programme in ["GRAIN", "OIL", "DAILY", "PURSE"] {
            let said = lab.hq(&["balance", "--household", &household.name(), "--programme", programme, "--json"]);
            if said.code != 0 {
                continue;
            }
            let rows = lines(&said.out).into_iter().map(|mut row| {
                let row = row.as_object_mut().unwrap();
                row.remove("household");
                if let Some(person) = row.get_mut("person") {
                    *person = json!("somebody");
                }
                json!(row)
            });
            used.insert(format!("{} {programme}", household.name()), rows.collect());
        }
    }
    let records = ["S001/01", "S002/01"].map(|till| {
        let rows = lines(&lab.hq_ok(&["records", "--till", till, "--json"]));
        rows.iter().map(|r| json!([r["seq"], r["kind"], r["outcome"], r["reasons"]])).collect::<Vec<_>>()
    });
    let db = lab.db().conn;
    let lists = db.all("SELECT name, version FROM lists ORDER BY name", &[], |row| {
        Ok((row.get::<String>(0)?, row.get::<i64>(1)?))
    });
    let roster = db.all(
        "SELECT store, version, deleted, count(*) FROM roster_items GROUP BY store, version, deleted
         ORDER BY store, version, deleted",
        &[],
        |row| Ok((row.get::<String>(0)?, row.get::<i64>(1)?, row.get::<bool>(2)?, row.get::<i64>(3)?)),
    );
    let parts = db.all(
        "SELECT c.sale, p.programme, p.asked_fen, p.discount_fen, p.subsidy_fen, p.purse_fen
         FROM claim_programmes p JOIN claims c ON c.id = p.claim_id ORDER BY c.sale, p.programme",
        &[],
        |row| {
            let n = |i| row.get::<i64>(i);
            Ok((plain(&row.get::<String>(0)?), row.get::<String>(1)?, n(2)?, n(3)?, n(4)?, n(5)?))
        },
    );
    json!({
        "claims": claims, "used": used, "records": records, "lists": lists.unwrap(), "roster": roster.unwrap(),
        "parts": parts.unwrap(),
    })
}

#[test]
fn two_servers_on_postgres_keep_the_books_of_one_on_sqlite() {
    let lone = Lab::on(None).furnished(5);
    let server = lone.serve();
    a_day(&lone, [&server, &server]);
    let expected = books(&lone);
    assert_eq!(expected["claims"].as_array().unwrap().len(), 5);
    assert!(!expected["used"].as_object().unwrap().is_empty() && !expected["parts"].as_array().unwrap().is_empty());

    let shared = lab(5);
    let servers = [shared.serve(), shared.serve()];
    a_day(&shared, [&servers[0], &servers[1]]);
    let found = books(&shared);
    for part in ["claims", "used", "records", "lists", "roster", "parts"] {
        assert_eq!(found[part], expected[part], "{part}");
    }
    // The chain of the audit has times in it.
    let checked = |lab: &Lab| {
        let mut said: Value = serde_json::from_str(&lab.hq_ok(&["verify"])).unwrap();
        said.as_object_mut().unwrap().remove("audit_head").unwrap();
        said
    };
    assert_eq!(checked(&shared), checked(&lone));
}

#[test]
fn uploads_at_two_servers_and_an_import_at_the_same_time_lose_nothing() {
    let lab = lab(6);
    let servers = [lab.serve(), lab.serve()];
    let tills = [lab.till(&servers[0], "S001/01"), lab.till(&servers[1], "S002/01")];
    let roster = lab.file("more.csv", roster_csv(12).as_bytes());
    let version = || list_version(&lab.db().conn, "roster").unwrap();
    let before = version();
    let added = std::thread::scope(|scope| {
        for till in &tills {
            scope.spawn(move || {
                let mut drive = till.open();
                for n in 0..12 {
                    sell(&mut drive, n % 6);
                    if n % 3 == 2 {
                        drive.ok(&json!({"do": "sync"}));
                    }
                }
                drive.ok(&json!({"do": "sync"}));
            });
        }
        let imports = [(); 2].map(|()| scope.spawn(|| lab.hq_ok(&["roster", "import", &roster])));
        imports.map(|import| lines(&import.join().unwrap())[0]["added"].as_u64().unwrap())
    });
    let claims = lab.claims();
    let ids: std::collections::BTreeSet<&str> = claims.iter().map(|c| c["id"].as_str().unwrap()).collect();
    assert_eq!((claims.len(), ids.len()), (24, 24));
    lab.hq_ok(&["verify"]);
    for till in &tills {
        till.ok(&["sync"], "");
        till.ok(&["verify"], "");
    }
    assert_eq!(version(), before + 2);
    assert!(added.contains(&0) && added.iter().sum::<u64>() > 0, "of two imports of one file one adds: {added:?}");
}

#[test]
fn a_till_goes_on_at_the_other_server() {
    let lab = lab(2);
    let (mut first, second) = (lab.serve(), lab.serve());
    let till = lab.till(&first, "S001/01");
    let mut drive = till.open();
    sell(&mut drive, 0);
    drive.ok(&json!({"do": "sync"}));
    // The first server is gone; another one of the same headquarters takes its address.
    let address = first.address();
    first.kill();
    let instead = lab.serve_on(&address);
    sell(&mut drive, 1);
    drive.ok(&json!({"do": "sync"}));
    drop((drive, instead, second));
    assert_eq!(lab.claims().len(), 2);
    lab.hq_ok(&["verify"]);
}
