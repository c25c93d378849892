//! Fictitious families: who they are, and the roster file that headquarters imports.

/// The region of fictitious ID numbers: it was never given out, so no living person is hit.
const REGION: &str = "370899";
/// Columns of a roster file (spec/cli.md).
const COLUMNS: &str = "id_number,card_number,name,household,relation,household_size,category,district,home_store,status,valid_from,valid_to,proxy,certificate,street,tags,consent_on\n";

/// The `n`th fictitious ID number, with the right check digit.
pub fn id_number(n: usize) -> String {
    let born = 19_400_101 + (n % 60) * 10_000 + (n / 60 % 12) * 100 + n / 720 % 28;
    let digits = format!("{REGION}{born}{:03}", n % 1000);
    format!("{digits}{}", domain::resident::check_character(&digits))
}

/// The `n`th fictitious card number: 16 digits and Luhn's check digit.
pub fn card_number(n: usize) -> String {
    let digits = format!("{:016}", 7_000_000_000_000_000_u64 + u64::try_from(n).unwrap() * 7919);
    let check = (0..10).find(|check| {
        domain::resident::CardNumber::parse(&format!("{digits}{check}")).is_ok_and(|card| card.is_strong())
    });
    format!("{digits}{}", check.unwrap())
}

/// The `n`th fictitious name.
pub fn name(n: usize) -> String {
    const SURNAMES: [&str; 8] = ["示", "例", "样", "范", "模", "拟", "虚", "构"];
    const GIVEN: [&str; 10] = ["春华", "秋实", "冬青", "夏荷", "松柏", "竹清", "梅香", "兰芳", "菊英", "桂月"];
    format!("{}{}", SURNAMES[n % 8], GIVEN[n / 8 % 10])
}

/// Somebody whose number opens a household.
#[derive(Debug, Clone)]
pub struct Person {
    /// Which fictitious person it is.
    pub n: usize,
    /// `head`, `spouse`, …
    pub relation: &'static str,
    /// Whether the household's card is in their hands.
    pub has_card: bool,
    /// Whether they shop for a household that is not theirs.
    pub is_proxy: bool,
}

/// A fictitious household.
#[derive(Debug, Clone)]
pub struct Household {
    /// Which one it is.
    pub n: usize,
    /// Persons covered.
    pub size: usize,
    /// Category of the schemes' rules.
    pub category: &'static str,
    /// District that it lives in.
    pub district: &'static str,
    /// Store where it usually shops, from 1; none: anywhere.
    pub home_store: Option<usize>,
    /// Where its entitlement stands.
    pub status: &'static str,
    /// First and last day of the entitlement.
    pub validity: (&'static str, &'static str),
    /// Who may shop for it.
    pub people: Vec<Person>,
}

impl Household {
    /// The name by which roster files know it.
    pub fn name(&self) -> String {
        format!("DEMO-{:05}", self.n)
    }

    /// Whether it may be given something now.
    pub fn is_eligible(&self) -> bool {
        matches!(self.status, "active" | "grace") && self.validity.1.is_empty()
    }

    fn rows(&self) -> String {
        let row = |person: &Person| {
            let card = if person.has_card { card_number(self.n) } else { String::new() };
            let home = self.home_store.map(|n| format!("S{n:03}")).unwrap_or_default();
            let (from, to) = self.validity;
            format!(
                "{},{card},{},{},{},{},{},{},{home},{},{from},{to},{},,演示街道{}号,,{from}\n",
                id_number(person.n),
                name(person.n),
                self.name(),
                person.relation,
                self.size,
                self.category,
                self.district,
                self.status,
                person.is_proxy,
                self.n,
            )
        };
        self.people.iter().map(row).collect()
    }
}

/// The first `count` fictitious households. Of every twenty-five, five have an entitlement that is not plain.
pub fn households(count: usize) -> Vec<Household> {
    const CATEGORIES: [&str; 8] = [
        "urban_dibao",
        "tekun",
        "dibao_marginal",
        "rigid_expenditure",
        "urban_dibao",
        "urban_dibao",
        "dibao_marginal",
        "urban_dibao",
    ];
    const DISTRICTS: [&str; 3] = ["370811", "370812", "370826"];
    let mut people_so_far = 0;
    let mut head_before = None;
    let mut all = Vec::with_capacity(count);
    for n in 0..count {
        let mut person = |relation, has_card| {
            people_so_far += 1;
            Person { n: people_so_far - 1, relation, has_card, is_proxy: false }
        };
        // Some have not fetched their card.
        let head = person("head", n % 6 != 5);
        let head_n = head.n;
        let mut people = vec![head];
        if n % 3 == 0 {
            people.push(person("spouse", false));
        }
        if n % 11 == 10 {
            people.push(person("parent", false));
        }
        // A neighbour shops for every fifteenth.
        if let Some(neighbour) = head_before.filter(|_| n % 15 == 14) {
            people.push(Person { n: neighbour, relation: "other", has_card: false, is_proxy: true });
        }
        head_before = Some(head_n);
        let (status, validity) = standing(n);
        all.push(Household {
            n,
            size: (1 + n % 5).max(people.iter().filter(|p| !p.is_proxy).count()),
            category: CATEGORIES[n % CATEGORIES.len()],
            district: DISTRICTS[n % 3],
            home_store: (n % 10 != 9).then_some(n % 3 + 1),
            status,
            validity,
            people,
        });
    }
    all
}

fn standing(n: usize) -> (&'static str, (&'static str, &'static str)) {
    match n % 25 {
        20 => ("grace", ("2025-07-01", "")),
        21 => ("suspended", ("2026-01-01", "")),
        22 => ("ended", ("2025-01-01", "2026-03-31")),
        // It ran out and nobody has renewed it.
        23 => ("active", ("2025-07-01", "2026-06-30")),
        24 => (if n % 50 == 24 { "moved" } else { "deceased" }, ("2026-01-01", "")),
        _ => ("active", ("2026-01-01", "")),
    }
}

/// A roster of so many fictitious households, as headquarters imports it.
pub fn roster_csv(count: usize) -> String {
    households(count).iter().fold(COLUMNS.to_owned(), |csv, household| csv + &household.rows())
}
