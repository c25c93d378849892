//! Holds, claims, returns and lapses in any order, from three tills of two stores, against a plain model.

use std::collections::BTreeMap;

use proptest::prelude::*;
use uuid::Uuid;

use crate::lab::{Held, Lab, Till, bags, nothing_offline, programme};

const LIMIT: i64 = 5000;

#[derive(Debug, Clone)]
enum Step {
    /// A till holds for so many bags: for the claim that it rings up, or for a new one.
    Hold(usize, u32),
    /// It lets its hold go.
    LetGo(usize),
    /// It sells by its hold, live or not, and sends the claim.
    Sell(usize),
    /// The oldest claim comes back whole.
    Return(usize),
    /// Sixteen minutes go by.
    Lapse,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0..3_usize, 1..8_u32).prop_map(|(till, pieces)| Step::Hold(till, pieces)),
        1 => (0..3_usize).prop_map(Step::LetGo),
        3 => (0..3_usize).prop_map(Step::Sell),
        2 => (0..3_usize).prop_map(Step::Return),
        1 => Just(Step::Lapse),
    ]
}

/// What is known of a till's hold.
#[derive(Debug, Clone)]
struct Known {
    held: Held,
    pieces: u32,
    told_used: i64,
    granted: i64,
    is_live: bool,
    /// Let go and lapsed ones can still be named by a claim.
    is_open: bool,
}

/// A claim that counts: in fen, as balances count it; whether it was granted; how many bags.
#[derive(Debug, Clone)]
struct Counted {
    id: Uuid,
    fen: i64,
    is_granted: bool,
    pieces: u32,
}

#[derive(Default)]
struct Model {
    holds: BTreeMap<usize, Known>,
    claims: BTreeMap<usize, Vec<Counted>>,
    /// What balances count, net of returns, by till.
    used: BTreeMap<usize, i64>,
}

impl Model {
    fn balance(&self) -> i64 {
        self.used.values().sum()
    }

    fn held_by_others(&self, till: usize) -> i64 {
        self.holds.iter().filter(|(other, known)| **other != till && known.is_live).map(|(_, k)| k.granted).sum()
    }

    fn granted(&self) -> i64 {
        self.claims.values().flatten().filter(|claim| claim.is_granted).map(|claim| claim.fen).sum()
    }
}

struct World {
    lab: Lab,
    family: (String, String),
    tills: Vec<Till>,
    model: Model,
}

impl World {
    fn open() -> Self {
        let lab = Lab::open(programme(&nothing_offline()));
        let family = lab.family(0);
        let tills = [("S001", "01"), ("S001", "02"), ("S002", "01")];
        let tills = tills.map(|(store, till)| Till::enrol(&lab, store, till)).into();
        Self { lab, family, tills, model: Model::default() }
    }

    fn take(&mut self, step: &Step) {
        match step {
            Step::Hold(till, pieces) => self.hold(*till, *pieces),
            Step::LetGo(till) => {
                if let Some(known) = self.model.holds.get_mut(till) {
                    assert_eq!(self.tills[*till].let_go(&self.lab, known.held.id), 200);
                    (known.is_live, known.is_open) = (false, false);
                }
            }
            Step::Sell(till) => self.sell(*till),
            Step::Return(till) => self.give_back(*till),
            Step::Lapse => {
                self.lab.minutes_pass(16);
                self.model.holds.values_mut().for_each(|known| (known.is_live, known.is_open) = (false, false));
            }
        }
    }

    fn hold(&mut self, till: usize, pieces: u32) {
        let model = &mut self.model;
        let claim = model.holds.get(&till).map_or_else(Uuid::now_v7, |known| known.held.claim);
        let told_used = model.balance().max(0) + model.held_by_others(till);
        let held = self.tills[till].hold(&self.lab, claim, &self.family, bags(pieces));
        let granted = (i64::from(pieces) * 1000).min((LIMIT - told_used).max(0));
        assert_eq!(held.discount().replace('.', "").parse::<i64>().unwrap(), granted);
        model.holds.insert(till, Known { held, pieces, told_used, granted, is_live: true, is_open: true });
    }

    fn sell(&mut self, till: usize) {
        let Some(known) = self.model.holds.remove(&till) else { return };
        if known.granted == 0 {
            // Nothing was taken off: no claim, and the till lets go.
            self.tills[till].let_go(&self.lab, known.held.id);
            return;
        }
        let mine = self.model.used.get(&till).copied().unwrap_or(0).max(0);
        let (fen, is_granted, state) = if known.is_open {
            (known.granted, true, "accepted")
        } else {
            // As offline: cut to what the till knew, and beyond what others used it waits.
            let own = known.granted.min((LIMIT - known.told_used.max(mine)).max(0));
            let everyone = (self.model.balance().max(0) + self.model.held_by_others(till)).max(known.told_used);
            let free = known.granted.min((LIMIT - everyone).max(0));
            match (own > free, own < known.granted) {
                (true, _) => (known.granted, false, "held"),
                (false, true) => (own, true, "adjusted"),
                (false, false) => (own, true, "accepted"),
            }
        };
        let record = self.tills[till].claim(&known.held);
        assert_eq!(self.tills[till].upload(&self.lab, &[record]), [state], "{known:?}");
        *self.model.used.entry(till).or_default() += fen;
        let counted = Counted { id: known.held.claim, fen, is_granted, pieces: known.pieces };
        self.model.claims.entry(till).or_default().push(counted);
    }

    fn give_back(&mut self, till: usize) {
        let claims = self.model.claims.entry(till).or_default();
        if claims.is_empty() {
            return;
        }
        let back = claims.remove(0);
        let yuan = format!("{}.{:02}", back.fen / 100, back.fen % 100);
        let record = self.tills[till].reversal(back.id, back.pieces, &yuan);
        assert_eq!(self.tills[till].upload(&self.lab, &[record]), ["accepted"]);
        *self.model.used.entry(till).or_default() -= back.fen;
    }

    fn check(&self) {
        assert_eq!(self.lab.balance(&self.family), self.model.balance());
        assert!(self.model.granted() <= LIMIT, "{} was granted", self.model.granted());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_order_of_things_grants_more_than_the_limit(steps in prop::collection::vec(step(), 1..24)) {
        let mut world = World::open();
        for step in &steps {
            world.take(step);
            world.check();
        }
        prop_assert_eq!(world.lab.verify().map(|_| ()), Ok(()));
    }
}

/// More with `JIHUI_TEST_CASES`.
fn cases() -> u32 {
    std::env::var("JIHUI_TEST_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(24)
}
