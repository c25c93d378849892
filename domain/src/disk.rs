//! What a disk can do to whoever works on it, in words that a cashier can act on.

use crate::lang::Lang;

/// Why nothing could be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DiskTrouble {
    /// There is no room left.
    Full,
    /// The folder cannot be written.
    ReadOnly,
    /// Reading or writing failed.
    Failing,
    /// What is on it is not what was written.
    Damaged,
}

impl DiskTrouble {
    /// The sentence in Chinese.
    pub fn zh(self) -> &'static str {
        match self {
            Self::Full => "磁盘已满，这一步没有保存。请店长腾出空间（删掉不用的文件、清空回收站），再按一次。",
            Self::ReadOnly => {
                "数据文件夹不能写入，这一步没有保存。请店长检查磁盘是不是变成了只读、有没有插好，再按一次。"
            }
            Self::Failing => {
                "磁盘读写出错，这一步没有保存。请再按一次；还不行就关掉程序重新打开，先看最近小票里有没有这一单，没有再重做。"
            }
            Self::Damaged => "数据文件有损坏，这一步没有保存。请停止收银，关掉程序，按手册用每日备份恢复。",
        }
    }

    /// The sentence in English.
    pub fn en(self) -> &'static str {
        match self {
            Self::Full => {
                "The disk is full and this step was not kept. Make room (files no longer needed, the recycle bin), then press again."
            }
            Self::ReadOnly => {
                "The data folder cannot be written and this step was not kept. Check whether the disk became read-only or came loose, then press again."
            }
            Self::Failing => {
                "The disk failed and this step was not kept. Press again; if that does not help, close the program, open it, and look whether the last receipts show the sale before you ring it up again."
            }
            Self::Damaged => {
                "The data file is damaged and this step was not kept. Stop selling, close the program, and put back a daily copy as the manual says."
            }
        }
    }

    /// The sentence in a language.
    pub fn of(self, lang: Lang) -> &'static str {
        lang.of(self.zh(), self.en())
    }
}

impl std::fmt::Display for DiskTrouble {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.zh(), self.en())
    }
}
