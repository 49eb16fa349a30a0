"""Manifests with a checksum that is right, whatever is in them: written from dlt-package(5), not by the programs."""

from __future__ import annotations

import json
import struct
from pathlib import Path

_MASK = (1 << 64) - 1
_P1, _P2, _P3, _P4, _P5 = (
    0x9E3779B185EBCA87, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0x85EBCA77C2B2AE63, 0x27D4EB2F165667C5)


def _rotated(word: int, count: int) -> int:
    return ((word << count) | (word >> (64 - count))) & _MASK


def _round(accumulator: int, lane: int) -> int:
    return _rotated((accumulator + lane * _P2) & _MASK, 31) * _P1 & _MASK


def xxh64(data: bytes) -> str:
    position = 0
    if len(data) >= 32:
        lanes = [(_P1 + _P2) & _MASK, _P2, 0, -_P1 & _MASK]
        while len(data) - position >= 32:
            for index in range(4):
                lanes[index] = _round(lanes[index], struct.unpack_from("<Q", data, position + 8 * index)[0])
            position += 32
        result = sum(_rotated(lane, count) for lane, count in zip(lanes, (1, 7, 12, 18))) & _MASK
        for lane in lanes:
            result = ((result ^ _round(0, lane)) * _P1 + _P4) & _MASK
    else:
        result = _P5
    result = (result + len(data)) & _MASK
    while len(data) - position >= 8:
        result = (_rotated(result ^ _round(0, struct.unpack_from("<Q", data, position)[0]), 27) * _P1 + _P4) & _MASK
        position += 8
    if len(data) - position >= 4:
        lane = struct.unpack_from("<I", data, position)[0]
        result = (_rotated(result ^ (lane * _P1 & _MASK), 23) * _P2 + _P3) & _MASK
        position += 4
    for byte in data[position:]:
        result = _rotated(result ^ (byte * _P5 & _MASK), 11) * _P1 & _MASK
    result = (result ^ (result >> 33)) * _P2 & _MASK
    result = (result ^ (result >> 29)) * _P3 & _MASK
    return f"{result ^ (result >> 32):016x}"


def manifest(package: Path) -> dict:
    return json.loads((package / "manifest.json").read_text())


def write_manifest(package: Path, document: dict, sealed: bool = True) -> None:
    document = {key: value for key, value in document.items() if key != "checksum"}
    content = json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode()[:-1]
    seal = f',"checksum":"{xxh64(content)}"' if sealed else ""
    (package / "manifest.json").write_bytes(content + seal.encode() + b"}\n")
