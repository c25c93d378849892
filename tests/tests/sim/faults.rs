//! What goes wrong in a seed: each seed draws its own mixture, so that every fault meets quiet days, too.

use tests::month::dice::Dice;

/// Chances in a hundred, and what may happen at all.
#[derive(Debug, Clone, Copy, Default)]
pub struct Faults {
    /// A request does not arrive.
    pub lose_request: i64,
    /// An answer does not arrive.
    pub lose_answer: i64,
    /// A request arrives twice at once.
    pub duplicate: i64,
    /// A request arrives when nobody waits for its answer any more.
    pub delay: i64,
    /// A request that was answered arrives again later, after others.
    pub arrive_again: i64,
    /// A till's line goes and comes back.
    pub cuts: bool,
    /// A till crashes at any of its calls.
    pub crashes_till: bool,
    /// Headquarters crashes.
    pub crashes_hq: bool,
    /// A till's folder is put back as it was earlier.
    pub restores_till: bool,
    /// A till's folder runs on two machines.
    pub clones: bool,
    /// Headquarters is restored from a backup.
    pub restores_hq: bool,
    /// Machines' clocks jump.
    pub steps_clocks: bool,
}

impl Faults {
    /// The mixture of a seed.
    pub fn draw(dice: &mut Dice) -> Self {
        let mut some = |most: i64| if dice.chance(50) { dice.between(1, most) } else { 0 };
        let (lose_request, lose_answer) = (some(8), some(8));
        let (duplicate, delay, arrive_again) = (some(10), some(8), some(12));
        Self {
            lose_request,
            lose_answer,
            duplicate,
            delay,
            arrive_again,
            cuts: dice.chance(60),
            crashes_till: dice.chance(50),
            crashes_hq: dice.chance(40),
            restores_till: dice.chance(25),
            clones: dice.chance(12),
            restores_hq: dice.chance(20),
            steps_clocks: dice.chance(40),
        }
    }

    /// Whether every till is the only one of its name, and nothing was ever put back.
    pub fn keeps_disks(&self) -> bool {
        !self.restores_till && !self.clones && !self.restores_hq
    }
}
