//! The local API: another till's program on this machine verifies, quotes, claims and reverses
//! through the same code as the window (docs/local-api.md, `openapi.json`).
//!
//! The server translates and holds no rule; the till's thread answers with a [`Desk`], on a basket
//! of its own beside the one that is open in the window.

mod answers;
mod basket;
mod calls;
mod few;
mod problem;
mod read;
mod server;
mod session;
mod token;

use std::collections::BTreeMap;
use std::net::SocketAddr;

use domain::barcode::ProductKey;
use domain::basket::SaleUnit;
use domain::money::Money;
use domain::quantity::Quantity;
use domain::resident::Credential;
use domain::sale::{ReturnLine, VerifiedBy};
use serde_json::Value;
use uuid::Uuid;

pub use calls::Desk;
pub use problem::Problem;
pub use server::Api;
pub use token::token;

/// The setting that holds the address; absent or `off` is off.
pub const SETTING: &str = "api";
/// Where the API listens unless somebody says otherwise.
pub const USUAL: &str = "127.0.0.1:8791";

/// What a call comes to.
pub type Answer = Result<Value, Problem>;

/// What another till's program asks for.
#[derive(Debug, Clone)]
pub enum Call {
    /// How the till is.
    Health,
    /// Who is shopping: a number that was shown, and which household where there are several.
    Verify {
        /// What was shown.
        credential: Credential,
        /// How.
        by: VerifiedBy,
        /// The household's word from the answer before.
        household: Option<String>,
    },
    /// What would be taken off.
    Quote(Wanted),
    /// Take it off.
    Claim(Box<Claim>),
    /// A claim as it stands, by its id or receipt number.
    Look {
        /// Id or receipt number.
        claim: String,
    },
    /// Goods come back.
    Reverse(Box<Reversal>),
    /// The window is to come up, or to go down.
    Window {
        /// Whether it comes up.
        raise: bool,
    },
}

impl Call {
    /// Whether it makes something that headquarters must hear of.
    pub fn goes_up(&self) -> bool {
        match self {
            Self::Claim(_) | Self::Reverse(_) => true,
            Self::Health | Self::Verify { .. } | Self::Quote(_) | Self::Look { .. } | Self::Window { .. } => false,
        }
    }
}

/// A basket of another till.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// The verification that it is for.
    pub verification: String,
    /// The goods; the first is line 1.
    pub lines: Vec<WantedLine>,
    /// Programmes that the family does not want this time.
    pub decline: Vec<String>,
    /// How much to pay from each purse, at most.
    pub purses: BTreeMap<String, Money>,
}

/// One line of it. What is absent, the shop says.
#[derive(Debug, Clone)]
pub struct WantedLine {
    /// Barcode or PLU.
    pub key: ProductKey,
    /// Name, for goods that the shop does not list.
    pub name: Option<String>,
    /// Group, for goods that neither headquarters nor the shop lists.
    pub group: Option<String>,
    /// Unit of price and quantity.
    pub unit: Option<SaleUnit>,
    /// Kilograms in one piece.
    pub content_kg: Option<Quantity>,
    /// Yuan per unit at the other till.
    pub unit_price: Option<Money>,
    /// How much of it.
    pub quantity: Quantity,
    /// What a scale's label charges.
    pub amount: Option<Money>,
    /// Yuan off the line for any customer, at the other till.
    pub promotion: Option<Money>,
    /// The lowest price of the last 7 days.
    pub lowest_price_7d: Option<Money>,
}

/// A basket that is taken as it is.
#[derive(Debug, Clone)]
pub struct Claim {
    /// Id of the claim: the same again is the same claim.
    pub id: Uuid,
    /// Hash of the whole body.
    pub body_hash: String,
    /// The basket.
    pub basket: Wanted,
    /// What the quote said would be taken off.
    pub expect: Money,
    /// Number on the other till's receipt.
    pub host_receipt: String,
    /// Staff code at the other till.
    pub cashier: String,
    /// Whether the slip comes out here.
    pub prints: bool,
}

/// Goods of a claim that come back.
#[derive(Debug, Clone)]
pub struct Reversal {
    /// Id or receipt number of the claim.
    pub claim: String,
    /// Id of the reversal: the same again is the same reversal.
    pub id: Uuid,
    /// Hash of the whole body.
    pub body_hash: String,
    /// What comes back.
    pub lines: Vec<ReturnLine>,
    /// Why.
    pub reason: String,
    /// Staff code at the other till.
    pub cashier: String,
    /// Whether the slip comes out here.
    pub prints: bool,
}

/// Reads an address that the API may listen on: no other machine can reach it.
///
/// # Errors
/// A sentence, where the address is none or is not on this machine alone.
pub fn address(text: &str) -> Result<SocketAddr, String> {
    let wrong = |_| format!("地址“{text}”不对，请写成 {USUAL} 这样。 `{text}` is no address; write it like {USUAL}");
    let address: SocketAddr = text.trim().parse().map_err(wrong)?;
    if address.ip().is_loopback() {
        Ok(address)
    } else {
        Err(format!(
            "本机接口只能开在本机地址上（如 {USUAL}），不能开在 {address}，别的电脑会连得上。 The local API listens on this machine alone, such as {USUAL}, and not on {address}, which other machines can reach"
        ))
    }
}
