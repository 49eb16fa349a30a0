"""Writes vectors.jsonl: generated JSON Schemas, documents, and whether Python's jsonschema accepts them.

    python3 -m pip install jsonschema
    python3 make-vectors.py [NUMBER [SEED]] > vectors.jsonl

One schema a line: {"schema": …, "good": […], "bad": […]}. Formats are left out: JSON Schema calls them remarks, we check some.
Multiples are of integers and of halves: others depend on the rounding of doubles there, and on the digits here.
"""

import json
import random
import sys

from jsonschema import Draft202012Validator

number, seed = (int(x) for x in (sys.argv[1:] + ["300", "7"][len(sys.argv) - 1:])[:2])
pick = random.Random(seed)

KEYS = ["a", "b", "c", "id", "x_1", "é", "p\"q", ""]
TEXTS = ["", "a", "ab", "abc", "A1", "x-9", "äöü", "12", "2024-01-02", "hello world", "a\nb", "\u00e9", "e\u0301", "𝒳y", "\"", "\\"]
NUMBERS = [0, 1, -1, 2, 3, 10, 150, -7, 0.5, 1.0, 2.5, 1e2, -0.0, 9007199254740993, 9007199254740992, 1.25, 1e300, 12345678901234567890]
PATTERNS = ["^a", "b$", "^[a-z]+$", "\\d", "^\\w{2,3}$", "[^a-z]", "a|b", "^$", "\\s", "(ab)+", "^.{2}$", "\\.", "-", "^\\d{4}-\\d{2}-\\d{2}$"]
TYPES = ["null", "boolean", "integer", "number", "string", "array", "object"]


def scalar():
    return pick.choice([None, True, False, pick.choice(NUMBERS), pick.choice(TEXTS), pick.choice(TEXTS)])


def value(depth=0):
    kind = pick.random()
    if depth > 2 or kind < 0.55:
        return scalar()
    if kind < 0.75:
        return [value(depth + 1) for _ in range(pick.randint(0, 4))]
    return {pick.choice(KEYS): value(depth + 1) for _ in range(pick.randint(0, 4))}


def near(schema, depth=0):
    """A value that has a chance to be accepted."""
    if not isinstance(schema, dict) or depth > 4 or pick.random() < 0.15:
        return value()
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return pick.choice(schema["enum"])
    for word in ("anyOf", "oneOf", "allOf"):
        if word in schema and pick.random() < 0.8:
            return near(pick.choice(schema[word]), depth + 1)
    if "$ref" in schema:
        return value()
    kind = schema.get("type", pick.choice(TYPES))
    kind = pick.choice(kind) if isinstance(kind, list) else kind
    if kind == "object":
        made = {}
        for key, inner in schema.get("properties", {}).items():
            if key in schema.get("required", []) or pick.random() < 0.7:
                made[key] = near(inner, depth + 1)
        if pick.random() < 0.3:
            made[pick.choice(KEYS)] = value()
        return made
    if kind == "array":
        items = schema.get("items", True)
        return [near(items, depth + 1) for _ in range(pick.randint(0, 4))]
    return {
        "null": None, "boolean": pick.random() < 0.5, "integer": pick.choice([n for n in NUMBERS if n == int(n)]),
        "number": pick.choice(NUMBERS), "string": pick.choice(TEXTS),
    }[kind]


def schema(depth=0):
    if pick.random() < 0.04:
        return pick.random() < 0.7
    made = {}
    kinds = pick.sample(TYPES, pick.choice([1, 1, 1, 2, 3]))
    if pick.random() < 0.8:
        made["type"] = kinds[0] if len(kinds) == 1 else kinds
    if pick.random() < 0.1:
        made["enum"] = [value(2) for _ in range(pick.randint(1, 4))]
    if pick.random() < 0.05:
        made["const"] = value(1)
    if {"integer", "number"} & set(kinds):
        for word in ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"):
            if pick.random() < 0.3:
                made[word] = pick.choice([-1, 0, 1, 2.5, 10, 100.0, 9007199254740992])
        if pick.random() < 0.3:
            made["multipleOf"] = pick.choice([1, 2, 5, 0.5, 10])
    if "string" in kinds:
        if pick.random() < 0.4:
            made["minLength"] = pick.randint(0, 3)
        if pick.random() < 0.4:
            made["maxLength"] = pick.randint(0, 5)
        if pick.random() < 0.4:
            made["pattern"] = pick.choice(PATTERNS)
    if "array" in kinds and depth < 3:
        if pick.random() < 0.6:
            made["items"] = schema(depth + 1)
        if pick.random() < 0.2:
            made["prefixItems"] = [schema(depth + 1) for _ in range(pick.randint(1, 2))]
        if pick.random() < 0.3:
            made["minItems"] = pick.randint(0, 3)
        if pick.random() < 0.3:
            made["maxItems"] = pick.randint(0, 3)
        if pick.random() < 0.3:
            made["uniqueItems"] = True
        if pick.random() < 0.2:
            made["contains"] = schema(depth + 2)
            if pick.random() < 0.5:
                made["minContains"] = pick.randint(0, 2)
            if pick.random() < 0.5:
                made["maxContains"] = pick.randint(0, 2)
    if "object" in kinds and depth < 3:
        keys = pick.sample(KEYS, pick.randint(0, 4))
        if keys:
            made["properties"] = {key: schema(depth + 1) for key in keys}
        if pick.random() < 0.5:
            made["required"] = pick.sample(KEYS, pick.randint(0, 2))
        if pick.random() < 0.4:
            made["additionalProperties"] = pick.choice([False, True, schema(depth + 1)])
        if pick.random() < 0.15:
            made["patternProperties"] = {pick.choice(["^x", "a", "^.$"]): schema(depth + 1)}
        if pick.random() < 0.1:
            made["propertyNames"] = {"pattern": pick.choice(PATTERNS)}
        if pick.random() < 0.1:
            made["dependentRequired"] = {pick.choice(KEYS): [pick.choice(KEYS)]}
        if pick.random() < 0.1:
            made["minProperties"] = pick.randint(0, 3)
        if pick.random() < 0.1:
            made["maxProperties"] = pick.randint(0, 3)
    if depth < 2:
        for word, chance in (("anyOf", 0.15), ("oneOf", 0.1), ("allOf", 0.1)):
            if pick.random() < chance:
                made[word] = [schema(depth + 1) for _ in range(pick.randint(1, 3))]
        if pick.random() < 0.06:
            made["not"] = schema(depth + 2)
        if pick.random() < 0.06:
            made["if"], made["then"], made["else"] = schema(depth + 2), schema(depth + 2), schema(depth + 2)
        if pick.random() < 0.1:
            made["anyOf"] = [schema(depth + 1), {"type": "null"}]
        if depth == 1 and pick.random() < 0.1:
            return {"$ref": pick.choice(["#", "#/$defs/node"])}
    return made


def main():
    written = 0
    while written < number:
        made = schema()
        if isinstance(made, bool):
            continue
        if pick.random() < 0.5:
            made.setdefault("type", "object")
        made["$defs"] = {"node": {"type": ["object", "null"], "properties": {"a": {"$ref": "#/$defs/node"}, "b": schema(3)}}}
        validator = Draft202012Validator(made)
        good, bad = [], []
        try:
            for _ in range(24):
                document = near(made)
                (good if validator.is_valid(document) else bad).append(document)
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt):
                raise
            continue  # it refers to itself without going into the value; a panic of the library's own is no Exception
        print(json.dumps({"schema": made, "good": good[:8], "bad": bad[:8]}, ensure_ascii=False))
        written += 1


main()
