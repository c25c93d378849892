//! The till as a state machine: `update(&mut Till, Event) -> Vec<Effect>`.
//!
//! It never does I/O and never reads a clock, so a cashier's whole day can be tested without a
//! window. The window and `drive` send it the same events and carry out the same effects.

mod changing;
pub mod effect;
pub mod event;
pub mod family;
pub mod holding;
mod paying;
pub mod refusal;
pub mod screen;
pub mod selling;
mod verifying;

use crate::money::Money;
use crate::programme::Programme;
use crate::promotion::Promotion;
use crate::tender::CashRounding;

pub use effect::{BeneficiaryView, Effect, Finished, Reply};
pub use event::{Action, Context, Event, Found, Looked};
pub use family::{Family, FamilyProgramme, LeftOver};
pub use holding::{Grant, GrantedLine, Held, HoldAsk};
pub use refusal::Refusal;
pub use screen::{OpenSale, Parked, ParkedLine, Screen, Shift, Staff};

/// Most lines that one basket takes: a record must stay far below 512 KiB.
pub const MAX_LINES: usize = 300;
/// Most cash that is taken for one sale, so that a scanned barcode never becomes an amount.
pub const MAX_CASH_FEN: i128 = 10_000_000;
/// What a cashier may waive unless the store says otherwise.
pub const WAIVE_UP_TO_FEN: i128 = 99;

/// A till's state.
#[derive(Debug, Clone)]
pub struct Till {
    /// Store's code; none before enrolment.
    pub store: Option<String>,
    /// What the screen shows.
    pub screen: Screen,
    /// All versions of all programmes that the till knows.
    pub programmes: Vec<Programme>,
    /// How cash is rounded here.
    pub rounding: CashRounding,
    /// A shift that was open when the program started.
    pub open_shift: Option<Shift>,
    /// The store's own promotions.
    pub promotions: Vec<Promotion>,
    /// The most that a cashier may waive without a manager.
    pub waive_up_to: Money,
    /// Whether the till stands beside another one, which takes the payments (旁挂).
    pub is_beside: bool,
    /// Whether goods sold by weight ask for it; without a window they get 1.
    pub asks_weight: bool,
    /// Whether it is locked: only a PIN opens it.
    pub is_locked: bool,
    /// Whether it is there to learn on: nobody holds anything for it, and it is priced as online.
    pub is_training: bool,
}

impl Till {
    /// A till that nobody has signed in to.
    pub fn new(
        store: Option<String>,
        programmes: Vec<Programme>,
        rounding: CashRounding,
        open_shift: Option<Shift>,
    ) -> Self {
        Self {
            store,
            screen: Screen::SignIn,
            programmes,
            rounding,
            open_shift,
            promotions: Vec::new(),
            waive_up_to: Money::from_fen(WAIVE_UP_TO_FEN),
            is_beside: false,
            asks_weight: false,
            is_locked: false,
            is_training: false,
        }
    }
}

/// Takes one event and says what is to be done. Every event is answered by exactly one
/// [`Effect::Tell`], at once or when the worker that it needs has answered.
pub fn update(till: &mut Till, event: Event, cx: &Context) -> Vec<Effect> {
    match step(till, event, cx) {
        Ok(effects) => effects,
        Err(refusal) => vec![Effect::Tell(Reply::Refused(refusal))],
    }
}

