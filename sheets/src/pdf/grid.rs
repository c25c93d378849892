//! Tables on paper: columns as wide as what they hold, rows that are never split, the header again on each page.

use super::canvas::{Side, Style};
use super::flow::{BODY, Flow, GAP};
use super::ink::Ink;
use super::wrap::{cut, pieces, wrap};
use crate::sheet::{Kind, Sheet, Value};

/// Sizes of text, tried one after another until the columns fit.
const SIZES: [i32; 6] = [180, 170, 160, 150, 140, 130];
/// Left and right of what stands in a cell.
const PAD: i32 = 80;
/// Above and below it.
const TALL: i32 = 35;
const HAIR: i32 = 6;
const RULE: i32 = 14;

/// A row, broken into lines.
struct Cells {
    lines: Vec<Vec<String>>,
    height: i32,
}

/// How the columns stand.
struct Plan {
    size: i32,
    widths: Vec<i32>,
    /// Most lines of one row.
    most: usize,
}

impl Flow<'_> {
    pub(super) fn table(&mut self, sheet: &Sheet) {
        if sheet.columns.is_empty() {
            return;
        }
        if !sheet.title.is_empty() {
            self.heading(&sheet.title);
        }
        for note in &sheet.above {
            self.lines(note, BODY, Side::Left, 2);
        }
        let Some(plan) = self.plan(sheet) else { return };
        let names: Vec<String> = sheet.columns.iter().map(|column| column.name.clone()).collect();
        let head = self.cells(&plan, names);
        let rows: Vec<Vec<String>> = sheet.rows.iter().map(|row| shown(row)).collect();
        let totals = sheet.totals.as_ref().map(|row| self.cells(&plan, shown(row)));
        let last = rows.len().saturating_sub(1);
        self.y += TALL;
        let mut begun = false;
        for (place, row) in rows.into_iter().enumerate() {
            let cells = self.cells(&plan, row);
            // The sum does not stand alone on a page.
            let with = if place == last { totals.as_ref().map_or(0, |totals| totals.height) } else { 0 };
            let with = if cells.height + with + head.height > self.page_room() { 0 } else { with };
            self.begin(&mut begun, cells.height + with, &plan, &head, sheet);
            self.row(&plan, &cells, sheet, Style::of(plan.size), false);
        }
        if let Some(totals) = totals {
            self.begin(&mut begun, totals.height, &plan, &head, sheet);
            self.row(&plan, &totals, sheet, Style::of(plan.size).bold(), true);
        }
        self.begin(&mut begun, 0, &plan, &head, sheet);
        self.y += GAP / 2;
        for note in &sheet.below {
            self.lines(note, BODY, Side::Left, 0);
        }
    }

    /// The header, where the table begins and on each page that it goes on to.
    fn begin(&mut self, begun: &mut bool, height: i32, plan: &Plan, head: &Cells, sheet: &Sheet) {
        let wanted = if *begun { height } else { height + head.height };
        if *begun && self.fits(wanted) {
            return;
        }
        if *begun {
            self.page();
        } else {
            self.need(wanted);
        }
        *begun = true;
        let width: i32 = plan.widths.iter().sum();
        let (left, top) = (self.left(), self.y);
        self.canvas.fill((left, top, width, head.height), 235);
        self.canvas.line((left, top), (left + width, top), RULE, 0);
        self.row(plan, head, sheet, Style::of(plan.size).bold(), false);
        self.canvas.line((left, self.y), (left + width, self.y), RULE, 0);
    }

    fn row(&mut self, plan: &Plan, cells: &Cells, sheet: &Sheet, style: Style, is_total: bool) {
        let (top, height) = (self.y, cells.height);
        let mut x = self.left();
        let edge = |flow: &mut Self, x: i32| flow.canvas.line((x, top), (x, top + height), HAIR, 150);
        edge(self, x);
        for ((width, lines), column) in plan.widths.iter().zip(&cells.lines).zip(&sheet.columns) {
            let side = if column.kind.is_figure() { Side::Right } else { Side::Left };
            for (line, text) in (0..).zip(lines) {
                let y = top + TALL + line * style.line();
                self.canvas.text((x + PAD, y, width - 2 * PAD), side, text, style);
            }
            x += width;
            edge(self, x);
        }
        self.y += height;
        let left = self.left();
        self.canvas.line((left, self.y), (x, self.y), HAIR, 150);
        if is_total {
            self.canvas.line((left, top), (x, top), RULE, 0);
            self.canvas.line((left, self.y), (x, self.y), RULE, 0);
        }
    }

    fn cells(&self, plan: &Plan, texts: Vec<String>) -> Cells {
        let ink = &self.canvas.ink;
        let lines: Vec<Vec<String>> = texts
            .iter()
            .zip(&plan.widths)
            .map(|(text, width)| {
                let room = width - 2 * PAD;
                cut(ink, wrap(ink, text, plan.size, room), plan.most, plan.size, room)
            })
            .collect();
        let tall = i32::try_from(lines.iter().map(Vec::len).max().unwrap_or(1)).unwrap_or(1);
        Cells { height: tall * Style::of(plan.size).line() + 2 * TALL, lines }
    }

    /// The largest size at which figures and words stand unbroken.
    fn plan(&self, sheet: &Sheet) -> Option<Plan> {
        let room = self.width();
        let plans = SIZES.map(|size| (size, wishes(&self.canvas.ink, sheet, size)));
        let fitting = plans.iter().find(|(_, wishes)| wishes.iter().map(|wish| wish.least).sum::<i32>() <= room);
        let (size, wishes) = fitting.or(plans.last())?;
        let tallest = (self.page_room() / 2) / Style::of(*size).line();
        Some(Plan { size: *size, widths: share(wishes, room), most: usize::try_from(tallest).unwrap_or(1).max(1) })
    }
}

