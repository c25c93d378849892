//! The plain model.

/// The limit of a month, in fen.
const LIMIT: i64 = 1_000;
/// A piece's discount.
const PIECE: i64 = 100;
/// A hold lives for so long, in seconds.
const HOLD_S: i64 = 15 * 60;
/// So long passes with every step, in seconds.
pub const STEP_S: i64 = 61;
/// Stores of the three tills.
pub const STORE_OF: [usize; 3] = [0, 0, 1];

/// What a reviewer decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    LetGo,
    Reject,
    Hold,
}

/// What happens. Claims are named by their place among those that were made.
#[derive(Debug, Clone, Copy)]
pub enum Step {
    /// With or without a line: with one, the basket is held.
    Sell {
        till: usize,
        family: usize,
        pieces: i64,
        line: bool,
    },
    TakeBack {
        claim: usize,
        pieces: i64,
    },
    Sync(usize),
    Decide {
        claim: usize,
        verdict: Verdict,
    },
    Settle(usize),
    /// So many minutes pass.
    Wait(i64),
}

/// Where a claim stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Still at its till.
    AtTill,
    Accepted,
    Adjusted,
    Held,
    Rejected,
    /// In a statement that was paid and confirmed.
    Settled,
}

/// A claim.
#[derive(Debug, Clone)]
pub struct Claim {
    pub till: usize,
    pub family: usize,
    pub pieces: i64,
    pub claimed: i64,
    /// Whether it was priced by a hold.
    pub held: bool,
    pub state: State,
    /// What balances count.
    pub counted: i64,
    /// What letting it go gives.
    pub offer: Option<i64>,
    /// Pieces that came back: at the till, and as far as headquarters knows.
    pub back: i64,
    pub back_at_hq: i64,
    /// What statements have settled of it.
    pub settled: i64,
    stretch: u64,
    /// What its till said was used, of the limit and since it heard.
    said: (i64, i64),
    excess: i64,
    given: i64,
}

impl Claim {
    /// What is left of an amount when pieces came back.
    fn less_back(&self, amount: i64, back: i64) -> i64 {
        amount - (2 * amount * back + self.pieces) / (2 * self.pieces)
    }

    /// What balances count, less what came back.
    pub fn net(&self) -> i64 {
        self.less_back(self.counted, self.back_at_hq)
    }
}

#[derive(Debug, Clone, Copy)]
enum Sent {
    Claim(usize),
    Back(usize, i64),
}

#[derive(Debug, Clone, Default)]
struct Till {
    heard: [i64; 2],
    since: [i64; 2],
    offline: [i64; 2],
    stretch: u64,
    waits: Vec<Sent>,
}

/// What headquarters holds for a claim that has not come.
#[derive(Debug, Clone, Copy)]
struct Hold {
    claim: usize,
    family: usize,
    amount: i64,
    until_s: i64,
}

/// All of it.
#[derive(Debug, Clone)]
pub struct Book {
    /// Home store of each family.
    pub homes: [usize; 2],
    /// Claims, as they were made.
    pub claims: Vec<Claim>,
    /// What the statement that the last step made adds up to, before what the store owes from earlier ones.
    pub statement: Option<i64>,
    tills: [Till; 3],
    stretches: u64,
    holds: Vec<Hold>,
    now_s: i64,
}

impl Book {
    pub fn new(homes: [usize; 2]) -> Self {
        let till = |n: u64| Till { stretch: n, ..Till::default() };
        Self {
            homes,
            claims: Vec::new(),
            statement: None,
            tills: [till(1), till(2), till(3)],
            stretches: 3,
            holds: Vec::new(),
            now_s: 0,
        }
    }

    fn offline(&self, till: usize, family: usize) -> i64 {
        if self.homes[family] == STORE_OF[till] { 400 } else { 250 }
    }

    /// The claim that a step names, if there is any.
    pub fn named(&self, claim: usize) -> Option<usize> {
        if self.claims.is_empty() { None } else { Some(claim % self.claims.len()) }
    }

    /// What was used of a family's limit, as headquarters counts it.
    pub fn used(&self, family: usize) -> i64 {
        let known = self.claims.iter().filter(|c| c.family == family && c.state != State::AtTill);
        known.map(Claim::net).sum()
    }

    pub fn apply(&mut self, step: &Step) {
        self.statement = None;
        match *step {
            Step::Sell { till, family, pieces, line } => self.sell(till, family, pieces, line),
            Step::TakeBack { claim, pieces } => self.take_back(claim, pieces),
            Step::Sync(till) => self.sync(till),
            Step::Decide { claim, verdict } => self.decide(claim, verdict),
            Step::Settle(store) => self.settle(store),
            Step::Wait(minutes) => self.now_s += minutes * 60,
        }
        self.now_s += STEP_S;
    }

    /// What is held of a family's limit for claims that have not come.
    fn held(&self, family: usize) -> i64 {
        let live = self.holds.iter().filter(|hold| hold.family == family && hold.until_s >= self.now_s);
        live.map(|hold| hold.amount).sum()
    }

