//! Quarterly disclosure: small groups, versions, files, and who publishes.

use std::ops::Range;

use hq::params;
use hq::service::Hq;
use hq::store::usage::recount;
use tests::Lab;

use crate::site::{Site, Visitor};

const QUARTER: &str = "2026-Q2";
const PATH: &str = "/console/disclosure?quarter=2026-Q2";

fn fund(code: &str) -> String {
    format!(
        r#"{{"code": "{code}", "version": 1, "name": {{"zh": "项目{code}", "en": "Project {code}"}}, "fund": "FUND",
            "valid_from": "2026-01-01", "valid_to": "2099-12-31", "categories": ["tekun"],
            "scope": {{"include": ["all"], "exclude": []}}, "benefit": {{"percent_off": "8"}}, "subsidy_share": "100",
            "limits": [], "priority": 50}}"#
    )
}

/// Headquarters with programmes A to D of one fund.
fn lab() -> Lab {
    let lab = Lab::default();
    lab.hq_ok(&["store", "add", "S001", "--name", "和平路店", "--district", "370811"]);
    let programmes: Vec<String> = ["PA", "PB", "PC", "PD"].map(fund).into();
    let file = lab.file("programmes.json", format!(r#"{{"programmes": [{}]}}"#, programmes.join(",")).as_bytes());
    lab.hq_ok(&["programmes", "import", &file]);
    lab
}

/// One claim of each family under a programme, for so much.
fn claims(lab: &Lab, programme: &str, families: Range<u32>, fen: i64) {
    let hq = Hq::open(lab.place(), &lab.hq_dir().join("keys.json")).unwrap();
    let db = hq.db();
    db.conn
        .execute("INSERT INTO tills (id, store, till) VALUES (1, 'S001', '01') ON CONFLICT DO NOTHING", params![])
        .unwrap();
    for family in families {
        let next: i64 = db.conn.value("SELECT coalesce(max(id), 0) + 1 FROM records", params![]).unwrap();
        let sql = "INSERT INTO records (id, till_id, epoch, seq, uuid, kind, hash, jws, branch, outcome, reasons, received_at)
                   VALUES (?1, 1, 'e', ?1, ?2, 'claim', ?2, '', 0, 'accepted', '[]', 0)";
        db.conn.execute(sql, params![next, format!("u{next}")]).unwrap();
        let sql =
            "INSERT INTO claims (id, record_id, uuid, till_id, store, till, business_date, household, state, reasons,
                     totals, granted, posted, heard, version, category, size, district, counted)
                   VALUES (?1, ?1, ?2, 1, 'S001', '01', '2026-05-06', ?3, 'accepted', '[]', '{}', '{}', '[]', '', ?1,
                     'tekun', 1, '370811', 1)";
        db.conn.execute(sql, params![next, format!("u{next}"), format!("H{family:03}")]).unwrap();
        let sql =
            "INSERT INTO claim_programmes (claim_id, programme, asked_fen, discount_fen, subsidy_fen, purse_fen, day)
                   VALUES (?1, ?2, ?3, ?3, ?3, 0, '2026-05-06')";
        db.conn.execute(sql, params![next, programme, fen]).unwrap();
    }
    let tx = db.begin().unwrap();
    recount::fill(&tx).unwrap();
    tx.commit().unwrap();
}

fn publish(visitor: &mut Visitor, reason: &str) -> String {
    let sent = visitor.post("/console/disclosure", &[("quarter", QUARTER), ("reason", reason)], None);
    assert_eq!(sent.status, 303);
    visitor.get(&sent.location).body
}

/// The cells of a page's rows of one project.
fn row(page: &str, project: &str) -> Option<Vec<String>> {
    let at = page.find(&format!("<td>{project}"))?;
    let row = page[at..].split("</tr>").next()?;
    Some(
        row.split("<td")
            .skip(1)
            .map(|cell| {
                let text = cell.split_once('>').map_or("", |(_, text)| text);
                text.split('<').next().unwrap_or_default().trim().to_owned()
            })
            .collect(),
    )
}

#[test]
fn small_groups_stand_together_and_corrections_are_explained() {
    let lab = lab();
    claims(&lab, "PA", 0..20, 1_000);
    claims(&lab, "PB", 0..3, 700);
    claims(&lab, "PC", 30..38, 500);
    let server = lab.serve();
    let site = Site::of(lab, server);
    let mut auditor = site.signed_in("auditor");
    let page = auditor.get(PATH).body;
    // B has three families: C goes with it, or the total less A and C would tell of them.
    assert_eq!(row(&page, "项目PA").unwrap()[4..], ["20", "20", "¥200.00", "¥0.00", "1"]);
    assert_eq!(row(&page, "其他 2 个项目").unwrap()[4..], ["11", "11", "¥61.00", "¥0.00", "1"]);
    assert!(row(&page, "项目PB").is_none() && !page.contains("¥21.00") && !page.contains("¥40.00"));
    assert_eq!(auditor.post("/console/disclosure", &[("quarter", QUARTER)], None).status, 403);
    assert_eq!(site.signed_in("manager").get(PATH).status, 403);

    let mut accountant = site.signed_in("accountant");
    let page = publish(&mut accountant, "");
    assert!(page.contains("第 1 版") && page.contains("不用更正"));
    let file = |visitor: &mut Visitor, kind: &str| {
        visitor.get(&format!("/console/disclosure/file?quarter={QUARTER}&version=1&as={kind}")).headers["content-type"]
            .clone()
    };
    assert_eq!(file(&mut accountant, "csv"), "text/csv; charset=utf-8");
    let csv = accountant.get(&format!("/console/disclosure/file?quarter={QUARTER}&version=1")).body;
    assert!(csv.contains("项目PA") && csv.contains("200.00") && !csv.contains("21.00"));
    assert!(accountant.get(&format!("/console/disclosure/file?quarter={QUARTER}&version=9")).status == 404);

    // One family more under A: the difference would tell of it, so A stays as it was published.
    claims(&site.lab, "PA", 20..21, 999);
    let page = accountant.get(PATH).body;
    assert!(!page.contains("209.99") && page.contains("不用更正"), "{page}");
    // Six more under C: told of, with a reason.
    claims(&site.lab, "PC", 38..44, 500);
    let refused = publish(&mut accountant, "");
    assert!(refused.contains("请写明") && !refused.contains("第 2 版"), "{refused}");
    let page = publish(&mut accountant, "补录漏报的六户");
    assert!(page.contains("第 2 版") && page.contains("更正说明：补录漏报的六户") && page.contains("第 1 版"));
    assert_eq!(row(&page, "其他 2 个项目").unwrap()[4..], ["17", "17", "¥91.00", "¥0.00", "1"]);
    assert!(page.contains("项目PA *") && !page.contains("209.99"));
    // D is new and small: it has no row, since it would be a difference of the two tables.
    claims(&site.lab, "PD", 0..2, 123);
    assert!(accountant.get(PATH).body.contains("不用更正"));
    let audit = site.signed_in("auditor").get("/console/audit?action=disclosure%20publish").body;
    assert!(audit.contains("补录漏报的六户"));
}

#[test]
fn a_quarter_that_goes_on_is_not_published() {
    let site = Site::open();
    let claim = &site.lab.claims()[0];
    let date = claim["business_date"].as_str().unwrap();
    let month: u32 = date[5..7].parse().unwrap();
    let quarter = format!("{}-Q{}", &date[..4], month.div_ceil(3));
    let mut accountant = site.signed_in("accountant");
    let page = accountant.get(&format!("/console/disclosure?quarter={quarter}")).body;
    assert!(page.contains("不足 5 户，不列") && page.contains("季度结束后才能发布"), "{page}");
    let sent = accountant.post("/console/disclosure", &[("quarter", &quarter)], None);
    assert!(accountant.get(&sent.location).body.contains("还没有结束"));
}
