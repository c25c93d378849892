use hq::service::access::Role;
use hq::service::roster::applications::{self, Said};
use hq::service::roster::edit::{self, Added, Correction};
use hq::service::roster::review::{self, Outcome};
use hq::service::roster::{cards, import, privacy};
use hq::store::{cards as kept, people};

use crate::{Desk, id_number, keeper, person};

const HEAD: &str =
    "id_number,name,household,relation,household_size,category,district,home_store,status,valid_from,card_number\n";

/// Two families; the first has a card from the file.
fn desk() -> (Desk, Vec<(String, String)>) {
    let desk = Desk::open();
    let rows = format!(
        "{HEAD}{},王春华,F1,head,2,urban_dibao,370811,S001,active,2026-01-01,12345678901234566\n{},李秋实,F2,head,1,tekun,370812,S001,active,2026-01-01,\n",
        id_number(1),
        id_number(2)
    );
    import(&desk.hq, rows.as_bytes(), false, &mut |_, _| {}).unwrap().unwrap();
    let sql = "SELECT household, person FROM members ORDER BY id";
    let all = desk.hq.db().conn.all(sql, hq::params![], |r| Ok((r.get(0)?, r.get(1)?))).unwrap();
    (desk, all)
}

fn opens(desk: &Desk, text: &str) -> usize {
    let mac = desk.hq.keys.mac("credential", text);
    people::opened_by(&desk.hq.db().conn, &mac).unwrap().len()
}

fn sealed_for_stores(desk: &Desk, text: &str) -> bool {
    let mac = desk.hq.keys.mac("credential", text);
    let sql = "SELECT count(*) > 0 FROM roster_items WHERE mac = ?1 AND deleted = 0";
    desk.hq.db().conn.value(sql, hq::params![mac]).unwrap()
}

fn card_of(desk: &Desk, household: &str) -> Option<String> {
    let whole = privacy::look(&desk.hq, &keeper(), household, "核对卡号").unwrap().unwrap();
    whole[0].private.card_number.clone()
}

#[test]
fn a_lost_card_opens_nothing_and_no_file_brings_it_back() {
    let (desk, all) = desk();
    let (household, who) = &all[0];
    let card = "card:12345678901234566";
    assert!(opens(&desk, card) == 1 && sealed_for_stores(&desk, card));
    cards::lose(&desk.hq, &keeper(), household, who, "本人挂失").unwrap().unwrap();
    assert!(opens(&desk, card) == 0 && !sealed_for_stores(&desk, card));
    let again = format!(
        "{HEAD}{},王春华,F1,head,2,urban_dibao,370811,S001,active,2026-01-01,12345678901234566\n",
        id_number(1)
    );
    let outcome = import(&desk.hq, again.as_bytes(), false, &mut |_, _| {}).unwrap().unwrap();
    assert!(outcome.warnings.iter().any(|text| text.contains("lost")), "{outcome:?}");
    assert_eq!(opens(&desk, card), 0);
    // The new one is drawn, strong, opens at once, and stays where the file knows nothing of it.
    cards::replace(&desk.hq, &keeper(), household, who, "补卡").unwrap().unwrap();
    let number = card_of(&desk, household).unwrap();
    assert!(domain::resident::CardNumber::parse(&number).unwrap().is_strong() && number.len() == 17);
    let card = format!("card:{number}");
    assert!(opens(&desk, &card) == 1 && sealed_for_stores(&desk, &card));
    let silent = again.replace("12345678901234566", "");
    import(&desk.hq, silent.as_bytes(), false, &mut |_, _| {}).unwrap().unwrap();
    assert_eq!(opens(&desk, &card), 1);
    let db = desk.hq.db();
    let history = kept::of_household(&db.conn, household).unwrap();
    let states: Vec<_> = history.iter().map(|card| card.state.as_str()).collect();
    assert_eq!(states, ["active", "lost"]);
    assert_eq!(kept::events(&db.conn, history[1].id).unwrap()[0].event, "lost");
}

#[test]
fn a_proxy_with_a_letter_shops_for_several_families() {
    let (desk, all) = desk();
    let proxy = Added {
        number: id_number(9),
        name: "周松柏".into(),
        relation: "other".into(),
        proxy: true,
        authority_on: String::new(),
    };
    let add = |household: &str, added: &Added| edit::add(&desk.hq, &keeper(), household, added, "邻居代办").unwrap();
    assert!(add(&all[0].0, &proxy).unwrap_err().zh.contains("委托书"));
    let proxy = Added { authority_on: "2026-05-01".into(), ..proxy };
    for (household, _) in &all {
        add(household, &proxy).unwrap();
    }
    assert_eq!(opens(&desk, &id_number(9)), 2);
    assert!(sealed_for_stores(&desk, &id_number(9)));
    assert!(add(&all[0].0, &proxy).is_err(), "once in a household");
    let db = desk.hq.db();
    let person: String = db.conn.value("SELECT person FROM members WHERE proxy = 1 LIMIT 1", hq::params![]).unwrap();
    drop(db);
    edit::remove(&desk.hq, &keeper(), &all[0].0, &person, "不再代办").unwrap().unwrap();
    assert_eq!(opens(&desk, &id_number(9)), 1);
    assert!(
        edit::remove(&desk.hq, &keeper(), &all[0].0, &all[0].1, "搬走").unwrap().unwrap_err().zh.contains("最后一个人")
    );
}

