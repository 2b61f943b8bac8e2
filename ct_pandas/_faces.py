"""What the HTML faces share: a style that follows JupyterLab's theme, a bar of shares, a mask for codes."""

from __future__ import annotations

import re

# Variables of JupyterLab, else the ink and paper of the page around, which may be dark without telling the
# browser so, as VS Code's is: readable in light and dark, with no script.
# The class stands twice where it must outweigh JupyterLab's own rule, which aligns all tables to the right.
STYLE = """<style>
.ct-report{--ct-ink:var(--jp-content-font-color1,currentColor);--ct-line:var(--jp-border-color2,#8886);
--ct-paper:var(--jp-layout-color0,transparent);--ct-alt:var(--jp-rendermime-table-row-background,transparent);
--ct-ok:#2a9d6f;--ct-bad:#d1495b;--ct-wait:#8b95a5;--ct-maybe:#e0a030;
color:var(--ct-ink);background:var(--ct-paper);font:13px/1.45 var(--jp-ui-font-family,system-ui,sans-serif);
max-width:56em}
.ct-report .ct-head{margin:4px 0 6px}.ct-report .ct-soft{opacity:.75;margin:2px 0}
.ct-report .ct-head .ct-soft{margin-left:.8em}
.ct-report .ct-tag{border:1px solid var(--ct-maybe);border-radius:3px;padding:0 5px;margin-left:.5em}
.ct-report .ct-bar{display:flex;height:10px;border-radius:3px;overflow:hidden;background:var(--ct-line)}
.ct-report .ct-bar i{min-width:3px}
.ct-report .ct-key{display:flex;gap:1.4em;flex-wrap:wrap;margin:5px 0 8px}
.ct-report .ct-dot{display:inline-block;width:.7em;height:.7em;border-radius:2px;margin-right:.45em}
.ct-report i.ct-accepted{background:var(--ct-ok)}.ct-report i.ct-refused{background:var(--ct-bad)}
.ct-report i.ct-not_sent{background:var(--ct-wait)}.ct-report i.ct-unknown{background:var(--ct-maybe)}
.ct-report table{border-collapse:collapse;margin:8px 0 2px;color:inherit;table-layout:auto}
.ct-report caption{caption-side:top;text-align:left;font-weight:600;color:inherit;padding:2px 0}
.ct-report.ct-report th,.ct-report.ct-report td{text-align:left;padding:2px 12px 2px 0;border:0;
border-bottom:1px solid var(--ct-line);color:inherit;background:transparent;vertical-align:top;
white-space:normal;max-width:34em;overflow-wrap:anywhere}
.ct-report.ct-report th{font-weight:600}
.ct-report.ct-report :is(th,.ct-num,.ct-short){white-space:nowrap}
.ct-report caption{white-space:nowrap}.ct-report summary{display:list-item;cursor:pointer;margin:6px 0}
.ct-report code{color:inherit}
.ct-report pre{color:inherit;background:transparent;margin:4px 0;overflow-x:auto}
.ct-report.ct-report .ct-num{text-align:right;font-variant-numeric:tabular-nums}
.ct-report ul{margin:8px 0 4px;padding-left:1.3em}
</style>"""

# What MathJax, and so JupyterLab, leaves alone: "$5 and $10" is money and no formula.
NO_FORMULAS = "tex2jax_ignore mathjax_ignore"

# Control characters, breaks of lines, and Unicode's marks that set or override the direction of writing.
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")

HIDDEN = "•••"
_CODE = re.compile(r"-?\d{1,5}|[A-Z]+(_[A-Z]+)*")  # 515, CURSOR_INVALIDATED
_LABELS = {"accepted": "accepted", "refused": "refused", "not_sent": "not sent", "unknown": "unknown"}


def coded(code: object) -> str:
    """Return a server's code; what does not look like one, such as words, may be a value and is hidden."""
    text = "" if code is None else str(code)
    return text if not text or _CODE.fullmatch(text) else HIDDEN


def visible(text: str) -> str:
    """Spell what is not seen and would turn around, break or hide the words that stand after it."""
    return _UNSEEN.sub(lambda found: repr(found.group())[1:-1], text)


def share_bar(counts: dict[str, int]) -> str:
    """Return counts as a bar with its key; the key says in words what the bar shows in colour."""
    total = sum(counts.values())
    shares = "".join(
        f'<i class="ct-{name}" style="flex:{count} 1 0"></i>' for name, count in counts.items() if count
    )
    key = " ".join(  # apart also on a page that takes the style away
        f'<span><i class="ct-dot ct-{name}"></i>{label} <b>{counts.get(name, 0):,}</b></span>'
        for name, label in _LABELS.items()
    )
    said = ", ".join(f"{label} {counts.get(name, 0):,}" for name, label in _LABELS.items())
    bar = f'<div class="ct-bar" role="img" aria-label="{total:,} rows: {said}">{shares}</div>'
    return f'{bar}<div class="ct-key">{key}</div>'
