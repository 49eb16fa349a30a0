"""Parquet that pyarrow and Polars write, read by dlt-extract beside pyarrow: the values must be equal.

    scripts/parquet        makes the environment, and runs this
"""

import base64
import datetime as dt
import decimal
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import polars
import pyarrow as pa
import pyarrow.parquet as pq

ROWS = 3000
decimal.getcontext().prec = 80
EPOCH = dt.date(1970, 1, 1)


def columns() -> dict[str, pa.Array]:
    """A column of each kind; every seventh value is null."""

    def column(make, kind: pa.DataType) -> pa.Array:
        return pa.array([None if row % 7 == 3 else make(row) for row in range(ROWS)], kind)

    def digits(row: int, count: int, scale: int) -> decimal.Decimal:
        number = (row * 2654435761 * 10**18 + row) % 10**count
        return decimal.Decimal(-number if row % 2 else number).scaleb(-scale)

    made = {
        "bool": column(lambda row: row % 2 == 0, pa.bool_()),
        "text": column(lambda row: f"ü{row} \"\\\n" if row % 5 else "", pa.string()),
        "many": column(lambda row: f"word{row % 3}", pa.dictionary(pa.int32(), pa.string())),
        "binary": column(lambda row: bytes([row % 256, 255, 0]), pa.binary()),
        "fixed": column(lambda row: bytes([row % 256] * 5), pa.binary(5)),
        "double": column(lambda row: row / 7 * 10 ** (row % 30), pa.float64()),
        "single": column(lambda row: row / 8, pa.float32()),
        "half": column(lambda row: row % 100 / 4, pa.float16()),
        "day": column(lambda row: EPOCH + dt.timedelta(row * 11 - 20000), pa.date32()),
        "clock": column(lambda row: dt.time(row % 24, row % 60, 7, row), pa.time64("us")),
        "clock_ms": column(lambda row: dt.time(row % 24, row % 60, 7, row % 1000 * 1000), pa.time32("ms")),
        "list": column(lambda row: [row, None, -row][: row % 4], pa.list_(pa.int64())),
        "lists": column(lambda row: [[digits(row, 20, 3)], [], None][: row % 4], pa.list_(pa.list_(pa.decimal128(20, 3)))),
        "struct": column(
            lambda row: {"a": row, "b c": {"d": [bytes([row % 256])]}},
            pa.struct([("a", pa.int32()), ("b c", pa.struct([("d", pa.list_(pa.binary()))]))]),
        ),
        "map": column(lambda row: [(f"k{row}", row / 2), ("l", None)], pa.map_(pa.string(), pa.float64())),
        "structs": column(lambda row: [{"x": f"{row}", "y": None}] * (row % 3), pa.list_(pa.struct([("x", pa.string()), ("y", pa.int8())]))),
        "nothing": pa.nulls(ROWS, pa.int32()),
    }
    for bits in (8, 16, 32, 64):
        made[f"int{bits}"] = column(lambda row, b=bits: (-(2 ** (b - 1)) + row % 100) if row % 2 else 2 ** (b - 1) - 1 - row % 100, getattr(pa, f"int{bits}")())
        made[f"uint{bits}"] = column(lambda row, b=bits: 2**b - 1 - row % 100, getattr(pa, f"uint{bits}")())
    for precision, scale in ((4, 1), (9, 9), (18, 0), (38, 10), (38, 0)):
        made[f"decimal{precision}_{scale}"] = column(lambda row, p=precision, s=scale: digits(row, p, s), pa.decimal128(precision, scale))
    for unit, factor in (("ms", 10**3), ("us", 10**6), ("ns", 10**9)):
        for zone in (None, "UTC", "Europe/Zurich"):
            numbers = [None if row % 7 == 3 else (row * 86_411 - 10**7) * factor + row for row in range(ROWS)]
            made[f"time_{unit}_{zone}"] = pa.array(numbers, pa.timestamp(unit, zone))
    return made


