//! Scales: three protocols, one kind of event, and the rule when a weight counts.

mod cas;
mod generic;
mod toledo;

pub use cas::Cas;
pub use generic::Generic;
pub use toledo::Toledo;

/// What a scale says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// A weight of zero or more.
    Weight {
        /// In grams.
        grams: u32,
        /// The scale holds it for stable.
        stable: bool,
    },
    /// The scale moves and gives no figure.
    Moving,
    /// More than the scale can carry.
    Overload,
    /// Below zero: something was taken off after taring.
    Negative,
    /// Nothing that can be read.
    Fault,
    /// The scale is ready to be asked (ACK).
    Ready,
}

impl Event {
    fn weight(grams: Option<u32>, is_negative: bool, stable: bool) -> Self {
        match grams {
            None => Self::Fault,
            Some(1..) if is_negative => Self::Negative,
            Some(grams) => Self::Weight { grams, stable },
        }
    }
}

/// Unit of a figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unit {
    Kg,
    Gram,
}

/// Grams of a figure such as ` 1.234`; less than a gram is left out.
fn grams(figure: &[u8], unit: Unit) -> Option<u32> {
    let figure = std::str::from_utf8(figure).ok()?.trim_matches(' ');
    let (whole, part) = figure.split_once('.').unwrap_or((figure, ""));
    if whole.len() + part.len() == 0 || !whole.bytes().chain(part.bytes()).all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let whole: u32 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    match unit {
        Unit::Gram => Some(whole),
        Unit::Kg => {
            let part: String = part.chars().chain("000".chars()).take(3).collect();
            whole.checked_mul(1000)?.checked_add(part.parse().ok()?)
        }
    }
}

/// A decoder by protocol.
pub enum Decoder {
    /// CAS, 顶尖 OS2
    Cas(Cas),
    /// Toledo 8217
    Toledo(Toledo),
    /// Lines such as `ST,GS,+ 1.234kg`
    Generic(Generic),
}

impl Decoder {
    /// Takes what came over the line.
    pub fn push(&mut self, bytes: &[u8]) -> Vec<Event> {
        match self {
            Self::Cas(decoder) => decoder.push(bytes),
            Self::Toledo(decoder) => decoder.push(bytes),
            Self::Generic(decoder) => decoder.push(bytes),
        }
    }

    /// Forgets what was begun.
    pub fn clear(&mut self) {
        match self {
            Self::Cas(decoder) => *decoder = Cas::default(),
            Self::Toledo(decoder) => *decoder = Toledo::default(),
            Self::Generic(decoder) => *decoder = Generic::default(),
        }
    }

    /// What asks for a weight; scales that send lines of their own accord are not asked.
    pub fn question(&self) -> &'static [u8] {
        match self {
            Self::Cas(_) => &[cas::ENQ],
            Self::Toledo(_) => b"W",
            Self::Generic(_) => &[],
        }
    }

    /// What follows the scale's `Ready`.
    pub fn go_on(&self) -> &'static [u8] {
        match self {
            Self::Cas(_) => &[cas::DC1],
            Self::Toledo(_) | Self::Generic(_) => &[],
        }
    }
}

/// Takes a weight when it is stable, more than zero, and was the same twice in a row.
#[derive(Debug, Default)]
pub struct Steady {
    last: Option<u32>,
}

impl Steady {
    /// The weight that counts now, if one does.
    pub fn push(&mut self, event: Event) -> Option<u32> {
        let grams = match event {
            Event::Weight { grams: grams @ 1.., stable: true } => Some(grams),
            // No reading.
            Event::Ready => return None,
            Event::Weight { .. } | Event::Moving | Event::Overload | Event::Negative | Event::Fault => None,
        };
        let last = std::mem::replace(&mut self.last, grams);
        grams.filter(|_| last == grams)
    }

    /// The next weight is a new one.
    pub fn forget(&mut self) {
        self.last = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures() {
        let kg = |text: &str| grams(text.as_bytes(), Unit::Kg);
        assert_eq!(kg(" 1.234"), Some(1234));
        assert_eq!(kg("01.23"), Some(1230));
        assert_eq!(kg("   .25"), Some(250));
        assert_eq!(kg("2"), Some(2000));
        assert_eq!(kg("2."), Some(2000));
        assert_eq!(kg("1.2349"), Some(1234));
        for bad in ["", " ", ".", "1 .2", "-1.0", "1.2.3", "1,2", "999999999", "99999999999999999999"] {
            assert_eq!(kg(bad), None, "{bad}");
        }
        assert_eq!(grams(b"1234", Unit::Gram), Some(1234));
        assert_eq!(grams(b"1234.9", Unit::Gram), Some(1234));
        assert_eq!(grams(b"\xff", Unit::Gram), None);
    }

    #[test]
    fn a_weight_counts_when_it_is_stable_twice() {
        let weight = |grams, stable| Event::Weight { grams, stable };
        let mut steady = Steady::default();
        let readings = [
            (weight(500, true), None),
            (weight(510, true), None),
            (weight(510, false), None),
            (weight(510, true), None),
            (Event::Ready, None),
            (weight(510, true), Some(510)),
            (weight(510, true), Some(510)),
            (Event::Moving, None),
            (weight(510, true), None),
            (Event::Fault, None),
            (weight(510, true), None),
            (weight(0, true), None),
            (weight(0, true), None),
        ];
        for (at, (event, want)) in readings.into_iter().enumerate() {
            assert_eq!(steady.push(event), want, "reading {at}");
        }
        steady.push(weight(7, true));
        steady.forget();
        assert_eq!(steady.push(weight(7, true)), None);
    }
}
