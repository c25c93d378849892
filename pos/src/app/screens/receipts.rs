//! Receipts as they look on paper, and copies of them.

use domain::money::Money;
use eframe::egui::{Image, ScrollArea, TextureHandle, Ui, vec2};

use crate::app::theme::size;
use crate::app::widgets::{Look, Press, dialog, label, title};
use crate::app::worker::Counter;
use crate::app::{Scene, words};

/// The latest sales at the left, the paper at the right.
pub fn show(
    ui: &mut Ui,
    scene: &mut Scene<'_>,
    recent: &[(String, i64, Money)],
    picked: &mut Option<String>,
    paper: &mut Option<TextureHandle>,
) -> bool {
    let p = scene.p;
    let height = ui.ctx().content_rect().height() - 220.0;
    dialog(ui, "receipts", 820.0, p, |ui| {
        title(ui, scene.t("小票", "Receipts"), p);
        ui.columns_const(|[left, right]| {
            ScrollArea::vertical().id_salt("recent").max_height(height).show(left, |ui| {
                if recent.is_empty() {
                    label(ui, scene.t("还没有卖出过。", "Nothing sold yet."), size::BODY, p.weak);
                }
                for (number, at, due) in recent {
                    let look = if picked.as_ref() == Some(number) { Look::Chosen } else { Look::Plain };
                    let below = format!("{}   {}", words::moment(*at), words::yuan(*due));
                    let width = ui.available_width() - 8.0;
                    if Press::new(number).below(&below).look(look).at_left().size(width, 56.0).show(ui) {
                        *picked = Some(number.clone());
                        *paper = None;
                        scene.counter(Counter::Preview(number.clone()));
                    }
                }
            });
            ScrollArea::vertical().id_salt("paper").max_height(height).show(right, |ui| match paper {
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
        ui.horizontal(|ui| {
            let back = Press::new(scene.t("返回", "Back")).key("Esc").size(160.0, 52.0).show(ui);
            let press = Press::main(scene.t("补打", "Reprint"))
                .size(200.0, 52.0)
                .enabled(picked.is_some() && !scene.is_waiting);
            if let (true, Some(number)) = (press.show(ui), picked.clone()) {
                scene.counter(Counter::Reprint(number));
            }
            !back
        })
        .inner
    })
}
