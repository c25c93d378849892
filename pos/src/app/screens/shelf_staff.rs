//! The store's staff: who may sign in at its tills.

use domain::role::{StaffRole, check_pin};
use eframe::egui::{ScrollArea, Ui};

use super::shelf::{self, Act, Sheet, Shelf, Wrong};
use super::shelf_form::{self, Cell, Form, Row};
use crate::app::Scene;
use crate::app::theme::size;
use crate::app::widgets::{Keys, Look, Press, label, scroll, title};
use crate::counter::{Books, ShelfChange};

/// The list; who left is there too and may come back.
pub fn list(ui: &mut Ui, scene: &mut Scene<'_>, shelf: &mut Shelf) {
    let mut picked = shelf::chosen(scene, &mut shelf.choice, shelf.books.staff.len());
    scroll(ui, "shelf staff", ScrollArea::vertical().max_height(shelf::room(ui)), |ui| {
        for (i, (code, role, active)) in shelf.books.staff.iter().enumerate() {
            let look = if i == shelf.choice { Look::Chosen } else { Look::Plain };
            let off = if *active { "" } else { scene.t(" · 已停用", " · off") };
            let below = format!("{}{off}", role_name(scene, *role));
            if Press::new(code).below(&below).look(look).at_left().size(ui.available_width() - 8.0, 54.0).show(ui) {
                picked = Some(i);
            }
        }
    });
    if let Some((code, _, active)) = picked.and_then(|i| shelf.books.staff.get(i)) {
        shelf.sheet = Some(Sheet::Pin { code: code.clone(), active: *active, form: Form::new(pins()) });
    }
}

fn role_name(scene: &Scene<'_>, role: StaffRole) -> &'static str {
    match role {
        StaffRole::Cashier => scene.t("收银员", "cashier"),
        StaffRole::Manager => scene.t("店长", "manager"),
    }
}

fn pins() -> Vec<Row> {
    vec![
        Row::new("pin", ("新密码", "New PIN"), Cell::Secret(String::new())),
        Row::new("again", ("再输一次", "PIN again"), Cell::Secret(String::new())),
    ]
}

/// The form of a new staff member; the first free code is there already.
pub fn person(scene: &Scene<'_>, books: &Books) -> Form {
    let is_free = |code: &String| books.staff.iter().all(|(taken, ..)| taken != code);
    let code = (1..1000).map(|n| format!("c{n}")).find(is_free).unwrap_or_default();
    let roles =
        [StaffRole::Cashier, StaffRole::Manager].map(|role| (role.word().into(), role_name(scene, role).into()));
    let mut rows = vec![
        Row::new(
            "code",
            ("工号（字母和数字）", "Staff code (letters and digits)"),
            Cell::Figures { text: code, keys: Keys::Number, most: 20, is_fresh: true },
        ),
        Row::new("role", ("职务", "Role"), Cell::choice(roles.into(), "cashier")),
    ];
    rows.extend(pins());
    Form::new(rows)
}

/// Both PINs, which must be the same.
fn pin(form: &Form) -> Result<String, Wrong> {
    let pin = form.value("pin");
    if check_pin(pin).is_err() {
        return Err(("pin", "请填写密码，4 到 8 位数字。", "Enter a PIN of 4 to 8 digits."));
    }
    if pin != form.value("again") {
        return Err(("again", "两次密码不一样，请再输一次。", "The PINs differ; enter it again."));
    }
    Ok(pin.into())
}

/// The sheet of a new staff member.
pub fn add(ui: &mut Ui, scene: &mut Scene<'_>, shelf: &Shelf, form: &mut Form) -> bool {
    title(ui, scene.t("加员工", "Add a staff member"), scene.p);
    shelf_form::show(ui, scene, form);
    match shelf::buttons(ui, scene, Some(scene.t("保存", "Keep")), None) {
        Act::None | Act::Other => true,
        Act::Back => false,
        Act::Main => {
            let read = pin(form).map(|pin| ShelfChange::Person {
                code: form.value("code").into(),
                role: StaffRole::parse(form.value("role")).unwrap_or(StaffRole::Cashier),
                pin,
            });
            shelf.save(scene, form, read);
            true
        }
    }
}

/// The sheet of one who is there: a new PIN, or off the list and back.
pub fn change(
    ui: &mut Ui,
    scene: &mut Scene<'_>,
    shelf: &Shelf,
    (code, active): (&str, bool),
    form: &mut Form,
) -> bool {
    title(ui, &scene.lang.of(format!("员工 {code}"), format!("Staff member {code}")), scene.p);
    let hint = if active {
        scene.t("填新密码后保存。离职的人请停用，记录还在。", "Enter a new PIN. Who left is taken off; records stay.")
    } else {
        scene.t("已停用，不能登录。", "Off: cannot sign in.")
    };
    label(ui, hint, size::BODY, scene.p.weak);
    shelf_form::show(ui, scene, form);
    let other = if active {
        (scene.t("停用", "Take off"), Look::Danger)
    } else {
        (scene.t("恢复", "Take back on"), Look::Plain)
    };
    match shelf::buttons(ui, scene, Some(scene.t("保存新密码", "Keep the new PIN")), Some(other)) {
        Act::None => true,
        Act::Back => false,
        Act::Main => {
            let read = pin(form).map(|pin| ShelfChange::Pin { code: code.into(), pin });
            shelf.save(scene, form, read);
            true
        }
        Act::Other => {
            shelf.ask(scene, ShelfChange::Active { code: code.into(), active: !active });
            true
        }
    }
}
