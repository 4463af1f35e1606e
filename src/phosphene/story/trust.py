"""The last chapter: how far such pictures can be trusted."""

from __future__ import annotations

from phosphene.story.findings import Findings
from phosphene.story.section import Section
from phosphene.story.words import percent


def trust_section(found: Findings) -> Section:
    """State what is known against such pictures, each beside a figure measured here."""
    ways, layer = found.unpooling, found.second
    alive = layer.peaks.alive
    half, highest = layer.peaks.value[:, alive].median(0).values.clamp(min=0), layer.peaks.highest[alive]
    typical = float((half / highest).median()) if len(highest) else 0.0
    windows = (
        f" The {len(found.material):,} windows here come from few photographs and overlap, so a “strongest” picture is "
        "the strongest of what was offered, no more."
        if found.material.windows
        else ""
    )
    return Section(
        "trust",
        "How far to trust these pictures",
        (
            "A projection partly redraws the image. Whatever the unit, the way back passes the same filters at the "
            "same places (Nie, Zhang & Patel 2018). Here two different units of "
            f"`{layer.name}` give pictures of the same image that correlate at r = {ways.switches:.2f} by switches and "
            f"{ways.fill:.2f} by fill on average; a picture that showed nothing but its unit would be near zero.",
            "Its structure comes from the switches as much as from the unit (Mahendran & Vedaldi 2016). Taking them "
            f"away, which is what fill does, leaves r = {ways.same:.2f} with the picture that had them.",
            "Some such pictures look the same with random weights (Adebayo et al. 2018). A sharp projection is no "
            "evidence that something was learned.",
            "The strongest pictures alone mislead (Borowski et al. 2021; Geirhos et al. 2023): they are the rare end. "
            f"On half of the pictures a typical unit of `{layer.name}` stays below {percent(typical)} of its strongest "
            f"value."
            f"{windows}",
            "Each tile has its own scale unless its figure says otherwise, so a faint answer can look as strong as a "
            "loud one: read the value beside it.",
        ),
    )
