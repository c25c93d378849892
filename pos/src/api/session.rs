//! Who was verified lately. It stands in memory alone and is gone when the program ends.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use domain::sale::Verified;
use domain::till::Held;
use uuid::{NoContext, Timestamp, Uuid};

use super::Problem;

/// How long a verification counts.
pub const VALID: Duration = Duration::from_secs(30 * 60);
/// Most that are kept at once.
const MOST: usize = 256;

/// Verifications by their ids.
pub struct Sessions {
    kept: BTreeMap<String, (Verified, Instant)>,
    /// For each, the id under which its quotes are held, and what is.
    holds: BTreeMap<String, (Uuid, Option<Held>)>,
    /// Holds that are to be let go.
    gone: Vec<Uuid>,
    /// Verifications that no claim came of, and that nobody has been told of.
    lapsed: usize,
    /// Makes words for households that mean nothing outside this program.
    secret: [u8; 32],
}

impl Default for Sessions {
    fn default() -> Self {
        Self { kept: BTreeMap::new(), holds: BTreeMap::new(), gone: Vec::new(), lapsed: 0, secret: sync::random() }
    }
}

impl Sessions {
    /// Keeps a verification; its id.
    pub fn keep(&mut self, verified: Verified, now: Instant) -> String {
        // The same card again is the same shopping.
        self.kept.retain(|_, (kept, _)| kept.entry.household != verified.entry.household);
        let oldest = self.kept.iter().min_by_key(|(_, (_, until))| *until).map(|(id, _)| id.clone());
        if let Some(oldest) = oldest.filter(|_| self.kept.len() >= MOST) {
            self.kept.remove(&oldest);
            self.lapsed += 1;
        }
        let id = sync::b64(&sync::random::<16>());
        self.kept.insert(id.clone(), (verified, now + VALID));
        id
    }

    /// Who was verified under an id.
    pub fn get(&self, id: &str, now: Instant) -> Result<Verified, Problem> {
        let kept = self.kept.get(id).filter(|(_, until)| *until > now);
        kept.map(|(verified, _)| verified.clone()).ok_or_else(Problem::verification)
    }

    /// What is held for the quotes of a verification. No claim has their id: the caller draws the claim's.
    pub fn holding(&mut self, id: &str) -> (Uuid, Option<Held>) {
        let fresh = || (Uuid::new_v7(Timestamp::now(NoContext)), None);
        self.holds.entry(id.into()).or_insert_with(fresh).clone()
    }

    /// Keeps what is held now.
    pub fn keep_hold(&mut self, id: &str, held: Option<Held>) {
        let (_, before) =
            self.holds.entry(id.into()).or_insert_with(|| (Uuid::new_v7(Timestamp::now(NoContext)), None));
        // The next one under the same id took its place already.
        let gone = std::mem::replace(before, held).filter(|_| before.is_none());
        self.gone.extend(gone.map(|held| held.id));
    }

    /// Holds that nobody needs any more, since the last call.
    pub fn gone(&mut self) -> Vec<Uuid> {
        let kept = &self.kept;
        let lapsed = self.holds.extract_if(.., |id, _| !kept.contains_key(id));
        let lapsed: Vec<Uuid> = lapsed.filter_map(|(_, (_, held))| held).map(|held| held.id).collect();
        self.gone.extend(lapsed);
        std::mem::take(&mut self.gone)
    }

    /// Forgets one: its claim is made, and the next needs the card again.
    pub fn end(&mut self, id: &str) {
        self.kept.remove(id);
    }

    /// How many verifications ended without a claim since the last call; `all`: those that still count
    /// end too.
    pub fn lapsed(&mut self, now: Instant, all: bool) -> usize {
        let before = self.kept.len();
        self.kept.retain(|_, (_, until)| !all && *until > now);
        std::mem::take(&mut self.lapsed) + before - self.kept.len()
    }

    /// The word for a household, the same as long as the program runs.
    pub fn word_for(&self, household: &str) -> String {
        let hash = sync::sha256(&[&self.secret, household.as_bytes()].concat());
        hash.chars().take(16).collect()
    }
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;
    use domain::household::{RosterEntry, Status};
    use domain::sale::VerifiedBy;

    use super::*;

    fn someone(household: &str) -> Verified {
        Verified {
            entry: RosterEntry {
                household: household.into(),
                person: "P1".into(),
                size: 1,
                category: "tekun".into(),
                district: "370811".into(),
                tags: Vec::new(),
                home_store: None,
                name: "王*".into(),
                status: Status::Active,
                valid_from: NaiveDate::default(),
                valid_to: None,
                proxy: false,
            },
            by: VerifiedBy::Card,
            at: chrono::DateTime::default(),
            roster_version: 1,
            heard: None,
            online: true,
            used: domain::usage::Used::default(),
        }
    }

    #[test]
    fn a_verification_counts_for_half_an_hour_and_one_claim() {
        let (mut sessions, now) = (Sessions::default(), Instant::now());
        let id = sessions.keep(someone("H1"), now);
        let almost = now + VALID - Duration::from_secs(1);
        assert_eq!(sessions.get(&id, almost).unwrap().entry.household, "H1");
        assert_eq!(sessions.get(&id, now + VALID).unwrap_err().code, "verification");
        sessions.end(&id);
        assert!(sessions.get(&id, now).is_err());
        assert_eq!(sessions.lapsed(now + VALID, false), 0, "a claim came of it");
        sessions.keep(someone("H1"), now);
        let again = sessions.keep(someone("H1"), now);
        assert_eq!((sessions.lapsed(almost, false), sessions.lapsed(now + VALID, false)), (0, 1));
        assert!(sessions.get(&again, now).is_err());
        sessions.keep(someone("H1"), now);
        assert_eq!((sessions.lapsed(now, true), sessions.lapsed(now, true)), (1, 0));
    }

    #[test]
    fn no_more_are_kept_than_a_day_needs_and_words_say_nothing() {
        let (mut sessions, now) = (Sessions::default(), Instant::now());
        let first = sessions.keep(someone("H0"), now);
        for n in 1..=MOST {
            sessions.keep(someone(&format!("H{n}")), now + Duration::from_secs(1));
        }
        assert!(sessions.get(&first, now).is_err() && sessions.kept.len() == MOST);
        assert_eq!(sessions.lapsed(now, false), 1);
        let word = sessions.word_for("H1");
        assert!(word == sessions.word_for("H1") && word != sessions.word_for("H2"));
        assert_ne!(word, Sessions::default().word_for("H1"));
    }
}