def expected(value: pa.Scalar):
    """What the record has for a value."""
    kind = value.type
    if not value.is_valid:
        return None
    if pa.types.is_dictionary(kind):
        return value.as_py()
    if pa.types.is_decimal(kind):
        return str(decimal.Decimal(value.as_py()).quantize(decimal.Decimal(1).scaleb(-kind.scale)).__format__("f"))
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind):
        return base64.b64encode(value.as_py()).decode()
    if pa.types.is_timestamp(kind):
        factor = {"ms": 10**3, "us": 10**6, "ns": 10**9}[kind.unit]
        seconds, rest = divmod(value.value, factor)
        text = (dt.datetime(1970, 1, 1) + dt.timedelta(seconds=seconds)).isoformat()
        fraction = f"{rest * (10**9 // factor):09d}"
        return text + "." + (fraction if fraction[6:] != "000" else fraction[:6]) + ("Z" if kind.tz else "")
    if pa.types.is_date(kind):
        return value.as_py().isoformat()
    if pa.types.is_time(kind):
        # Those of nanoseconds have no more digits than they need.
        text = value.as_py().isoformat("microseconds")
        return text.rstrip("0").rstrip(".") if kind.unit == "ns" else text
    if pa.types.is_map(kind):
        return {key.as_py(): expected(item) for key, item in ((pair["key"], pair["value"]) for pair in value.values)}
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return [expected(item) for item in value.values]
    if pa.types.is_struct(kind):
        return {name: expected(item) for name, item in value.items()}
    if pa.types.is_floating(kind):
        return value.as_py()
    return value.as_py()


def same(wanted, found, kind: pa.DataType | None = None) -> bool:
    if isinstance(wanted, dict):
        return isinstance(found, dict) and list(wanted) == list(found) and all(same(wanted[key], found[key]) for key in wanted)
    if isinstance(wanted, list):
        return isinstance(found, list) and len(wanted) == len(found) and all(map(same, wanted, found))
    if isinstance(wanted, float):
        return found is not None and float(found) == wanted
    if isinstance(found, decimal.Decimal):
        return format(found, "f") == str(wanted)
    if isinstance(wanted, str) and type(found) is int:
        return str(found) == wanted
    return type(found) is type(wanted) and found == wanted


def records(path: Path) -> list[dict]:
    run = subprocess.run(["dlt-extract", "files", path], capture_output=True, check=False)
    if run.returncode != 0:
        raise SystemExit(f"{path.name}: {run.stderr.decode()}")
    rows = []
    for line in run.stdout.decode().splitlines():
        # Numbers keep their digits.
        message = json.loads(line, parse_float=decimal.Decimal)
        if message["type"] == "RECORD":
            rows.append(message["record"])
    return rows


def compare(name: str, path: Path) -> int:
    table = pq.read_table(path)
    found = records(path)
    wrong = []
    if len(found) != table.num_rows:
        wrong.append(f"{len(found)} rows instead of {table.num_rows}")
    for column in table.column_names:
        kind = table.schema.field(column).type
        for row, value in enumerate(table[column]):
            wanted = expected(value)
            got = found[row].get(column) if row < len(found) else None
            if pa.types.is_floating(kind) and wanted is not None and kind.bit_width < 64:
                # The shortest digits of the narrower number.
                good = pa.scalar(float(got), pa.float64()).cast(kind, safe=False).as_py() == wanted
            else:
                good = same(wanted, got)
            if not good:
                wrong.append(f"{column}, row {row}: {got!r} instead of {wanted!r}")
                break
    print(f"{name}: {'equal' if not wrong else 'differs'} ({table.num_rows} rows of {table.num_columns} columns)")
    for line in wrong:
        print("  " + line)
    return len(wrong)


def main() -> None:
    table = pa.table(columns())
    wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        for name, options in {
            "snappy": {"compression": "snappy"},
            "zstd, pages of version 2": {"compression": "zstd", "data_page_version": "2.0"},
            "gzip": {"compression": "gzip"},
            "brotli": {"compression": "brotli"},
            "lz4": {"compression": "lz4"},
            "plain, small row groups": {"compression": "none", "use_dictionary": False, "row_group_size": 700},
            "delta": {"use_dictionary": False, "column_encoding": {"int64": "DELTA_BINARY_PACKED", "text": "DELTA_BYTE_ARRAY", "double": "BYTE_STREAM_SPLIT"}},
            "version 1.0": {"version": "1.0"},
        }.items():
            path = Path(folder, name.replace(" ", "_").replace(",", "") + ".parquet")
            # The first version has no nanoseconds.
            names = [column for column in table.column_names if "version" not in options or "_ns_" not in column]
            pq.write_table(table.select(names), path, **options)
            wrong += compare(f"pyarrow, {name}", path)
        # The times of old Spark and Hive. They have no zone, and pyarrow reads them as nanoseconds.
        path = Path(folder, "int96.parquet")
        pq.write_table(pa.table({"at": table["time_us_None"]}), path, use_deprecated_int96_timestamps=True)
        wrong += compare("pyarrow, int96", path)
        path = Path(folder, "polars.parquet")
        kept = table.drop_columns(["map", "half"])
        polars.from_arrow(kept).write_parquet(path)
        wrong += compare("Polars", path)
    print(f"{wrong} differences")
    sys.exit(1 if wrong else 0)


main()
