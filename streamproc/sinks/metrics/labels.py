"""Ids as label values: nothing that a person wrote, and no phone number, whatever an adapter sends."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from xxhash import xxh3_64_hexdigest

_PLAIN: Final = re.compile(r"[A-Za-z0-9_.:-]{1,64}", re.ASCII)
_PHONE: Final = re.compile(r"(?<![0-9])1[3-9][0-9]{9}(?![0-9])")
_REMEMBERED: Final = 16_384


@lru_cache(_REMEMBERED)
def id_label(text: str) -> str:
    """An id as it may be shown: itself if it is plain, else a hash of it; empty stays empty."""
    if not text or (_PLAIN.fullmatch(text) and not _PHONE.search(text)):
        return text
    return f"hashed:{xxh3_64_hexdigest(text.encode('utf-8', 'surrogatepass'))}"


def subject_label(subject: str) -> str:
    """What an alert is about as it may be shown: product, product/pack, coupon, question; empty: a room."""
    of, slash, pack = subject.partition(":")[2].partition("/")
    return f"{id_label(of)}{slash}{id_label(pack)}"
