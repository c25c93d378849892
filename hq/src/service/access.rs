//! Who may open which place of the console.

use domain::lang::Lang;

/// A role at headquarters (spec/cli.md).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// 审核员
    Reviewer,
    /// 审批人
    Approver,
    /// 会计
    Accountant,
    /// 出纳
    Payer,
    /// 审计员
    Auditor,
    /// 名册管理员
    Roster,
    /// 店长
    Manager,
    /// 系统管理员
    Admin,
}

/// A place of the console.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// 待办
    Home,
    /// 申报
    Claims,
    /// 门店
    Stores,
    /// 商品与价格
    Shop,
    /// 家庭
    Households,
    /// 项目
    Programmes,
    /// 使用情况
    Usage,
    /// 未惠及家庭
    Unreached,
    /// 信息公开
    Disclosure,
    /// 打印卡片
    Cards,
    /// 审计
    Audit,
    /// 添加和作废款台，在门店一页上
    Tills,
}

impl Role {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Reviewer,
        Self::Approver,
        Self::Accountant,
        Self::Payer,
        Self::Auditor,
        Self::Roster,
        Self::Manager,
        Self::Admin,
    ];

    /// Reads the code.
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.code() == code)
    }

    /// The code.
    pub fn code(self) -> &'static str {
        match self {
            Self::Reviewer => "reviewer",
            Self::Approver => "approver",
            Self::Accountant => "accountant",
            Self::Payer => "payer",
            Self::Auditor => "auditor",
            Self::Roster => "roster",
            Self::Manager => "manager",
            Self::Admin => "admin",
        }
    }

    /// The word for people.
    pub fn word(self, lang: Lang) -> &'static str {
        match self {
            Self::Reviewer => lang.of("审核员", "reviewer"),
            Self::Approver => lang.of("审批人", "approver"),
            Self::Accountant => lang.of("会计", "accountant"),
            Self::Payer => lang.of("出纳", "payments clerk"),
            Self::Auditor => lang.of("审计员", "auditor"),
            Self::Roster => lang.of("名册管理员", "roster keeper"),
            Self::Manager => lang.of("店长", "store manager"),
            Self::Admin => lang.of("系统管理员", "administrator"),
        }
    }

    /// Whether the role may open a place. Families are seen by those who decide on them or keep the
    /// roster, and by nobody else.
    pub fn may(self, place: Place) -> bool {
        match place {
            Place::Home | Place::Programmes => true,
            Place::Usage | Place::Stores => self != Self::Roster,
            // Counts of families are nothing of a store's, nor of who pays.
            Place::Unreached => !matches!(self, Self::Manager | Self::Payer),
            Place::Disclosure => !matches!(self, Self::Manager | Self::Roster),
            Place::Claims => !matches!(self, Self::Roster | Self::Payer),
            Place::Households => matches!(self, Self::Reviewer | Self::Auditor | Self::Roster),
            Place::Cards => matches!(self, Self::Roster | Self::Admin),
            Place::Audit => matches!(self, Self::Auditor | Self::Admin),
            Place::Tills => self == Self::Admin,
            Place::Shop => matches!(self, Self::Manager | Self::Admin),
        }
    }

    /// Whether claims show this role the masked name of who shopped. A store's manager knows the
    /// neighbours.
    pub fn sees_names(self) -> bool {
        self != Self::Manager
    }
}

impl Place {
    /// Those of the column, in its order.
    pub const ALL: [Self; 11] = [
        Self::Home,
        Self::Claims,
        Self::Stores,
        Self::Shop,
        Self::Households,
        Self::Programmes,
        Self::Usage,
        Self::Unreached,
        Self::Disclosure,
        Self::Cards,
        Self::Audit,
    ];

    /// Where it is.
    pub fn path(self) -> &'static str {
        match self {
            Self::Home => "/console",
            Self::Claims => "/console/claims",
            Self::Stores => "/console/stores",
            Self::Shop => "/console/shop",
            Self::Households => "/console/households",
            Self::Programmes => "/console/programmes",
            Self::Usage => "/console/usage",
            Self::Unreached => "/console/unreached",
            Self::Disclosure => "/console/disclosure",
            Self::Cards => "/console/cards",
            Self::Audit => "/console/audit",
            Self::Tills => "/console/stores",
        }
    }

    /// Its name.
    pub fn word(self, lang: Lang) -> &'static str {
        match self {
            Self::Home => lang.of("待办", "To do"),
            Self::Claims => lang.of("申报", "Claims"),
            Self::Stores => lang.of("门店", "Stores"),
            Self::Shop => lang.of("商品与价格", "Shop"),
            Self::Households => lang.of("家庭", "Households"),
            Self::Programmes => lang.of("项目", "Programmes"),
            Self::Usage => lang.of("使用情况", "Usage"),
            Self::Unreached => lang.of("未惠及家庭", "Not reached"),
            Self::Disclosure => lang.of("信息公开", "Disclosure"),
            Self::Cards => lang.of("打印卡片", "Cards"),
            Self::Audit => lang.of("审计", "Audit"),
            Self::Tills => lang.of("添加和作废款台", "adding and revoking tills"),
        }
    }
}
