"""Where everything on a sheet stands. One recursion: a group is a grid of tiles or of groups."""

from __future__ import annotations

from dataclasses import replace

from phosphene.draw import plan as planning
from phosphene.draw.blocks import Block, Style, beside, both_ends, placed, stacked
from phosphene.draw.fit import fitted
from phosphene.draw.page import Hatch, Photo
from phosphene.draw.plan import LABEL, Plan
from phosphene.draw.tile import Group, Tile

# Lengths in points.
HEADING = 7.0
NOTE = 6.0
UNDER = 1.5  # between a picture and its words


def lay_out(group: Group, plan: Plan, outer: bool = True) -> Block:
    """Return a group as one box: its heading, its column headers, its rows with their headers."""
    count = planning.columns(group)
    rows = [_row(group.tiles[i : i + count], plan) for i in range(0, len(group.tiles), count)]
    width = max((box.width for row in rows for box in row), default=0)
    gap = planning.gap(group, outer)
    across, down = plan.px(gap), plan.px(gap if outer else min(gap, planning.NEAR))
    lines = [beside([replace(box, width=width) for box in row], across) for row in rows]
    body = stacked(_with_row_headers(lines, group.row_headers, plan), down)
    above = _column_headers(group.column_headers[:count], width, across, body.width, plan)
    styles = Style(plan.px(HEADING), bold=True), Style(plan.px(HEADING))
    heading = both_ends(group.label, group.value, body.width, styles)
    return stacked([heading if heading.marks else Block(0, 0), above, body], plan.px(UNDER))


def _row(members: tuple[Tile | Group, ...], plan: Plan) -> list[Block]:
    height = plan.height([member for member in members if isinstance(member, Tile)])
    return [
        _tile(member, height, plan) if isinstance(member, Tile) else lay_out(member, plan, outer=False)
        for member in members
    ]


def _with_row_headers(lines: list[Block], headers: tuple[str, ...], plan: Plan) -> list[Block]:
    if not headers:
        return lines
    style, gap = Style(plan.px(LABEL), role="faint"), plan.px(planning.NEAR)
    width = round(min(plan.px(planning.ROW_HEADER), max(style.width(header) for header in headers) + 1))
    texts = [style.paragraph(header, width, 4) for header in headers[: len(lines)]]
    texts += [Block(width, 0)] * (len(lines) - len(texts))
    return [beside([placed(text, width, line.height, 1.0), line], gap) for text, line in zip(texts, lines, strict=True)]


def _column_headers(headers: tuple[str, ...], width: int, across: int, whole: int, plan: Plan) -> Block:
    """Return the headers down to one line, from the right edge, so that row headers stay clear."""
    texts = [Style(plan.px(LABEL), role="faint").paragraph(header, width, 2) for header in headers]
    height = max((text.height for text in texts), default=0)
    line = beside([Block(width, height, tuple(text.at(0, height - text.height))) for text in texts], across)
    return Block(whole, line.height, tuple(line.at(whole - line.width, 0)))


def _tile(tile: Tile, height: int, plan: Plan) -> Block:
    """Return a tile whose picture has ``height`` pixels, with its words below."""
    if tile.picture is None:
        top = _reason(tile.note or "nothing to show", height, plan)
    else:
        wide, high = fitted(tile.picture.size, plan.edge)
        photo = Photo((plan.cell - wide) // 2, height - high, wide, high, tile.picture, tile.around_grey)
        top = Block(plan.cell, height, (photo,))
    return stacked([top, _words(tile, plan)], plan.px(UNDER))


def _words(tile: Tile, plan: Plan) -> Block:
    ink, faint = Style(plan.px(LABEL)), Style(plan.px(LABEL), role="faint")
    lines = [(tile.label, ink), (tile.value, faint)] if plan.stacked else []
    lines += [(caption, faint) for caption in tile.captions]
    single = [style.paragraph(line, plan.cell, 1) for line, style in lines]
    first = both_ends(tile.label, tile.value, plan.cell, (ink, ink))
    return stacked(single if plan.stacked or not first.marks else [first, *single])


def _reason(note: str, height: int, plan: Plan) -> Block:
    """Return hatched ground with the reason for it in the middle."""
    style, edge = Style(plan.px(NOTE), role="faint"), plan.px(2)
    lines = max(1, (height - 2 * edge) // style.leading)
    words = style.paragraph(note, plan.cell - 2 * edge, lines)
    ground = Hatch(0, 0, plan.cell, height)
    return Block(plan.cell, height, (ground, *placed(words, plan.cell, height, 0.5).marks))
