//! What people do at a counter, and how often. Which line, sale or basket is meant is settled when it
//! is done, among those that are there ([`among`]).

use proptest::prelude::*;
use proptest::strategy::Union;
use proptest_state_machine::ReferenceStateMachine;

use super::catalogue::{ITEMS, MANAGER, PIECES, QUANTITIES, Rounding, STAFF, TENDERS};

/// Who stands behind something that a manager must allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Allows {
    Manager,
    WrongPin,
    Cashier,
    /// A manager, but nobody says why.
    NoReason,
    /// Nobody gives a PIN.
    Nobody,
}

/// Something in front of the scanner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Goods {
    Item(usize),
    Unknown,
    /// A payment code, which is no product.
    PaymentCode,
    /// A scale's label: item, grams.
    Weight(usize, i64),
    /// Item, fen.
    Amount(usize, i64),
    /// Item, fen, grams.
    Both(usize, i64, i64),
    /// A label whose check digit is wrong.
    WrongLabel(usize, i64),
    /// A label of goods that the shop does not have.
    NoSuchItem(i64),
}

/// How much is given of what is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Given {
    All,
    Exact,
    More(i64),
    Part(i64),
    Fen(i64),
    NoNumber,
}

/// How much of a sold line comes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Back {
    Rest,
    Milli(i64),
    TooMuch,
}

/// One action.
#[derive(Debug, Clone)]
pub enum Action {
    SignIn { who: usize, is_right: bool },
    SignOut,
    Lock,
    OpenShift(usize),
    Scan(Goods, Option<usize>),
    Repeat,
    Quantity { line: usize, quantity: usize },
    Remove(usize),
    Price { line: usize, fen: i64, allows: Allows },
    Off { line: usize, fen: i64, allows: Allows },
    Waive(usize),
    WaiveMore { fen: i64, allows: Allows },
    Verify { who: usize, by_card: bool },
    Unverify,
    Decline(usize),
    Accept(usize),
    Purse(usize, usize),
    Park,
    Recall(usize),
    Clear,
    Announce,
    Pay { kind: usize, given: Given, seen: bool, twice: bool },
    Return { sale: usize, lines: Vec<(usize, Back)>, in_cash: bool },
    Void(Allows),
    Refund { goods: Goods, quantity: usize, allows: Allows },
    CashIn(usize, bool),
    CashOut(usize, Allows),
    OpenDrawer(bool),
    Report,
    CloseShift { off: i64 },
    CloseDay,
    Sync,
    LoseLine,
    LineBack,
    Wait(i64),
    Restart,
}

/// One of so many things by a number; [`NONE`] is none of them.
pub fn among(n: usize, many: usize) -> Option<usize> {
    if n == NONE { None } else { n.checked_rem(many) }
}

/// The number that means nothing that is there.
const NONE: usize = 8;

/// Mostly one of the things that are there.
fn which() -> impl Strategy<Value = usize> {
    prop_oneof![12 => 0..NONE, 1 => Just(NONE)]
}

/// Amounts as they are typed, in fen; none: no amount at all.
pub const AMOUNTS: [(&str, Option<i64>); 9] = [
    ("0.50", Some(50)),
    ("0.07", Some(7)),
    ("0.99", Some(99)),
    ("1.00", Some(100)),
    ("20.00", Some(2000)),
    ("0", Some(0)),
    ("-1.00", None),
    ("1.005", None),
    ("许多", None),
];
/// Programmes of the demonstration that somebody may name, and one that is none.
pub const PROGRAMMES: [&str; 5] = ["GRAIN", "CARD", "JIANSHOU", "RICE", "NONE"];

/// About where the till may be: it weighs what is tried next, and decides nothing.
#[derive(Debug, Clone)]
pub struct Rough {
    pub rounding: Rounding,
    pub is_open: bool,
    signed_in: bool,
    has_shift: bool,
    is_locked: bool,
    lines: usize,
    is_paying: bool,
    is_family: bool,
    sales: usize,
    parked: usize,
}

pub struct Day;

impl ReferenceStateMachine for Day {
    type State = Rough;
    type Transition = Action;

    fn init_state() -> BoxedStrategy<Rough> {
        let rounding = prop_oneof![Just(Rounding::None), Just(Rounding::Down), Just(Rounding::HalfUp)];
        (rounding, prop::bool::weighted(0.9))
            .prop_map(|(rounding, is_open)| Rough {
                rounding,
                is_open,
                signed_in: is_open,
                has_shift: is_open,
                is_locked: false,
                lines: 0,
                is_paying: false,
                is_family: false,
                sales: 0,
                parked: 0,
            })
            .boxed()
    }

