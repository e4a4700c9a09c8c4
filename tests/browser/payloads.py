"""Two hundred texts that a page which handles text wrongly would run."""

from __future__ import annotations

_CALL = "globalThis.__ran=1"
_TAGS = ("img", "svg", "body", "video", "audio", "input", "details", "iframe", "object", "marquee")
_EVENTS = ("onerror", "onload", "onfocus", "ontoggle", "onstart", "onmouseover", "onanimationend")
_PLAIN = (
    f"<script>{_CALL}</script>",
    f"</script><script>{_CALL}</script>",
    f"<SCRIPT SRC=data:text/javascript,{_CALL}></SCRIPT>",
    f"<scr<script>ipt>{_CALL}</scr</script>ipt>",
    f"javascript:{_CALL}",
    f"JaVaScRiPt:{_CALL}//",
    f"<a href='javascript:{_CALL}'>x</a>",
    f"<iframe srcdoc='<script>parent.{_CALL}</script>'></iframe>",
    f"<math><mtext><table><mglyph><style><img src=x onerror={_CALL}>",
    f"<svg><animate onbegin={_CALL} attributeName=x dur=1s>",
    f"<svg><use href='data:image/svg+xml,<svg onload={_CALL}>'/></svg>",
    f"<template><script>{_CALL}</script></template>",
    f"<style>@import 'javascript:{_CALL}'</style>",
    "<link rel=stylesheet href=//example.invalid/x.css>",
    "<meta http-equiv=refresh content='0;url=//example.invalid'>",
    "<base href=//example.invalid/>",
    "<form action=//example.invalid><input type=submit autofocus>",
    "<img src=//example.invalid/pixel>",
    f'"><img src=x onerror={_CALL}>',
    f"'><img src=x onerror={_CALL}>",
    f"`-{_CALL}-`",
    f"${{{_CALL}}}",
    f"{{{{constructor.constructor('{_CALL}')()}}}}",
    f"]]><script>{_CALL}</script>",
    f"<!--><img src=x onerror={_CALL}>-->",
    f"\u2028{_CALL}\u2029",
    f"&lt;script&gt;{_CALL}&lt;/script&gt;",
    f"\\u003cscript\\u003e{_CALL}",
    f"%3Cscript%3E{_CALL}%3C/script%3E",
    "../../../../etc/passwd",
    "\u202e\u202dtxet\u202c",
    "a\u0000b",
    "__proto__",
    "constructor",
    "data:text/html,<script>1</script>",
    "#/host/../../x?<>",
    "'; DROP TABLE hosts; --",
    "{name}{n}{0}%s",
    "🍊" * 20,
    "ก็็็็็็็็็็็็็็็็",
)


def payloads() -> list[str]:
    """Exactly 200, all different."""
    made = [
        f"<{tag} {event}={_CALL} src=x autofocus tabindex=1>{n}" for n, (tag, event) in _pairs()
    ]
    found = [*_PLAIN, *made]
    spaced = [f"<{tag}/{event}\t=\n{_CALL}/src=x>{n}" for n, (tag, event) in _pairs()]
    quoted = [f'" {event}="{_CALL}" x="{tag}{n}' for n, (tag, event) in _pairs()]
    found += [*spaced, *quoted]
    assert len(set(found[:200])) == 200
    return found[:200]


def _pairs() -> list[tuple[int, tuple[str, str]]]:
    return list(enumerate((tag, event) for tag in _TAGS for event in _EVENTS))
