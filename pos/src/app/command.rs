//! What a cashier can do while selling: one list for keys, buttons and help.

use std::collections::BTreeMap;

use domain::lang::Lang;
use eframe::egui::Key;

/// A command of the sale screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Command {
    /// Show keys and hints.
    Help,
    /// Verify a household.
    Verify,
    /// Let the basket wait.
    Park,
    /// Fetch a basket that waits.
    Recall,
    /// A price or a discount by hand.
    Price,
    /// Take goods back.
    TakeBack,
    /// Drop the whole basket.
    Clear,
    /// Find a product by its name.
    Search,
    /// Open the drawer without a sale.
    Drawer,
    /// Everything that is rare.
    Menu,
    /// What something costs, without selling it.
    Check,
    /// Nobody is at the till for a moment.
    Lock,
    /// Take payment.
    Pay,
    /// Change the chosen line's quantity.
    Quantity,
    /// The same once more.
    Repeat,
    /// Take the chosen line out.
    Remove,
}

/// Commands of the footer, in order.
pub const FOOTER: [Command; 10] = [
    Command::Help,
    Command::Verify,
    Command::Park,
    Command::Recall,
    Command::Price,
    Command::TakeBack,
    Command::Clear,
    Command::Search,
    Command::Drawer,
    Command::Menu,
];

/// Keys of a till that stands beside another: it takes no money and has no drawer.
pub const FOOTER_BESIDE: [Command; 8] = [
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
        FOOTER.into_iter().chain([Self::Check, Self::Lock, Self::Pay, Self::Quantity, Self::Repeat, Self::Remove])
    }

    /// The words on its button.
    pub fn text(self, lang: Lang) -> &'static str {
        match self {
            Self::Help => lang.of("帮助", "Help"),
            Self::Verify => lang.of("核验", "Verify"),
            Self::Park => lang.of("挂单", "Park"),
            Self::Recall => lang.of("取单", "Recall"),
            Self::Price => lang.of("改价", "Price"),
            Self::TakeBack => lang.of("退货", "Return"),
            Self::Clear => lang.of("整单取消", "Clear sale"),
            Self::Search => lang.of("查商品", "Search"),
            Self::Drawer => lang.of("钱箱", "Drawer"),
            Self::Menu => lang.of("菜单", "Menu"),
            Self::Check => lang.of("查价", "Price check"),
            Self::Lock => lang.of("锁屏", "Lock"),
            Self::Pay => lang.of("收款", "Pay"),
            Self::Quantity => lang.of("数量", "Qty"),
            Self::Repeat => lang.of("再来一件", "Repeat"),
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
            Self::Price => {
                lang.of("选中的这一行改价或让利，要店长", "A price or discount by hand; a manager allows it")
            }
            Self::TakeBack => lang.of("凭小票退货", "Take goods back against a receipt"),
            Self::Clear => lang.of("这一单不要了", "Drop this basket"),
            Self::Search => lang.of("按名称、拼音首字母或编号找商品", "Find goods by name, pinyin initials or number"),
            Self::Drawer => lang.of("不收款，只开钱箱", "Open the drawer without a sale"),
            Self::Menu => lang.of("交班、补打、同步、设置", "Close the shift, reprint, sync, settings"),
            Self::Check => lang.of("扫一下看价钱，不卖", "Scan to see a price without selling"),
            Self::Lock => lang.of("离开一会儿，输密码回来", "Step away; a PIN brings you back"),
            Self::Pay => lang.of("收款", "Take payment"),
            Self::Quantity => lang.of(
                "3 * 再扫码：买三件；3 * Enter：改选中这一行",
                "3 * and scan: three of it; 3 * Enter: the chosen line",
            ),
            Self::Repeat => lang.of("刚才那件再来一件", "The last item once more"),
            Self::Remove => lang.of("删掉选中的这一行", "Take the chosen line out"),
        }
    }

    /// Its function key, unless the store chose another; none where it has a sign instead.
    fn usual(self) -> Option<Key> {
        Some(match self {
            Self::Help => Key::F1,
            Self::Verify => Key::F2,
            Self::Park => Key::F3,
            Self::Recall => Key::F4,
            Self::Price => Key::F5,
            Self::TakeBack => Key::F6,
            Self::Clear => Key::F7,
            Self::Search => Key::F8,
            Self::Drawer => Key::F9,
            Self::Menu => Key::F10,
            Self::Check => Key::F11,
            Self::Lock => Key::F12,
            Self::Remove => Key::Delete,
            Self::Pay | Self::Quantity | Self::Repeat => return None,
        })
    }

    /// The sign that does it, where it is no function key.
    fn sign(self) -> &'static str {
        match self {
            Self::Pay => "+",
            Self::Quantity => "*",
            Self::Repeat => "=",
            Self::Help
            | Self::Verify
            | Self::Park
            | Self::Recall
            | Self::Price
            | Self::TakeBack
            | Self::Clear
            | Self::Search
            | Self::Drawer
            | Self::Menu
            | Self::Check
            | Self::Lock
            | Self::Remove => "",
        }
    }

    /// Whether the store may give it another key.
    pub fn is_movable(self) -> bool {
        self.usual().is_some_and(|key| key != Key::Delete)
    }

    /// Its name in the settings.
    pub fn word(self) -> String {
        format!("{self:?}").to_lowercase()
    }
}

