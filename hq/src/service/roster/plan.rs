//! What a file would change: worked out from the roster as it stands, and done by `apply` only.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use domain::household::RosterEntry;
use domain::resident::IdNumber;
use serde::{Deserialize, Serialize};

use super::Outcome;
use super::differ::{Differs, differences};
use super::entry::Private;
use super::households::{Group, groups};
use super::mapping::COLUMNS;
use super::read::{File, Wanted};
use super::state::{State, is_live};
use super::work::spread;
use crate::keys::Keys;
use crate::store::people::{Known, Member};

/// What becomes of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Somebody new in a household.
    New,
    /// Something differs.
    Changed,
    /// It no longer counts: ended, moved away, deceased, or gone to another household.
    Ended,
    /// Not in the file; ended only where a person says so.
    Absent,
}

impl Kind {
    /// The code.
    pub fn code(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Changed => "changed",
            Self::Ended => "ended",
            Self::Absent => "absent",
        }
    }
}

/// One row that changes.
pub struct Change {
    /// What becomes of it.
    pub kind: Kind,
    /// Line in the file; none: it follows from another line, or from the file's silence.
    pub line: Option<u64>,
    /// Which of the plan's groups it belongs to; none: an existing household that the file does not name.
    pub group: Option<usize>,
    /// The row that was.
    pub before: Option<usize>,
    /// The row that will be, without ids where those are new; none: the row ends.
    pub after: Option<Member>,
    /// Its private part, where that changes.
    pub private: Option<Private>,
    /// Number of somebody whom nobody knew.
    pub number: Option<IdNumber>,
    /// What differs, masked.
    pub columns: Vec<Differs>,
}

/// Something that a person must answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// By which the answer is found again.
    pub key: String,
    /// `split`, `merge`, `move`.
    pub kind: String,
    /// Household that they stand in now.
    pub from: String,
    /// Household that the file puts them in; none: a new one.
    pub to: Option<String>,
    /// First line of that household in the file.
    pub line: u64,
    /// Masked names.
    pub people: Vec<String>,
}

/// How many.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Counts {
    /// Rows of the file.
    pub rows: u64,
    /// New rows.
    pub added: u64,
    /// Changed rows.
    pub changed: u64,
    /// Rows that no longer count.
    pub ended: u64,
    /// Rows that stay.
    pub unchanged: u64,
    /// People of the file's districts who are not in it.
    pub absent: u64,
    /// Households that nobody knew.
    pub households: u64,
}

/// What a person said, and how a file is taken.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Whether somebody is there to answer; else who moves stays in both households.
    pub asks: bool,
    /// Answers by question: `move` or `both`.
    pub answers: BTreeMap<String, String>,
    /// Whether those who are not in the file are ended.
    pub ends_absent: bool,
}

/// What a file would change.
pub struct Plan {
    /// Whether the file's names of households are names for good.
    pub by_name: bool,
    /// Households of the file.
    pub groups: Vec<Group>,
    /// Rows that change.
    pub changes: Vec<Change>,
    /// What is to be answered.
    pub questions: Vec<Question>,
    /// How many.
    pub counts: Counts,
    /// What people should look at.
    pub warnings: Vec<String>,
    /// Rows of the file that changed, as the command line counts them.
    pub file_changed: u64,
}

impl Plan {
    /// As the command line tells it.
    pub fn outcome(&self) -> Outcome {
        let Counts { added, unchanged, .. } = self.counts;
        Outcome { added, changed: self.file_changed, unchanged, warnings: self.warnings.clone() }
    }

    /// By which it is seen that another plan would do the same. Random ids are left out of it.
    pub fn fingerprint(&self, keys: &Keys, state: &State) -> Result<String> {
        let mut said = String::new();
        for change in &self.changes {
            let household = change.group.and_then(|at| self.groups.get(at)).map(|group| &group.name);
            let before = change.before.map(|at| state.rows[at].id);
            let after = change.after.as_ref().map(|m| (&m.entry, &m.relation, &m.number_mac, &m.card_mac));
            let line = (change.kind.code(), household, before, after, &change.private);
            said.push_str(&serde_json::to_string(&line)?);
        }
        Ok(keys.mac("plan", &said))
    }
}

