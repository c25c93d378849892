//! What a cashier can do while selling: one list for keys, buttons and help.

use eframe::egui::Key;

use domain::lang::Lang;

/// A command of the sale screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Command {
    /// Show keys and hints.
    Help,
    /// Verify a household.
    Verify,
    /// Let the basket wait.
    Park,
    /// Fetch a basket that waits.
    Recall,
    /// Take goods back.
    TakeBack,
    /// Drop the whole basket.
    Clear,
    /// Find a product by its name.
    Search,
    /// Everything that is rare.
    Menu,
    /// Take payment.
    Pay,
    /// Change the chosen line's quantity.
    Quantity,
    /// Take the chosen line out.
    Remove,
}

/// Commands of the footer, in order.
pub const FOOTER: [Command; 8] = [
    Command::Help,
    Command::Verify,
    Command::Park,
    Command::Recall,
    Command::TakeBack,
    Command::Clear,
    Command::Search,
    Command::Menu,
];

impl Command {
    /// All of them.
    pub fn all() -> impl Iterator<Item = Self> {
        FOOTER.into_iter().chain([Self::Pay, Self::Quantity, Self::Remove])
    }

    /// The words on its button.
    pub fn text(self, lang: Lang) -> &'static str {
        match self {
            Self::Help => lang.of("帮助", "Help"),
            Self::Verify => lang.of("核验", "Verify"),
            Self::Park => lang.of("挂单", "Park"),
            Self::Recall => lang.of("取单", "Recall"),
            Self::TakeBack => lang.of("退货", "Return"),
            Self::Clear => lang.of("整单取消", "Clear sale"),
            Self::Search => lang.of("查商品", "Search"),
            Self::Menu => lang.of("菜单", "Menu"),
            Self::Pay => lang.of("收款", "Pay"),
            Self::Quantity => lang.of("数量", "Qty"),
            Self::Remove => lang.of("删行", "Remove"),
        }
    }

    /// What it is for, on the help page.
    pub fn purpose(self, lang: Lang) -> &'static str {
        match self {
            Self::Help => lang.of("看按键和说明", "Keys and hints"),
            Self::Verify => {
                lang.of("刷爱心卡或输入号码，核验家庭", "Show a card or type a number to verify a household")
            }
            Self::Park => lang.of("这一单先放一放，给下一位结账", "Let this basket wait and serve the next customer"),
            Self::Recall => lang.of("取回挂着的单", "Fetch a basket that waits"),
            Self::TakeBack => lang.of("凭小票退货", "Take goods back against a receipt"),
            Self::Clear => lang.of("这一单不要了", "Drop this basket"),
            Self::Search => lang.of("按名称、拼音首字母或编号找商品", "Find goods by name, pinyin initials or number"),
            Self::Menu => lang.of("交班、补打、同步、设置", "Close the shift, reprint, sync, settings"),
            Self::Pay => lang.of("收款", "Take payment"),
            Self::Quantity => {
                lang.of("改选中这一行的数量：先输数字再按 *", "Change the chosen line: type a number, then *")
            }
            Self::Remove => lang.of("删掉选中的这一行", "Take the chosen line out"),
        }
    }

    /// Its function key, where it has one.
    pub fn key(self) -> Option<Key> {
        Some(match self {
            Self::Help => Key::F1,
            Self::Verify => Key::F2,
            Self::Park => Key::F3,
            Self::Recall => Key::F4,
            Self::TakeBack => Key::F6,
            Self::Clear => Key::F7,
            Self::Search => Key::F8,
            Self::Menu => Key::F10,
            Self::Remove => Key::Delete,
            Self::Pay | Self::Quantity => return None,
        })
    }

    /// The key as its button shows it.
    pub fn key_text(self) -> &'static str {
        match self {
            Self::Pay => "+",
            Self::Quantity => "*",
            Self::Remove => "Del",
            Self::Help => "F1",
            Self::Verify => "F2",
            Self::Park => "F3",
            Self::Recall => "F4",
            Self::TakeBack => "F6",
            Self::Clear => "F7",
            Self::Search => "F8",
            Self::Menu => "F10",
        }
    }
}
