//! Goods and prices, promotions and staff: a manager opened these pages with a PIN, and whoever leaves
//! them, or locks the till, closes them.

use domain::product::Product;
use domain::promotion::Promotion;
use eframe::egui::{Key, Ui};

use super::shelf_form::Form;
use super::{shelf_goods, shelf_promotions, shelf_staff};
use crate::app::idle::Idle;
use crate::app::view::{Page, View, Wanted};
use crate::app::widgets::{Look, Press, back_width, dialog, foot, foot_height, is_low, title};
use crate::app::worker::{Counter, Query, ShelfNews};
use crate::app::{Scene, keys};
use crate::counter::{Approval, Books, Problem, ShelfChange};

/// The pages.
pub struct Shelf {
    /// Who opened them; each change is checked against it again.
    pub approval: Approval,
    /// What is there beside products.
    pub books: Books,
    /// Which list.
    pub tab: Tab,
    /// What products are looked for by.
    pub text: String,
    /// What was found.
    pub found: Vec<Product>,
    /// Which of the list the arrow keys chose.
    pub choice: usize,
    /// What is being changed.
    pub sheet: Option<Sheet>,
    /// Opened for one change: then it closes.
    pub is_for_one: bool,
    /// Whether the manager has gone.
    idle: Idle,
}

/// A list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tab {
    /// Products.
    Goods,
    /// Promotions.
    Promotions,
    /// Staff.
    Staff,
}

/// What is being changed.
pub enum Sheet {
    /// A product; a new one where it is none yet.
    Product { of: Option<Product>, form: Form },
    /// A new promotion, perhaps for this product.
    Promotion { product: Option<Product>, form: Form },
    /// A promotion that may be stopped.
    Stop(Promotion),
    /// A new staff member.
    Person(Form),
    /// A staff member's PIN, and whether the person may sign in.
    Pin { code: String, active: bool, form: Form },
}

/// With what the pages open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Start {
    /// The list of products.
    Goods,
    /// A new product of this code.
    Add(String),
}

/// What a sheet's buttons and keys say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// Nothing.
    None,
    /// Back to the list.
    Back,
    /// The main thing.
    Main,
    /// The other thing.
    Other,
}

impl Shelf {
    fn new(approval: Approval, books: Books) -> Self {
        Self {
            approval,
            books,
            tab: Tab::Goods,
            text: String::new(),
            found: Vec::new(),
            choice: 0,
            sheet: None,
            is_for_one: false,
            idle: Idle::default(),
        }
    }

    /// Closes the open sheet; whether the pages stay.
    pub fn back(&mut self) -> bool {
        self.sheet.take().is_some() && !self.is_for_one
    }

    /// Products for a search.
    pub fn take_found(&mut self, text: &str, found: Vec<Product>) {
        if self.text == text {
            (self.found, self.choice) = (found, 0);
        }
    }

    /// A scanned code: of a product that is looked for, or of the one that is being added.
    pub fn scanned(&mut self, code: String) -> Option<Counter> {
        if let Some(Sheet::Product { of: None, form }) = &mut self.sheet {
            shelf_goods::put_code(form, code);
            return None;
        }
        Some(Counter::Shelf(Query::Code(code)))
    }
}

