"""Why a value is refused, in both languages. The codes are stable; screens may word them in their own way. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from callcenter.api.customers import CustomerMatch, FieldProblem
from callcenter.api.shapes import Words

TEXTS: Mapping[str, Words] = MappingProxyType(
    {
        "required": Words(en="This is needed.", zh="必填。"),
        "unknown_field": Words(en="There is no such field.", zh="没有这个字段。"),
        "hidden": Words(en="You may not see or change this field.", zh="您无权查看或修改此字段。"),
        "bad_text": Words(en="Contains characters that cannot be stored.", zh="包含无法保存的字符。"),
        "too_long": Words(en="Too long.", zh="过长。"),
        "bad_number": Words(en="No telephone number.", zh="不是有效的电话号码。"),
        "bad_mail": Words(en="No mail address.", zh="不是有效的邮箱地址。"),
        "bad_day": Words(en="No calendar day; write 2026-03-31.", zh="日期无效，请写成 2026-03-31。"),
        "bad_time": Words(en="No time of day; write 14:30.", zh="时间无效，请写成 14:30。"),
        "bad_amount": Words(en="No amount.", zh="金额无效。"),
        "bad_value": Words(en="Not of the right kind.", zh="格式不正确。"),
        "bad_link": Words(en="No web address.", zh="不是有效的网址。"),
        "not_a_choice": Words(en="Not one of the values to choose from.", zh="不在可选值之内。"),
        "out_of_range": Words(en="Too small or too large.", zh="超出范围。"),
        "before_beginning": Words(en="Ends before it begins.", zh="结束早于开始。"),
        "twice": Words(en="Stands here twice.", zh="重复。"),
        "too_many": Words(en="Too many.", zh="过多。"),
        "number_taken": Words(
            en="Somebody else has this number. Mark it as shared, or join the two records.",
            zh="该号码属于另一位客户。请标记为共用，或合并两条记录。",
        ),
        "mail_taken": Words(
            en="Somebody else has this address. Mark it as shared, or join the two records.",
            zh="该邮箱属于另一位客户。请标记为共用，或合并两条记录。",
        ),
        "account_taken": Words(en="Another customer has this code.", zh="该编号属于另一位客户。"),
        "other_customer": Words(en="This belongs to another customer.", zh="属于另一位客户。"),
        "unknown_customer": Words(en="There is no such customer.", zh="没有这位客户。"),
        "unknown_agent": Words(en="There is no such agent.", zh="没有这位坐席。"),
        "no_table": Words(en="The file is neither CSV nor a workbook.", zh="文件既不是CSV也不是工作簿。"),
        "no_titles": Words(en="The first line has no titles of columns.", zh="首行没有列标题。"),
        "no_sheet": Words(en="There is no such sheet.", zh="没有这个工作表。"),
        "unreadable": Words(en="The file cannot be read.", zh="无法读取文件。"),
        "unknown_encoding": Words(en="There is no such encoding.", zh="没有这种编码。"),
        "too_much": Words(
            en="The sheet reaches too far: delete its empty rows and columns.",
            zh="工作表范围过大，请删除空白的行和列。",
        ),
        "too_many_columns": Words(en="Too many columns.", zh="列数过多。"),
        "formula": Words(en="A formula; give its value.", zh="单元格是公式，请填写数值。"),
        "bad_encoding": Words(en="Characters in another encoding.", zh="字符编码不正确。"),
        "broken_quotes": Words(en="Quotation marks that do not close.", zh="引号未闭合。"),
        "broken_line": Words(en="The file breaks off in this line.", zh="文件在此行中断。"),
        "too_few_cells": Words(en="Fewer cells than columns.", zh="单元格少于列数。"),
        "too_many_cells": Words(en="More cells than columns.", zh="单元格多于列数。"),
        "too_many_rows": Words(
            en="More customers than a sheet has rows. Choose CSV.", zh="客户数超过工作表的最大行数，请选择CSV。"
        ),
        "exists": Words(en="The customer is in the records already.", zh="该客户已存在。"),
        "ambiguous": Words(en="More than one customer fits.", zh="有多位客户匹配。"),
        "merged": Words(
            en="This record was joined with another; change that one.", zh="该记录已合并到另一条，请修改那一条。"
        ),
    }
)


def problem(field: str, code: str, other: CustomerMatch | None = None) -> FieldProblem:
    """Return the problem of a field with its text."""
    return FieldProblem(field=field, code=code, text=TEXTS[code], other=other)
