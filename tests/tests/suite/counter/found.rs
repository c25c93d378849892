//! What the model found, each as the shortest way to it.

use super::actions::{Action, Allows, Given, Goods};
use super::bench::Bench;
use super::catalogue::Rounding;

const RICE: Action = Action::Scan(Goods::Item(0), None);

fn pay(kind: usize, given: Given) -> Action {
    Action::Pay { kind, given, seen: true, twice: false }
}

#[test]
fn what_was_found_stays_mended() {
    let shop = super::shop();
    let replay = |rounding, actions: &[Action]| {
        let mut bench = Bench::start(shop.dir.path(), rounding, true);
        for action in actions {
            bench.act(action);
            bench.agree();
        }
        bench.end();
    };
    // 41.39 are asked as 41.40: whoever gives 41.39 has paid, and nobody is asked for less than nothing.
    let allows = Allows::Manager;
    let odd = Action::Off { line: 0, fen: 1, allows };
    replay(Rounding::HalfUp, &[RICE, odd.clone(), pay(0, Given::Exact)]);
    let odder = Action::Off { line: 0, fen: 4, allows };
    replay(Rounding::HalfUp, &[RICE, odder, pay(0, Given::More(2))]);
    // A locked till tells nobody what is in the drawer, and nobody closes its shift or its day.
    replay(Rounding::None, &[Action::Lock, Action::Report, Action::CloseShift { off: 0 }]);
    replay(Rounding::None, &[Action::CloseShift { off: 0 }, Action::Lock, Action::CloseDay]);
    // Who gets a whole sale back gets what was paid, and not what was waived or rounded off.
    let waived = Action::WaiveMore { fen: 907, allows };
    replay(Rounding::Down, &[RICE, waived, pay(0, Given::All), Action::Void(allows)]);
    // A price by hand and then a discount by hand: both are there after the basket has waited.
    let price = Action::Price { line: 0, fen: 3000, allows };
    replay(Rounding::None, &[RICE, price, odd, Action::Park, Action::Recall(0), pay(1, Given::All)]);
}
