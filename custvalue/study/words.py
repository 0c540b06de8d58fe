"""The report's own words, in both languages."""

from custvalue.rules.labels import Label

WORDS = {
    "title": Label("Account study", "客户价值分析"),
    "as_of": Label("as of", "截至"),
    "findings": Label("Findings", "主要发现"),
    "contents": Label("Contents", "目录"),
    "skip": Label("Skip to the findings", "跳到主要发现"),
    "table": Label("Table", "数据表"),
    "filter": Label("Filter the rows of", "筛选"),
    "filter_hint": Label("filter rows…", "筛选行…"),
    "download": Label("Download CSV", "下载 CSV"),
    "sort": Label("sort by", "排序："),
    "rows": Label("rows", "行"),
    "row": Label("row", "行"),
    "notes": Label("Notes", "说明"),
    "charted": Label("the first {shown} of {n}", "前 {shown} 个，共 {n} 个"),
    "first_rows": Label(
        "The first {shown} of {n} rows; all of them are in the workbook.",
        "仅显示前 {shown} 行，共 {n} 行；全部数据见工作簿。",
    ),
    "inputs": Label("What was read, and what was left out", "读取内容与未采用内容"),
    "rejects": Label(
        "Rows read: {rows}. Set apart because they break their table's contract: {rejected}; the reasons are in "
        "rejects.csv.",
        "读取 {rows} 行，其中 {rejected} 行不符合规则，已连同原因另存于 rejects.csv。",
    ),
    "no_rejects": Label("Rows read: {rows}, all of them clean.", "读取 {rows} 行，全部符合规则。"),
    "left_out": Label("Left out: {parts}.", "未采用：{parts}。"),
    "theme": Label("Light or dark", "明暗切换"),
    "sheet": Label("Sheet", "工作表"),
    "about": Label("What it holds", "内容"),
    "back": Label("contents", "目录"),
}
"""Every word the report and the workbook say themselves."""

TABLE_TITLES = {
    "selling_time": Label("Selling time, readings", "销售时间"),
    "selling_year": Label("The year, deduction by deduction", "全年扣减明细"),
    "selling_day": Label("The day by activity", "每日活动"),
    "prospect_scores": Label("Prospects by score", "潜在客户评分"),
    "expected_revenue": Label("Won and expected revenue by period", "各期已赢与预期收入"),
    "pipeline_by_stage": Label("Open pipeline by stage", "各阶段未成交订单"),
    "opportunity_ranking": Label("Open opportunities by expected value", "按期望值排列的商机"),
    "win_rates": Label("Win rates", "赢单率"),
    "win_rates_by_region": Label("Win rates by region", "各地区赢单率"),
    "win_rates_by_owner": Label("Win rates by owner", "各销售人员赢单率"),
    "win_rates_by_product": Label("Win rates by product", "各产品赢单率"),
    "concentration_summary": Label("Concentration, summary", "集中度概要"),
    "concentration_accounts": Label("Accounts by revenue", "按收入排列的客户"),
    "segment_summary": Label("The 27 segments", "27类客户"),
    "segment_accounts": Label("Accounts by segment", "客户分类明细"),
    "walls": Label("Walls, weakest first", "围墙（由弱到强）"),
    "people": Label("Hunting and farming scores", "猎人与农夫得分"),
    "inputs": Label("Tables read", "读取的表"),
    "rejects": Label("Rows set apart", "未采用的行"),
    "left_out": Label("Parts and files left out", "未采用的部分与文件"),
}
"""The title of every table of the study."""
