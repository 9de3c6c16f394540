"""Titles of columns as firms write them, and the fields they mean. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from callcenter.api.customers import MasterPlan
from callcenter.customers.columns_of_files import targets

_TITLES: Mapping[str, Sequence[str]] = {
    "account": (
        *("account number", "code", "customer code", "customer number", "customer id", "customer no"),
        *("客户编号", "编号", "账号", "客户代码"),
    ),
    "kind": ("type", "customer type", "类型", "客户类型"),
    "name": (
        *("customer", "full name", "company", "company name", "customer name"),
        *("姓名", "名称", "客户名称", "公司名称", "客户"),
    ),
    "given_name": ("first name", "forename", "名"),
    "family_name": ("last name", "surname", "姓"),
    "salutation": ("title", "称谓"),
    "name_reading": ("pinyin", "reading", "latin name", "拼音"),
    "aliases": ("alias", "also known as", "former name", "别名", "曾用名"),
    "language": ("preferred language", "语言"),
    "tier": ("level", "rank", "customer tier", "等级", "客户等级"),
    "credit_limit": ("credit", "信用额度"),
    "currency": ("币种", "货币"),
    "payment_terms_days": ("payment terms", "terms", "net days", "账期", "付款期限"),
    "payment_record": ("付款记录",),
    "tax_number": ("tax id", "vat", "vat number", "税号", "纳税人识别号"),
    "website": ("web", "url", "homepage", "网站", "网址"),
    "industry": ("sector", "行业"),
    "birthday": ("date of birth", "birth date", "dob", "生日", "出生日期"),
    "owner": ("account owner", "account manager", "sales rep", "负责人", "客户经理"),
    "territory": ("area", "区域", "片区"),
    "source": ("lead source", "来源"),
    "remark": ("remarks", "note", "notes", "comment", "comments", "备注"),
    "numbers.mobile": ("mobile", "mobile phone", "cell", "cell phone", "手机", "手机号", "移动电话"),
    "numbers.work": (
        *("phone", "telephone", "tel", "phone number", "office phone", "work phone"),
        *("电话", "联系电话", "办公电话"),
    ),
    "numbers.home": ("home phone", "private phone", "家庭电话"),
    "numbers.main": ("switchboard", "main number", "总机"),
    "numbers.fax": ("fax", "传真"),
    "mails": ("email", "e-mail", "mail", "email address", "邮箱", "电子邮件", "邮件"),
    "addresses.postal.street": ("street", "address", "address line 1", "street address", "地址", "街道", "详细地址"),
    "addresses.postal.extra": ("address line 2", "apartment", "楼层"),
    "addresses.postal.postal_code": ("zip", "zip code", "postal code", "postcode", "plz", "邮编", "邮政编码"),
    "addresses.postal.city": ("city", "town", "城市"),
    "addresses.postal.region": ("state", "province", "省", "省份"),
    "addresses.postal.country": ("country", "国家"),
    "contact.name": ("contact", "contact person", "contact name", "联系人"),
    "contact.role": ("position", "job title", "职务", "职位"),
    "preferences.no_calls": ("do not call", "no calls", "请勿致电"),
    "preferences.no_mail": ("do not mail", "no mail", "unsubscribed", "请勿发邮件"),
}
_MEANING = {title: target for target, titles in _TITLES.items() for title in titles}


def suggested(title: str, plan: MasterPlan) -> str | None:
    """Return the target that a column's title seems to mean; none: no idea."""
    plain = re.sub(r"[\s_]+", " ", title.strip().casefold())
    everything = targets(plan)
    for exact in (title.strip(), plain.replace(" ", "_")):
        if exact in everything:
            return exact
    for field in plan.custom_fields:
        if plain in (field.name, field.label.en.casefold(), field.label.zh.casefold()):
            return f"custom.{field.name}"
    return _MEANING.get(plain)


def titles_once(titles: Sequence[str]) -> tuple[str, ...]:
    """Return titles that are all different: a second "Phone" becomes "Phone (2)", an empty one gets its place."""
    seen: dict[str, int] = {}
    result = []
    for place, title in enumerate(titles, 1):
        name = title.strip() or f"#{place}"
        seen[name] = seen.get(name, 0) + 1
        result.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return tuple(result)