    fn transitions(rough: &Rough) -> BoxedStrategy<Action> {
        if rough.is_locked || !rough.signed_in {
            return Union::new_weighted(vec![(4, sign_in()), (1, anything())]).boxed();
        }
        if !rough.has_shift {
            let open = (0..AMOUNTS.len()).prop_map(Action::OpenShift).boxed();
            return Union::new_weighted(vec![(4, open), (1, Just(Action::CloseDay).boxed()), (1, anything())]).boxed();
        }
        let weigh = |weight: u32, is_likely: bool| if is_likely { weight * 4 } else { 1 };
        Union::new_weighted(vec![
            (weigh(5, !rough.is_paying), scan()),
            (weigh(2, !rough.is_family && !rough.is_paying), verify()),
            (weigh(1, rough.is_family && !rough.is_paying), wish()),
            (weigh(2, rough.lines > 0 && !rough.is_paying), change()),
            (weigh(4, rough.lines > 0), pay()),
            (weigh(3, rough.sales > 0 && !rough.is_paying), back()),
            (weigh(1, rough.parked > 0 && rough.lines == 0), which().prop_map(Action::Recall).boxed()),
            (weigh(1, rough.lines > 2), Just(Action::Park).boxed()),
            (5, beside()),
        ])
        .boxed()
    }

    fn apply(mut rough: Rough, action: &Action) -> Rough {
        match action {
            Action::SignIn { is_right: true, .. } => (rough.signed_in, rough.is_locked) = (true, false),
            Action::SignOut if rough.lines == 0 => rough.signed_in = false,
            Action::Restart => {
                (rough.signed_in, rough.lines, rough.is_paying, rough.is_family) = (false, 0, false, false);
            }
            Action::Verify { who: 0..4, .. } if !rough.is_paying => rough.is_family = true,
            Action::Unverify => rough.is_family = false,
            Action::Lock => rough.is_locked = true,
            Action::OpenShift(n) => rough.has_shift |= AMOUNTS[*n].1.is_some(),
            Action::CloseShift { .. } if rough.lines == 0 => rough.has_shift = false,
            Action::Scan(Goods::Item(_), _) if !rough.is_paying => rough.lines += 1,
            Action::Park if rough.lines > 0 => (rough.lines, rough.parked) = (0, rough.parked + 1),
            Action::Recall(_) if rough.parked > 0 => (rough.lines, rough.parked) = (rough.lines + 1, rough.parked - 1),
            Action::Clear => (rough.lines, rough.is_paying, rough.is_family) = (0, false, false),
            Action::Pay { given: Given::Part(_), .. } => rough.is_paying = rough.lines > 0,
            Action::Pay { given: Given::All | Given::Exact | Given::More(_), .. } if rough.lines > 0 => {
                (rough.lines, rough.is_paying, rough.sales) = (0, false, rough.sales + 1);
                rough.is_family = false;
            }
            _ => {}
        }
        rough
    }
}

fn sign_in() -> BoxedStrategy<Action> {
    (prop_oneof![3 => Just(0), 2 => Just(MANAGER), 1 => 0..STAFF.len()], prop::bool::weighted(0.85))
        .prop_map(|(who, is_right)| Action::SignIn { who, is_right })
        .boxed()
}

fn quantity() -> impl Strategy<Value = usize> {
    prop_oneof![4 => 0..3_usize, 2 => 3..8_usize, 1 => 8..QUANTITIES.len()]
}

fn allows() -> impl Strategy<Value = Allows> {
    prop_oneof![
        6 => Just(Allows::Manager),
        1 => Just(Allows::WrongPin),
        1 => Just(Allows::Cashier),
        1 => Just(Allows::NoReason),
        1 => Just(Allows::Nobody),
    ]
}

fn goods() -> impl Strategy<Value = Goods> {
    let by_weight = PIECES..ITEMS.len();
    prop_oneof![
        24 => (0..PIECES).prop_map(Goods::Item),
        12 => by_weight.clone().prop_map(Goods::Item),
        1 => Just(Goods::Unknown),
        1 => Just(Goods::PaymentCode),
        4 => (by_weight.clone(), 0..5000_i64).prop_map(|(item, grams)| Goods::Weight(item, grams)),
        4 => (by_weight.clone(), 0..5000_i64).prop_map(|(item, fen)| Goods::Amount(item, fen)),
        4 => (by_weight.clone(), 0..3000_i64, 0..3000_i64).prop_map(|(item, fen, grams)| Goods::Both(item, fen, grams)),
        1 => (by_weight, 1..5000_i64).prop_map(|(item, grams)| Goods::WrongLabel(item, grams)),
        1 => (1..5000_i64).prop_map(Goods::NoSuchItem),
    ]
}

fn scan() -> BoxedStrategy<Action> {
    Union::new_weighted(vec![
        (5, (goods(), prop::option::weighted(0.3, quantity())).prop_map(|(goods, n)| Action::Scan(goods, n)).boxed()),
        (1, Just(Action::Repeat).boxed()),
    ])
    .boxed()
}

