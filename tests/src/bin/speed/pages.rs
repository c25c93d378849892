//! Each page, and the statements that it cannot do without.

use crate::fill::Made;

/// A page.
pub struct Page {
    /// What it is.
    pub name: String,
    /// Who opens it.
    pub who: &'static str,
    /// Its address.
    pub path: String,
    /// Its bare SQL: what it lists, and what it counts beside.
    pub sql: Vec<String>,
}

/// A list of claims by a condition, in an order.
fn claims(condition: &str, order: &str) -> String {
    format!(
        "SELECT uuid, store, till, sale, business_date, state, reasons, claimed_fen, granted_fen FROM claims
         WHERE {condition} ORDER BY {order} DESC, id DESC LIMIT 50"
    )
}

/// What a list says of all claims that it found, up to so many.
fn counted(from: &str) -> String {
    format!(
        "SELECT count(*), sum(claimed_fen), sum(granted_fen) FROM (SELECT claims.claimed_fen, claims.granted_fen FROM {from} LIMIT 10001) AS first"
    )
}

const SUMS: &str = "sum(claims), sum(discount_fen), sum(subsidy_fen), sum(purse_fen)";

/// A kept sum by a column.
fn sums(table: &str, key: &str, condition: &str) -> String {
    format!("SELECT {key}, {SUMS} FROM {table} WHERE {condition} GROUP BY {key}")
}

const BY_PROGRAMME: &str = "claims JOIN claim_programmes p ON p.claim_id = claims.id WHERE 1 = 1";

