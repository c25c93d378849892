//! How a sale is paid.

use serde::{Deserialize, Serialize};

use crate::money::Money;

/// A means of payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TenderKind {
    /// 现金
    Cash,
    /// 微信
    Wechat,
    /// 支付宝
    Alipay,
    /// 银行卡
    BankCard,
    /// 数字人民币
    ECny,
    /// Another till took the payment; this one stands beside it (旁挂).
    Host,
}

impl TenderKind {
    /// Reads the code of a means that a customer pays by here.
    pub fn parse(text: &str) -> Result<Self, String> {
        Ok(match text {
            "cash" => Self::Cash,
            "wechat" => Self::Wechat,
            "alipay" => Self::Alipay,
            "bank_card" => Self::BankCard,
            "e_cny" => Self::ECny,
            _ => {
                return Err(format!("`{text}` is not a tender (cash, wechat, alipay, bank_card, e_cny)"));
            }
        })
    }

    /// Reads a code of the till's own books, where the other till's is one too.
    pub fn kept(text: &str) -> Result<Self, String> {
        if text == Self::Host.word() { Ok(Self::Host) } else { Self::parse(text) }
    }

    /// The code.
    pub fn word(self) -> &'static str {
        match self {
            Self::Cash => "cash",
            Self::Wechat => "wechat",
            Self::Alipay => "alipay",
            Self::BankCard => "bank_card",
            Self::ECny => "e_cny",
            Self::Host => "host",
        }
    }

    /// The name in English.
    pub fn en(self) -> &'static str {
        match self {
            Self::Cash => "Cash",
            Self::Wechat => "WeChat",
            Self::Alipay => "Alipay",
            Self::BankCard => "Bank card",
            Self::ECny => "e-CNY",
            Self::Host => "at the other till",
        }
    }

    /// The name on paper and screen.
    pub fn zh(self) -> &'static str {
        match self {
            Self::Cash => "现金",
            Self::Wechat => "微信",
            Self::Alipay => "支付宝",
            Self::BankCard => "银行卡",
            Self::ECny => "数字人民币",
            Self::Host => "在收银机付款",
        }
    }
}

/// Amounts of cash that a customer is likely to hand over for `due`: exactly, then rounded up to
/// coins and notes. At most six, rising, each once.
pub fn quick_amounts(due: Money) -> Vec<Money> {
    let fen = due.fen();
    let mut amounts = vec![fen];
    for note in [100, 500, 1_000, 2_000, 5_000, 10_000] {
        let up = (fen + note - 1) / note * note;
        if !amounts.contains(&up) {
            amounts.push(up);
        }
    }
    amounts.sort_unstable();
    amounts.truncate(6);
    amounts.into_iter().map(Money::from_fen).collect()
}

/// Whether a code has the shape of a payment code: WeChat 18 digits from 10 to 15, Alipay 16 to 24
/// from 25 to 30, UnionPay 19 from 62. ID numbers and scale labels can look the same, so this only
/// words a refusal; what a code means, the screen decides.
pub fn looks_like_payment_code(code: &str) -> bool {
    let digits = code.bytes().all(|b| b.is_ascii_digit());
    let head = code.get(..2).and_then(|head| head.parse::<u32>().ok()).unwrap_or(0);
    digits
        && match code.len() {
            18 if (10..=15).contains(&head) => true,
            19 if head == 62 => true,
            16..=24 => (25..=30).contains(&head),
            _ => false,
        }
}

/// One payment of a sale.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tender {
    /// Means of payment.
    pub kind: TenderKind,
    /// As given; cash may be more than is due.
    pub amount: Money,
    /// The acquirer's number, where somebody typed one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
}

/// How a store rounds what is paid in cash. The store bears the difference; no claim sees it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CashRounding {
    /// To the fen.
    #[default]
    None,
    /// Down to the jiao (抹零).
    JiaoDown,
    /// To the nearest jiao, half up.
    JiaoHalfUp,
}

impl CashRounding {
    /// Reads the code.
    pub fn parse(text: &str) -> Result<Self, String> {
        Ok(match text {
            "none" => Self::None,
            "jiao_down" => Self::JiaoDown,
            "jiao_half_up" => Self::JiaoHalfUp,
            _ => {
                return Err(format!("`{text}` is not a rounding (none, jiao_down, jiao_half_up)"));
            }
        })
    }

    /// The code.
    pub fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::JiaoDown => "jiao_down",
            Self::JiaoHalfUp => "jiao_half_up",
        }
    }

    /// What is asked in cash for `due`.
    pub fn round(self, due: Money) -> Money {
        let fen = due.fen();
        Money::from_fen(match self {
            Self::None => fen,
            Self::JiaoDown => fen - fen % 10,
            Self::JiaoHalfUp => (fen + 5) / 10 * 10,
        })
    }
}
