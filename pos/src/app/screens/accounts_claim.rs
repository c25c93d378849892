//! One claim of the store's accounts: what headquarters made of it and why, and the store's dispute.

use domain::claim::{ClaimState, reason};
use eframe::egui::{Key, ScrollArea, Ui};

use super::accounts::AccountPage;
use super::shelf::{chosen, room};
use crate::app::theme::size;
use crate::app::widgets::{Field, Look, Press, Signs, back_width, foot, foot_height, label, pair, title};
use crate::app::{Scene, keys, words};
use crate::counter::{Claim, Saying};

/// Reasons that stores give; another one is typed.
const NOTES: [(&str, &str); 4] = [
    ("小票与申报一致，请复核", "The slip and the claim agree; please look again"),
    ("价格是当天实际售价", "The price is what was charged that day"),
    ("商品在项目范围内", "The goods are in the programme's scope"),
    ("手工单原件已附照片", "A picture of the manual slip is attached"),
];

/// Longest reason, in characters.
const NOTE: usize = 500;

/// A claim that is looked at.
pub struct Sheet {
    claim: Claim,
    note: String,
    picture: Option<String>,
}

impl Sheet {
    /// Opens a claim.
    pub fn of(claim: Claim) -> Self {
        Self { claim, note: String::new(), picture: None }
    }
}

/// What became of a claim, in a word or two.
fn standing(scene: &Scene<'_>, claim: &Claim) -> String {
    match (&claim.decided, claim.own.is_sent) {
        (Some(decided), _) => {
            let why: Vec<&str> = decided.reasons.iter().map(|code| reason(scene.lang, code)).collect();
            format!("{}  {}", decided.state.word(scene.lang), why.join("；"))
        }
        (None, false) => scene.t("还没上传，会自动上传", "still to be sent by itself").into(),
        (None, true) => scene.t("已上传，等总部答复", "sent; headquarters has not answered yet").into(),
    }
}

/// The claims of the month; the one that was picked.
pub fn list(ui: &mut Ui, scene: &mut Scene<'_>, page: &mut AccountPage) -> Option<usize> {
    let count = page.month.claims.len();
    let mut picked = chosen(scene, page.choice_mut(), count);
    let choice = *page.choice_mut();
    ScrollArea::vertical().id_salt("account claims").max_height(room(ui)).show(ui, |ui| {
        for (i, claim) in page.month.claims.iter().enumerate() {
            let look = if i == choice { Look::Chosen } else { Look::Plain };
            let granted = claim.decided.as_ref().map(|d| words::yuan(d.granted)).unwrap_or_else(|| "–".into());
            let text = format!("{}   {} → {granted}", claim.own.sale, words::yuan(claim.own.claimed));
            let below = format!("{}   {}", words::moment(claim.own.at_ms), standing(scene, claim));
            if Press::new(&text).below(&below).look(look).at_left().size(ui.available_width() - 8.0, 54.0).show(ui) {
                picked = Some(i);
            }
        }
    });
    picked
}

/// The sheet; whether it stays.
pub fn show(ui: &mut Ui, scene: &mut Scene<'_>, page: &AccountPage, sheet: &mut Sheet) -> bool {
    let p = scene.p;
    let claim = &sheet.claim;
    title(ui, &claim.own.sale, p);
    pair(ui, scene.t("申报", "Claimed"), &words::yuan(claim.own.claimed), size::BODY, p.ink);
    if !claim.own.returned.is_zero() {
        pair(ui, scene.t("退货冲回", "Came back"), &words::yuan(claim.own.returned), size::BODY, p.ink);
    }
    if let Some(decided) = &claim.decided {
        pair(ui, scene.t("核准", "Granted"), &words::yuan(decided.granted), size::BODY, p.ink);
        if let Some(batch) = &decided.batch {
            pair(ui, scene.t("批次", "Statement"), batch, size::BODY, p.ink);
        }
    }
    label(ui, standing(scene, claim), size::BODY, p.ink);
    if let Some(letter) = &claim.letter {
        let text = match letter.state.as_str() {
            "waiting" => scene.t("申诉已写好，等待上传。", "A dispute waits to be sent.").to_owned(),
            "taken" => scene.t("总部已收到申诉。", "Headquarters has the dispute.").to_owned(),
            _ => scene.lang.of(
                format!("总部没有受理：{}", letter.problem.as_deref().unwrap_or_default()),
                format!("Headquarters did not take it: {}", letter.problem.as_deref().unwrap_or_default()),
            ),
        };
        label(ui, text, size::BODY, p.amber);
    }
    let is_waiting = claim.letter.as_ref().is_some_and(|letter| letter.state == "waiting");
    let may = claim.decided.as_ref().is_some_and(|d| ClaimState::may_be_disputed(d.state)) && !is_waiting;
    if may {
        words_and_picture(ui, scene, page, sheet);
    }
    buttons(ui, scene, page, sheet, may)
}

fn words_and_picture(ui: &mut Ui, scene: &mut Scene<'_>, page: &AccountPage, sheet: &mut Sheet) {
    label(
        ui,
        scene
            .t("觉得不对？选或写理由，可以附小票照片。", "Is it wrong? Choose or write why; a picture may go with it."),
        size::BODY,
        scene.p.weak,
    );
    for (i, (zh, en)) in NOTES.into_iter().enumerate() {
        let key = (i + 1).to_string();
        let look = if sheet.note == scene.t(zh, en) { Look::Chosen } else { Look::Plain };
        let press = Press::new(scene.t(zh, en)).key(&key).look(look).at_left().size(ui.available_width(), 44.0);
        let by_key = sheet.note.is_empty() && keys::digit(&scene.keys, i + 1);
        if press.show(ui) || by_key {
            sheet.note = scene.t(zh, en).into();
        }
    }
    let field = Field {
        name: scene.t("其他理由", "Another reason"),
        hint: scene.t("其他理由", "another reason"),
        signs: Signs::All,
        most: NOTE,
        is_secret: false,
        keeps_focus: false,
    };
    field.show(ui, &mut sheet.note, scene.lang);
    ui.horizontal_wrapped(|ui| {
        for path in &page.pictures {
            let name =
                std::path::Path::new(path).file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
            let is_chosen = sheet.picture.as_ref() == Some(path);
            let look = if is_chosen { Look::Chosen } else { Look::Plain };
            if Press::new(&name).look(look).size(220.0, 44.0).show(ui) {
                sheet.picture = (!is_chosen).then(|| path.clone());
            }
        }
    });
}

fn buttons(ui: &mut Ui, scene: &mut Scene<'_>, page: &AccountPage, sheet: &Sheet, may: bool) -> bool {
    let enabled = may && !sheet.note.trim().is_empty() && !scene.is_waiting;
    let by_key = keys::pressed(&mut scene.keys, Key::Enter) && enabled;
    foot(ui, |ui| {
        let leaves = Press::new(scene.t("返回", "Back")).key("Esc").size(back_width(ui), foot_height(ui)).show(ui);
        if may {
            let press =
                Press::main(scene.t("提出申诉", "Dispute")).key("Enter").size(ui.available_width(), foot_height(ui));
            if press.enabled(enabled).show(ui) || by_key {
                let (claim, note) = (sheet.claim.own.uuid.clone(), sheet.note.trim().to_owned());
                page.say(scene, Saying::Dispute { claim, note, picture: sheet.picture.clone() });
            }
        }
        !leaves
    })
}
