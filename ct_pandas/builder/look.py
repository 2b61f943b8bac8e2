"""How the form looks: its style sheet, and the few pieces of HTML. Every text that goes in is escaped."""

from __future__ import annotations

import re
from html import escape
from importlib import resources
from typing import Final

from ct_pandas._faces import visible

# JupyterLab takes what is typed anywhere but into a text field for its own shortcuts: in a list of choices
# the arrow keys would leave the form, and "b" would insert a cell. This attribute tells it not to.
_KEYS: Final = (
    "const form=this.closest('.ct-builder');form?.addEventListener('focusin',event=>"
    "event.target.tagName==='INPUT'||event.target.setAttribute('data-lm-suppress-shortcuts','true'))"
)
STYLE: Final = (
    f'<style onload="{_KEYS}">{resources.files(__package__).joinpath("style.css").read_text()}</style>'
)


def heading(text: str) -> str:
    """Give a heading that screen readers find."""
    return f'<div class="ct-heading" role="heading" aria-level="3">{escape(text)}</div>'


def title(text: str, note: str) -> str:
    """Give the first line of the form."""
    return (
        f'<div class="ct-head"><span class="ct-title" role="heading" aria-level="2">{escape(text)}</span>'
        f'<span class="ct-note">{escape(note)}</span></div>'
    )


def problem(text: str) -> str:
    """Give what is wrong, for beside the field; nothing for no problem."""
    return f'<div class="ct-problem" role="alert">{escape(text)}</div>' if text else ""


def hint(text: str) -> str:
    """Give a doubt that does not stand in the way."""
    return f'<div class="ct-hint" role="status">{escape(text)}</div>' if text else ""


def note(text: str) -> str:
    """Give a remark in small letters."""
    return f'<div class="ct-note">{escape(text)}</div>'


def status(text: str) -> str:
    """Give a line that tells how it goes or went."""
    return f'<div class="ct-good" role="status">{escape(text)}</div>' if text else ""


def boxed(text: str, kind: str) -> str:
    """Give an error (``"bad"``) or a warning (``"warn"``) its box."""
    role = "alert" if kind == "bad" else "status"
    return f'<div class="ct-box ct-{kind}" role="{role}">{escape(text)}</div>'


def sentence(text: str) -> str:
    """Give the query in English."""
    return f'<div class="ct-sentence" role="status">{escape(visible(text))}</div>'


# The text is taken from the page, so that nothing of the query stands in the script.
_COPY: Final = (
    "const b=this,t=b.parentElement.querySelector('pre').textContent,done=()=>{b.textContent='Copied';"
    "setTimeout(()=>{b.textContent='Copy'},1500)};const old=()=>{const a=document.createElement('textarea');"
    "a.value=t;document.body.append(a);a.select();document.execCommand('copy');a.remove();b.focus();done()};"
    "navigator.clipboard?navigator.clipboard.writeText(t).then(done,old):old()"
)


# A name in Hebrew or Arabic must not draw the days after it to its other side. Copied, the text is the same.
_LITERAL: Final = re.compile(r"""("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')""")


def code(text: str) -> str:
    """Give the Python call, with a button that copies it."""
    parts = _LITERAL.split(text)  # every second one is a literal
    apart = "".join(f"<bdi>{escape(part)}</bdi>" if n % 2 else escape(part) for n, part in enumerate(parts))
    return (
        f'<div class="ct-code"><pre tabindex="0" role="region" aria-label="Python">{apart}</pre>'
        f'<button type="button" title="Copy the Python call to the clipboard" onclick="{_COPY}">Copy</button>'
        "</div>"
    )
