"""The builder as its users meet it: JupyterLab in headless Chromium, against the sandbox."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

pytest.importorskip("playwright.sync_api")
pytest.importorskip("jupyterlab")

from browser.lab import CHROMIUM, Lab

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on this machine"),
]

START = (
    "import ct_pandas as ct\naccount = ct.connect_sandbox(users=2000)\nbuilder = ct.QueryBuilder()\nbuilder"
)
HOSTILE = "<img src=x onerror=\"window.hurt='yes'\">"


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    """Share one JupyterLab; nothing may go wrong in its pages, and none may ask for an outside address."""
    with Lab() as running:
        yield running
        assert running.trouble == []


def choose_october(form: Any) -> None:
    """Choose October 2025, whose days the sandbox has."""
    form.get_by_label("Days").first.select_option("between dates")
    for label, day in (("From (included)", "2025-10-01"), ("To (included)", "2025-10-31")):
        field = form.get_by_label(label).first
        field.and_(form.locator(":enabled")).wait_for()
        field.fill(day)
        field.blur()


def expect(locator: Any) -> Any:
    """Give Playwright's patient assertions."""
    from playwright.sync_api import expect as patient

    patient.set_options(timeout=30_000)  # a busy machine is no fault
    return patient(locator)


def test_build_count_and_read(lab: Lab) -> None:
    """A query is built by hand, counted and read; the frame is in .frame, the call in the clipboard."""
    with lab.notebook(START) as notebook:
        form = notebook.page.locator(".ct-builder")
        form.get_by_label("Event").fill("Charged")
        choose_october(form)
        form.get_by_role("button", name="+ filter").click()
        form.get_by_label("Name", exact=True).fill("Amount")
        expect(form.get_by_label("Type of value")).to_have_value("number")
        form.get_by_label("Comparison").select_option(">")
        form.get_by_label("Value", exact=True).locator("visible=true").fill("100")
        said = "People who did Charged with Amount greater than 100 between 1 and 31 October 2025."
        expect(form.locator(".ct-sentence")).to_have_text(said)
        form.get_by_role("button", name="Count", exact=True).click()
        expect(form.locator(".ct-good")).to_have_text(re.compile(r"^[\d,]+ people\.$"))
        form.get_by_role("button", name="Read", exact=True).click()
        expect(form.locator(".ct-preview tbody tr")).to_have_count(6)
        form.get_by_role("button", name="Copy", exact=True).click()
        expect(form.get_by_role("button", name="Copied")).to_be_visible()
        copied = notebook.page.evaluate("navigator.clipboard.readText()")
        told = notebook.append("print(len(builder.frame) == ct.count_profiles(builder.query), builder.query)")
        assert told.strip() == f"True {said}"
        assert notebook.append(f"print(({copied}).shape == builder.frame.shape)").split()[-1] == "True"


def test_keyboard_alone(lab: Lab) -> None:
    """A filter is added, filled and removed without a mouse, and the cursor goes where the work is.

    What is typed into a list of choices is not taken for JupyterLab's shortcuts.
    """
    with lab.notebook(START) as notebook:
        form, keys = notebook.page.locator(".ct-builder"), notebook.page.keyboard
        form.get_by_label("Event").focus()
        keys.type("Charged")
        form.get_by_role("button", name="+ filter").focus()
        keys.press("Enter")
        expect(form.get_by_label("Name", exact=True)).to_be_focused()
        keys.type("Amount")
        expect(form.get_by_label("Type of value")).to_have_value("number")
        for _ in range(2):
            keys.press("Tab")
        keys.press("ArrowDown")
        expect(form.get_by_label("Values", exact=True)).to_be_visible()  # is any of
        keys.press("ArrowDown")
        expect(form.get_by_label("Comparison")).to_have_value(">")
        expect(form.get_by_label("Values", exact=True)).to_be_hidden()
        expect(form.get_by_label("Value", exact=True).locator("visible=true")).to_have_count(1)
        keys.press("Tab")
        expect(form.get_by_label("Value", exact=True).locator("visible=true")).to_be_focused()
        keys.type("5")
        expect(form.locator(".ct-sentence")).to_contain_text("Amount greater than 5")
        for _ in range(2):
            keys.press("Tab")
        keys.press("Enter")
        expect(form.locator(".ct-rule")).to_have_count(0)
        expect(form.get_by_role("button", name="+ filter")).to_be_focused()


