#!/usr/bin/env python3
"""Records what dlt and Ibis answer to the questions of questions.json.

    python3 -m venv env && env/bin/pip install -r requirements.txt && env/bin/python record.py

dlt loads the shop into DuckDB, in two loads; Ibis asks it. Each question is here as an expression of Ibis, beside the options of dlt-query that
ask the same; `questions.json` has the options and the rows. Tests ask them of SQLite, PostgreSQL and DuckDB.
"""

import datetime
import decimal
import json
import tempfile
from pathlib import Path

import dlt
import ibis
from ibis import _

HERE = Path(__file__).parent
COLUMNS = {"total": {"data_type": "decimal"}, "due": {"data_type": "date"}, "data": {"data_type": "json"}}


def below(children, parents):
    """Each child beside its parent."""
    key = parents.drop(*[name for name in parents.columns if name.startswith("above_")]).rename(above_id="_dlt_id")
    key = key.rename(above_parent="_dlt_parent_id") if "_dlt_parent_id" in key.columns else key
    left = children
    return left.left_join(key, left._dlt_parent_id == key.above_id)


def above(parents, summary):
    """Each parent beside what its children come to."""
    key = summary.rename(parent_id="_dlt_parent_id")
    return parents.left_join(key, parents._dlt_id == key.parent_id)


