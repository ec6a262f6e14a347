"""Drawing: pygal's charts as inline SVG without styles, scripts or fonts; the page's CSS colours them.

Two kinds are enough: bars with a name and a number each, and a plot of stacked bars over rows or time that stretches
with the page, so that its labels can be the page's own text. (The one bar of the outcomes is a macro of the template:
pygal has no chart without a scale.)
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from pipeline.report.budget import weight_of, within
from pipeline.report.showing import cut, name

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from markupsafe import Markup

#: Bars in one picture; the rest is in its table.
BARS: Final = 12
#: So many bytes of the page at most are for a picture's numbers as a table.
TABLE: Final = 30_000
#: Bars of a plot that have gaps between them.
FEW: Final = 40
#: Width of bars' pictures, and the height of a name with the bar below it, in the units in which their text is 13
#: high: on a phone a unit is about a pixel.
_WIDTH: Final = 300
_BAR: Final = 38
_THICK: Final = 13
_TEXT: Final = 13
#: What pygal leaves free on the left of the bars.
_BESIDE: Final = -28
#: Characters of a name above its bar: as many as the picture is wide.
_NAME: Final = 40
#: Size of a plot before it is stretched.
_PLOT: Final = (900, 150)


@dataclass(frozen=True, slots=True)
class Chart:
    """A picture: `ident` is its id on the page, `legend` pairs of a class and words, `rows` its numbers as a table.

    A plot has words for its edges: `top` for the height of its scale, `ends` for where it begins and ends, and for
    what stands between. What the page cannot hold of the table is left out of `table`.
    """

    ident: str
    title: str
    description: str
    headers: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    svg: str = ""
    legend: tuple[tuple[str, str], ...] = ()
    top: str = ""
    ends: tuple[str, ...] = ("", "")

    @property
    def table(self) -> list[tuple[str, ...]]:
        """The rows that the page can hold, the first of them."""
        return within(self.rows, TABLE, lambda row: 20 + 25 * len(row) + weight_of(*row))


def _pygal() -> Any:
    """pygal, without its hook in Python's imports (for maps): Python warns of its form at each import."""
    import pygal

    sys.meta_path[:] = [one for one in sys.meta_path if not isinstance(one, pygal.PluginImportFixer)]
    return pygal


def _options() -> dict[str, Any]:
    """What makes pygal leave out all that it would add to a drawing."""
    style = _pygal().style.Style(
        font_family="inherit", label_font_size=_TEXT, major_label_font_size=_TEXT, value_font_size=_TEXT
    )
    return {
        "js": [], "css": [], "style": style, "no_prefix": True, "show_legend": False, "margin": 0,
        "disable_xml_declaration": True,
    }  # fmt: skip


def bars(
    ident: str,
    title: str,
    description: str,
    headers: tuple[str, str],
    bars: Sequence[tuple[str, float, str]],
    look_of_all: str,
    looks: Sequence[str] = (),
) -> Chart:
    """Bars, each below its name and before its value in words, the first on top."""
    shown = list(bars[:BARS])[::-1]  # pygal begins at the bottom
    words = [said for _, _, said in shown]
    top = max(value for _, value, _ in shown) or 1
    # Room behind the longest bar for its number.
    room = _WIDTH / (_WIDTH - 0.62 * _TEXT * min(max(map(len, words)) + 2, 24))
    chart = _pygal().HorizontalBar(
        width=_WIDTH, height=_BAR * len(shown), print_values=True, print_values_position="top", show_y_guides=False,
        show_x_guides=False, show_x_labels=False, range=(0, top * room), margin_left=_BESIDE, **_options(),
    )  # fmt: skip
    chart.x_labels = [" "] * len(shown)  # they would stand beside the bars, and leave no room for either
    chart.add("", [value for _, value, _ in shown])
    root = chart.render_tree()
    _plain(root)
    drawn = _all(root, "rect", "")
    for bar, label, value, (called, _, said) in zip(
        drawn, _all(root, "text", ""), _all(root, "text", "value"), shown, strict=True
    ):
        middle = float(bar.get("y", "0")) + float(bar.get("height", "0")) / 2
        bar.attrib |= {"y": f"{middle + 2:.1f}", "height": f"{_THICK}"}
        label.text = cut(name(called), _NAME)
        label.attrib |= {"x": bar.get("x", "0"), "y": f"{middle - 3:.1f}"}
        value.text = said
        value.attrib |= {"x": f"{float(value.get('x', '0')) - 1:.1f}", "y": f"{middle + 13:.1f}"}
        value.attrib["text-anchor"] = "start"
    for bar, one in zip(drawn, list(looks[:BARS])[::-1] or [look_of_all] * len(shown), strict=True):
        bar.set("class", one)
    table = tuple((label, said) for label, _, said in bars)
    return Chart(ident, title, description, headers, table, _svg(root, ident, "bars"))