/// What a column would like.
struct Wish {
    least: i32,
    most: i32,
}

fn shown(row: &[Value]) -> Vec<String> {
    row.iter().map(Value::shown).collect()
}

fn wishes(ink: &Ink<'_>, sheet: &Sheet, size: i32) -> Vec<Wish> {
    let mut wishes = Vec::with_capacity(sheet.columns.len());
    for (place, column) in sheet.columns.iter().enumerate() {
        let widest = |text: &str| text.lines().map(|line| ink.width(line, size)).max().unwrap_or(0);
        let cells = sheet.rows.iter().chain(&sheet.totals).filter_map(|row| row.get(place));
        let (mut body, mut word) = (0, 0);
        for value in cells {
            let text = value.shown();
            body = body.max(widest(&text));
            // A number of a card or a word; what is longer than most columns may be broken.
            let pieces = pieces(&text);
            let words = pieces.iter().map(|piece| ink.width(piece.trim_end(), size));
            word = word.max(words.filter(|wide| *wide <= size * 12).max().unwrap_or(0));
        }
        let head = widest(&column.name);
        let (least, most) = match column.kind {
            Kind::Text => (word.max(body.max(head).min(size * 4)), body.max(head)),
            // Figures are never broken; a long name above them is.
            Kind::Amount | Kind::Count | Kind::Date | Kind::Percent => (body.max(head.min(size * 3)), body.max(head)),
        };
        // A hair more: widths are rounded down.
        wishes.push(Wish { least: least + 2 * PAD + 4, most: most + 2 * PAD + 4 });
    }
    wishes
}

/// Shares the room out: what is wished where that fits, and more of it; else each its least, and of the rest
/// first what those need who need little, so that one long column does not break all the others.
fn share(wishes: &[Wish], room: i32) -> Vec<i32> {
    let least: i32 = wishes.iter().map(|wish| wish.least).sum();
    let most: i32 = wishes.iter().map(|wish| wish.most).sum();
    let part = |amount: i32, of: i32, whole: i32| {
        i32::try_from(i64::from(amount) * i64::from(of) / i64::from(whole.max(1))).unwrap_or(0)
    };
    if most <= room {
        return wishes.iter().map(|wish| wish.most + part(room - most, wish.most, most)).collect();
    }
    if least > room {
        return wishes.iter().map(|wish| part(room, wish.least, least)).collect();
    }
    let mut widths: Vec<i32> = wishes.iter().map(|wish| wish.least).collect();
    let mut order: Vec<usize> = (0..wishes.len()).collect();
    order.sort_by_key(|place| wishes[*place].most - wishes[*place].least);
    let mut rest = room - least;
    for (left, place) in (1..=order.len()).rev().zip(order) {
        let fair = rest / i32::try_from(left).unwrap_or(1);
        let given = (wishes[place].most - wishes[place].least).min(fair);
        widths[place] += given;
        rest -= given;
    }
    widths
}
