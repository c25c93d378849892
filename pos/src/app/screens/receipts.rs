//! Receipts as they look on paper, and copies of them.

use domain::money::Money;
use eframe::egui::{Image, Key, ScrollArea, TextureHandle, Ui, vec2};

use crate::app::theme::size;
use crate::app::widgets::{Look, Press, back_width, dialog, foot, foot_height, is_low, label, room, scroll, title};
use crate::app::worker::Counter;
use crate::app::{Scene, keys, words};

/// The latest sales at the left, the paper at the right.
pub fn show(
    ui: &mut Ui,
    scene: &mut Scene<'_>,
    recent: &[(String, i64, Money)],
    picked: &mut Option<String>,
    paper: &mut Option<TextureHandle>,
) -> bool {
    let p = scene.p;
    let height = if is_low(ui.ctx()) { room(ui.ctx(), 90.0, 100.0) } else { room(ui.ctx(), 220.0, 140.0) };
    let chosen = step(scene, recent, picked.as_ref());
    let is_moved = chosen.is_some();
    if let Some(number) = chosen {
        pick(scene, number, picked, paper);
    }
    dialog(ui, "receipts", 820.0, p, |ui| {
        if !is_low(ui.ctx()) {
            title(ui, scene.t("小票", "Receipts"), p);
        }
        ui.columns_const(|[left, right]| {
            scroll(left, "recent", ScrollArea::vertical().max_height(height), |ui| {
                if recent.is_empty() {
                    label(ui, scene.t("还没有卖出过。", "Nothing sold yet."), size::BODY, p.weak);
                }
                for (number, at, due) in recent {
                    let look = if picked.as_ref() == Some(number) { Look::Chosen } else { Look::Plain };
                    let below = format!("{}   {}", words::moment(*at), words::yuan(*due));
                    let width = ui.available_width() - 8.0;
                    let response = Press::new(number).below(&below).look(look).at_left().size(width, 56.0).response(ui);
                    if is_moved && picked.as_ref() == Some(number) {
                        response.scroll_to_me(None);
                    }
                    if response.clicked() {
                        pick(scene, number.clone(), picked, paper);
                    }
                }
            });
            scroll(right, "paper", ScrollArea::vertical().max_height(height), |ui| match paper {
                Some(texture) => {
                    let [across, down] = texture.size();
                    let width = ui.available_width().min(across as f32 * 0.8);
                    let shown = vec2(width, down as f32 * width / across as f32);
                    let image =
                        Image::new((texture.id(), shown)).alt_text(scene.t("小票的样子", "the receipt on paper"));
                    ui.add(image);
                }
                None => label(
                    ui,
                    scene.t("选一张小票，看它打印出来的样子。", "Choose a receipt to see its paper."),
                    size::BODY,
                    p.weak,
                ),
            });
        });
        foot(ui, |ui| {
            let back = Press::new(scene.t("返回", "Back")).key("Esc").size(back_width(ui), foot_height(ui)).show(ui);
            let enabled = picked.is_some() && !scene.is_waiting;
            let by_key = keys::pressed(&mut scene.keys, Key::Enter) && enabled;
            let press =
                Press::main(scene.t("补打", "Reprint")).key("Enter").size(200.0, foot_height(ui)).enabled(enabled);
            if let (true, Some(number)) = (press.show(ui) || by_key, picked.clone()) {
                scene.counter(Counter::Reprint(number));
            }
            !back
        })
    })
}

/// The arrow keys choose a receipt; where there is none, they choose the latest.
fn step(scene: &mut Scene<'_>, recent: &[(String, i64, Money)], picked: Option<&String>) -> Option<String> {
    let at = recent.iter().position(|(number, ..)| Some(number) == picked);
    let last = recent.len().checked_sub(1)?;
    let down = keys::pressed(&mut scene.keys, Key::ArrowDown);
    let up = keys::pressed(&mut scene.keys, Key::ArrowUp);
    let to = match (down, up) {
        (true, _) => at.map_or(0, |at| (at + 1).min(last)),
        (false, true) => at.map_or(0, |at| at.saturating_sub(1)),
        (false, false) => return None,
    };
    recent.get(to).map(|(number, ..)| number.clone())
}

fn pick(scene: &mut Scene<'_>, number: String, picked: &mut Option<String>, paper: &mut Option<TextureHandle>) {
    *paper = None;
    scene.counter(Counter::Preview(number.clone()));
    *picked = Some(number);
}