def plot(
    chart: Chart,
    columns: Sequence[Sequence[float]],
    places: Sequence[str],
    said: Callable[[float], str],
    looks: Sequence[str] = (),
) -> Chart:
    """The chart, drawn: stacked bars that fill the whole picture, each with what a pointer over it shows."""
    from xml.etree import ElementTree as ET

    looks = looks or [one for one, _ in chart.legend]
    words = [word for _, word in chart.legend] or [""] * len(columns)
    width, height = _PLOT
    # Between many bars gaps would be all that one sees, and so would be the hairlines of rounded numbers.
    margin, overlap = ({"_series_margin": 0.0}, 0.4) if len(places) > FEW else ({}, 0.0)
    drawing = type("Plot", (_pygal().StackedBar,), margin)(
        width=width, height=height, show_x_labels=False, show_y_labels=False, show_y_guides=False, **_options()
    )
    for values in columns:
        drawing.add("", list(values))
    root = drawing.render_tree()
    _plain(root)
    drawn = _all(root, "rect", "")
    told = [
        (one, f"{place}: {said(value)} {word}".rstrip(), value)
        for one, word, values in zip(looks, words, columns, strict=True)
        for place, value in zip(places, values, strict=True)
    ]
    for bar, (one, text, value) in zip(drawn, told, strict=True):
        if value:
            bar.set("class", one)
            bar.set("width", f"{float(bar.get('width', '0')) + overlap:.1f}")
            ET.SubElement(bar, "title").text = text
    root.set("viewBox", _edges(drawn))
    _flat(root, [bar for bar, (_, _, value) in zip(drawn, told, strict=True) if value])
    root.set("preserveAspectRatio", "none")
    return replace(chart, svg=_svg(root, chart.ident, "plot"))


_KEPT: Final = frozenset({"x", "y", "width", "height", "class", "text-anchor", "transform"})


def _plain(node: Element) -> None:
    """Leave nothing of pygal's drawing but its shapes and texts, their numbers rounded."""
    for child in list(node):
        kind = child.get("class") or ""
        gone = child.tag not in ("g", "rect", "text") or kind.startswith(("background", "plot tooltip", "titles"))
        if gone or (child.tag == "rect" and kind == "tooltip-box"):
            node.remove(child)
            continue
        _plain(child)
        if child.tag == "g" and not len(child):
            node.remove(child)
            continue
        for key, value in list(child.attrib.items()):
            if key not in _KEPT or (key == "class" and child.tag != "text"):
                del child.attrib[key]
            elif key in ("x", "y", "width", "height"):
                child.set(key, f"{float(value):.1f}".removesuffix(".0"))


def _flat(root: Element, shapes: Sequence[Element]) -> None:
    """Leave out pygal's groups: a plot is not moved, and nobody needs them."""
    root[:] = shapes


def _edges(shapes: Sequence[Element]) -> str:
    """The box that the shapes fill: pygal leaves some room around them."""
    left, top, width, height = ([float(one.get(key, "0")) for one in shapes] for key in ("x", "y", "width", "height"))
    right = max(x + size for x, size in zip(left, width, strict=True))
    bottom = max(y + size for y, size in zip(top, height, strict=True))
    return f"{min(left):.1f} {min(top):.1f} {right - min(left):.1f} {bottom - min(top):.1f}"


def _all(root: Element, tag: str, kind: str) -> list[Element]:
    return [one for one in root.iter(tag) if (one.get("class") or "") == kind]


def _svg(root: Element, ident: str, kind: str) -> Markup:
    """The drawing as part of the page, named by its title and its description there."""
    from markupsafe import Markup
    from pygal.etree import etree

    for key in ("id", "xmlns", "xmlns:xlink"):
        root.attrib.pop(key, None)
    root.attrib |= {"class": f"chart {kind}", "role": "img", "aria-labelledby": f"{ident}-title {ident}-description"}
    # Serialised by pygal's own library, which escapes every text.
    return Markup(etree.tostring(root, encoding="unicode"))  # noqa: S704