/// Takes what the till's thread says.
pub fn take(view: &mut View, news: ShelfNews) {
    let lang = view.lang;
    let said = match (&mut view.page, news) {
        (Page::Approve { what: Wanted::Shelf(_), .. }, ShelfNews::Opened { approval, start, books }) => {
            let mut shelf = Shelf::new(approval, *books);
            if let Start::Add(code) = start {
                shelf.is_for_one = true;
                shelf.sheet = Some(shelf_goods::sheet(lang, &shelf.books, None, &code));
            }
            view.page = Page::Shelf(Box::new(shelf));
            None
        }
        (Page::Shelf(shelf), ShelfNews::Product(product)) => {
            match &mut shelf.sheet {
                Some(Sheet::Promotion { product: of, form }) => {
                    shelf_promotions::put_product(form, &product);
                    *of = Some(*product);
                }
                _ => {
                    shelf.tab = Tab::Goods;
                    shelf.sheet = Some(shelf_goods::sheet(lang, &shelf.books, Some(*product), ""));
                }
            }
            None
        }
        (Page::Shelf(shelf), ShelfNews::NoProduct(code)) => {
            if matches!(shelf.sheet, Some(Sheet::Promotion { .. })) {
                let problem =
                    Problem::new("没有这个商品，请先在商品里加上。", "No such product; add it under goods first.");
                Some((lang.of(problem.zh, problem.en), true))
            } else {
                shelf.sheet = Some(shelf_goods::sheet(lang, &shelf.books, None, &code));
                Some((
                    lang.of("没有这个商品，可以现在加上。", "No such product yet; it can be added now.").into(),
                    false,
                ))
            }
        }
        (Page::Shelf(shelf), ShelfNews::Changed { change, books }) => {
            shelf.changed(change, *books);
            if shelf.is_for_one {
                view.page = Page::None;
            }
            Some((
                lang.of("已经保存，其他款台联网后也会有。", "Kept; the other tills get it when connected.").into(),
                false,
            ))
        }
        (_, ShelfNews::Refused(problem)) => Some((lang.of(problem.zh, problem.en), true)),
        // The pages were closed meanwhile.
        _ => None,
    };
    view.said = said.or(view.said.take().filter(|(_, is_refusal)| !is_refusal));
}

impl Shelf {
    fn changed(&mut self, change: ShelfChange, books: Books) {
        (self.books, self.sheet) = (books, None);
        match change {
            ShelfChange::Product { product, .. } => match self.found.iter_mut().find(|p| p.key == product.key) {
                Some(shown) => *shown = product,
                None => self.found.insert(0, product),
            },
            // The manager goes on with the new PIN.
            ShelfChange::Pin { code, pin } if code == self.approval.staff => self.approval.pin = pin,
            ShelfChange::Promotion(_)
            | ShelfChange::Stop { .. }
            | ShelfChange::Person { .. }
            | ShelfChange::Pin { .. }
            | ShelfChange::Active { .. } => {}
        }
    }
}

/// The pages; whether they stay.
pub fn show(ui: &mut Ui, scene: &mut Scene<'_>, shelf: &mut Shelf) -> bool {
    if shelf.idle.is_left(ui, scene) {
        return false;
    }
    dialog(ui, "shelf", 1040.0, scene.p, |ui| match shelf.sheet.take() {
        None => list(ui, scene, shelf),
        Some(mut sheet) => {
            let stays = match &mut sheet {
                Sheet::Product { of, form } => shelf_goods::show(ui, scene, shelf, of.as_ref(), form),
                Sheet::Promotion { product, form } => shelf_promotions::show(ui, scene, shelf, product.as_ref(), form),
                Sheet::Stop(promotion) => shelf_promotions::stop(ui, scene, shelf, promotion),
                Sheet::Person(form) => shelf_staff::add(ui, scene, shelf, form),
                Sheet::Pin { code, active, form } => shelf_staff::change(ui, scene, shelf, (code, *active), form),
            };
            // A sheet that opened another one has given way to it.
            if stays && shelf.sheet.is_none() {
                shelf.sheet = Some(sheet);
            }
            stays || !shelf.is_for_one
        }
    })
}

