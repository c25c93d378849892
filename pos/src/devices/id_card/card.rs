//! What is taken from an ID card's text: the number, the kind of card, the dates of validity.
//! Name, address and photo are never looked at.

use chrono::NaiveDate;
use domain::resident::{Credential, IdNumber};

use super::wipe;
use crate::devices::sentence::Sentence;

/// Bytes of the text block.
pub(crate) const TEXT: usize = 256;
/// Two lengths stand before the text block.
const LENGTHS: usize = 4;
const NUMBER: std::ops::Range<usize> = 122..158;
const FROM: std::ops::Range<usize> = 188..204;
const UNTIL: std::ops::Range<usize> = 204..220;
const KIND: std::ops::Range<usize> = 248..250;

/// Whose card it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CardKind {
    /// 居民身份证
    Citizen,
    /// 港澳台居民居住证
    HongKongMacaoTaiwan,
}

/// Until when a card is valid. Whether an expired card counts is the till's to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Validity {
    /// The last day.
    Until(NaiveDate),
    /// 长期
    LongTerm,
    /// The card does not say it in a way that can be read.
    Unknown,
}

/// A card that was read. Its debug output shows no more of the number than its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdCard {
    /// The number, as the till takes it.
    pub credential: Credential,
    /// Whose card it is.
    pub kind: CardKind,
    /// First day of validity.
    pub from: Option<NaiveDate>,
    /// Last day of validity.
    pub until: Validity,
}

impl IdCard {
    /// Whether the card's validity was over before this day.
    pub fn has_expired(&self, today: NaiveDate) -> bool {
        matches!(self.until, Validity::Until(last) if last < today)
    }
}

/// Why a card that was read gives no number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CardProblem {
    /// 外国人永久居留身份证: its number is not an ID number.
    NotSupported,
    /// The number fails its own check, or the block is not what it should be.
    Unreadable,
}

impl CardProblem {
    /// What the cashier reads.
    pub fn sentence(self) -> Sentence {
        match self {
            Self::NotSupported => Sentence::new(
                "这种证件收银机还不能核验，请改刷爱心卡。",
                "This kind of ID card cannot be verified here yet: scan the benefit card instead",
            ),
            Self::Unreadable => Sentence::new(
                "身份证没有读出来，请拿开后再平放一次。",
                "The ID card was not read: lift it and lay it down again",
            ),
        }
    }
}

/// Reads the data of an answer to `read` (after the status words), if it is one.
pub(super) fn read(data: &[u8]) -> Option<Result<IdCard, CardProblem>> {
    // Find and select answer with at most 8 bytes.
    if data.len() <= 8 {
        return None;
    }
    let text = data.get(LENGTHS..LENGTHS + TEXT).filter(|_| data.starts_with(&[1, 0]));
    Some(text.ok_or(CardProblem::Unreadable).and_then(from_text))
}

fn from_text(text: &[u8]) -> Result<IdCard, CardProblem> {
    let kind = match characters::<1>(&text[KIND]) {
        Some([b'J']) => CardKind::HongKongMacaoTaiwan,
        Some([b' ' | 0]) => CardKind::Citizen,
        _ => return Err(CardProblem::NotSupported),
    };
    let mut number = characters::<18>(&text[NUMBER]).ok_or(CardProblem::Unreadable)?;
    let read = std::str::from_utf8(&number).ok().and_then(|number| IdNumber::parse(number).ok());
    wipe(&mut number);
    let credential = Credential::Id(read.ok_or(CardProblem::Unreadable)?);
    let until = match date(&text[UNTIL]) {
        Some(last) => Validity::Until(last),
        None if text[UNTIL].starts_with(&LONG_TERM) => Validity::LongTerm,
        None => Validity::Unknown,
    };
    Ok(IdCard { credential, kind, from: date(&text[FROM]), until })
}

/// 长期 in UTF-16LE.
const LONG_TERM: [u8; 4] = [0x7F, 0x95, 0x1F, 0x67];

fn date(text: &[u8]) -> Option<NaiveDate> {
    let digits = characters::<8>(text)?;
    NaiveDate::parse_from_str(std::str::from_utf8(&digits).ok()?, "%Y%m%d").ok()
}

/// The first characters of UTF-16LE text, if they are ASCII.
fn characters<const COUNT: usize>(text: &[u8]) -> Option<[u8; COUNT]> {
    let mut characters = [0; COUNT];
    for (to, from) in characters.iter_mut().zip(text.chunks_exact(2)) {
        let [low, 0] = from else {
            wipe(&mut characters);
            return None;
        };
        *to = *low;
    }
    Some(characters)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::devices::simulator::card_text;

    fn data(number: &str, kind: char, until: &str) -> Vec<u8> {
        let mut data = vec![1, 0, 4, 0];
        data.extend(card_text(number, kind, until));
        data.extend([0x55; 1024]);
        data
    }

    #[test]
    fn a_citizens_card() {
        let card = read(&data("11010519491231002X", ' ', "20301231")).unwrap().unwrap();
        assert_eq!(card.credential, Credential::Id(IdNumber::parse("11010519491231002X").unwrap()));
        assert_eq!(card.kind, CardKind::Citizen);
        assert_eq!(card.from, NaiveDate::from_ymd_opt(2010, 1, 1));
        let last = NaiveDate::from_ymd_opt(2030, 12, 31).unwrap();
        assert_eq!(card.until, Validity::Until(last));
        assert!(!card.has_expired(last));
        assert!(card.has_expired(last.succ_opt().unwrap()));
        let shown = format!("{card:?}");
        assert!(!shown.contains("110105") && !shown.contains("194912"), "{shown}");
    }

    #[test]
    fn long_term_and_unreadable_dates() {
        let until = |until| read(&data("11010519491231002X", ' ', until)).unwrap().unwrap();
        assert_eq!(until("长期").until, Validity::LongTerm);
        assert!(!until("长期").has_expired(NaiveDate::MAX));
        assert_eq!(until("20301341").until, Validity::Unknown);
        assert_eq!(until("").until, Validity::Unknown);
    }

    #[test]
    fn cards_of_hong_kong_macao_and_taiwan() {
        for region in ["810000", "820000", "830000"] {
            let digits = format!("{region}19900307001");
            let number = format!("{digits}{}", domain::resident::check_character(&digits));
            let card = read(&data(&number, 'J', "20301231")).unwrap().unwrap();
            assert_eq!(card.kind, CardKind::HongKongMacaoTaiwan);
            assert_eq!(card.credential.digest_input(), number);
        }
    }

    #[test]
    fn other_cards_are_said_to_be_unsupported() {
        for kind in ['I', 'Y', '外'] {
            assert_eq!(read(&data("CHN110123456789", kind, "20301231")), Some(Err(CardProblem::NotSupported)));
        }
        assert!(CardProblem::NotSupported.sentence().to_string().contains("爱心卡"));
    }

    #[test]
    fn wrong_numbers_and_short_blocks() {
        assert_eq!(read(&data("110105194912310021", ' ', "")), Some(Err(CardProblem::Unreadable)));
        assert_eq!(read(&data("张", ' ', "")), Some(Err(CardProblem::Unreadable)));
        let whole = data("11010519491231002X", ' ', "20301231");
        assert_eq!(read(&whole[..200]), Some(Err(CardProblem::Unreadable)));
        assert_eq!(read(&[0; 8]), None);
        assert_eq!(read(&[]), None);
        assert_eq!(read(&[9; 300]), Some(Err(CardProblem::Unreadable)));
    }
}