# Options of dlt-query, and the same in Ibis. `o`, `l`, `x` and `c` are orders, their lines, the lines' taxes and customers.
QUESTIONS = [
    ("orders --select number,city --where \"city = 'Linz'\" --order number",
     lambda o, l, x, c: o.filter(o.city == "Linz").select("number", "city").order_by("number")),
    ("orders --select number --where \"city <> 'Linz'\" --order number",
     lambda o, l, x, c: o.filter(o.city != "Linz").select("number").order_by("number")),
    ("orders --select number --where 'city is null' --order number",
     lambda o, l, x, c: o.filter(o.city.isnull()).select("number").order_by("number")),
    ("orders --select number --where 'not (city is null) and paid' --order 'number desc' --limit 10",
     lambda o, l, x, c: o.filter(o.city.notnull() & o.paid).select("number").order_by(_.number.desc()).limit(10)),
    ("orders --select number,total --where 'total > 400' --order 'total desc, number'",
     lambda o, l, x, c: o.filter(o.total > 400).select("number", "total").order_by(_.total.desc(), "number")),
    ("orders --select number,total --where 'total between 100.5 and 200.25' --order number",
     lambda o, l, x, c: o.filter(o.total.between(decimal.Decimal("100.5"), decimal.Decimal("200.25"))).select("number", "total").order_by("number")),
    ("orders --select number --where \"city in ('Linz', 'Graz')\" --where 'weight < 20' --order number",
     lambda o, l, x, c: o.filter(o.city.isin(["Linz", "Graz"]) & (o.weight < 20)).select("number").order_by("number")),
    ("orders --select number --where \"city not in ('Linz', 'Graz')\" --order number",
     lambda o, l, x, c: o.filter(o.city.notin(["Linz", "Graz"])).select("number").order_by("number")),
    ("orders --select number --where 'number in (1, 2, 999)' --order number",
     lambda o, l, x, c: o.filter(o.number.isin([1, 2, 999])).select("number").order_by("number")),
    ("customers --select id,name --where \"name like 'B%'\" --order id",
     lambda o, l, x, c: c.filter(c.name.like("B%")).select("id", "name").order_by("id")),
    ("customers --select id --where \"name like '%a%'\" --order id",
     lambda o, l, x, c: c.filter(c.name.like("%a%")).select("id").order_by("id")),
    ("customers --select id --where \"name ilike '%A%'\" --order id",
     lambda o, l, x, c: c.filter(c.name.ilike("%A%")).select("id").order_by("id")),
    ("customers --select id --where \"name like '%\\\\%%'\" --order id",
     lambda o, l, x, c: c.filter(c.name.contains("%")).select("id").order_by("id")),
    ("customers --select id --where \"name like '%\\\\_%'\" --order id",
     lambda o, l, x, c: c.filter(c.name.contains("_")).select("id").order_by("id")),
    ("customers --select id --where \"name = 'O''Neill'\" --order id",
     lambda o, l, x, c: c.filter(c.name == "O'Neill").select("id").order_by("id")),
    ("customers --select id --where 'name = :who' --param 'who=back\\slash' --order id",
     lambda o, l, x, c: c.filter(c.name == "back\\slash").select("id").order_by("id")),
    ("customers --select id --where \"name > 'a'\" --order id",
     lambda o, l, x, c: c.filter(c.name > "a").select("id").order_by("id")),
    ("customers --select 'distinct name' --order name",
     lambda o, l, x, c: c.select("name").distinct().order_by("name")),
    ("orders --select 'distinct city' --order city",
     lambda o, l, x, c: o.select("city").distinct().order_by(ibis.asc("city", nulls_first=False))),
    ("orders --select 'distinct city' --order 'city desc nulls first'",
     lambda o, l, x, c: o.select("city").distinct().order_by(ibis.desc("city", nulls_first=True))),
    ("orders --agg 'count(*) as n'",
     lambda o, l, x, c: o.aggregate(n=o.count())),
    ("orders --agg 'count(city) as n, count(distinct city) as cities'",
     lambda o, l, x, c: o.aggregate(n=o.city.count(), cities=o.city.nunique())),
    ("orders --group-by city --order city",
     lambda o, l, x, c: o.group_by("city").aggregate(count=_.count()).order_by(ibis.asc("city", nulls_first=False))),
    ("orders --group-by city --agg 'sum(total) as turnover, count(*) as n' --order 'turnover desc'",
     lambda o, l, x, c: o.group_by("city").aggregate(turnover=_.total.sum(), n=_.count()).order_by(_.turnover.desc())),
    ("orders --group-by city --agg 'avg(weight) as w, min(total) as low, max(total) as high' --order city",
     lambda o, l, x, c: o.group_by("city").aggregate(w=_.weight.mean(), low=_.total.min(), high=_.total.max()).order_by(ibis.asc("city", nulls_first=False))),
    ("orders --group-by paid --agg 'avg(total) as mean' --order paid",
     lambda o, l, x, c: o.group_by("paid").aggregate(mean=_.total.cast("float64").mean()).order_by(ibis.asc("paid", nulls_first=False))),
    ("orders --group-by 'year(placed_at) as y, month(placed_at) as m' --agg 'sum(number) as s' --order 'y, m'",
     lambda o, l, x, c: o.group_by(y=_.placed_at.year(), m=_.placed_at.month()).aggregate(s=_.number.sum()).order_by("y", "m")),
    ("orders --group-by 'quarter(placed_at) as q' --order q",
     lambda o, l, x, c: o.group_by(q=_.placed_at.quarter()).aggregate(count=_.count()).order_by("q")),
    ("orders --group-by \"date_trunc('month', placed_at) as m\" --order m",
     lambda o, l, x, c: o.group_by(m=_.placed_at.truncate("M")).aggregate(count=_.count()).order_by("m")),
    ("orders --group-by \"date_trunc('week', placed_at) as w\" --order w --limit 9",
     lambda o, l, x, c: o.group_by(w=_.placed_at.truncate("W")).aggregate(count=_.count()).order_by("w").limit(9)),
    ("orders --select \"number, date_trunc('hour', placed_at) as h\" --order number --limit 7",
     lambda o, l, x, c: o.select("number", h=o.placed_at.truncate("h")).order_by("number").limit(7)),
    ("orders --select 'number, day(placed_at) as d, hour(placed_at) as h, minute(placed_at) as m, second(placed_at) as s' --order number --limit 9",
     lambda o, l, x, c: o.select("number", d=o.placed_at.day(), h=o.placed_at.hour(), m=o.placed_at.minute(), s=o.placed_at.second()).order_by("number").limit(9)),
    ("orders --select 'number, weekday(due) as d' --order number --limit 14",
     lambda o, l, x, c: o.select("number", d=o.due.day_of_week.index() + 1).order_by("number").limit(14)),
    ("orders --select 'number, placed_at' --where \"placed_at >= '2024-06-01' and placed_at < '2024-07-01'\" --order number",
     lambda o, l, x, c: o.filter((o.placed_at >= ibis.timestamp("2024-06-01T00:00:00Z")) & (o.placed_at < ibis.timestamp("2024-07-01T00:00:00Z"))).select("number", "placed_at").order_by("number")),
    ("orders --select 'number, due' --where \"due = '2024-03-14'\" --order number",
     lambda o, l, x, c: o.filter(o.due == ibis.date(2024, 3, 14)).select("number", "due").order_by("number")),
    ("orders --select 'number, days_between(placed_at, due) as d' --order 'd desc, number' --limit 12",
     lambda o, l, x, c: o.select("number", d=o.due.delta(o.placed_at.date(), unit="day")).order_by(_.d.desc(), "number").limit(12)),
    ("orders --select 'number, date(placed_at) as d' --order 'd, number' --limit 6",
     lambda o, l, x, c: o.select("number", d=o.placed_at.date()).order_by("d", "number").limit(6)),
    ("orders --select 'number, total * 2 as twice, total + 0.05 as more, total - number as less' --order number --limit 9",
     lambda o, l, x, c: o.select("number", twice=o.total * 2, more=o.total + decimal.Decimal("0.05"), less=o.total - o.number).order_by("number").limit(9)),
    ("orders --select 'number, number % 7 as r, number / 4 as q, -number as n' --order number --limit 9",
     lambda o, l, x, c: o.select("number", r=o.number % 7, q=o.number.cast("float64") / 4, n=-o.number).order_by("number").limit(9)),
    ("orders --select 'number, number / (number - number) as q' --order number --limit 2",
     lambda o, l, x, c: o.select("number", q=ibis.null("float64")).order_by("number").limit(2)),
    ("orders --select 'number, round(total, 1) as r, round(total) as whole, floor(weight) as f, abs(number - 50) as a' --order number --limit 30",
     lambda o, l, x, c: o.select("number", r=o.total.round(1), whole=o.total.round(0), f=o.weight.floor().cast("int64"), a=(o.number - 50).abs()).order_by("number").limit(30)),
    ("orders --select 'number, round(total / 3, 2) as r' --order number --limit 20",
     lambda o, l, x, c: o.select("number", r=(o.total.cast("float64") / 3).round(2)).order_by("number").limit(20)),
    ("customers --select \"id, upper(name) as u, lower(segment) as s, length(name) as n\" --where 'id < 6' --order id",
     lambda o, l, x, c: c.filter(c.id < 6).select("id", u=c.name.upper(), s=c.segment.lower(), n=c.name.length()).order_by("id")),
    ("customers --select \"id, substr(name, 2, 3) as s, replace(name, 'a', '4') as r, trim('  x ') as t\" --order id",
     lambda o, l, x, c: c.select("id", s=c.name.substr(1, 3), r=c.name.replace("a", "4"), t=ibis.literal("x")).order_by("id")),
    ("customers --select \"id, name || ' <' || cast(id as text) || '>' as label\" --order id --limit 5",
     lambda o, l, x, c: c.select("id", label=c.name + " <" + c.id.cast("string") + ">").order_by("id").limit(5)),
    ("orders --select \"number, coalesce(city, 'nowhere') as city, nullif(city, 'Linz') as other\" --order number --limit 20",
     lambda o, l, x, c: o.select("number", city=o.city.fill_null("nowhere"), other=o.city.nullif("Linz")).order_by("number").limit(20)),
    ("orders --select 'number, cast(code as bigint) as b, cast(code as double) as d' --order number --limit 30",
     lambda o, l, x, c: o.select("number", b=ibis.cases((o.code.re_search("^-?[0-9]+$"), o.code.try_cast("int64"))), d=o.code.try_cast("float64")).order_by("number").limit(30)),
    ("orders --select 'number, cast(total as bigint) as t, cast(weight as bigint) as w, cast(paid as bigint) as p' --order number --limit 30",
     lambda o, l, x, c: o.select("number", t=o.total.floor().cast("int64"), w=o.weight.floor().cast("int64"), p=o.paid.cast("int64")).order_by("number").limit(30)),
    ("orders --select 'number, cast(due as text) as d, cast(paid as text) as p, cast(total as text) as t' --order number --limit 30",
     lambda o, l, x, c: o.select("number", d=o.due.strftime("%Y-%m-%d"), p=o.paid.cast("string"), t=o.total.cast("float64").cast("string").re_replace("\\.0$", "")).order_by("number").limit(30)),
    ("orders --select \"number, data ->> 'Color' as color, data ->> 'size' as size\" --where \"data ->> 'Color' = 'red'\" --order number",
     lambda o, l, x, c: o.mutate(color=o.data["Color"].str, size=o.data["size"].int.cast("string")).filter(_.color == "red").select("number", "color", "size").order_by("number")),
    ("orders --select \"number, data -> 'tags' ->> 0 as tag\" --order number --limit 9",
     lambda o, l, x, c: o.select("number", tag=o.data["tags"][0].str).order_by("number").limit(9)),
    ("orders --select 'number, customer.email' --where 'customer.vip' --order number",
     lambda o, l, x, c: o.filter(o.customer__vip).select("number", customer__email="customer__email").order_by("number")),
    ("orders__lines --select sku,price --with-parents number --where 'price > 90' --order 'number, price'",
     lambda o, l, x, c: below(l, o).filter(_.price > 90).select("sku", "price", "number").order_by("number", "price")),
    ("orders__lines__taxes --select 'name, rate' --with-parents 'sku, number, city' --order number,sku,city --limit 15",
     lambda o, l, x, c: below(x, below(l, o)).select("name", "rate", "sku", "number", "city").order_by("number", "sku", ibis.asc("city", nulls_first=False)).limit(15)),
    ("orders__lines --group-by 'orders.city' --agg 'sum(price * quantity) as turnover' --order city",
     lambda o, l, x, c: below(l, o).group_by("city").aggregate(turnover=(_.price * _.quantity).sum()).order_by(ibis.asc("city", nulls_first=False))),
    ("orders --select number --with-children 'count(lines) as n, sum(lines.quantity) as pieces' --order number --limit 30",
     lambda o, l, x, c: above(o, l.group_by("_dlt_parent_id").aggregate(n=_.count(), pieces=_.quantity.sum())).select("number", n=_.n.fill_null(0), pieces=_.pieces).order_by("number").limit(30)),
    ("orders --select number --with-children 'count(lines.taxes) as n' --where 'n > 1' --order number",
     lambda o, l, x, c: above(o, below(x, l).group_by(_dlt_parent_id=_.above_parent).aggregate(n=_.count()).filter(_.n > 1)).filter(_.n.notnull()).select("number", "n").order_by("number")),
    ("orders --select number --with-children 'list(lines.sku) as skus' --order number --limit 12",
     lambda o, l, x, c: above(o, l.group_by("_dlt_parent_id").aggregate(skus=l.sku.collect(order_by=l._dlt_list_idx))).select("number", skus=_.skus.fill_null(ibis.literal([], type="array<string>"))).order_by("number").limit(12)),
    ("orders --loads latest --agg 'count(*) as n, min(number) as first'",
     lambda o, l, x, c: o.filter(o.number > 80).aggregate(n=_.count(), first=_.number.min())),
    ("orders__lines --loads last:1 --agg 'count(*) as n'",
     lambda o, l, x, c: below(l, o).filter(_.number > 80).aggregate(n=_.count())),
    ("orders --loads last:3 --agg 'count(*) as n'",
     lambda o, l, x, c: o.aggregate(n=_.count())),
    ("orders --loads since:2001-01-01 --group-by customer_id --agg 'max(total) as top' --order 'top desc, customer_id' --limit 5",
     lambda o, l, x, c: o.group_by("customer_id").aggregate(top=_.total.max()).order_by(_.top.desc(), "customer_id").limit(5)),
    ("orders --where \"city = 'Graz'\" --count",
     lambda o, l, x, c: o.filter(o.city == "Graz").aggregate(count=_.count())),
]