fn list(ui: &mut Ui, scene: &mut Scene<'_>, shelf: &mut Shelf) -> bool {
    let text = scene.lang.of(
        format!("商品与价格 · 店长 {}", shelf.approval.staff),
        format!("Goods and prices · manager {}", shelf.approval.staff),
    );
    title(ui, &text, scene.p);
    ui.horizontal(|ui| {
        let width = (ui.available_width() - 16.0) / 3.0;
        for (tab, key, words, zh, en) in [
            (Tab::Goods, Key::F1, "F1", "商品", "Goods"),
            (Tab::Promotions, Key::F2, "F2", "促销", "Promotions"),
            (Tab::Staff, Key::F3, "F3", "员工", "Staff"),
        ] {
            let look = if shelf.tab == tab { Look::Chosen } else { Look::Plain };
            let by_key = keys::pressed(&mut scene.keys, key);
            if Press::new(scene.t(zh, en)).key(words).look(look).size(width, 46.0).show(ui) || by_key {
                (shelf.tab, shelf.choice) = (tab, 0);
            }
        }
    });
    match shelf.tab {
        Tab::Goods => shelf_goods::list(ui, scene, shelf),
        Tab::Promotions => shelf_promotions::list(ui, scene, shelf),
        Tab::Staff => shelf_staff::list(ui, scene, shelf),
    }
    foot(ui, |ui| {
        let leaves = Press::new(scene.t("返回", "Back")).key("Esc").size(back_width(ui), foot_height(ui)).show(ui);
        let text = match shelf.tab {
            Tab::Goods => scene.t("加新商品", "Add a product"),
            Tab::Promotions => scene.t("加促销", "Add a promotion"),
            Tab::Staff => scene.t("加员工", "Add a staff member"),
        };
        let by_key = keys::pressed(&mut scene.keys, Key::F4);
        if Press::new(text).key("F4").size(260.0, foot_height(ui)).show(ui) || by_key {
            shelf.sheet = Some(match shelf.tab {
                Tab::Goods => shelf_goods::sheet(scene.lang, &shelf.books, None, ""),
                Tab::Promotions => shelf_promotions::sheet(scene, &shelf.books, None),
                Tab::Staff => Sheet::Person(shelf_staff::person(scene, &shelf.books)),
            });
        }
        !leaves
    })
}

/// Arrow keys and Enter in a list of so many; the one that was entered.
pub fn chosen(scene: &mut Scene<'_>, choice: &mut usize, count: usize) -> Option<usize> {
    let last = count.saturating_sub(1);
    if keys::pressed(&mut scene.keys, Key::ArrowDown) {
        *choice = (*choice + 1).min(last);
    }
    if keys::pressed(&mut scene.keys, Key::ArrowUp) {
        *choice = choice.saturating_sub(1);
    }
    *choice = (*choice).min(last);
    (keys::pressed(&mut scene.keys, Key::Enter) && count > 0).then_some(*choice)
}

/// A list's height: what the window leaves it.
pub fn room(ui: &Ui) -> f32 {
    if is_low(ui.ctx()) { f32::INFINITY } else { crate::app::widgets::room(ui.ctx(), 370.0, 140.0) }
}

/// The buttons of a sheet: back, perhaps another thing with its key, and the main one.
pub fn buttons(ui: &mut Ui, scene: &mut Scene<'_>, main: Option<&str>, other: Option<(&str, Look)>) -> Act {
    let is_free = !scene.is_waiting;
    let by_main = keys::pressed(&mut scene.keys, Key::Enter) && main.is_some() && is_free;
    let by_other = keys::pressed(&mut scene.keys, Key::F8) && other.is_some() && is_free;
    foot(ui, |ui| {
        let mut act = Act::None;
        if Press::new(scene.t("返回", "Back")).key("Esc").size(back_width(ui), foot_height(ui)).show(ui) {
            act = Act::Back;
        }
        if let Some((text, look)) = other
            && (Press::new(text).key("F8").look(look).size(220.0, foot_height(ui)).enabled(is_free).show(ui)
                || by_other)
        {
            act = Act::Other;
        }
        if let Some(text) = main {
            let press = Press::main(text).key("Enter").size(ui.available_width(), foot_height(ui)).enabled(is_free);
            if press.show(ui) || by_main {
                act = Act::Main;
            }
        }
        act
    })
}

impl Shelf {
    /// Asks for a change, or says what is wrong with which row of the form.
    pub(super) fn save(&self, scene: &mut Scene<'_>, form: &mut Form, read: Result<ShelfChange, Wrong>) {
        match read {
            Ok(change) => self.ask(scene, change),
            Err((row, zh, en)) => {
                form.choose(row);
                scene.view.said = Some((scene.t(zh, en).into(), true));
            }
        }
    }

    /// Asks for a change that no form holds.
    pub(super) fn ask(&self, scene: &mut Scene<'_>, change: ShelfChange) {
        scene.counter(Counter::Shelf(Query::Change { approval: self.approval.clone(), change }));
    }
}

/// Row of a form, and what is wrong with it in both languages.
pub type Wrong = (&'static str, &'static str, &'static str);
