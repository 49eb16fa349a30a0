#!/usr/bin/env python3
"""Makes the records that the questions are about: the same ones each time."""

import json
import random
from datetime import datetime, timedelta
from pathlib import Path

HERE = Path(__file__).parent
CITIES = ["Linz", "Graz", "Wien", "Zürich", "New York", "linz", None]
NAMES = ["Ada", "Grace", "Edsger", "Barbara", "Donald", "O'Neill", "Zoë", "100% sure", "under_score", "back\\slash"]
SKUS = ["A-1", "A-2", "B-1", "B-2", "C-9"]


def main() -> None:
    rng = random.Random(7)
    customers = [
        {"id": number, "name": NAMES[number % len(NAMES)], "segment": rng.choice(["private", "trade"])}
        for number in range(1, 21)
    ]
    start = datetime(2023, 12, 25, 8, 30)
    orders = []
    for number in range(1, 121):
        placed = start + timedelta(seconds=rng.randrange(400 * 86400))
        order = {
            "number": number,
            "city": rng.choice(CITIES),
            "total": f"{rng.randrange(0, 50000) / 100:.2f}",
            "weight": rng.randrange(1, 400) / 8,
            "paid": rng.choice([True, False, None]),
            "placed_at": placed.isoformat() + "Z",
            "due": (placed + timedelta(days=rng.randrange(60))).date().isoformat(),
            "customer_id": rng.randrange(1, 24),
            "code": rng.choice(["12", "-7", "3.5", "x9", "", "1e2"]),
            "customer": {"email": f"c{number % 9}@example.org", "vip": number % 5 == 0},
            "data": {"Color": rng.choice(["red", "green"]), "size": rng.randrange(3), "tags": ["a", "b"][: number % 3]},
            "lines": [
                {
                    "sku": rng.choice(SKUS),
                    "price": rng.randrange(1, 800) / 8,
                    "quantity": rng.randrange(1, 6),
                    "taxes": [{"name": "vat", "rate": 0.25}][: rng.randrange(2)],
                }
                for _ in range(rng.randrange(4))
            ],
        }
        orders.append(order)
    for name, records in [("customers", customers), ("orders-1", orders[:80]), ("orders-2", orders[80:])]:
        text = "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)
        (HERE / f"{name}.ndjson").write_text(text)


main()
