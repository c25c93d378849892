//! Every route of the console, as the sources name them, for each role.

use std::path::{Path, PathBuf};

use axum::body::Body;
use axum::http::Request;
use hq::service::access::{Place, Role};

use crate::lab::Lab;

/// Beginnings of addresses and the place they belong to; none: everybody's own. The longest counts.
/// Whoever adds a place adds it here.
const PLACES: [(&str, Option<Place>); 34] = [
    ("/", None),
    ("/console", Some(Place::Home)),
    ("/console/account", None),
    ("/console/audit", Some(Place::Audit)),
    ("/console/cards", Some(Place::Cards)),
    ("/console/claims", Some(Place::Claims)),
    ("/console/confirm", None),
    ("/console/disputes", Some(Place::Claims)),
    ("/console/disclosure", Some(Place::Disclosure)),
    ("/console/funds", Some(Place::Funds)),
    ("/console/households", Some(Place::Households)),
    ("/console/language", None),
    ("/console/people", Some(Place::People)),
    ("/console/programme-drafts", Some(Place::Drafting)),
    ("/console/programmes", Some(Place::Programmes)),
    ("/console/review", Some(Place::Review)),
    ("/console/roster", Some(Place::Roster)),
    ("/console/settlement", Some(Place::Settlement)),
    ("/console/shop", Some(Place::Shop)),
    ("/console/sign-in", None),
    ("/console/sign-out", None),
    ("/console/signs", Some(Place::Signs)),
    ("/console/signs/goods", Some(Place::Signs)),
    ("/console/stores", Some(Place::Stores)),
    ("/console/stores/register", Some(Place::Stores)),
    ("/console/stores/revoke", Some(Place::Tills)),
    ("/console/stores/till", Some(Place::Tills)),
    ("/console/style.css", None),
    ("/console/usage", Some(Place::Usage)),
    ("/console/unreached", Some(Place::Unreached)),
    ("/console/what-if", Some(Place::WhatIf)),
    ("/console/{*rest}", None),
    ("/console/second-step", None),
    ("/r", None),
];

/// Pages of a place that a manager opens otherwise.
const NOT_A_MANAGERS: [&str; 2] = ["/console/settlement/payments", "/console/settlement/reports"];

/// A form that has every field that any form has, so that each can be read.
pub const FORM: [(&str, &str); 82] = [
    ("store", "S001"),
    ("revision", "1"),
    ("till", "07"),
    ("number", "370899195001010001"),
    ("name", "new.person"),
    ("role", "auditor"),
    ("district", ""),
    ("what", "block"),
    ("on", "1"),
    ("act", "add"),
    ("code", "c9"),
    ("pin", "1234"),
    ("key", ""),
    ("spec", ""),
    ("unit_name", ""),
    ("unit", "piece"),
    ("content_kg", ""),
    ("group", "food/grain"),
    ("price", "1.00"),
    ("tax_rate", ""),
    ("valid_from", "2026-01-01"),
    ("valid_to", ""),
    ("include", "food"),
    ("exclude", ""),
    ("kind", "percent"),
    ("amount", "10"),
    ("spend", ""),
    ("repeat", ""),
    ("password", "wrong"),
    ("old", "wrong"),
    ("new", "another password"),
    ("again", "another password"),
    ("lang", "zh"),
    ("next", "/console"),
    ("above", "x"),
    ("account", "x"),
    ("agreement", "x"),
    ("authority_on", "x"),
    ("bank", "x"),
    ("budget", "x"),
    ("came", "x"),
    ("category", "x"),
    ("cost", "x"),
    ("credit_code", "x"),
    ("date", "2026-01-01"),
    ("day", "2026-01-01"),
    ("donated", "x"),
    ("from", "2026-01-01"),
    ("holder", "x"),
    ("home_store", "x"),
    ("household", "x"),
    ("households", "x"),
    ("id", "1"),
    ("invoice", "x"),
    ("legal_name", "x"),
    ("month", "2026-01"),
    ("months", "x"),
    ("note", "x"),
    ("payer", "x"),
    ("period", "x"),
    ("person", "x"),
    ("proxy", "x"),
    ("purpose", "x"),
    ("quantity", "x"),
    ("quarter", "2026-Q1"),
    ("reason", "x"),
    ("reference", "x"),
    ("relation", "x"),
    ("seen", "x"),
    ("settlement", "x"),
    ("shares", "x"),
    ("size", "1"),
    ("source", "x"),
    ("status", "x"),
    ("street", "x"),
    ("subsidy", "x"),
    ("taxpayer", "x"),
    ("text", "x"),
    ("expense", "x"),
    ("payable", "x"),
    ("prepaid", "x"),
    ("receivable", "x"),
];

