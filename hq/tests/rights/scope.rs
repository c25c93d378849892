//! A store or a district bounds every page, file and form, also what is named by an id.

use hq::service::access::Role;
use hq::service::users::{self, Change, Rights, Wrong};

use crate::lab::{Lab, STORES};
use crate::till;
use crate::walk::{FORM, left, routes};

/// What must not be seen of S001 and its district by somebody of the other.
fn marks(lab: &Lab, claim: &str) -> Vec<String> {
    vec![STORES[0].1.into(), "S001-0001".into(), claim.into(), lab.household(0), "S001/01".into(), "boss".into()]
}

#[test]
fn a_scoped_person_sees_nothing_of_elsewhere_whatever_the_page() {
    let lab = Lab::open();
    let [foreign, own] = till::claims(&lab);
    lab.user("boss", Role::Admin, None, None);
    lab.signed_in("boss");
    for role in Role::ALL {
        let is_manager = role == Role::Manager;
        let name = format!("x-{}", role.code());
        lab.user(&name, role, is_manager.then_some("S002"), (!is_manager).then_some("370812"));
        let mut visitor = lab.signed_in(&name);
        let marks = marks(&lab, &foreign);
        for route in routes().iter().filter(|route| route.get && route.place().is_some()) {
            for id in [foreign.clone(), lab.household(0)] {
                let address = route.with(&[("id", &id), ("store", "S001"), ("till", "01"), ("name", "boss")]);
                for query in ["", "?store=S001", "?who=somebody&district=370811&household=x&sale=S001"] {
                    let answer = visitor.get(&format!("{address}{query}"));
                    // The form that changes the language says where it stands, and filters what was asked.
                    let text = answer.text().replace(&address, "");
                    if !query.is_empty() {
                        assert!(!text.contains(STORES[0].1), "{role:?} at {address}{query}");
                        continue;
                    }
                    for mark in &marks {
                        assert!(!text.contains(mark), "{role:?} sees {mark} at {address}: {text}");
                    }
                }
            }
        }
    }
    // By id: what is there for one is not there for the other.
    let mut reviewer = lab.signed_in("x-reviewer");
    assert_eq!(reviewer.get(&format!("/console/claims/{foreign}")).status, 404);
    assert_eq!(reviewer.get(&format!("/console/claims/{own}")).status, 200);
    assert_eq!(reviewer.get(&format!("/console/households/{}", lab.household(0))).status, 404);
    assert_eq!(reviewer.get(&format!("/console/households/{}", lab.household(1))).status, 200);
    let found = reviewer.post("/console/households", &[("number", &crate::lab::id_number(0))]);
    assert_eq!(found.header("location"), "/console/households?none=1");
    assert!(reviewer.get("/console/claims.csv").text().contains("S002-0001"));
    assert!(lab.signed_in("x-admin").get("/console/audit").text().contains("x-reviewer"));
    assert!(lab.signed_in("x-admin").get("/console/stores").text().contains(STORES[1].1));
}

#[test]
fn a_scoped_person_changes_nothing_elsewhere() {
    let lab = Lab::open();
    till::claims(&lab);
    lab.user("boss", Role::Admin, None, None);
    let actor = lab.user("local", Role::Admin, None, Some("370812"));
    lab.user("keeper", Role::Manager, Some("S002"), None);
    for name in ["local", "keeper"] {
        let mut visitor = lab.signed_in(name);
        for route in routes().iter().filter(|route| route.post && route.path != "/console/households") {
            if route.place().is_none() || (route.path == "/console/people" && name == "local") {
                continue;
            }
            let address = route.with(&[("store", "S001"), ("till", "01"), ("name", "boss")]);
            let before = left(&lab, name);
            let answer = visitor.post(&address, &FORM);
            assert_eq!(left(&lab, name), before, "{name} changed something at {address}");
            // Where the place is theirs a sentence, or the form again, says why it is not done.
            assert!(
                [200, 403, 404, 409, 422].contains(&answer.status),
                "{name} posts to {address}: {} {}",
                answer.status,
                answer.text()
            );
        }
    }
    let mut own = lab.signed_in("local");
    assert_eq!(own.post("/console/stores/till", &[("store", "S002"), ("till", "07")]).status, 200);
    assert_eq!(own.post("/console/stores/revoke/S002/01", &[]).status, 303);
    // Nobody gives more than the own scope.
    let rights = |district: Option<&str>| Rights { role: Role::Admin, store: None, district: district.map(Into::into) };
    for district in [None, Some("3708"), Some("370811")] {
        assert_eq!(users::add(&lab.hq, &actor, "new", &rights(district)).unwrap(), Err(Wrong::Beyond));
    }
    assert!(users::add(&lab.hq, &actor, "new", &rights(Some("370812001"))).unwrap().is_ok());
    let wider = Change::Rights(rights(None));
    assert_eq!(users::change(&lab.hq, &actor, "new", &wider).unwrap(), Err(Wrong::Beyond));
    assert_eq!(users::change(&lab.hq, &actor, "boss", &Change::Blocked(true)).unwrap(), Err(Wrong::Missing));
    let foreign = Rights { role: Role::Manager, store: Some("S001".into()), district: None };
    assert_eq!(users::add(&lab.hq, &actor, "m", &foreign).unwrap(), Err(Wrong::Beyond));
    let names: Vec<String> = users::list(&lab.hq, &actor).unwrap().into_iter().map(|user| user.name).collect();
    assert_eq!(names, ["keeper", "local", "new"]);
}