/// Works out what a file would change.
pub fn plan(keys: &Keys, state: &State, file: &File, options: &Options) -> Result<Plan> {
    let (groups, of_row) = groups(keys, state, file);
    let mut plan = Plan {
        counts: Counts {
            rows: u64::try_from(file.rows.len())?,
            households: u64::try_from(groups.iter().filter(|g| g.household.is_none()).count())?,
            ..Counts::default()
        },
        by_name: file.by_name,
        groups,
        changes: Vec::new(),
        questions: Vec::new(),
        warnings: file.warnings.clone(),
        file_changed: 0,
    };
    let work: Vec<(&Wanted, usize)> = file.rows.iter().zip(of_row).collect();
    let rows = spread(&work, &|(one, group)| {
        let household = plan.groups[*group].household.as_deref();
        if household.is_some_and(|id| state.blocked.contains(id)) {
            return Ok(Row::Blocked);
        }
        row(keys, state, file, one, household)
    });
    let mut touched = BTreeSet::new();
    for ((one, group), row) in work.iter().zip(rows) {
        match row? {
            Row::Same(at, warning) => {
                touched.insert(at);
                plan.warnings.extend(warning.map(|text| format!("line {}: {text}", one.line)));
                plan.counts.unchanged += 1;
            }
            Row::Blocked => {
                plan.counts.unchanged += 1;
                plan.warnings
                    .push(format!("line {}: the household is only kept (PIPL 47), and stays as it is", one.line));
            }
            Row::Differs(change, warning) => {
                touched.extend(change.before);
                plan.warnings.extend(warning.map(|text| format!("line {}: {text}", one.line)));
                plan.file_changed += u64::from(change.kind != Kind::New);
                plan.count(change.kind);
                plan.changes.push(Change { group: Some(*group), ..*change });
            }
        }
    }
    plan.share(state, file, &mut touched);
    plan.moves(keys, state, file, options, &mut touched);
    plan.absent(state, file, options, &touched);
    Ok(plan)
}

