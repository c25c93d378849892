//! What customers see: large, calm, and nothing that is nobody's business.

use domain::lang::Lang;
use domain::money::Money;
use eframe::egui::{CentralPanel, Color32, Frame, Pos2, Rect, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use crate::app::customer::{Goods, Shown, Sums};
use crate::app::theme::{self, Palette, RADIUS};
use crate::app::widgets::{figure_at, line, text_at};
use crate::app::words;

/// Fills the window.
pub fn show(ui: &mut Ui, shown: &Shown, lang: Lang) {
    let p = theme::palette(ui.ctx());
    CentralPanel::no_frame().frame(Frame::new().fill(p.ground)).show(ui, |ui| {
        let rect = ui.available_rect_before_wrap();
        // A hundredth of the height, or less where the window is narrow.
        let unit = (rect.height() / 100.0).min(rect.width() / 150.0);
        let sheet = Sheet { rect: rect.shrink(unit * 5.0), unit, p, lang };
        match shown {
            Shown::Idle { store, note } => sheet.idle(ui, store, note),
            Shown::Basket { line, sums } => {
                if let Some(line) = line {
                    sheet.goods(ui, line);
                }
                sheet.sums(ui, sums, Money::ZERO);
            }
            Shown::Paying { sums, received } => sheet.sums(ui, sums, *received),
            Shown::Thanks { paid } => sheet.thanks(ui, *paid),
        }
    });
}

struct Sheet {
    rect: Rect,
    unit: f32,
    p: Palette,
    lang: Lang,
}

impl Sheet {
    fn idle(&self, ui: &Ui, store: &str, note: &str) {
        let middle = self.rect.center();
        self.centred(ui, middle - vec2(0.0, self.unit * 8.0), store, 13.0, self.p.ink);
        let welcome = self.lang.of("欢迎光临", "Welcome");
        self.centred(ui, middle + vec2(0.0, self.unit * 10.0), welcome, 7.0, self.p.weak);
        if !note.is_empty() {
            self.centred(ui, middle + vec2(0.0, self.unit * 24.0), note, 7.0, self.p.ink);
        }
    }

    /// The line that was entered last.
    fn goods(&self, ui: &Ui, goods: &Goods) {
        let u = self.unit;
        let place = Rect::from_min_size(self.rect.min, vec2(self.rect.width(), u * 26.0));
        ui.painter().rect(place, RADIUS, self.p.paper, (1.0, self.p.line), eframe::egui::StrokeKind::Inside);
        let inner = place.shrink2(vec2(u * 4.0, u * 3.0));
        text_at(ui, pos2(inner.left(), inner.top() + u * 6.0), &goods.name, u * 8.0, self.p.ink, inner.width());
        let each = format!("{} × {}", goods.quantity, words::yuan(goods.price));
        let y = inner.bottom() - u * 4.0;
        text_at(ui, pos2(inner.left(), y), &each, u * 5.5, self.p.weak, inner.width() * 0.6);
        let amount = words::yuan(goods.amount);
        figure_at(ui, pos2(inner.right(), y), &amount, u * 8.0, self.p.ink);
        self.speak(ui, place, &format!("{} {each} {amount}", goods.name));
    }

    /// From the bottom up: what is due, what was taken off, the sum.
    fn sums(&self, ui: &Ui, sums: &Sums, received: Money) {
        let u = self.unit;
        let due = match received.is_zero() {
            true => self.lang.of("应收", "To pay"),
            false => self.lang.of("还应收", "Still to pay"),
        };
        let mut y = self.rect.bottom() - u * 11.0;
        self.row(ui, y, (due, &words::yuan(sums.due)), (9.0, 22.0), self.p.ink);
        y -= u * 14.0;
        ui.painter().hline(self.rect.x_range(), y, (u * 0.3, self.p.line));
        y -= u * 5.0;
        let (weak, off) = (self.p.weak, self.p.vermilion);
        let rows = [
            (self.lang.of("已收", "Received"), received, weak),
            (self.lang.of("爱心卡支付", "Value card"), sums.purse, off),
            (self.lang.of("惠民优惠", "Family discount"), sums.discount, off),
            (self.lang.of("店内优惠", "Shop's own reduction"), sums.shop, off),
        ];
        for (name, amount, color) in rows.into_iter().filter(|(_, amount, _)| !amount.is_zero()) {
            self.row(ui, y, (name, &words::off(amount)), (5.5, 6.5), color);
            y -= u * 8.0;
        }
        self.row(ui, y, (self.lang.of("合计", "Total"), &words::yuan(sums.total)), (5.5, 6.5), self.p.ink);
    }

    fn thanks(&self, ui: &Ui, paid: Option<(Money, Money)>) {
        let (u, middle) = (self.unit, self.rect.center());
        let thanks = self.lang.of("谢谢惠顾", "Thank you");
        let Some((received, change)) = paid else {
            self.centred(ui, middle, thanks, 13.0, self.p.ink);
            return;
        };
        self.centred(ui, pos2(middle.x, self.rect.top() + u * 22.0), thanks, 12.0, self.p.ink);
        let y = self.rect.bottom() - u * 11.0;
        self.row(ui, y, (self.lang.of("找零", "Change"), &words::yuan(change)), (9.0, 22.0), self.p.ink);
        let y = y - u * 14.0;
        ui.painter().hline(self.rect.x_range(), y, (u * 0.3, self.p.line));
        let received = words::yuan(received);
        self.row(ui, y - u * 5.0, (self.lang.of("收到", "Received"), &received), (5.5, 6.5), self.p.weak);
    }

    /// A name at the left and a figure at the right, each of its size in units.
    fn row(&self, ui: &Ui, y: f32, (name, figure): (&str, &str), (small, large): (f32, f32), color: Color32) {
        let u = self.unit;
        figure_at(ui, pos2(self.rect.right(), y), figure, u * large, color);
        text_at(ui, pos2(self.rect.left(), y), name, u * small, color, self.rect.width() * 0.5);
        let place = Rect::from_center_size(pos2(self.rect.center().x, y), vec2(self.rect.width(), u * large));
        self.speak(ui, place, &format!("{name} {figure}"));
    }

    fn centred(&self, ui: &Ui, at: Pos2, text: &str, size: f32, color: Color32) {
        let galley = line(ui, text, self.unit * size, color, self.rect.width());
        let place = Rect::from_center_size(at, galley.size());
        ui.painter().galley(place.min, galley, color);
        self.speak(ui, place, text);
    }

    /// Says to screen readers what is painted.
    fn speak(&self, ui: &Ui, place: Rect, text: &str) {
        let id = ui.scope_id().with((place.top().to_bits(), place.left().to_bits()));
        ui.interact(place, id, Sense::hover()).widget_info(|| WidgetInfo::labeled(Role::Label, true, text));
    }
}