fn change() -> BoxedStrategy<Action> {
    let line = which;
    let fen = || prop_oneof![6 => 0..300_i64, 2 => 0..3000_i64, 1 => Just(2_000_000)];
    prop_oneof![
        3 => (line(), quantity()).prop_map(|(line, quantity)| Action::Quantity { line, quantity }),
        2 => line().prop_map(Action::Remove),
        2 => (line(), fen(), allows()).prop_map(|(line, fen, allows)| Action::Price { line, fen, allows }),
        2 => (line(), fen(), allows()).prop_map(|(line, fen, allows)| Action::Off { line, fen, allows }),
        2 => (0..AMOUNTS.len()).prop_map(Action::Waive),
        1 => (fen(), allows()).prop_map(|(fen, allows)| Action::WaiveMore { fen, allows }),
        1 => Just(Action::Clear),
    ]
    .boxed()
}

fn verify() -> BoxedStrategy<Action> {
    // The first ones are entitled.
    let who = prop_oneof![4 => 0..4_usize, 1 => 4..super::FAMILIES.len()];
    (who, any::<bool>()).prop_map(|(who, by_card)| Action::Verify { who, by_card }).boxed()
}

/// What a family may want once it is verified.
fn wish() -> BoxedStrategy<Action> {
    let programme = || 0..PROGRAMMES.len();
    prop_oneof![
        1 => Just(Action::Unverify),
        2 => programme().prop_map(Action::Decline),
        1 => programme().prop_map(Action::Accept),
        2 => (prop_oneof![3 => Just(1_usize), 1 => programme()], 0..AMOUNTS.len()).prop_map(|(p, n)| Action::Purse(p, n)),
    ]
    .boxed()
}

fn pay() -> BoxedStrategy<Action> {
    let given = prop_oneof![
        4 => Just(Given::All),
        2 => Just(Given::Exact),
        2 => prop_oneof![Just(1), Just(4), Just(100), Just(5000)].prop_map(Given::More),
        4 => (1..99_i64).prop_map(Given::Part),
        1 => prop_oneof![Just(0), Just(1), Just(20_000_000)].prop_map(Given::Fen),
        1 => Just(Given::NoNumber),
    ];
    let kind = prop_oneof![3 => Just(0), 2 => 1..TENDERS.len()];
    let pay = (kind, given, any::<bool>(), prop::bool::weighted(0.2))
        .prop_map(|(kind, given, seen, twice)| Action::Pay { kind, given, seen, twice });
    prop_oneof![6 => pay, 1 => Just(Action::Announce)].boxed()
}

fn back() -> BoxedStrategy<Action> {
    let part = prop_oneof![
        6 => Just(Back::Rest),
        5 => Just(Back::Milli(1000)),
        2 => prop_oneof![Just(0), Just(1), Just(333), Just(500)].prop_map(Back::Milli),
        1 => Just(Back::TooMuch),
    ];
    let many = prop_oneof![1 => Just(0), 8 => Just(1), 3 => 2..4_usize];
    let lines = many.prop_flat_map(move |many| prop::collection::vec((which(), part.clone()), many));
    prop_oneof![
        5 => (which(), lines, prop::bool::weighted(0.2))
            .prop_map(|(sale, lines, in_cash)| Action::Return { sale, lines, in_cash }),
        2 => allows().prop_map(Action::Void),
    ]
    .boxed()
}

fn beside() -> BoxedStrategy<Action> {
    let amount = || 0..AMOUNTS.len();
    prop_oneof![
        1 => sign_in(),
        1 => Just(Action::SignOut),
        1 => Just(Action::Lock),
        2 => (goods(), quantity(), allows()).prop_map(|(goods, quantity, allows)| Action::Refund { goods, quantity, allows }),
        1 => (amount(), any::<bool>()).prop_map(|(n, why)| Action::CashIn(n, why)),
        1 => (amount(), allows()).prop_map(|(n, allows)| Action::CashOut(n, allows)),
        1 => any::<bool>().prop_map(Action::OpenDrawer),
        1 => Just(Action::Report),
        1 => prop_oneof![Just(0), Just(-50), Just(100)].prop_map(|off| Action::CloseShift { off }),
        1 => Just(Action::CloseDay),
        2 => Just(Action::Sync),
        1 => Just(Action::LoseLine),
        1 => Just(Action::LineBack),
        1 => (1..4_i64).prop_map(Action::Wait),
        1 => Just(Action::Restart),
    ]
    .boxed()
}

fn anything() -> BoxedStrategy<Action> {
    prop_oneof![scan(), change(), verify(), wish(), pay(), back(), beside(), which().prop_map(Action::Recall)].boxed()
}