    /// With a line the basket is held, unless an earlier claim for the family waits; else the till goes by what it
    /// knows.
    fn sell(&mut self, n: usize, family: usize, pieces: i64, line: bool) {
        let waits = |sent: &Sent| matches!(sent, Sent::Claim(c) if self.claims[*c].family == family);
        let held = line && !self.tills[n].waits.iter().any(waits);
        let offline = self.offline(n, family);
        let till = &self.tills[n];
        let (used, left) = if held {
            let used = self.used(family).max(0) + self.held(family);
            (used, (LIMIT - used).max(0))
        } else {
            let used = (till.heard[family] + till.since[family]).max(0);
            (used, (LIMIT - used).max(0).min((offline - till.offline[family]).max(0)))
        };
        let claimed = left.min(pieces * PIECE);
        if claimed == 0 {
            return;
        }
        if held {
            let until_s = self.now_s + HOLD_S;
            self.holds.push(Hold { claim: self.claims.len(), family, amount: claimed, until_s });
        }
        let till = &mut self.tills[n];
        let said = (used, till.offline[family]);
        till.since[family] += claimed;
        till.offline[family] += claimed;
        till.waits.push(Sent::Claim(self.claims.len()));
        let stretch = till.stretch;
        self.claims.push(Claim {
            till: n,
            family,
            pieces,
            claimed,
            held,
            state: State::AtTill,
            counted: 0,
            offer: None,
            back: 0,
            back_at_hq: 0,
            settled: 0,
            stretch,
            said,
            excess: 0,
            given: 0,
        });
    }

    /// Goods come back to the till that sold them; more than is left is refused.
    fn take_back(&mut self, claim: usize, pieces: i64) {
        let Some(n) = self.named(claim) else { return };
        let claim = &mut self.claims[n];
        if claim.back + pieces > claim.pieces {
            return;
        }
        let before = claim.less_back(claim.claimed, claim.back);
        claim.back += pieces;
        let after = claim.less_back(claim.claimed, claim.back);
        let till = &mut self.tills[claim.till];
        till.since[claim.family] -= before - after;
        till.waits.push(Sent::Back(n, pieces));
    }

    fn sync(&mut self, n: usize) {
        for sent in std::mem::take(&mut self.tills[n].waits) {
            match sent {
                Sent::Claim(claim) => self.judge(claim),
                Sent::Back(claim, pieces) => self.claims[claim].back_at_hq += pieces,
            }
        }
        let used = [self.used(0), self.used(1)];
        self.stretches += 1;
        let till = &mut self.tills[n];
        (till.heard, till.since, till.offline, till.stretch) = (used, [0; 2], [0; 2], self.stretches);
    }

    fn judge(&mut self, n: usize) {
        // What is held for it is over: it came.
        self.holds.retain(|hold| hold.claim != n);
        let claim = self.claims[n].clone();
        let known_at_hq = || self.claims.iter().filter(|c| c.state != State::AtTill && c.family == claim.family);
        let of_till: i64 = known_at_hq().filter(|c| c.till == claim.till).map(Claim::net).sum();
        let same = || known_at_hq().filter(|c| (c.till, c.stretch) == (claim.till, claim.stretch));
        let (given, excess_before): (i64, i64) = (same().map(|c| c.given).sum(), same().map(|c| c.excess).sum());
        let offline = self.offline(claim.till, claim.family);
        let known = claim.said.0.max(of_till);
        let offline_left = if claim.held { i64::MAX } else { (offline - claim.said.1.max(given)).max(0) };
        let by = |used: i64| (claim.pieces * PIECE).min((LIMIT - used).max(0)).min(offline_left);
        let granted = claim.claimed.min(by(known));
        let everyone = self.used(claim.family).max(0) + self.held(claim.family);
        // What others used since a hold was granted is not laid to its claim.
        let without = if claim.held { granted } else { granted.min(by(everyone.max(known))) };
        let excess = granted - without;
        let is_held = excess > 0 && excess_before + excess > offline;
        let claim = &mut self.claims[n];
        (claim.state, claim.counted) = match (is_held, granted < claim.claimed) {
            (true, _) => (State::Held, claim.claimed),
            (false, true) => (State::Adjusted, granted),
            (false, false) => (State::Accepted, granted),
        };
        claim.offer = is_held.then_some(without);
        (claim.given, claim.excess) = (claim.counted, excess);
    }

    fn decide(&mut self, claim: usize, verdict: Verdict) {
        let Some(n) = self.named(claim) else { return };
        let claim = &mut self.claims[n];
        match (verdict, claim.state) {
            (Verdict::LetGo, State::Held) => {
                claim.counted = claim.offer.unwrap_or(claim.counted);
                claim.state = if claim.counted == claim.claimed { State::Accepted } else { State::Adjusted };
            }
            (Verdict::Reject, State::Held | State::Adjusted) => {
                (claim.counted, claim.state) = (0, State::Rejected);
            }
            (Verdict::Hold, State::Accepted | State::Adjusted | State::Rejected) => {
                claim.offer = Some(claim.offer.unwrap_or(claim.counted));
                (claim.counted, claim.state) = (claim.claimed, State::Held);
            }
            _ => {}
        }
    }

    /// All that can be settled is; what came back of earlier statements goes off this one.
    fn settle(&mut self, store: usize) {
        let (mut sum, mut is_new) = (0, false);
        for claim in self.claims.iter_mut().filter(|c| STORE_OF[c.till] == store) {
            match claim.state {
                State::Accepted | State::Adjusted => is_new = true,
                State::Settled if claim.net() != claim.settled => is_new = true,
                _ => continue,
            }
            sum += claim.net() - claim.settled;
            (claim.settled, claim.state) = (claim.net(), State::Settled);
        }
        self.statement = is_new.then_some(sum);
    }
}