/// Which key does what: the usual ones, and those of the till that the cashier knows from before.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KeyMap(BTreeMap<Command, Key>);

impl KeyMap {
    /// Reads `park=F7 recall=F8`; what means nothing is left out.
    pub fn parse(text: &str) -> Self {
        let one = |pair: &str| {
            let (word, name) = pair.split_once('=')?;
            let command = Command::all().find(|command| command.word() == word && command.is_movable())?;
            Some((command, Key::from_name(name).filter(|key| is_function(*key))?))
        };
        Self(text.split_whitespace().filter_map(one).collect())
    }

    /// As [`Self::parse`] reads it.
    pub fn text(&self) -> String {
        let pairs = self.0.iter().map(|(command, key)| format!("{}={}", command.word(), key.name()));
        pairs.collect::<Vec<_>>().join(" ")
    }

    /// The key of a command.
    pub fn key(&self, command: Command) -> Option<Key> {
        self.0.get(&command).copied().or_else(|| command.usual())
    }

    /// The key as its button shows it.
    pub fn shown(&self, command: Command) -> &'static str {
        match self.key(command) {
            Some(Key::Delete) => "Del",
            Some(key) => key.name(),
            None => command.sign(),
        }
    }

    /// What a key does.
    pub fn command(&self, key: Key) -> Option<Command> {
        Command::all().find(|command| self.key(*command) == Some(key))
    }

    /// Gives a command a key. The command that had it takes the one that is free now, so that every
    /// command keeps a key.
    pub fn put(&mut self, command: Command, key: Key) {
        if !command.is_movable() || !is_function(key) {
            return;
        }
        if let (Some(other), Some(freed)) = (self.command(key), self.key(command)) {
            self.0.insert(other, freed);
        }
        self.0.insert(command, key);
    }
}

/// F1 to F12: what every keyboard of a till has.
pub fn is_function(key: Key) -> bool {
    let name = key.name();
    name.len() > 1 && name.starts_with('F') && name[1..].parse::<u8>().is_ok_and(|n| n <= 12)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_change_places_and_none_is_lost() {
        let mut keys = KeyMap::default();
        keys.put(Command::Park, Key::F7);
        assert_eq!((keys.key(Command::Park), keys.key(Command::Clear)), (Some(Key::F7), Some(Key::F3)));
        keys.put(Command::Park, Key::A);
        keys.put(Command::Remove, Key::F1);
        assert_eq!(keys.command(Key::F1), Some(Command::Help));
        assert_eq!(KeyMap::parse(&keys.text()), keys);
        assert_eq!(KeyMap::parse("nonsense=F1 park=Enter help"), KeyMap::default());
        for command in Command::all().filter(|c| c.is_movable()) {
            let same = Command::all().filter(|c| keys.key(*c) == keys.key(command)).count();
            assert_eq!(same, 1, "{command:?}");
        }
    }
}
