//! The till as a state machine: `update(&mut Till, Event) -> Vec<Effect>`.
//!
//! It never does I/O and never reads a clock, so a cashier's whole day can be tested without a
//! window. The window and `drive` send it the same events and carry out the same effects.

pub mod effect;
pub mod event;
pub mod family;
pub mod refusal;
pub mod screen;
pub mod selling;

use crate::money::Money;
use crate::programme::Programme;
use crate::tender::CashRounding;

pub use effect::{BeneficiaryView, Effect, Finished, Reply};
pub use event::{Context, Event, Looked};
pub use family::{Family, FamilyProgramme, LeftOver};
pub use refusal::Refusal;
pub use screen::{OpenSale, Parked, Screen, Shift, Staff};

/// Most lines that one basket takes: a record must stay far below 512 KiB.
pub const MAX_LINES: usize = 300;
/// Most cash that is taken for one sale, so that a scanned barcode never becomes an amount.
pub const MAX_CASH_FEN: i128 = 10_000_000;

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
}

impl Till {
    /// A till that nobody has signed in to.
    pub fn new(
        store: Option<String>,
        programmes: Vec<Programme>,
        rounding: CashRounding,
        open_shift: Option<Shift>,
    ) -> Self {
        Self { store, screen: Screen::SignIn, programmes, rounding, open_shift }
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
    match event {
        Event::SignIn { staff, pin } => {
            if let Screen::Sale { sale, .. } = &till.screen
                && !sale.lines.is_empty()
            {
                return Err(Refusal::BasketNotEmpty);
            }
            Ok(vec![Effect::CheckPin { staff, pin }])
        }
        Event::SignOut => match &till.screen {
            Screen::Sale { sale, .. } if !sale.lines.is_empty() => Err(Refusal::BasketNotEmpty),
            Screen::Committing { .. } => Err(Refusal::Busy),
            Screen::Sale { .. } | Screen::NoShift { .. } | Screen::SignIn => {
                till.screen = Screen::SignIn;
                Ok(vec![Effect::Tell(Reply::Done)])
            }
        },
        Event::PinChecked(checked) => {
            let staff = checked?;
            till.screen = match till.open_shift.clone() {
                Some(shift) => Screen::Sale { staff, shift, sale: Box::default() },
                None => Screen::NoShift { staff },
            };
            Ok(vec![Effect::Tell(Reply::Done)])
        }
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
            till.screen = match &till.screen {
                Screen::SignIn => Screen::SignIn,
                Screen::NoShift { staff } | Screen::Sale { staff, .. } | Screen::Committing { staff, .. } => {
                    Screen::NoShift { staff: staff.clone() }
                }
            };
            Ok(Vec::new())
        }
        Event::Refreshed { programmes } => {
            till.programmes = programmes;
            Ok(Vec::new())
        }
        selling => selling::step(till, selling, cx),
    }
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