def test_pictures_have_names(lab: Lab) -> None:
    """A button that is a picture is read aloud by its name alone, and is found by it."""
    with lab.notebook(START) as notebook:
        form = notebook.page.locator(".ct-builder")
        form.get_by_role("button", name="+ filter").click()
        for name in ("Duplicate filter 1", "Mute filter 1"):
            form.get_by_role("button", name=name, exact=True).first.click()
        expect(form.get_by_role("button", name="Use filter 1", exact=True)).to_have_count(1)
        expect(form.get_by_role("button", name=re.compile("^Remove filter [12]$"))).to_have_count(2)


def test_a_reopened_notebook_says_that_it_is_at_rest(lab: Lab) -> None:
    """Without its kernel the form stands as it was saved, and says once what to do, not at every control."""
    with lab.notebook(
        START.replace("QueryBuilder()", 'QueryBuilder(ct.Query("Charged", "2025-10"))')
    ) as notebook:
        form = notebook.page.locator(".ct-builder")
        expect(form.get_by_text("attributes known")).to_be_visible()
        notebook.save()
        notebook.page.evaluate(
            "async () => await window.jupyterapp.shell.currentWidget.sessionContext.shutdown()"
        )
        notebook.page.reload()
        expect(form.get_by_label("Event")).to_have_value("Charged")
        before = "element => getComputedStyle(element, '::before').content"
        assert "Run the cell again" in form.evaluate(before)
        inner = ".ct-builder .jupyter-widgets-disconnected"
        shown = notebook.page.eval_on_selector_all(
            inner, "all => all.filter(e => getComputedStyle(e, '::before').display !== 'none').length"
        )
        assert shown == 0


def test_a_cell_run_again_leaves_nothing_behind(lab: Lab) -> None:
    """The form of the run before is gone from what the notebook saves, and the new one works."""
    with lab.notebook(START) as notebook:
        form = notebook.page.locator(".ct-builder")
        expect(form.get_by_text("attributes known")).to_be_visible()
        counted = "import ipywidgets; print(len(ipywidgets.Widget.get_manager_state()['state']))"
        before = notebook.append(counted)
        for _ in range(2):
            notebook.run()
        expect(form).to_have_count(1)
        expect(form.get_by_text("attributes known")).to_be_visible()
        assert notebook.append(counted) == before
        form.get_by_role("button", name="+ filter").click()
        expect(form.locator(".ct-rule")).to_have_count(1)


SLOW = """import ct_pandas as ct
from ct_pandas.sandbox.faults import Fault
stuck = Fault("in_progress", on="page", times=None)
account = ct.connect_sandbox(users=300, faults=[stuck])
builder = ct.QueryBuilder(ct.Query("Charged", "2025-10"))
builder"""


def test_a_long_read_can_be_cancelled(lab: Lab) -> None:
    """While CleverTap prepares, other cells run, and Cancel ends the read within moments."""
    with lab.notebook(SLOW) as notebook:
        form = notebook.page.locator(".ct-builder")
        form.get_by_role("button", name="Read", exact=True).click()
        expect(form.locator(".ct-good")).to_contain_text("so far")
        assert notebook.append("print(6 * 7)").strip() == "42"
        form.get_by_role("button", name="Cancel").click()
        expect(form.locator(".ct-good")).to_contain_text("Stopped before anything came", timeout=5000)
        expect(form.get_by_role("alert")).to_have_count(0)
        expect(form.get_by_role("button", name="Go on")).to_be_visible()
        expect(form.get_by_role("button", name="Cancel")).to_be_hidden()
        assert notebook.append("print(type(builder.error).__name__)").strip() == "DownloadInterrupted"


def test_the_cursor_stays_where_the_work_is(lab: Lab) -> None:
    """A run that is started, left, taken up again and left once more by keyboard never loses the cursor."""
    with lab.notebook(SLOW) as notebook:
        form, keys = notebook.page.locator(".ct-builder"), notebook.page.keyboard
        count, read, cancel, go_on = (
            form.get_by_role("button", name=name, exact=True) for name in ("Count", "Read", "Cancel", "Go on")
        )
        count.focus()
        keys.press("Enter")
        expect(form.locator(".ct-good")).to_contain_text("people.")
        expect(count).to_be_focused()
        keys.press("Tab")
        keys.press("Enter")
        expect(form.locator(".ct-good")).to_contain_text("so far")
        expect(read).to_be_focused()
        for _ in range(2):
            keys.press("Tab")
            expect(cancel).to_be_focused()
            keys.press("Enter")
            expect(go_on).to_be_focused()
            keys.press("Enter")
            expect(cancel).to_be_focused()
            keys.press("Shift+Tab")


