//! Who may open which place of the console, and who may do what there.

use domain::lang::Lang;

pub use super::scope::Scope;

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
    /// 待审
    Review,
    /// 可疑迹象
    Signs,
    /// 门店
    Stores,
    /// 商品与价格
    Shop,
    /// 资金
    Funds,
    /// 结算
    Settlement,
    /// 家庭
    Households,
    /// 名册
    Roster,
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
    /// 人员
    People,
    /// 我的账户
    Account,
    /// 写项目的草稿，在项目一页上
    Drafting,
    /// 发布别人写的草稿
    Publishing,
    /// 试算，在项目一页上
    WhatIf,
}

/// Something that a person does, as apart from what a person looks at. Who may, is one table, so that
/// duties which must not come together can be read in one place: who decides on claims does not pay,
/// who pays does not keep the register, who keeps the users does neither.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// 审核申报：放行或驳回，答复申诉
    DecideClaim,
    /// 设定可疑迹象
    EditSigns,
    /// 申诉，签认对账
    DisputeClaim,
    /// 制表
    MakeBatch,
    /// 复核结算单
    CheckBatch,
    /// 审批结算单
    ApproveBatch,
    /// 付款
    PayBatch,
    /// 导出记账凭证
    MakeVouchers,
    /// 发布公示
    PublishList,
    /// 起草项目
    EditProgramme,
    /// 发布项目
    PublishProgramme,
    /// 维护资金
    EditFund,
    /// 维护门店登记和合同
    EditStore,
    /// 修改收款账户
    ChangeAccount,
    /// 确认收款账户
    ConfirmAccount,
    /// 导入名册，维护家庭
    ImportRoster,
    /// 发卡、挂失、换卡
    IssueCard,
    /// 确认发卡名单
    ConfirmCards,
    /// 查看姓名或证件号
    LookUpName,
    /// 商品、价格、促销、员工
    EditShop,
    /// 添加和作废款台
    ManageTills,
    /// 管理人员
    ManagePeople,
    /// 导出审计
    ExportAudit,
}

impl Action {
    /// All of them.
    pub const ALL: [Self; 23] = [
        Self::DecideClaim,
        Self::EditSigns,
        Self::DisputeClaim,
        Self::MakeBatch,
        Self::CheckBatch,
        Self::ApproveBatch,
        Self::PayBatch,
        Self::MakeVouchers,
        Self::PublishList,
        Self::EditProgramme,
        Self::PublishProgramme,
        Self::EditFund,
        Self::EditStore,
        Self::ChangeAccount,
        Self::ConfirmAccount,
        Self::ImportRoster,
        Self::IssueCard,
        Self::ConfirmCards,
        Self::LookUpName,
        Self::EditShop,
        Self::ManageTills,
        Self::ManagePeople,
        Self::ExportAudit,
    ];