def value(cell):
    if cell is None or cell != cell:
        return None
    if hasattr(cell, "item"):
        cell = cell.item()
    if isinstance(cell, datetime.datetime):
        return cell.isoformat().replace("+00:00", "Z")
    if isinstance(cell, datetime.date):
        return cell.isoformat()
    if isinstance(cell, decimal.Decimal):
        return float(cell)
    if isinstance(cell, list):
        return [value(item) for item in cell]
    return cell


def main() -> None:
    import shlex

    folder = Path(tempfile.mkdtemp())
    file = folder / "questions.duckdb"
    pipeline = dlt.pipeline("shop", destination=dlt.destinations.duckdb(str(file)), dataset_name="shop_data", pipelines_dir=str(folder))

    def records(name):
        return [json.loads(line) for line in (HERE / f"{name}.ndjson").read_text().splitlines()]

    for name in ["orders-1", "orders-2"]:
        pipeline.run(dlt.resource(records(name), name="orders", columns=COLUMNS))
        if name == "orders-1":
            pipeline.run(dlt.resource(records("customers"), name="customers"))
    connection = ibis.duckdb.connect(file, read_only=True)
    connection.raw_sql("SET TimeZone = 'UTC'")
    tables = [connection.table(name, database="shop_data") for name in ["orders", "orders__lines", "orders__lines__taxes", "customers"]]
    recorded = []
    for options, expression in QUESTIONS:
        rows = expression(*tables).to_pyarrow().to_pylist()
        recorded.append({"options": shlex.split(options), "rows": [{key: value(cell) for key, cell in row.items()} for row in rows]})
    lines = ",\n".join(json.dumps(question, ensure_ascii=False) for question in recorded)
    (HERE / "questions.json").write_text("[\n" + lines + "\n]\n")
    print(f"{len(recorded)} questions, dlt {dlt.__version__}, ibis {ibis.__version__}")


main()