#[test]
fn a_correction_has_a_reason_and_makes_a_version() {
    let (desk, all) = desk();
    let (household, who) = &all[0];
    let fixed = Correction {
        person: who.clone(),
        name: "王春花".into(),
        relation: "head".into(),
        status: "suspended".into(),
        valid_from: "2026-01-01".into(),
        valid_to: String::new(),
    };
    for reason in ["", "a", "见 110105194912310021"] {
        assert!(edit::correct(&desk.hq, &keeper(), household, &fixed, reason).unwrap().is_err(), "{reason}");
    }
    edit::correct(&desk.hq, &keeper(), household, &fixed, "按户口本更正").unwrap().unwrap();
    assert!(desk.rows().iter().any(|row| row.1 == "王*花" && row.2 == "suspended"));
    assert_eq!(people::history(&desk.hq.db().conn, household).unwrap().len(), 2);
    assert_eq!(
        desk.count("SELECT count(*) FROM roster_versions WHERE kind = 'edit' AND changed = 1 AND who = 'lan'"),
        1
    );
}

#[test]
fn every_look_has_a_reason_and_is_noted() {
    let (desk, all) = desk();
    let household = &all[0].0;
    assert!(privacy::look(&desk.hq, &keeper(), household, " ").unwrap().is_err());
    let whole = privacy::look(&desk.hq, &person("ming", Role::Reviewer), household, "核对异常申报").unwrap().unwrap();
    assert_eq!((whole[0].private.name.as_str(), whole[0].number.as_str()), ("王春华", id_number(1).as_str()));
    for role in [Role::Manager, Role::Admin, Role::Payer, Role::Accountant, Role::Approver] {
        assert!(privacy::look(&desk.hq, &person("x", role), household, "看看").unwrap().is_err(), "{role:?}");
    }
    let mut county = keeper();
    county.district = Some("370826".into());
    assert!(privacy::look(&desk.hq, &county, household, "核对").unwrap().is_err());
    let db = desk.hq.db();
    let events = kept::household_events(&db.conn, household, 9).unwrap();
    assert_eq!((events.len(), events[0].by.as_str(), events[0].reason.as_str()), (1, "ming", "核对异常申报"));
    let noted: i64 =
        db.conn.value("SELECT count(*) FROM audit WHERE action = 'household look'", hq::params![]).unwrap();
    assert_eq!(noted, 1);
}

#[test]
fn a_family_can_be_only_kept_exported_and_deleted() {
    let (desk, all) = desk();
    let household = &all[1].0;
    privacy::block(&desk.hq, &keeper(), household, true, "本人要求").unwrap().unwrap();
    assert!(opens(&desk, &id_number(2)) == 0 && !sealed_for_stores(&desk, &id_number(2)));
    let row = format!("{HEAD}{},李秋石,F2,head,1,tekun,370812,S001,active,2026-01-01,\n", id_number(2));
    let outcome = import(&desk.hq, row.as_bytes(), false, &mut |_, _| {}).unwrap().unwrap();
    assert!((outcome.changed, outcome.unchanged) == (0, 1) && outcome.warnings[0].contains("only kept"));
    assert!(cards::issue(&desk.hq, &keeper(), household, &all[1].1, "发卡").unwrap().is_err());
    let sheet = privacy::export(&desk.hq, &keeper(), household, "本人查询").unwrap().unwrap();
    let text = sheet.to_csv();
    assert!(text.contains(&id_number(2)) && text.contains("李秋实") && text.contains("改为只保存"), "{text}");
    assert!(privacy::on_paper(sheet).unwrap().starts_with(b"%PDF"));
    assert!(privacy::export(&desk.hq, &person("ming", Role::Reviewer), household, "查询").unwrap().is_err());
    privacy::block(&desk.hq, &keeper(), household, false, "本人撤回").unwrap().unwrap();
    assert!(opens(&desk, &id_number(2)) == 1 && sealed_for_stores(&desk, &id_number(2)));
    privacy::erase(&desk.hq, &keeper(), household, "本人要求删除").unwrap().unwrap();
    assert!(opens(&desk, &id_number(2)) == 0 && !sealed_for_stores(&desk, &id_number(2)));
    assert!(desk.rows().iter().all(|row| row.0 != *household));
    assert_eq!(
        desk.count("SELECT count(*) FROM members WHERE name_masked = '*'"),
        1,
        "its history says nothing any more"
    );
    // The same person can come back as somebody new.
    import(&desk.hq, row.as_bytes(), false, &mut |_, _| {}).unwrap().unwrap();
    assert_eq!(opens(&desk, &id_number(2)), 1);
}

