"""The little of the PDF format that one page needs: numbered objects, streams, the table at the end.

Written here because the same page must give the same bytes, with neither dates nor random numbers in it.
"""

from __future__ import annotations

import hashlib
import zlib


class PdfFile:
    """Objects in the order in which they are added."""

    def __init__(self) -> None:
        self._objects: list[bytes] = []

    def add(self, body: str) -> int:
        """Add an object; return its number."""
        return self._append(body.encode("latin-1"))

    def stream(self, data: bytes, entries: str = "") -> int:
        """Add ``data``, compressed, with further dictionary ``entries``; return the object's number."""
        packed = zlib.compress(data, 6)
        head = f"<< {entries} /Filter /FlateDecode /Length {len(packed)} >>\nstream\n"
        return self._append(head.encode("latin-1") + packed + b"\nendstream")

    def _append(self, body: bytes) -> int:
        self._objects.append(body)
        return len(self._objects)

    def page(self, width: float, height: float, content: int, resources: str, title: str) -> bytes:
        """Return the whole file with one page of width x height points (1/72 inch)."""
        pages = len(self._objects) + 2  # the page, which comes first, must name it
        page = self.add(
            f"<< /Type /Page /Parent {pages} 0 R /MediaBox [0 0 {width:.3f} {height:.3f}] "
            f"/Resources << {resources} >> /Contents {content} 0 R >>"
        )
        self.add(f"<< /Type /Pages /Kids [{page} 0 R] /Count 1 >>")
        root = self.add(f"<< /Type /Catalog /Pages {pages} 0 R >>")
        info = self.add(f"<< /Title <feff{title.encode('utf-16-be').hex()}> /Producer (Phosphene) >>")
        return self._bytes(root, info)

    def _bytes(self, root: int, info: int) -> bytes:
        file = bytearray(b"%PDF-1.5\n%\xe2\xe3\xcf\xd3\n")
        places = []
        for number, body in enumerate(self._objects, 1):
            places.append(len(file))
            file += b"%d 0 obj\n" % number + body + b"\nendobj\n"
        mark = hashlib.sha256(file).hexdigest()[:32]
        start, size = len(file), len(places) + 1
        file += b"xref\n0 %d\n0000000000 65535 f \n" % size
        file += b"".join(b"%010d 00000 n \n" % place for place in places)
        entries = f"/Size {size} /Root {root} 0 R /Info {info} 0 R /ID [<{mark}> <{mark}>]"
        file += f"trailer\n<< {entries} >>\n".encode()
        return bytes(file + b"startxref\n%d\n%%%%EOF\n" % start)