def test_the_cursor_is_not_lost_with_a_read_that_ends_by_itself(lab: Lab) -> None:
    """Cancel stands there as long as the cursor is on it, and pressed too late hands it on to Read."""
    with lab.notebook(SLOW.replace("None", "3")) as notebook:
        form, keys = notebook.page.locator(".ct-builder"), notebook.page.keyboard
        read, cancel = (form.get_by_role("button", name=name, exact=True) for name in ("Read", "Cancel"))
        read.focus()
        keys.press("Enter")
        expect(cancel).to_be_visible()
        keys.press("Tab")
        expect(cancel).to_be_focused()
        expect(form.locator(".ct-good")).to_contain_text("complete")
        expect(form.locator(".progress")).to_be_hidden()
        expect(cancel).to_be_focused()
        keys.press("Enter")
        expect(read).to_be_focused()
        expect(cancel).to_be_hidden()


def test_a_date_and_a_pasted_column(lab: Lab) -> None:
    """What a browser sends of a day and of lines is what is asked for."""
    with lab.notebook(
        START.replace("QueryBuilder()", 'QueryBuilder(ct.Query("Charged", "2025-10"))')
    ) as notebook:
        form = notebook.page.locator(".ct-builder")
        for number, name in enumerate(("Signup Date", "Plan")):
            form.get_by_role("button", name="+ filter").click()
            expect(form.locator(".ct-rule")).to_have_count(number + 1)
            row = form.locator(".ct-rule").nth(number)
            row.get_by_label("Filter by").select_option("Profile")
            row.get_by_label("Name", exact=True).fill(name)
            row.get_by_label("Name", exact=True).blur()
        first, second = form.locator(".ct-rule").nth(0), form.locator(".ct-rule").nth(1)
        first.get_by_label("Day (from midnight UTC)").fill("2025-05-01")
        second.get_by_label("Comparison").select_option("is any of")
        second.get_by_label("Values", exact=True).fill("gold\nsilver")
        expect(form.locator(".ct-code pre")).to_contain_text('"Signup Date", ">=", 1746057600')
        expect(form.locator(".ct-code pre")).to_contain_text('"Plan", "=", ["gold", "silver"]')


def test_a_number_is_the_one_that_is_shown(lab: Lab) -> None:
    """Browsers take "1e3" for a number: what is read is what stands there."""
    with lab.notebook(
        START.replace("QueryBuilder()", 'QueryBuilder(ct.Query("Charged", "2025-10"))')
    ) as notebook:
        form = notebook.page.locator(".ct-builder")
        most = form.get_by_label("At most (0: all)")
        for typed, read in (("1e3", 1000), ("25", 25)):
            most.fill(typed)
            most.blur()
            expect(form.locator(".ct-code pre")).to_contain_text(f"max_rows={read})")
            assert float(most.input_value()) == read


def test_errors_stand_in_the_form(lab: Lab) -> None:
    """An event that does not exist is doubted before, and refused in the form after, with the right one."""
    with lab.notebook(
        START.replace("QueryBuilder()", 'QueryBuilder(ct.Query("Chraged", "2025-10"))')
    ) as notebook:
        form = notebook.page.locator(".ct-builder")
        expect(form.locator(".ct-hint")).to_contain_text("Did you mean 'Charged'?")
        form.get_by_role("button", name="Read", exact=True).click()
        expect(form.locator(".ct-box.ct-bad")).to_contain_text("Chraged")


POISONED = f"""import ct_pandas as ct
hostile = {HOSTILE!r}
account = ct.connect_sandbox(users=200)
frame = ct.read_clevertap_events("Charged", "2025-10", progress=False)[["identity"]].dropna().head(2)
frame["profileData.Plan"] = hostile
frame.clevertap.upload(columns=["Plan"], progress=False, account=account)
builder = ct.QueryBuilder(ct.Query("Charged", "2025-10").where_profile("Plan", "=", hostile))
builder"""


def test_hostile_text_stays_text(lab: Lab) -> None:
    """Attribute values that are HTML are shown as they are, and nothing in them runs."""
    with lab.notebook(POISONED) as notebook:
        form = notebook.page.locator(".ct-builder")
        form.get_by_role("button", name="Read", exact=True).click()
        expect(form.locator(".ct-preview")).to_contain_text(HOSTILE)
        form.get_by_label("Event").fill(HOSTILE)
        expect(form.locator(".ct-sentence")).to_contain_text(f"did {HOSTILE}")
        expect(form.locator(".ct-hint")).to_contain_text("onerror")
        assert form.locator("img").count() == 0
        assert notebook.page.evaluate("window.hurt") is None


