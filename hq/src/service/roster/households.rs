//! Which household of the roster the rows of a file are about: by certificate, then by the head's
//! number, else by the file's own name for it. A file that names households for good is believed first.

use std::collections::{BTreeMap, BTreeSet};

use super::read::File;
use super::state::State;
use super::work::spread;
use crate::keys::Keys;

/// A household of a file.
pub struct Group {
    /// Its rows in the file.
    pub rows: Vec<usize>,
    /// The household that it is; none: a new one.
    pub household: Option<String>,
    /// By which it is made, where it is new.
    pub name: String,
    /// Hash of the file's name for it.
    pub name_mac: String,
    /// Hash of its certificate.
    pub certificate_mac: Option<String>,
    /// Its category.
    pub category: String,
}

/// The households of a file, and for each row to which it belongs.
pub fn groups(keys: &Keys, state: &State, file: &File) -> (Vec<Group>, Vec<usize>) {
    let mut at: BTreeMap<&str, usize> = BTreeMap::new();
    let mut rows: Vec<Vec<usize>> = Vec::new();
    let mut of_row = Vec::with_capacity(file.rows.len());
    for (n, one) in file.rows.iter().enumerate() {
        let group = *at.entry(&one.household).or_insert_with(|| {
            rows.push(Vec::new());
            rows.len() - 1
        });
        rows[group].push(n);
        of_row.push(group);
    }
    let mut hints: Vec<Hints> = spread(&rows, &|rows| Hints::of(keys, file, rows));
    let mut found: Vec<Option<String>> = vec![None; rows.len()];
    let mut taken: BTreeSet<String> = BTreeSet::new();
    // What is surer comes first for all: a head must not take what another's certificate names.
    let order: [fn(&State, &Hints) -> Option<String>; 3] =
        if file.by_name { [by_name, by_certificate, by_head_unless_named] } else { [by_certificate, by_head, by_name] };
    for find in order {
        for (hint, found) in hints.iter().zip(&mut found).filter(|(_, found)| found.is_none()) {
            if let Some(id) = find(state, hint).filter(|id| !taken.contains(id)) {
                taken.insert(id.clone());
                *found = Some(id);
            }
        }
    }
    let groups = rows.into_iter().zip(hints.drain(..)).zip(found).map(|((rows, hint), household)| Group {
        category: rows.first().map(|row| file.rows[*row].entry.category.clone()).unwrap_or_default(),
        rows,
        household,
        name: hint.name,
        name_mac: hint.name_mac,
        certificate_mac: hint.certificate_mac,
    });
    (groups.collect(), of_row)
}

/// By what a household of a file may be known.
struct Hints {
    name: String,
    name_mac: String,
    /// Whether the name is the file's column for it, and neither certificate nor number.
    is_named: bool,
    certificate_mac: Option<String>,
    /// The certificate as older imports kept it: as the household's name.
    certificate_as_name: Option<String>,
    head_mac: Option<String>,
}

impl Hints {
    fn of(keys: &Keys, file: &File, rows: &[usize]) -> Self {
        let ones: Vec<_> = rows.iter().filter_map(|row| file.rows.get(*row)).collect();
        let certificate = ones.iter().find_map(|one| one.certificate.as_deref());
        let head = ones.iter().find(|one| one.relation == "head" && !one.entry.proxy);
        let head = head.or_else(|| ones.iter().find(|one| !one.entry.proxy));
        let name = ones.first().map(|one| one.household.clone()).unwrap_or_default();
        let is_named = Some(name.as_str()) != certificate && !name.starts_with("head:");
        // A serial number of one file is no name for good.
        let lasting = if file.by_name || !is_named {
            name.clone()
        } else {
            certificate
                .map(str::to_owned)
                .or(head.map(|one| format!("head:{}", one.number.secret())))
                .unwrap_or(name.clone())
        };
        Self {
            name_mac: keys.mac("household", &name),
            name: lasting,
            is_named,
            certificate_mac: certificate.map(|text| keys.mac("certificate", text)),
            certificate_as_name: certificate.map(|text| keys.mac("household", text)),
            head_mac: head.map(|one| keys.mac("credential", one.number.secret())),
        }
    }
}

fn by_certificate(state: &State, hint: &Hints) -> Option<String> {
    let macs = [&hint.certificate_mac, &hint.certificate_as_name];
    macs.into_iter().flatten().find_map(|mac| state.names.get(mac)).cloned()
}

fn by_head(state: &State, hint: &Hints) -> Option<String> {
    hint.head_mac.as_ref().and_then(|mac| state.headed_by(mac)).map(Into::into)
}

/// In a file that names households, a name that nobody knows is another household.
fn by_head_unless_named(state: &State, hint: &Hints) -> Option<String> {
    if hint.is_named { None } else { by_head(state, hint) }
}

fn by_name(state: &State, hint: &Hints) -> Option<String> {
    state.names.get(&hint.name_mac).cloned()
}
