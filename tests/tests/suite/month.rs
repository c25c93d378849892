//! The demonstration's month stands on the programs: two days of it here.

use serde_json::json;
use tests::{Lab, Till, lines, program};

#[test]
fn days_rung_up_in_the_past_are_granted_and_verify_on_both_sides() {
    let lab = Lab::with_households(0);
    let server = lab.serve();
    let tills = ["S001/01", "S002/01", "S003/01"].map(|name| staffed(lab.till(&server, name)));
    let rung = std::process::Command::new(program("demo-month"))
        .args(["2", "24"])
        .arg(lab.hq_dir())
        .args(tills.iter().map(|till| &till.dir))
        .output()
        .unwrap();
    // Any refusal of a till ends it.
    assert!(rung.status.success(), "{}", String::from_utf8_lossy(&rung.stderr));
    let rung = &lines(std::str::from_utf8(&rung.stdout).unwrap())[0];

    let claims = lab.claims();
    assert_eq!(rung["claims"], json!(claims.len()), "all of them were sent");
    let accepted = claims.iter().filter(|claim| claim["state"] == json!("accepted")).count();
    assert!(accepted > 10 && accepted * 10 >= claims.len() * 8, "{accepted} of {} were accepted", claims.len());
    assert!(claims.iter().all(|claim| !claim["reasons"].as_array().unwrap().contains(&json!("R11"))));
    lab.hq_ok(&["verify"]);
    for till in &tills {
        till.ok(&["verify"], "");
        assert_eq!(lines(&till.ok(&["sync"], ""))[0]["unsent"], json!(0));
    }
}

/// With the staff that the demonstration signs in.
fn staffed(till: Till) -> Till {
    till.ok(&["staff", "add", "demo", "--role", "cashier"], "1234\n");
    till.ok(&["staff", "add", "manager", "--role", "manager"], "5678\n");
    till
}

#[test]
fn the_roster_of_the_demonstration_has_every_kind_of_household() {
    let families = tests::households(300);
    let has = |what: &str, found: &dyn Fn(&tests::Household) -> bool| {
        assert!(families.iter().any(|family| found(family)), "no household is {what}");
    };
    for status in ["active", "grace", "suspended", "ended", "moved", "deceased"] {
        has(status, &|family| family.status == status);
    }
    for category in ["urban_dibao", "tekun", "dibao_marginal", "rigid_expenditure"] {
        has(category, &|family| family.category == category);
    }
    has("out of its dates", &|family| family.status == "active" && !family.is_eligible());
    has("at home in no store", &|family| family.home_store.is_none());
    has("served by a neighbour", &|family| family.people.iter().any(|person| person.is_proxy));
    has("without a card", &|family| family.people.iter().all(|person| !person.has_card));
    let lab = Lab::with_households(0);
    let roster = lab.file("roster.csv", tests::roster_csv(300).as_bytes());
    let outcome = &lines(&lab.hq_ok(&["roster", "import", &roster, "--dry-run"]))[0];
    assert_eq!((&outcome["warnings"], &outcome["changed"]), (&json!(0), &json!(0)));
}