/// A route of the console.
pub struct Route {
    pub path: String,
    pub get: bool,
    pub post: bool,
}

impl Route {
    /// The place it belongs to.
    pub fn place(&self) -> Option<Place> {
        let fits = |start: &str| {
            self.path
                .strip_prefix(start)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '.']) || start == "/")
        };
        let found = PLACES.iter().filter(|(start, _)| fits(start)).max_by_key(|(start, _)| start.len());
        let (start, place) = found.unwrap();
        assert!(*start != "/" || self.path == "/", "{} belongs to no place that this test knows", self.path);
        assert!(*start != "/console" || self.path == "/console", "{}: name its place in this test", self.path);
        *place
    }

    /// Its address with something in the place of each name.
    pub fn with(&self, values: &[(&str, &str)]) -> String {
        let mut path = self.path.clone();
        for (name, value) in values {
            path = path.replace(&format!("{{{name}}}"), value);
        }
        path = path.replace("{version}", "1");
        while let (Some(from), Some(to)) = (path.find('{'), path.find('}')) {
            path.replace_range(from..=to, "0");
        }
        path
    }
}

/// Reads the routes from the sources: the router itself does not say what it has.
pub fn routes() -> Vec<Route> {
    let mut found = Vec::new();
    read(&PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src/console"), &mut found);
    assert!(found.len() > 30, "{} routes", found.len());
    found
}

fn read(dir: &Path, found: &mut Vec<Route>) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read(&path, found);
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        for part in text.split(".route(").skip(1) {
            let mut depth = 1;
            let end = part.find(|c| {
                depth += match c {
                    '(' => 1,
                    ')' => -1,
                    _ => 0,
                };
                depth == 0
            });
            let call = &part[..end.unwrap_or_else(|| panic!("{}", path.display()))];
            let address = call.split('"').nth(1).unwrap_or_else(|| panic!("{}: {call}", path.display())).to_owned();
            let (get, post) = (call.contains("get("), call.contains("post("));
            assert!(get || post, "{call}");
            found.push(Route { path: address, get, post });
        }
    }
}

/// Lines of the audit that somebody left.
pub fn left(lab: &Lab, who: &str) -> i64 {
    let db = lab.hq.db();
    db.conn.value("SELECT count(*) FROM audit WHERE who = ?1", hq::params![who]).unwrap()
}

#[test]
fn each_role_opens_its_places_and_is_refused_at_all_others() {
    let lab = Lab::open();
    lab.everybody();
    let routes = routes();
    for role in Role::ALL {
        let mut visitor = lab.signed_in(role.code());
        for route in &routes {
            let Some(place) = route.place() else { continue };
            let address = route.with(&[]);
            if route.get {
                let answer = visitor.get(&address);
                if role == Role::Manager && NOT_A_MANAGERS.iter().any(|start| address.starts_with(start)) {
                    assert_eq!(answer.status, 403, "{role:?} at {address}");
                } else if role.may(place) {
                    assert!([200, 303, 404].contains(&answer.status), "{role:?} at {address}: {}", answer.status);
                } else {
                    assert_eq!(answer.status, 403, "{role:?} at {address}");
                    assert!(answer.text().contains("不能打开"), "{address}");
                }
            }
            if route.post && !role.may(place) {
                let before = left(&lab, role.code());
                let answer = visitor.post(&address, &FORM);
                assert_eq!(answer.status, 403, "{role:?} posts to {address}: {}", answer.text());
                assert_eq!(left(&lab, role.code()), before, "{role:?} changed something at {address}");
            }
        }
    }
}

#[test]
fn nobody_opens_anything_without_signing_in() {
    let lab = Lab::open();
    for route in routes() {
        let open = ["/", "/console/sign-in", "/console/language", "/console/style.css", "/r/{slip}"];
        if open.contains(&route.path.as_str()) {
            continue;
        }
        let address = route.with(&[]);
        if route.get {
            let to = lab.visitor().goes_to(&address);
            assert!(to.starts_with("/console/sign-in?"), "{address} goes to {to}");
        }
        if route.post {
            let answer = lab.visitor().post(&address, &FORM);
            assert_eq!(
                (answer.status, answer.header("location").starts_with("/console/sign-in?")),
                (303, true),
                "{address}"
            );
        }
    }
    let other = lab.send(Request::get("/console/x").body(Body::empty()).unwrap());
    assert_eq!(other.status, 303);
}