def test_two_blanks_are_not_one(lab: Lab) -> None:
    """The sentence shows a name with two blanks as it is: with one it would be another event."""
    with lab.notebook(START) as notebook:
        form = notebook.page.locator(".ct-builder")
        form.get_by_label("Event").fill("Cart  Viewed")
        expect(form.locator(".ct-sentence")).to_contain_text("did Cart Viewed")  # which takes both for one
        assert "did Cart  Viewed" in form.locator(".ct-sentence").inner_text()


def test_no_passcode_in_the_saved_notebook(lab: Lab) -> None:
    """The notebook is saved with the state of its widgets, and the passcode is not in the file."""
    with lab.notebook(START) as notebook:
        form = notebook.page.locator(".ct-builder")
        form.get_by_label("Event").fill("Charged")
        choose_october(form)
        form.get_by_role("button", name="Count", exact=True).click()
        expect(form.locator(".ct-good")).to_contain_text("people")
        saved = notebook.save()
        assert "Charged" in json.dumps(json.loads(saved)["metadata"]["widgets"])
        assert (
            notebook.append(f"print(account.passcode in open({str(notebook.path)!r}).read())").strip()
            == "False"
        )


@pytest.mark.parametrize("width", [400, 700, 1400])
def test_nothing_is_cut_off(lab: Lab, width: int) -> None:
    """At any width every control lies within the form, can be read, and none covers another."""
    rich = (
        'ct.QueryBuilder(ct.Query("Charged", "2025-10").where("Amount", ">", 100).in_region("India")'
        '.did("App Launched", "2025-10", where=("CT Source", "exists"), count=(">=", 3)))'
    )
    with lab.notebook(START.replace("ct.QueryBuilder()", rich), width=width) as notebook:
        boxes = notebook.page.evaluate(BOXES)
        assert len(boxes) > 20
        assert all(box["left"] >= 0 and box["right"] <= box["whole"] for box in boxes)
        fields = [box for box in boxes if box["kind"] != "BUTTON"]
        assert all(box["right"] - box["left"] > 60 for box in fields)
        assert [pair for pair in itertools.combinations(boxes, 2) if overlap(*pair)] == []


def test_beside_another_widget_it_keeps_its_width(lab: Lab) -> None:
    """A form that follows the width of what it stands in has none of its own, and is a slit in a row."""
    beside = f"{START}\nimport ipywidgets\nipywidgets.HBox([builder.widget, ipywidgets.HTML('beside')])"
    with lab.notebook(beside) as notebook:
        form = notebook.page.locator(".ct-builder")
        form.wait_for()
        assert form.bounding_box()["width"] > 800


BOXES = """() => {
  const form = document.querySelector('.ct-builder'), outer = form.getBoundingClientRect();
  return Array.from(form.querySelectorAll('input, select, button')).map(control => {
    const box = control.getBoundingClientRect();
    return {left: box.left - outer.left, right: box.right - outer.left, top: box.top, bottom: box.bottom,
            whole: outer.width, name: control.title, kind: control.tagName};
  }).filter(box => box.right > box.left);
}"""


