//! Every page that can be reached by links opens.

use std::collections::{BTreeSet, VecDeque};

use tests::{Lab, cluster};

use crate::site::{Site, Visitor};

/// Pages of one role, at most.
const MOST: usize = 120;

fn links(body: &str) -> impl Iterator<Item = String> {
    let links = body.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next());
    links.filter(|link| link.starts_with("/console")).map(|link| link.replace("&amp;", "&"))
}

/// What a role meets from its first page on.
fn walk(visitor: &mut Visitor, role: &str) -> BTreeSet<String> {
    let mut seen: BTreeSet<String> = ["/console".to_owned()].into();
    let mut next: VecDeque<String> = seen.iter().cloned().collect();
    while let Some(path) = next.pop_front() {
        let page = visitor.get(&path);
        assert!(page.status < 500, "{role} at {path}: {}", page.body);
        for link in links(&page.body) {
            let link = link.split('#').next().unwrap_or_default().to_owned();
            if seen.len() < MOST && seen.insert(link.clone()) {
                next.push_back(link);
            }
        }
    }
    seen
}

#[test]
fn every_page_that_links_lead_to_opens() {
    let site = Site::on(Lab::on(Some(cluster::database())).furnished(5));
    let mut all = BTreeSet::new();
    for role in domain::role::HQ_ROLES {
        all.extend(walk(&mut site.signed_in(role), role));
    }
    for page in ["/console/claims", "/console/usage", "/console/audit", "/console/stores", "/console/households"] {
        assert!(all.contains(page), "{page}: {all:?}");
    }
}

#[test]
fn a_family_is_found_and_its_claims_add_up() {
    let site = Site::on(Lab::on(Some(cluster::database())).furnished(5));
    let mut keeper = site.signed_in("roster");
    let found = keeper.post("/console/households", &[("number", &tests::id_number(0))], None);
    assert_eq!(found.status, 303, "{}", found.body);
    assert!(keeper.get(&found.location).body.contains("示"));
    let mut reviewer = site.signed_in("reviewer");
    assert!(reviewer.get("/console/claims?state=accepted").body.contains("共 3 笔"));
    assert!(reviewer.get("/console/claims?sort=claimed&order=up&store=S002").body.contains("共 1 笔"));
    assert_eq!(reviewer.get("/console/claims.csv").body.lines().count(), 4);
    assert!(site.signed_in("auditor").get("/console/audit?action=sign-in&who=reviewer").body.contains("共 1 条"));
}
