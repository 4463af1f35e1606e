"""Puts the letters that a PDF page uses into the file, so that it looks the same everywhere."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from io import BytesIO

from fontTools.subset import Options, Subsetter  # type: ignore[import-untyped]
from fontTools.ttLib import TTFont  # type: ignore[import-untyped]

from phosphene.draw.pdf_file import PdfFile
from phosphene.draw.text import font_file


@dataclass(frozen=True)
class PdfFont:
    """The regular or bold font, and the characters wanted of it."""

    bold: bool
    characters: frozenset[str]

    @cached_property
    def _font(self) -> TTFont:
        return TTFont(font_file(self.bold), lazy=True, recalcTimestamp=False)

    @cached_property
    def _glyphs(self) -> dict[str, int]:
        """Character -> glyph number; those that the font lacks are 0, an empty box."""
        names = self._font.getBestCmap()
        return {c: self._font.getGlyphID(names[ord(c)]) if ord(c) in names else 0 for c in sorted(self.characters)}

    @cached_property
    def _advances(self) -> dict[int, float]:
        """Glyph number -> width in thousandths of the font's size."""
        metrics, order = self._font["hmtx"], self._font.getGlyphOrder()
        scale = 1000 / self._font["head"].unitsPerEm
        return {glyph: metrics[order[glyph]][0] * scale for glyph in sorted({0, *self._glyphs.values()})}

    def code(self, text: str) -> str:
        """Return ``text`` as a PDF string of glyph numbers."""
        return "<" + "".join(f"{self._glyphs[c]:04x}" for c in text) + ">"

    def width(self, text: str, size: float) -> float:
        """Return how wide a PDF reader draws ``text``."""
        return sum(self._advances[self._glyphs[c]] for c in text) * size / 1000

    def embed(self, file: PdfFile) -> int:
        """Add the font to ``file``; return its object number. ISO 32000-1, 9.7: a composite font."""
        name = f"PHOSPH+DejaVuSans{'-Bold' if self.bold else ''}"
        program = self._subset()
        data = file.stream(program, f"/Length1 {len(program)}")
        head, across = self._font["head"], self._font["hhea"]
        scale = 1000 / head.unitsPerEm
        box = " ".join(f"{v * scale:.0f}" for v in (head.xMin, head.yMin, head.xMax, head.yMax))
        descriptor = file.add(
            f"<< /Type /FontDescriptor /FontName /{name} /Flags 4 /FontBBox [{box}] /ItalicAngle 0 "
            f"/Ascent {across.ascent * scale:.0f} /Descent {across.descent * scale:.0f} "
            f"/CapHeight 729 /StemV 80 /FontFile2 {data} 0 R >>"
        )
        widths = " ".join(f"{glyph} [{advance:.1f}]" for glyph, advance in self._advances.items())
        descendant = file.add(
            f"<< /Type /Font /Subtype /CIDFontType2 /BaseFont /{name} /CIDToGIDMap /Identity "
            "/CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> "
            f"/FontDescriptor {descriptor} 0 R /W [{widths}] >>"
        )
        readable = file.stream(self._to_unicode().encode())
        return file.add(
            f"<< /Type /Font /Subtype /Type0 /BaseFont /{name} /Encoding /Identity-H "
            f"/DescendantFonts [{descendant} 0 R] /ToUnicode {readable} 0 R >>"
        )

    def _subset(self) -> bytes:
        options = Options(retain_gids=True, notdef_outline=True, layout_features=[], hinting=False)
        options.drop_tables += ["GPOS", "GSUB", "GDEF", "kern", "name", "post", "OS/2", "FFTM"]
        font = TTFont(font_file(self.bold), recalcTimestamp=False)
        subsetter = Subsetter(options)
        subsetter.populate(text="".join(sorted(self.characters)))
        subsetter.subset(font)
        buffer = BytesIO()
        font.save(buffer)
        return buffer.getvalue()

    def _to_unicode(self) -> str:
        """Return the table by which a reader finds and copies the text."""
        pairs = [(g, c) for c, g in self._glyphs.items() if g]
        chunks = [pairs[i : i + 100] for i in range(0, len(pairs), 100)]
        tables = (
            f"{len(chunk)} beginbfchar\n"
            + "".join(f"<{g:04x}> <{c.encode('utf-16-be').hex()}>\n" for g, c in chunk)
            + "endbfchar\n"
            for chunk in chunks
        )
        return (
            "/CIDInit /ProcSet findresource begin 12 dict begin begincmap\n"
            "/CMapName /Phosphene def /CMapType 2 def\n"
            "1 begincodespacerange <0000> <ffff> endcodespacerange\n"
            + "".join(tables)
            + "endcmap CMapName currentdict /CMap defineresource pop end end\n"
        )
