//! Properties of pricing and returns, over the documents that people write.

use domain::money::Money;
use domain::pricing::Priced;
use domain::quantity::Quantity;
use domain::quote::quote;
use domain::returns::{Parts, step};
use proptest::prelude::*;
use serde_json::{Value, json};

fn programmes() -> Vec<Value> {
    let of = |code: &str, benefit: Value, share: &str, priority: i64, limits: Value| {
        json!({
            "code": code, "version": 1, "name": {"zh": code, "en": code}, "fund": "F", "valid_from": "2026-01-01",
            "valid_to": "2026-12-31", "categories": ["urban_dibao"], "scope": {"include": ["group:food"]},
            "benefit": benefit, "subsidy_share": share, "limits": limits, "priority": priority,
        })
    };
    vec![
        of("A", json!({"percent_off": "8.25"}), "60", 1, json!([{"id": "m", "per": "month", "discount": "7.00"}])),
        of(
            "B",
            json!({"amount_off": "1.30", "unit": "kg"}),
            "33.33",
            1,
            json!([{"id": "q", "per": "month", "quantity": "4", "unit": "kg"}]),
        ),
        of(
            "C",
            json!({"fixed_price": "6.66", "unit": "piece"}),
            "50",
            2,
            json!([{"id": "s", "per": "sale", "discount": "5.00"}]),
        ),
        of("P", json!({"purse": true}), "100", 3, json!([{"id": "y", "per": "year", "discount": "9.00"}])),
    ]
}

fn basket() -> impl Strategy<Value = Value> {
    let line = (1_u32..3000, 1_u32..6, 0_u32..3, prop::bool::ANY);
    prop::collection::vec(line, 1..6).prop_map(|lines| {
        let lines: Vec<Value> = (1..)
            .zip(lines)
            .map(|(n, (price, quantity, kg, food))| {
                let mut line = json!({
                    "line": n, "plu": format!("p{n}"), "group": if food { "food/rice" } else { "other" },
                    "unit_price": Money::from_fen(price.into()).to_string(), "quantity": quantity.to_string(),
                });
                if kg > 0 {
                    line["content_kg"] = json!(kg.to_string());
                }
                line
            })
            .collect();
        json!({
            "store": "S", "business_date": "2026-11-24", "purses": {"P": "8.00"},
            "beneficiary": {"household": "H", "category": "urban_dibao", "district": "37"}, "lines": lines,
        })
    })
}

fn priced(programmes: &[Value], basket: &Value) -> Priced {
    quote(&json!({ "programmes": programmes }), basket).unwrap()
}

proptest! {
    #[test]
    fn every_line_and_the_total_add_up_and_no_limit_is_exceeded(basket in basket()) {
        let answer = priced(&programmes(), &basket);
        for l in &answer.lines {
            prop_assert_eq!(l.gross, l.net + l.discount + l.promotion);
            prop_assert_eq!(l.discount, l.subsidy + l.concession);
            prop_assert_eq!(l.purse, l.purses.values().copied().sum::<Money>());
            prop_assert!(l.purse <= l.net);
        }
        let t = &answer.totals;
        prop_assert_eq!(t.gross, t.net + t.discount + t.promotion);
        prop_assert_eq!(t.discount, t.subsidy + t.concession);
        prop_assert_eq!(t.due, t.net - t.purse);
        let sum = |code: &str, limit: &str| -> i64 {
            let uses = answer.lines.iter().flat_map(|l| &l.uses);
            uses.filter(|u| u.programme == code && u.limit == limit).map(|u| u.amount.milli()).sum()
        };
        prop_assert!(sum("A", "m") <= 7000);
        prop_assert!(sum("B", "q") <= 4000);
        prop_assert!(sum("C", "s") <= 5000);
        prop_assert!(sum("P", "y") <= 8000);
    }

    #[test]
    fn the_order_of_programmes_does_not_matter(basket in basket(), turn in 0_usize..4) {
        let mut turned = programmes();
        turned.rotate_left(turn);
        prop_assert_eq!(priced(&programmes(), &basket), priced(&turned, &basket));
    }

    #[test]
    fn a_full_return_in_any_steps_reverses_exactly(
        fen in 0_i128..5000, paid in 0_i128..5000, purse in 0_i128..5000, cuts in prop::collection::vec(1_i128..7, 1..8),
    ) {
        let sold = Parts {
            discount: Money::from_fen(fen),
            subsidy: Money::from_fen(fen * 2 / 3),
            paid: Money::from_fen(paid),
            purses: [("P".to_owned(), Money::from_fen(purse))].into(),
        };
        let quantity = Quantity::from_milli(cuts.iter().sum::<i128>() * 1000);
        let (mut back, mut reversed) = (Quantity::ZERO, Parts::default());
        for cut in cuts {
            back = back + Quantity::from_milli(cut * 1000);
            let one = step(&sold, quantity, back, &reversed);
            reversed.add(&one);
        }
        prop_assert_eq!(reversed, sold);
    }
}