def overlap(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Tell whether two boxes share more than an edge."""
    beside = one["right"] <= other["left"] + 1 or other["right"] <= one["left"] + 1
    below = one["bottom"] <= other["top"] + 1 or other["bottom"] <= one["top"] + 1
    return not (beside or below)


def test_what_fades_can_be_read(lab: Lab) -> None:
    """Muted filters, results of before and placeholders keep the contrast of 4.5 that WCAG 1.4.3 asks for."""
    built = 'ct.Query("Chraged", "2025-10").where("Amount", ">", 1).where("x", "=", ["a"]).in_region("India")'
    query = f"QueryBuilder({built})"
    with lab.notebook(START.replace("QueryBuilder()", query)) as notebook:
        form = notebook.page.locator(".ct-builder")
        form.get_by_role("button", name="Read", exact=True).click()
        expect(form.locator(".ct-bad")).to_be_visible()
        for number in (1, 2):
            form.get_by_role("button", name=f"Mute filter {number}", exact=True).click()
        expect(form.get_by_role("button", name=re.compile("^Use filter"))).to_have_count(2)
        expect(form.locator(".ct-old .ct-bad")).to_be_visible()
        found = notebook.page.evaluate(CONTRASTS)
        assert len(found) > 20
        assert [each for each in found if each["contrast"] < 4.5] == []


# The colour of every text over all that lies behind it, opacity included.
CONTRASTS = """() => {
  const page = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
  const parsed = colour => {
    page.clearRect(0, 0, 1, 1); page.fillStyle = colour; page.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = page.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const over = (top, under) => [0, 1, 2].map(i => top[i] * top[3] + under[i] * (1 - top[3])).concat(1);
  const above = element => element ? [element, ...above(element.parentElement)] : [];
  const behind = element => above(element).map(each => parsed(getComputedStyle(each).backgroundColor))
    .reverse().reduce((under, top) => over(top, under), [255, 255, 255, 1]);
  const light = colour => colour.slice(0, 3).map(part => part / 255)
    .map(part => part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
    .reduce((sum, part, i) => sum + part * [0.2126, 0.7152, 0.0722][i], 0);
  const said = element => ['INPUT', 'SELECT', 'TEXTAREA'].includes(element.tagName)
    || [...element.childNodes].some(each => each.nodeType === 3 && each.textContent.trim());
  return Array.from(document.querySelectorAll('.ct-builder *'))
    .filter(each => !['STYLE', 'OPTION'].includes(each.tagName) && said(each) && each.offsetWidth > 1)
    .filter(each => getComputedStyle(each).fontSize !== '0px')
    .map(each => {
      const written = getComputedStyle(each, each.matches(':placeholder-shown') ? '::placeholder' : null);
      const paper = behind(each), ink = parsed(written.color);
      ink[3] *= each.matches(':placeholder-shown') ? written.opacity : 1;
      ink[3] *= above(each).reduce((product, one) => product * getComputedStyle(one).opacity, 1);
      const [dark, bright] = [light(over(ink, paper)), light(paper)].sort((one, other) => one - other);
      return {text: each.textContent || each.value || each.placeholder,
              contrast: (bright + 0.05) / (dark + 0.05)};
    });
}"""


def test_the_magic(lab: Lab) -> None:
    """%load_ext, a query as a cell's body, a frame in a variable; a mistake is shown at its line."""
    body = '{"event_name": "Charged",\\n "from": 20251001,\\n "to": 20251031}'
    start = "%load_ext ct_pandas\nimport ct_pandas as ct\n_ = ct.connect_sandbox(users=200)"
    with lab.notebook(start) as notebook:
        notebook.append("%%clevertap df\n" + body.replace("\\n", "\n"))
        assert notebook.append("print(len(df) == ct.count_profiles('Charged', '2025-10'))").strip() == "True"
        told = notebook.append("%%clevertap df\n" + body.replace("\\n", "\n").replace("from", "fron"))
        assert "Line 2 of the query" in told
        assert "Did you mean 'from'?" in told
        assert "Traceback" not in told


PREVIEWED = """import ct_pandas as ct, pandas as pd
account = ct.connect_sandbox(users=200)
born = pd.to_datetime(["2000-01-01"])
frame = pd.DataFrame({"identity": ["a"], "a name that goes on " * 9: [1], "born": born})
frame.clevertap.preview(account=account)"""


@pytest.mark.parametrize("width", [400, 1200])
def test_a_long_name_breaks_no_short_word_beside_it(lab: Lab, width: int) -> None:
    """The heads of a preview's columns, their types and numbers stay in one line each."""
    with lab.notebook(PREVIEWED, width=width) as notebook:
        face = notebook.page.locator(".ct-report")
        short = face.locator("table:has(caption) :is(th, .ct-short, .ct-num)")
        expect(short).to_have_count(8)
        assert [each.inner_text() for each in short.all() if each.evaluate(LINES) != 1] == []


def test_a_report_takes_the_ink_of_a_dark_page(lab: Lab) -> None:
    """VS Code gives its pages colours but no colour scheme: the browser's own ink would be black on black."""
    with lab.notebook(PREVIEWED) as notebook:
        face = notebook.page.locator(".ct-report").evaluate("element => element.outerHTML")
        page = notebook.page.context.new_page()
        page.set_content(f"<body style='background: #1e1e1e; color: #cccccc'>{face}</body>")
        inks = page.eval_on_selector_all(
            ".ct-report :is(p, caption, th, td, summary, pre)",
            "all => [...new Set(all.map(each => getComputedStyle(each).color))]",
        )
        assert inks == ["rgb(204, 204, 204)"]


LINES = """element => {
  const within = document.createRange();
  within.selectNodeContents(element);
  return new Set([...within.getClientRects()].map(box => box.top)).size;
}"""