    /// Who may do it.
    pub fn roles(self) -> &'static [Role] {
        match self {
            Self::DecideClaim | Self::CheckBatch => &[Role::Reviewer],
            Self::EditSigns => &[Role::Reviewer, Role::Admin],
            Self::DisputeClaim => &[Role::Manager],
            Self::MakeBatch | Self::MakeVouchers | Self::PublishList | Self::EditFund => &[Role::Accountant],
            Self::ApproveBatch => &[Role::Approver],
            // Nobody publishes what the same person wrote.
            Self::EditProgramme => &[Role::Reviewer, Role::Accountant, Role::Approver, Role::Admin],
            Self::PublishProgramme => &[Role::Approver, Role::Admin],
            Self::PayBatch => &[Role::Payer],
            // Two different people in any case: see `are_different`.
            Self::ChangeAccount | Self::EditStore => &[Role::Accountant],
            Self::ConfirmAccount => &[Role::Approver, Role::Accountant],
            Self::ImportRoster | Self::IssueCard => &[Role::Roster],
            Self::ConfirmCards => &[Role::Approver],
            Self::LookUpName => &[Role::Reviewer, Role::Auditor, Role::Roster],
            Self::EditShop => &[Role::Manager, Role::Admin],
            Self::ManageTills | Self::ManagePeople => &[Role::Admin],
            Self::ExportAudit => &[Role::Auditor, Role::Admin],
        }
    }

    /// Its name.
    pub fn word(self, lang: Lang) -> &'static str {
        match self {
            Self::DecideClaim => lang.of("审核申报", "deciding on claims"),
            Self::EditSigns => lang.of("设定可疑迹象", "setting the signs of fraud"),
            Self::DisputeClaim => lang.of("申诉和签认对账", "disputing claims and signing a period"),
            Self::MakeBatch => lang.of("制作结算单", "making a batch"),
            Self::CheckBatch => lang.of("复核结算单", "checking a batch"),
            Self::ApproveBatch => lang.of("审批结算单", "approving a batch"),
            Self::PayBatch => lang.of("付款", "paying"),
            Self::MakeVouchers => lang.of("导出记账凭证", "making vouchers"),
            Self::PublishList => lang.of("发布公示", "publishing the list"),
            Self::EditProgramme => lang.of("起草项目", "drafting a programme"),
            Self::PublishProgramme => lang.of("发布项目", "publishing a programme"),
            Self::EditFund => lang.of("维护资金", "keeping the funds"),
            Self::EditStore => lang.of("维护门店登记", "keeping the register of stores"),
            Self::ChangeAccount => lang.of("修改收款账户", "changing a store's account"),
            Self::ConfirmAccount => lang.of("确认收款账户", "confirming a store's account"),
            Self::ImportRoster => lang.of("维护名册", "keeping the roster"),
            Self::IssueCard => lang.of("发卡和换卡", "issuing cards"),
            Self::ConfirmCards => lang.of("确认发卡名单", "confirming a list of cards"),
            Self::LookUpName => lang.of("查看姓名或证件号", "looking at a name or number"),
            Self::EditShop => lang.of("修改商品、价格和员工", "changing goods, prices and staff"),
            Self::ManageTills => lang.of("添加和作废款台", "adding and revoking tills"),
            Self::ManagePeople => lang.of("管理人员", "managing people"),
            Self::ExportAudit => lang.of("导出审计记录", "exporting the audit"),
        }
    }
}

/// Whether all of them are different people: whoever made something does not also check, approve or
/// pay it, whatever roles that person had since.
pub fn are_different(names: &[&str]) -> bool {
    names.iter().enumerate().all(|(n, name)| !names[..n].contains(name))
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
            Place::Home | Place::Programmes | Place::Account => true,
            Place::Usage | Place::Stores => self != Self::Roster,
            // Counts of families are nothing of a store's, nor of who pays.
            Place::Unreached => !matches!(self, Self::Manager | Self::Payer),
            Place::Disclosure => !matches!(self, Self::Manager | Self::Roster),
            Place::Claims => !matches!(self, Self::Roster | Self::Payer),
            Place::Review => matches!(self, Self::Reviewer | Self::Auditor),
            Place::Signs => matches!(self, Self::Reviewer | Self::Auditor | Self::Admin),
            Place::Funds => !matches!(self, Self::Roster | Self::Manager),
            Place::Settlement => self != Self::Roster,
            Place::Households => matches!(self, Self::Reviewer | Self::Auditor | Self::Roster),
            Place::Cards => matches!(self, Self::Roster | Self::Admin),
            Place::Roster => matches!(self, Self::Roster | Self::Auditor),
            Place::Audit => matches!(self, Self::Auditor | Self::Admin),
            Place::Tills => self.may_do(Action::ManageTills),
            Place::People => self.may_do(Action::ManagePeople),
            Place::Drafting => self.may_do(Action::EditProgramme),
            Place::Publishing => self.may_do(Action::PublishProgramme),
            Place::WhatIf => self.may(Place::Drafting) || self == Self::Auditor,
            Place::Shop => self.may_do(Action::EditShop),
        }
    }

    /// Whether the role may do something. What it is done to is bounded by the person's scope besides.
    pub fn may_do(self, action: Action) -> bool {
        action.roles().contains(&self)
    }

    /// Whether claims show this role the masked name of who shopped. A store's manager knows the
    /// neighbours.
    pub fn sees_names(self) -> bool {
        self != Self::Manager
    }
}

impl Place {
    /// Those of the column, in its order.
    pub const ALL: [Self; 17] = [
        Self::Home,
        Self::Review,
        Self::Claims,
        Self::Stores,
        Self::Shop,
        Self::Households,
        Self::Roster,
        Self::Programmes,
        Self::Funds,
        Self::Settlement,
        Self::Usage,
        Self::Signs,
        Self::Unreached,
        Self::Disclosure,
        Self::Cards,
        Self::People,
        Self::Audit,
    ];