enum Row {
    Same(usize, Option<&'static str>),
    Blocked,
    Differs(Box<Change>, Option<&'static str>),
}

/// One row of the file beside the roster's.
fn row(keys: &Keys, state: &State, file: &File, one: &Wanted, household: Option<&str>) -> Result<Row> {
    let number_mac = keys.mac("credential", one.number.secret());
    let known = household.and_then(|id| state.household(id).find(|(_, row)| row.member.number_mac == number_mac));
    if let Some((at, row)) = known
        && is_same(keys, file, one, row)?
    {
        return Ok(Row::Same(at, None));
    }
    let old = known.map(|(_, row)| Private::open(keys, &row.private_enc)).transpose()?;
    let (entry, relation, mut private) = merged(file, one, known.map(|(_, row)| row), old.as_ref());
    let mut warning = None;
    let card_of =
        |private: &Private| private.card_number.as_ref().map(|card| keys.mac("credential", &format!("card:{card}")));
    let mut card_mac = card_of(&private);
    if card_mac.as_ref().is_some_and(|mac| state.dead_cards.contains(mac)) {
        warning = Some("the card was reported lost or was replaced, and is not taken again");
        private.card_number = None;
        card_mac = None;
    }
    if let (Some((_, row)), Some(old)) = (known, &old)
        && row
            .member
            .card_mac
            .as_ref()
            .is_some_and(|mac| state.own_cards.contains(mac) && card_mac.as_ref() != Some(mac))
    {
        // A card that headquarters gave out is not in the bureau's files.
        private.card_number.clone_from(&old.card_number);
        card_mac.clone_from(&row.member.card_mac);
    }
    let person = state.persons.get(&number_mac).cloned();
    let member = Member {
        entry: RosterEntry {
            household: household.unwrap_or_default().into(),
            person: person.clone().unwrap_or_default(),
            ..entry
        },
        relation,
        number_mac,
        card_mac,
    };
    let was = known.zip(old.as_ref()).map(|((_, row), private)| (&row.member, private));
    if let Some((was, was_private)) = was
        && *was == member
        && *was_private == private
    {
        return Ok(Row::Same(known.map_or(0, |(at, _)| at), warning));
    }
    let lives = |member: &Member| is_live(member.entry.status);
    let kind = match was {
        None => Kind::New,
        Some((was, _)) if lives(was) && !lives(&member) => Kind::Ended,
        Some(_) => Kind::Changed,
    };
    let change = Change {
        kind,
        line: Some(one.line),
        group: None,
        before: known.map(|(at, _)| at),
        columns: differences(was, (&member, &private)),
        after: Some(member),
        private: Some(private),
        number: person.is_none().then(|| one.number.clone()),
    };
    Ok(Row::Differs(Box::new(change), warning))
}

/// Whether a row of a file that speaks of everything says what is known, seen without opening what is sealed.
fn is_same(keys: &Keys, file: &File, one: &Wanted, known: &Known) -> Result<bool> {
    let speaks = COLUMNS.iter().all(|(column, _, _)| *column == "head_id_number" || file.says.contains(*column));
    let was = &known.member;
    let household = was.entry.household.clone();
    let entry = RosterEntry { household, person: was.entry.person.clone(), ..one.entry.clone() };
    let card = one.card.as_ref().map(|card| keys.mac("credential", &format!("card:{}", card.secret())));
    let same = speaks && entry == was.entry && one.relation == was.relation && card == was.card_mac;
    Ok(same && one.private.mac(keys)? == known.private_mac)
}

/// The file's row, with what the file does not speak of as it was.
fn merged(file: &File, one: &Wanted, known: Option<&Known>, old: Option<&Private>) -> (RosterEntry, String, Private) {
    let (mut entry, mut relation, mut private) = (one.entry.clone(), one.relation.clone(), one.private.clone());
    let (Some(known), Some(old)) = (known, old) else { return (entry, relation, private) };
    let silent = |column: &str| !file.says.contains(column);
    let was = &known.member.entry;
    if silent("home_store") {
        entry.home_store.clone_from(&was.home_store);
    }
    if silent("tags") {
        entry.tags.clone_from(&was.tags);
    }
    if silent("valid_from") {
        entry.valid_from = was.valid_from;
    }
    if silent("proxy") {
        entry.proxy = was.proxy;
    }
    if silent("relation") && silent("head_id_number") {
        relation.clone_from(&known.member.relation);
    }
    if silent("certificate") {
        private.certificate.clone_from(&old.certificate);
    }
    if silent("street") {
        private.street.clone_from(&old.street);
    }
    if silent("consent_on") {
        private.consent_on = old.consent_on;
    }
    if silent("card_number") {
        private.card_number.clone_from(&old.card_number);
    }
    private.authority_on = old.authority_on;
    (entry, relation, private)
}

impl Plan {
    fn count(&mut self, kind: Kind) {
        match kind {
            Kind::New => self.counts.added += 1,
            Kind::Changed => self.counts.changed += 1,
            Kind::Ended => self.counts.ended += 1,
            Kind::Absent => self.counts.absent += 1,
        }
    }

    /// What is the household's is told to those of it who are not in the file.
    fn share(&mut self, state: &State, file: &File, touched: &mut BTreeSet<usize>) {
        for (at, group) in self.groups.iter().enumerate() {
            let Some(id) = &group.household else { continue };
            if state.blocked.contains(id) {
                continue;
            }
            let Some(first) = group.rows.first().and_then(|row| file.rows.get(*row)) else { continue };
            for (before, row) in state.household(id) {
                if touched.contains(&before) {
                    continue;
                }
                let was = &row.member.entry;
                let home_store =
                    if file.says.contains("home_store") { &first.entry.home_store } else { &was.home_store };
                let entry = RosterEntry {
                    size: first.entry.size,
                    category: first.entry.category.clone(),
                    district: first.entry.district.clone(),
                    home_store: home_store.clone(),
                    ..was.clone()
                };
                if entry == *was {
                    continue;
                }
                touched.insert(before);
                let after = Member { entry, ..row.member.clone() };
                let none = Private::default();
                self.changes.push(Change {
                    kind: Kind::Changed,
                    line: None,
                    group: Some(at),
                    before: Some(before),
                    columns: differences(Some((&row.member, &none)), (&after, &none)),
                    after: Some(after),
                    private: None,
                    number: None,
                });
                self.counts.changed += 1;
            }
        }
    }

    /// People whom the file puts in another household than the one they stand in.
    fn moves(&mut self, keys: &Keys, state: &State, file: &File, options: &Options, touched: &mut BTreeSet<usize>) {
        let listed: BTreeSet<(String, String)> = self
            .groups
            .iter()
            .filter_map(|group| Some((group.household.clone()?, group)))
            .flat_map(|(id, group)| group.rows.iter().map(move |row| (id.clone(), *row)))
            .map(|(id, row)| (id, keys.mac("credential", file.rows[row].number.secret())))
            .collect();
        for group in &self.groups {
            let mut from: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
            for one in group.rows.iter().map(|row| &file.rows[*row]).filter(|one| !one.entry.proxy) {
                let mac = keys.mac("credential", one.number.secret());
                for (at, row) in state.person(&mac) {
                    let e = &row.member.entry;
                    let stays =
                        group.household.as_deref() == Some(e.household.as_str()) || e.proxy || !is_live(e.status);
                    if !stays
                        && !listed.contains(&(e.household.clone(), mac.clone()))
                        && !state.blocked.contains(&e.household)
                    {
                        from.entry(&e.household).or_default().push(at);
                    }
                }
            }
            for (household, leaving) in from {
                let line = group.rows.first().map_or(0, |row| file.rows[*row].line);
                let question = question(state, group, household, &leaving, line);
                let answer = options.answers.get(&question.key).map(String::as_str);
                if answer == Some("move") {
                    for at in leaving {
                        touched.insert(at);
                        let gone = Differs { column: "household".into(), old: household.into(), new: String::new() };
                        self.changes.push(Change {
                            kind: Kind::Ended,
                            line: Some(line),
                            group: None,
                            before: Some(at),
                            after: None,
                            private: None,
                            number: None,
                            columns: vec![gone],
                        });
                        self.counts.ended += 1;
                    }
                } else {
                    touched.extend(leaving);
                }
                if options.asks {
                    self.questions.push(question);
                } else {
                    let names = question.people.join(", ");
                    self.warnings
                        .push(format!("line {line}: {names} also stands in household {household}, and now in both"));
                }
            }
        }
    }

    /// People of the file's districts who are not in it.
    fn absent(&mut self, state: &State, file: &File, options: &Options, touched: &BTreeSet<usize>) {
        let districts: BTreeSet<&str> = file.rows.iter().map(|one| one.entry.district.as_str()).collect();
        for (at, row) in state.rows.iter().enumerate() {
            let e = &row.member.entry;
            let is_meant = is_live(e.status) && !e.proxy && districts.contains(e.district.as_str());
            if !is_meant || touched.contains(&at) || state.blocked.contains(&e.household) {
                continue;
            }
            self.counts.absent += 1;
            let ended = RosterEntry { status: domain::household::Status::Ended, ..e.clone() };
            let after = Member { entry: ended, ..row.member.clone() };
            let none = Private::default();
            let columns = differences(Some((&row.member, &none)), (&after, &none));
            let kind = if options.ends_absent { Kind::Ended } else { Kind::Absent };
            self.counts.ended += u64::from(options.ends_absent);
            let after = Some(after);
            self.changes.push(Change {
                kind,
                line: None,
                group: None,
                before: Some(at),
                after,
                private: None,
                number: None,
                columns,
            });
        }
    }
}

fn question(state: &State, group: &Group, household: &str, leaving: &[usize], line: u64) -> Question {
    let stay = state
        .household(household)
        .any(|(at, row)| !leaving.contains(&at) && !row.member.entry.proxy && is_live(row.member.entry.status));
    let kind = match (&group.household, stay) {
        (_, false) => "merge",
        (None, true) => "split",
        (Some(_), true) => "move",
    };
    Question {
        key: format!("{household}.{line}"),
        kind: kind.into(),
        from: household.into(),
        to: group.household.clone(),
        line,
        people: leaving.iter().map(|at| state.rows[*at].member.entry.name.clone()).collect(),
    }
}
