"""Prints the JSON Schema of a Pydantic model, from which shop.schema.json was made.

    python3 -m pip install pydantic
    python3 make-shop.py > shop.schema.json
"""

import json
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any, Literal, Optional, Union
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field


class Status(str, Enum):
    new = "new"
    paid = "paid"
    sent = "sent"


class Address(BaseModel):
    street: str
    zip: str = Field(pattern=r"^\d{4,5}$")
    country: Literal["DE", "CH", "AT"] = "CH"


class Item(BaseModel):
    model_config = ConfigDict(extra="forbid")

    sku: str = Field(min_length=3, max_length=12)
    quantity: int = Field(ge=1, le=100)
    price: Decimal = Field(gt=0)
    tags: list[str] = Field(default_factory=list, max_length=3)


class Order(BaseModel):
    """An order as the shop sends it."""

    id: int
    reference: UUID
    status: Status
    created_at: datetime
    delivery_date: Optional[date] = None
    customer_age: Optional[int] = Field(None, ge=18, lt=150)
    email: str = Field(description="where the receipt goes", json_schema_extra={"format": "email"})
    address: Address
    billing: Optional[Address] = None
    items: list[Item] = Field(min_length=1)
    discount: Union[int, float] = 0
    notes: dict[str, str] = Field(default_factory=dict)
    extra: Any = None


print(json.dumps(Order.model_json_schema(), indent=2))
