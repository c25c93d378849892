//! A machine that is nothing but a till: the window fills the screen, and only a manager closes it.

use domain::till::Refusal;
use eframe::egui::{self, ViewportCommand, ViewportId};

use super::snapshot::Snapshot;
use super::view::{View, Wanted};
use super::worker::{News, Worker};
use super::{App, logic, screens};
use crate::counter::Approval;
use crate::effects::failed;

/// Fills the screen, or becomes a window again.
pub fn apply(ctx: &egui::Context, is_kiosk: bool) {
    for command in [ViewportCommand::Fullscreen(is_kiosk), ViewportCommand::Decorations(!is_kiosk)] {
        ctx.send_viewport_cmd_to(ViewportId::ROOT, command);
    }
}

/// Closes the window: a manager has allowed it.
pub fn close(ctx: &egui::Context, view: &mut View) {
    view.front.may_close = true;
    ctx.send_viewport_cmd_to(ViewportId::ROOT, ViewportCommand::Close);
}

/// What keeps the window open; none where it may close.
fn hindrance(view: &View, snap: &Snapshot) -> Option<Hindrance> {
    let has_basket = snap.screen.open().is_ok_and(|sale| !sale.lines.is_empty());
    let has_manager = snap.staff.iter().any(|(_, role)| *role == domain::role::StaffRole::Manager);
    match (has_basket, view.front.is_kiosk && !view.front.may_close && has_manager) {
        (true, _) => Some(Hindrance::Basket),
        (false, true) if snap.is_locked => Some(Hindrance::Lock),
        (false, true) => Some(Hindrance::Manager),
        (false, false) => None,
    }
}

enum Hindrance {
    Basket,
    Lock,
    Manager,
}

impl App {
    /// A window that is asked to close does so unless a basket is open, or, where it fills the
    /// screen, a manager has not said so.
    pub(super) fn guard_close(&mut self, ctx: &egui::Context) {
        if !ctx.input(|i| i.viewport().close_requested()) {
            return;
        }
        let Some(hindrance) = hindrance(&self.view, &self.snap) else { return };
        ctx.send_viewport_cmd_to(ViewportId::ROOT, ViewportCommand::CancelClose);
        self.view.front.may_close = false;
        match hindrance {
            Hindrance::Basket => logic::refuse(&mut self.view, &Refusal::BasketNotEmpty),
            Hindrance::Lock => {
                let (zh, en) = ("请先输入密码解锁，再退出。", "Unlock with a PIN first, then quit.");
                self.view.said = Some((self.view.lang.of(zh, en).into(), true));
            }
            Hindrance::Manager => self.view.page = screens::approve::page(&self.snap, Wanted::Close),
        }
    }
}

impl Worker {
    /// Whether this is a manager, who may close a till that fills its screen.
    pub(super) fn may_close(&mut self, approval: &Approval) -> News {
        let allowed = self.driver.check_manager(&approval.staff, &approval.pin).and_then(|manager| {
            let at = self.driver.shop.now().timestamp_millis();
            self.driver.shop.store.remember(at, Some(&manager.code), "close", "").map_err(failed)
        });
        allowed.map_or_else(News::Failed, |()| News::MayClose)
    }
}
