//! Who pays a fund's part: payers by share, to the fen.

use crate::money::Money;

/// All of something, in basis points.
pub const WHOLE: u32 = 10_000;

/// Checks the shares of a fund's payers: each above nothing, all together the whole.
pub fn check_shares(basis_points: &[u32]) -> Result<(), String> {
    if basis_points.contains(&0) {
        return Err("每个出资方的比例要大于 0。 Each payer's share is above 0".into());
    }
    let sum: u64 = basis_points.iter().copied().map(u64::from).sum();
    if sum == u64::from(WHOLE) {
        Ok(())
    } else {
        Err("各出资方的比例合起来要正好是 100%。 The payers' shares must make exactly 100%".into())
    }
}

/// Divides an amount by weights: the parts make the amount exactly, and none is off by a fen or more
/// from its share. What remains after rounding down goes fen by fen to those who lost most; of equals
/// to the earlier one. Without any weight all of it is the first one's.
pub fn split(amount: Money, weights: &[u64]) -> Vec<Money> {
    let Some(all) = Some(weights.iter().map(|w| i128::from(*w)).sum::<i128>()).filter(|sum| *sum > 0) else {
        let first = |i: usize| if i == 0 { amount } else { Money::ZERO };
        return (0..weights.len()).map(first).collect();
    };
    let sign = if amount < Money::ZERO { -1 } else { 1 };
    let fen = amount.fen() * sign;
    let mut parts: Vec<i128> = weights.iter().map(|w| fen * i128::from(*w) / all).collect();
    let mut by_loss: Vec<(i128, usize)> =
        weights.iter().enumerate().map(|(i, w)| (fen * i128::from(*w) % all, i)).collect();
    by_loss.sort_by(|(a, i), (b, j)| b.cmp(a).then(i.cmp(j)));
    let mut left = fen - parts.iter().sum::<i128>();
    for (_, i) in by_loss {
        if left == 0 {
            break;
        }
        if let Some(part) = parts.get_mut(i) {
            *part += 1;
        }
        left -= 1;
    }
    parts.into_iter().map(|part| Money::from_fen(part * sign)).collect()
}

/// Divides an amount by shares in basis points.
pub fn split_by_shares(amount: Money, basis_points: &[u32]) -> Vec<Money> {
    let weights: Vec<u64> = basis_points.iter().copied().map(u64::from).collect();
    split(amount, &weights)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn fen(parts: &[Money]) -> Vec<i128> {
        parts.iter().map(|p| p.fen()).collect()
    }

    #[test]
    fn city_and_county_share_to_the_fen() {
        assert_eq!(fen(&split_by_shares(Money::from_fen(1_001), &[6_000, 4_000])), [601, 400]);
        assert_eq!(fen(&split_by_shares(Money::from_fen(1), &[5_000, 5_000])), [1, 0]);
        assert_eq!(fen(&split_by_shares(Money::from_fen(100), &[3_334, 3_333, 3_333])), [34, 33, 33]);
        assert_eq!(fen(&split_by_shares(Money::from_fen(-1_001), &[6_000, 4_000])), [-601, -400]);
        assert_eq!(fen(&split(Money::from_fen(7), &[0, 0])), [7, 0]);
        assert!(split(Money::from_fen(7), &[]).is_empty());
        assert!(check_shares(&[6_000, 4_000]).is_ok() && check_shares(&[10_000]).is_ok());
        assert!(
            check_shares(&[6_000, 3_999]).is_err() && check_shares(&[10_000, 0]).is_err() && check_shares(&[]).is_err()
        );
    }

    proptest! {
        #[test]
        fn parts_make_the_whole_and_are_fair(
            amount in -99_999_999_999_i128..99_999_999_999,
            weights in prop::collection::vec(0_u64..20_000, 1..8),
        ) {
            let parts = fen(&split(Money::from_fen(amount), &weights));
            prop_assert_eq!(parts.iter().sum::<i128>(), amount);
            let all: i128 = weights.iter().map(|w| i128::from(*w)).sum();
            prop_assume!(all > 0);
            for (part, weight) in parts.iter().zip(&weights) {
                prop_assert!((part * all - amount * i128::from(*weight)).abs() < all, "off by a fen or more");
                prop_assert!(part * amount >= 0, "against the sign");
            }
        }
    }
}