/// All of them.
pub fn pages(made: &Made) -> Vec<Page> {
    let page =
        |name: &str, who, path: &str, sql: String| Page { name: name.into(), who, path: path.into(), sql: vec![sql] };
    let (family, by_date) = (&made.household, "business_date");
    let in_march = "business_date BETWEEN '2026-03-01' AND '2026-03-31'";
    let mut pages = vec![
        page("home", "reviewer", "/console", "SELECT state, sum(claims) FROM claim_totals GROUP BY state".into()),
        page("claims", "reviewer", "/console/claims", claims("1 = 1", by_date)),
        page("claims of a store", "reviewer", "/console/claims?store=S003", claims("store = 'S003'", by_date)),
        page("claims, a manager's", "manager", "/console/claims", claims("store = 'S003'", by_date)),
        page(
            "claims, a county's",
            "auditor",
            "/console/claims",
            claims("store IN ('S002','S012','S022','S032')", by_date),
        ),
        page("claims held", "reviewer", "/console/claims?state=held", claims("state = 'held'", by_date)),
        page(
            "claims for a reason",
            "reviewer",
            "/console/claims?reason=R15",
            claims("reasons <> '[]' AND reasons LIKE '%R15%'", by_date),
        ),
        page(
            "claims for a reason that none has",
            "reviewer",
            "/console/claims?reason=R01",
            claims("reasons <> '[]' AND reasons LIKE '%R01%'", by_date),
        ),
        page(
            "claims of a programme",
            "reviewer",
            "/console/claims?programme=MEAT",
            "SELECT c.uuid FROM claim_programmes p JOIN claims c ON c.id = p.claim_id WHERE p.programme = 'MEAT'
             ORDER BY p.day DESC, p.claim_id DESC LIMIT 50"
                .into(),
        ),
        page(
            "claims of a programme that none has",
            "reviewer",
            "/console/claims?programme=NONE",
            "SELECT claim_id FROM claim_programmes WHERE programme = 'NONE' ORDER BY day DESC LIMIT 50".into(),
        ),
        page(
            "claims of a household",
            "reviewer",
            &format!("/console/claims?household={family}"),
            claims(&format!("household = '{family}'"), by_date),
        ),
        page(
            "claims of a month",
            "reviewer",
            "/console/claims?from=2026-03-01&to=2026-03-31",
            claims(in_march, by_date),
        ),
        page("claims by number", "reviewer", "/console/claims?sale=000123", claims("sale = '000123'", by_date)),
        page(
            "claims behind a figure",
            "reviewer",
            "/console/claims?given=1&from=2026-03-01&to=2026-03-31&programme=EGG&category=tekun",
            "SELECT c.uuid FROM claim_programmes p JOIN claims c ON c.id = p.claim_id WHERE p.programme = 'EGG'
             AND p.day BETWEEN '2026-03-01' AND '2026-03-31' AND c.category = 'tekun'
             ORDER BY p.day DESC, p.claim_id DESC LIMIT 50"
                .into(),
        ),
        page("stores", "reviewer", "/console/stores", "SELECT store, till FROM tills ORDER BY store, till".into()),
        page(
            "households",
            "reviewer",
            "/console/households",
            "SELECT household, name_masked FROM members WHERE to_version IS NULL ORDER BY district, id LIMIT 50".into(),
        ),
        page(
            "audit",
            "auditor",
            "/console/audit",
            "SELECT at, who, action FROM audit ORDER BY id DESC LIMIT 50".into(),
        ),
        page(
            "usage by month",
            "reviewer",
            "/console/usage",
            sums("usage_months", "month", "month LIKE '2026-%' AND programme = ''"),
        ),
        page(
            "usage, a county's",
            "auditor",
            "/console/usage",
            "SELECT count(DISTINCT household) FROM usage_reach
             WHERE period = '2026' AND programme = '' AND store IN ('S002','S012','S022','S032')"
                .into(),
        ),
        page(
            "usage, a manager's",
            "manager",
            "/console/usage",
            sums("usage_months", "month", "month LIKE '2026-%' AND programme = '' AND store = 'S003'"),
        ),
        page(
            "stores compared",
            "reviewer",
            "/console/usage/stores",
            sums("usage_months", "store", "month LIKE '2026-%' AND programme = ''"),
        ),
        page(
            "prices of a store",
            "reviewer",
            "/console/usage/stores?store=S003",
            "SELECT * FROM usage_prices WHERE month = '2026-12'".into(),
        ),
        page("funds", "reviewer", "/console/usage/funds", sums("usage_months", "month, programme", "programme <> ''")),
        page(
            "not reached",
            "reviewer",
            "/console/unreached",
            "SELECT category, count(DISTINCT household) FROM members WHERE status IN ('active', 'grace')
             AND from_version <= 1 GROUP BY category"
                .into(),
        ),
        page(
            "disclosure",
            "reviewer",
            "/console/disclosure?quarter=2026-Q3",
            "SELECT programme, sum(claims), count(DISTINCT store) FROM usage_months
             WHERE month IN ('2026-07', '2026-08', '2026-09') AND programme <> '' GROUP BY programme"
                .into(),
        ),
    ];
    for (name, from) in [
        ("claims for a reason", "claims WHERE reasons <> '[]' AND reasons LIKE '%R15%'".to_owned()),
        ("claims of a programme", format!("{BY_PROGRAMME} AND p.programme = 'MEAT'")),
        ("claims of a household", format!("claims WHERE household = '{family}'")),
        ("claims of a month", format!("claims WHERE {in_march}")),
        (
            "claims behind a figure",
            format!("{BY_PROGRAMME} AND p.programme = 'EGG' AND {in_march} AND category = 'tekun'"),
        ),
        ("households", String::new()),
        ("usage, a county's", String::new()),
    ] {
        let page = pages.iter_mut().find(|page| page.name == name);
        let Some(page) = page else { continue };
        page.sql.extend(match name {
            "households" => vec!["SELECT count(DISTINCT household) FROM members WHERE to_version IS NULL".into()],
            "usage, a county's" => vec![
                sums("usage_months", "month", "month LIKE '2026-%' AND programme = ''"),
                "SELECT period, count(DISTINCT household) FROM usage_reach
                 WHERE period LIKE '2026-__' AND programme = '' AND store IN ('S002','S012','S022','S032')
                 GROUP BY period"
                    .into(),
            ],
            _ => vec![counted(&from)],
        });
    }
    for (sort, column) in [
        ("store", "store"),
        ("sale", "sale"),
        ("state", "state"),
        ("claimed", "claimed_fen"),
        ("granted", "granted_fen"),
    ] {
        pages.push(page(
            &format!("claims by {sort}"),
            "reviewer",
            &format!("/console/claims?sort={sort}"),
            claims("1 = 1", column),
        ));
        pages.push(page(
            &format!("claims of a month by {sort}"),
            "reviewer",
            &format!("/console/claims?sort={sort}&from=2026-03-01&to=2026-03-31"),
            claims(in_march, column),
        ));
    }
    for by in ["day", "store", "district", "programme", "category", "size", "goods"] {
        let sql = match by {
            "day" => sums("usage_days", "day", "day BETWEEN '2026-12-01' AND '2026-12-31' AND programme = ''"),
            "goods" => sums("usage_goods", "product_group", "month LIKE '2026-%'"),
            "programme" => sums("usage_months", "programme", "month LIKE '2026-%' AND programme <> ''"),
            column => sums("usage_months", column, "month LIKE '2026-%' AND programme = ''"),
        };
        pages.push(page(&format!("usage by {by}"), "reviewer", &format!("/console/usage?by={by}"), sql));
    }
    pages
}