#[test]
fn reviews_come_due_and_lead_to_grace_or_an_end() {
    let (desk, all) = desk();
    let household = &all[0].0;
    assert_eq!(desk.count("SELECT count(*) FROM households WHERE review_on IS NOT NULL"), 2);
    let day = |text: &str| chrono::NaiveDate::parse_from_str(text, "%Y-%m-%d").unwrap();
    let reviewed = |came, next| review::reviewed(&desk.hq, &keeper(), household, came, next, "入户核查").unwrap();
    assert!(reviewed(Outcome::Grace(day("2020-01-01")), None).is_err());
    reviewed(Outcome::Grace(day("2099-01-01")), None).unwrap();
    assert_eq!(desk.rows()[1].2, "grace");
    reviewed(Outcome::Stays, Some(day("2099-06-01"))).unwrap();
    assert_eq!(desk.count("SELECT count(*) FROM households WHERE review_on = '2099-06-01'"), 1);
    assert!(desk.rows().iter().all(|row| row.2 == "active"));
    reviewed(Outcome::Ends, None).unwrap();
    assert!(desk.rows().iter().any(|row| row.2 == "ended"));
    assert_eq!(desk.count("SELECT count(*) FROM households WHERE review_on IS NULL"), 1);
    assert!(review::set_rule(&desk.hq, &keeper(), "tekun", Some(61)).unwrap().is_err());
    assert!(review::set_rule(&desk.hq, &person("a", Role::Admin), "tekun", Some(6)).unwrap().is_err());
    review::set_rule(&desk.hq, &keeper(), "tekun", Some(3)).unwrap().unwrap();
}

#[test]
fn an_application_is_confirmed_by_the_list_and_ends_with_a_card() {
    let (desk, _) = desk();
    let said = |n: usize| Said {
        name: "周松柏".into(),
        number: id_number(n),
        certificate: "K1".into(),
        district: "370811".into(),
        category: "urban_dibao".into(),
        size: "1".into(),
        street: "演示街道 1 号".into(),
        phone: "13800000000".into(),
        consent: "yes".into(),
        consent_on: "2026-11-01".into(),
    };
    let apply = |said: &Said| applications::apply(&desk.hq, &keeper(), said).unwrap();
    assert!(apply(&Said { consent: String::new(), ..said(20) }).unwrap_err().zh.contains("同意"));
    assert!(apply(&Said { consent_on: "2999-01-01".into(), ..said(20) }).is_err());
    let (on_it, not_on_it) = (apply(&said(20)).unwrap(), apply(&said(21)).unwrap());
    assert!(apply(&said(20)).unwrap_err().zh.contains("没办完"));
    let list = format!("姓名,身份证号,低保证号,类别,地区代码\n周松柏,{},K1,城市低保,370811\n", id_number(20));
    let sent =
        hq::service::roster::imports::Sent {
            source: "确认.csv", bytes: list.as_bytes(), mapping: "", confirms: true
        };
    let id = hq::service::roster::imports::take(&desk.hq, &keeper(), &sent).unwrap().unwrap();
    hq::service::roster::imports::work(&desk.hq, id);
    desk.apply(&desk.import(id));
    let state = |id| hq::store::applications::one(&desk.hq.db().conn, id).unwrap().unwrap();
    assert_eq!((state(on_it).state.as_str(), state(not_on_it).state.as_str()), ("confirmed", "absent"));
    let (household, who) = (state(on_it).household.unwrap(), state(on_it).person.unwrap());
    let whole = privacy::look(&desk.hq, &keeper(), &household, "核对同意书").unwrap().unwrap();
    assert_eq!(whole[0].private.consent_on.unwrap().to_string(), "2026-11-01");
    cards::issue(&desk.hq, &keeper(), &household, &who, "首次发卡").unwrap().unwrap();
    assert_eq!(state(on_it).state, "issued");
    assert!(applications::refuse(&desk.hq, &keeper(), on_it, "重复").unwrap().is_err());
    applications::refuse(&desk.hq, &keeper(), not_on_it, "民政名单里没有，请先到社区申请低保").unwrap().unwrap();
    assert!(state(not_on_it).reason.starts_with("民政名单"));
}

#[test]
fn a_person_may_stand_in_two_households() {
    let (desk, _) = desk();
    let row = |household: &str, proxy: &str| {
        format!("{},王春华,{household},other,1,tekun,370812,S001,active,2026-01-01,{proxy}\n", id_number(1))
    };
    let file = format!("{}{}", HEAD.replace("card_number", "proxy"), row("F2", "true"));
    import(&desk.hq, file.as_bytes(), false, &mut |_, _| {}).unwrap().unwrap();
    assert_eq!(opens(&desk, &id_number(1)), 2);
    let file = format!("{}{}", HEAD.replace("card_number", "proxy"), row("F9", "false"));
    let dry = import(&desk.hq, file.as_bytes(), true, &mut |_, _| {}).unwrap().unwrap();
    assert_eq!(dry, import(&desk.hq, file.as_bytes(), false, &mut |_, _| {}).unwrap().unwrap());
    assert!(dry.added == 1 && dry.warnings.iter().any(|text| text.contains("now in both")), "{dry:?}");
    assert_eq!(opens(&desk, &id_number(1)), 3, "the command line never ends anybody");
}
