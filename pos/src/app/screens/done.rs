//! The sale is paid: change in large figures, and the paper.

use eframe::egui::{Align, Layout, Ui};

use crate::app::theme::size;
use crate::app::view::Page;
use crate::app::widgets::{Press, close_card, is_low, label};
use crate::app::worker::Counter;
use crate::app::{Scene, words};

/// Stays until the next scan, or until somebody presses Enter.
pub fn show(ui: &mut Ui, scene: &mut Scene<'_>) {
    let Some(last) = scene.snap.last.clone() else { return };
    let p = scene.p;
    close_card(ui, p).show(ui, |ui| {
        ui.set_min_size(ui.available_size());
        ui.with_layout(Layout::top_down(Align::Center), |ui| {
            let is_low = is_low(ui.ctx());
            let gap = if is_low { 0.0 } else { 16.0 };
            if is_low {
                ui.spacing_mut().item_spacing.y = 4.0;
            }
            ui.add_space((ui.available_height() / 2.0 - 210.0).max(gap / 2.0));
            let given = last.totals.discount + last.totals.purse;
            let (heading, name, figure) = if last.beside {
                (scene.t("登记完成", "Claimed"), scene.t("请在收银机减", "Take off at the other till"), given)
            } else {
                (scene.t("收款完成", "Paid"), scene.t("找零", "Change"), last.change)
            };
            label(ui, heading, if is_low { size::TITLE } else { size::SUM }, p.jade);
            ui.add_space(gap);
            label(ui, name, size::LINE, p.weak);
            label(ui, words::yuan(figure), if is_low { size::DUE * 0.8 } else { size::DUE }, p.ink);
            ui.add_space(gap);
            let due = scene
                .lang
                .of(format!("应收 {}", words::yuan(last.totals.due)), format!("Due {}", words::yuan(last.totals.due)));
            label(ui, due, size::LINE, p.ink);
            if !given.is_zero() && !last.beside {
                let text = scene.lang.of(
                    format!("惠民优惠和爱心卡共 {}", words::yuan(given)),
                    format!("Family discount and value card {}", words::yuan(given)),
                );
                label(ui, text, size::LINE, p.vermilion);
            }
            let claim = match last.claims.is_empty() {
                true => String::new(),
                false if scene.snap.status.unsent == 0 => {
                    scene.t(" · 申报已上传总部", " · claim is at headquarters").into()
                }
                false => scene.t(" · 申报已存好，联网即上传", " · claim is kept and goes up with the next sync").into(),
            };
            label(ui, format!("{} {}{claim}", scene.t("小票", "Receipt"), last.number), size::SMALL, p.weak);
            ui.add_space(gap * 1.5);
            let width = ui.available_width().min(408.0);
            ui.allocate_ui_with_layout(eframe::egui::vec2(width, 52.0), Layout::left_to_right(Align::Center), |ui| {
                if Press::new(scene.t("看小票、补打", "Receipt")).size(width * 0.44, 52.0).show(ui) {
                    scene.view.page =
                        Page::Receipts { recent: Vec::new(), picked: Some(last.number.clone()), paper: None };
                    scene.counter(Counter::Preview(last.number.clone()));
                    scene.counter(Counter::RecentSales);
                }
                if Press::main(scene.t("下一位", "Next customer"))
                    .key("Enter")
                    .size(ui.available_width(), 52.0)
                    .show(ui)
                {
                    scene.view.done = false;
                }
            });
            ui.add_space(8.0);
            label(
                ui,
                scene.t("直接扫下一件商品就开始新的一单。", "Scan the next item to begin another sale."),
                size::SMALL,
                p.weak,
            );
        });
    });
}