fn step(till: &mut Till, event: Event, cx: &Context) -> Result<Vec<Effect>, Refusal> {
    if till.is_locked && !opens(&event) {
        return Err(Refusal::Locked);
    }
    match event {
        Event::SignIn { staff, pin } => sign_in(till, staff, pin),
        Event::SignOut => match &till.screen {
            Screen::Sale { sale, .. } if !sale.lines.is_empty() => Err(Refusal::BasketNotEmpty),
            Screen::Committing { .. } => Err(Refusal::Busy),
            Screen::Sale { .. } | Screen::NoShift { .. } | Screen::SignIn => {
                let mut effects = till.screen.open().map(verifying::abandon).unwrap_or_default();
                till.screen = Screen::SignIn;
                effects.push(Effect::Tell(Reply::Done));
                Ok(effects)
            }
        },
        Event::Lock => match &till.screen {
            Screen::SignIn => Err(Refusal::NotSignedIn),
            Screen::Committing { .. } => Err(Refusal::Busy),
            Screen::NoShift { .. } | Screen::Sale { .. } => {
                till.is_locked = true;
                Ok(vec![Effect::Tell(Reply::Done)])
            }
        },
        Event::PinChecked(checked) => signed_in(till, checked?),
        Event::OpenShift { float } => match &till.screen {
            Screen::SignIn => Err(Refusal::NotSignedIn),
            Screen::Sale { .. } | Screen::Committing { .. } => Err(Refusal::ShiftOpen),
            Screen::NoShift { .. } if till.store.is_none() => Err(Refusal::NotEnrolled),
            Screen::NoShift { staff } => {
                let float = Money::parse(&float).map_err(|_| Refusal::BadAmount(float))?;
                Ok(vec![Effect::OpenShift { staff: staff.code.clone(), float }])
            }
        },
        Event::ShiftOpened(opened) => {
            let shift = opened?;
            if let Screen::NoShift { staff } = &till.screen {
                till.open_shift = Some(shift.clone());
                till.screen = Screen::Sale { staff: staff.clone(), shift, sale: Box::default() };
            }
            Ok(vec![Effect::Tell(Reply::Done)])
        }
        Event::ShiftClosed => {
            till.open_shift = None;
            let abandoned = till.screen.open().map(verifying::abandon).unwrap_or_default();
            till.screen = match &till.screen {
                Screen::SignIn => Screen::SignIn,
                Screen::NoShift { staff } | Screen::Sale { staff, .. } | Screen::Committing { staff, .. } => {
                    Screen::NoShift { staff: staff.clone() }
                }
            };
            Ok(abandoned)
        }
        Event::Refreshed { programmes, promotions } => {
            (till.programmes, till.promotions) = (programmes, promotions);
            Ok(Vec::new())
        }
        Event::Held { id, ask, grant } => holding::held(till, id, *ask, grant, cx),
        Event::MadeBeside { household, used } => holding::made_beside(till, &household, used, cx),
        Event::NotHeld { ask } => {
            holding::not_held(till, &ask, cx)?;
            Ok(Vec::new())
        }
        selling => selling::step(till, selling, cx),
    }
}

/// What a locked till still takes: a PIN, and what its workers say.
fn opens(event: &Event) -> bool {
    matches!(
        event,
        Event::SignIn { .. }
            | Event::PinChecked(_)
            | Event::Committed(_)
            | Event::Refreshed { .. }
            | Event::Held { .. }
            | Event::NotHeld { .. }
            | Event::MadeBeside { .. }
            | Event::ShiftClosed
            | Event::ShiftOpened(_)
    )
}

fn sign_in(till: &Till, staff: String, pin: String) -> Result<Vec<Effect>, Refusal> {
    let has_basket = matches!(&till.screen, Screen::Sale { sale, .. } if !sale.lines.is_empty());
    if has_basket && !till.is_locked {
        return Err(Refusal::BasketNotEmpty);
    }
    Ok(vec![Effect::CheckPin { staff, pin }])
}

/// A locked till goes on with its basket for whoever locked it, and for a manager, who then is the
/// cashier; for anybody else only where the basket is empty.
fn signed_in(till: &mut Till, staff: Staff) -> Result<Vec<Effect>, Refusal> {
    let kept = match &mut till.screen {
        Screen::Sale { staff: present, sale, .. } if !sale.lines.is_empty() => {
            let may = present.code == staff.code || staff.role == crate::role::StaffRole::Manager;
            if !till.is_locked || !may {
                return Err(Refusal::LockedByAnother(present.code.clone()));
            }
            *present = staff.clone();
            true
        }
        Screen::Committing { .. } => return Err(Refusal::Busy),
        Screen::SignIn | Screen::NoShift { .. } | Screen::Sale { .. } => false,
    };
    till.is_locked = false;
    if !kept {
        till.screen = match till.open_shift.clone() {
            Some(shift) => Screen::Sale { staff, shift, sale: Box::default() },
            None => Screen::NoShift { staff },
        };
    }
    Ok(vec![Effect::Tell(Reply::Done)])
}

impl Screen {
    /// The open sale, to look at; also while it is being committed.
    pub fn open(&self) -> Result<&OpenSale, Refusal> {
        match self {
            Self::SignIn => Err(Refusal::NotSignedIn),
            Self::NoShift { .. } => Err(Refusal::NoShift),
            Self::Sale { sale, .. } | Self::Committing { sale, .. } => Ok(sale),
        }
    }

    /// The open sale, for what only a till that sells can do.
    fn sale(&mut self) -> Result<(&Staff, &Shift, &mut OpenSale), Refusal> {
        match self {
            Self::SignIn => Err(Refusal::NotSignedIn),
            Self::NoShift { .. } => Err(Refusal::NoShift),
            Self::Committing { .. } => Err(Refusal::Busy),
            Self::Sale { staff, shift, sale } => Ok((staff, shift, sale)),
        }
    }
}