    /// Where it is.
    pub fn path(self) -> &'static str {
        match self {
            Self::Home => "/console",
            Self::Claims => "/console/claims",
            Self::Review => "/console/review",
            Self::Signs => "/console/signs",
            Self::Stores => "/console/stores",
            Self::Shop => "/console/shop",
            Self::Households => "/console/households",
            Self::Roster => "/console/roster",
            Self::Programmes => "/console/programmes",
            Self::Funds => "/console/funds",
            Self::Settlement => "/console/settlement",
            Self::Usage => "/console/usage",
            Self::Unreached => "/console/unreached",
            Self::Disclosure => "/console/disclosure",
            Self::Cards => "/console/cards",
            Self::Audit => "/console/audit",
            Self::Tills => "/console/stores",
            Self::People => "/console/people",
            Self::Account => "/console/account",
            Self::Drafting | Self::Publishing => "/console/programmes",
            Self::WhatIf => "/console/what-if",
        }
    }

    /// Its name.
    pub fn word(self, lang: Lang) -> &'static str {
        match self {
            Self::Home => lang.of("待办", "To do"),
            Self::Claims => lang.of("申报", "Claims"),
            Self::Review => lang.of("待审", "To review"),
            Self::Signs => lang.of("可疑迹象", "Signs of fraud"),
            Self::Stores => lang.of("门店", "Stores"),
            Self::Shop => lang.of("商品与价格", "Shop"),
            Self::Households => lang.of("家庭", "Households"),
            Self::Roster => lang.of("名册", "Roster"),
            Self::Programmes => lang.of("项目", "Programmes"),
            Self::Funds => lang.of("资金", "Funds"),
            Self::Settlement => lang.of("结算", "Settlement"),
            Self::Usage => lang.of("使用情况", "Usage"),
            Self::Unreached => lang.of("未惠及家庭", "Not reached"),
            Self::Disclosure => lang.of("信息公开", "Disclosure"),
            Self::Cards => lang.of("打印卡片", "Cards"),
            Self::Audit => lang.of("审计", "Audit"),
            Self::Tills => lang.of("添加和作废款台", "adding and revoking tills"),
            Self::People => lang.of("人员", "People"),
            Self::Account => lang.of("我的账户", "My account"),
            Self::Drafting => lang.of("写项目草稿", "drafting programmes"),
            Self::Publishing => lang.of("发布项目", "publishing programmes"),
            Self::WhatIf => lang.of("试算", "What if"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pairs of duties that no role has both of.
    const APART: [(Action, Action); 12] = [
        (Action::MakeBatch, Action::CheckBatch),
        (Action::MakeBatch, Action::ApproveBatch),
        (Action::MakeBatch, Action::PayBatch),
        (Action::CheckBatch, Action::ApproveBatch),
        (Action::CheckBatch, Action::PayBatch),
        (Action::ApproveBatch, Action::PayBatch),
        (Action::DecideClaim, Action::DisputeClaim),
        (Action::DecideClaim, Action::PayBatch),
        // Who writes a programme may publish, but never what the same person wrote (service::programmes).
        (Action::PublishProgramme, Action::PayBatch),
        (Action::IssueCard, Action::ConfirmCards),
        (Action::ManagePeople, Action::PayBatch),
        (Action::ManagePeople, Action::LookUpName),
    ];

    #[test]
    fn duties_that_must_stay_apart_do() {
        for (one, other) in APART {
            for role in Role::ALL {
                assert!(!(role.may_do(one) && role.may_do(other)), "{role:?} may {one:?} and {other:?}");
            }
        }
        for (n, action) in Action::ALL.into_iter().enumerate() {
            assert!(!action.roles().is_empty(), "nobody may {action:?}");
            assert!(!Action::ALL[..n].contains(&action), "{action:?} stands there twice");
        }
    }

    #[test]
    fn the_auditor_changes_nothing() {
        let may: Vec<Action> = Action::ALL.into_iter().filter(|a| Role::Auditor.may_do(*a)).collect();
        assert_eq!(may, [Action::LookUpName, Action::ExportAudit]);
    }

    #[test]
    fn the_same_person_twice_is_noticed() {
        assert!(are_different(&["a", "b", "c"]) && are_different(&[]));
        assert!(!are_different(&["a", "b", "a"]));
    }
}
