"""Names from outside stay names, on every page; and no spelling of a path leads to anything but a page."""

import json
import re
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser
from urllib.parse import quote, unquote, urljoin, urlsplit

import pytest

from phosphene.atlas.reading import open_atlas
from phosphene.atlas.writing import AtlasWriter
from phosphene.explore.documents import Documents
from phosphene.explore.site import Site
from tests.atlas import synthetic
from tests.explore.served import OWN, app_of, client_of, get, listening_to

HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'><svg onload=alert(1)>",
    "</title><script>alert(1)</script>",
    "</textarea></style><script>",
    "</script><!--<script>",
    "--><script>alert(1)</script>",
    "<!--token-->",
    "]]><script>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&#60;script&#62;",
    '" onmouseover="alert(1)',
    "' autofocus onfocus='alert(1)",
    "x onclick=alert(1)",
    "javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "//evil.example/x",
    "http://evil.example/x",
    "?token=x&y#z",
    "%00%2e%2e%2f",
    "../../../../etc/passwd",
    "..\\..\\boot.ini",
    "{{ 7 * 7 }}",
    "{% include 'x' %}",
    "${alert(1)}",
    "`alert(1)`",
    "gnp.\u202eexe",
    "line\u2028and\u2029paragraph",
    "=cmd|'/C calc'!A0",
    "__proto__",
    "constructor",
    "NaN",
    "🐸 é 中文",
    "long " * 60,
)
PLAIN = tuple(f"name {number}" for number in range(len(HOSTILE)))


def site_of(path, names, patch):
    """Return the site of a scan in which everything that has a name has one of these, and the rest is the same."""
    renamed = tuple(replace(layer, name=name) for layer, name in zip(synthetic.LAYERS, names[:3], strict=True))
    as_before = dict(zip(names[:3], synthetic.LAYERS, strict=True))
    peak, filled = synthetic.peak, synthetic._filled
    made = synthetic.manifest(
        network=names[3], images=names[4], preprocessing=names[5], classes=names[6:8], layers=renamed
    )
    with patch.context() as changed:
        changed.setattr(synthetic, "LAYERS", renamed)
        changed.setattr(synthetic, "CLASSES", names[6:8])
        changed.setattr(synthetic, "name", lambda image: f"{image:02} {names[image % len(names)]}")
        changed.setattr(synthetic, "peak", lambda layer, *rest: peak(as_before[layer.name], *rest))
        changed.setattr(synthetic, "_filled", lambda made, layer, *rest: filled(made, as_before[layer.name], *rest))
        with AtlasWriter.create(path, made) as writer:
            synthetic.write(writer)
    return Site(open_atlas(path), without=names[8])


class Rendered:
    """All that is to be seen of a site, on a server or as files that stand alone, with its figures or without."""

    def __init__(self, site, live, drawn):
        self.site, self.live = site, live
        self.documents = Documents(site, live)
        paths = [*self.documents.paths(), *(["yours.html", "assets/live.js"] if live else [])]
        wanted = (path for path in paths if drawn or not path.endswith(".svg"))
        self.found = {path: found for path in wanted if (found := self.documents.get(path))}
        self.outlines = {
            path: Outline(found.body.decode())
            for path, found in self.found.items()
            if found.kind.startswith("text/html")
        }


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    """A site with plain names, on a server and as files."""
    yield from _rendered(tmp_path_factory, [PLAIN, PLAIN])


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    """Several sites, so that each hostile name has been a layer's, a class's, a picture's …; every other as files."""
    yield from _rendered(tmp_path_factory, [HOSTILE[at:] + HOSTILE[:at] for at in range(0, len(HOSTILE), 4)])


def _rendered(tmp_path_factory, naming):
    folder = tmp_path_factory.mktemp("hostile")
    with pytest.MonkeyPatch.context() as patch:
        sites = [site_of(folder / f"{at}.atlas", names, patch) for at, names in enumerate(naming)]
    yield [Rendered(site, at % 2 == 0, at < 2) for at, site in enumerate(sites)]
    for site in sites:
        site.atlas.close()


ASSETS = ("explorer.js", "live.js", "parts.js", "search.js")


class Outline(HTMLParser):
    """Elements with the names of their attributes, addresses, and text."""

    def __init__(self, body):
        super().__init__()
        self.elements, self.addresses, self.words, self.scripts = Counter(), [], [], []
        self._in_script = False
        self.feed(body)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.elements[tag, tuple(sorted(name for name, _ in attributes))] += 1
        self.addresses += [
            value for name, value in attributes if name in ("href", "src", "action", "srcset", "data-src")
        ]
        self.words += [value for name, value in attributes if name in ("alt", "title", "aria-label") and value]
        self._in_script = tag == "script"
        if self._in_script:
            self.scripts.append([dict(attributes), ""])

    def handle_endtag(self, tag):
        self._in_script = False

    def handle_data(self, text):
        if self._in_script:
            self.scripts[-1][1] += text
        else:
            self.words.append(text)


def test_there_are_thirty_names():
    assert len(HOSTILE) >= 30
    assert len(set(HOSTILE)) == len(HOSTILE) == len(PLAIN)


@pytest.mark.slow
def test_hostile_names_change_no_page_but_its_words(plain, hostile):
    """The same elements with the same attributes as with plain names: nothing of a name became markup."""
    for each in hostile:
        expected = [outline.elements for outline in plain[not each.live].outlines.values()]
        assert len(expected) > 60
        assert len(each.outlines) == len(expected)
        for (path, outline), elements in zip(each.outlines.items(), expected, strict=True):
            assert outline.elements == elements, path


@pytest.mark.slow
def test_pages_have_no_script_or_style_of_their_own(hostile):
    """What stands in a page for its script is a table, which is not run."""
    for each in hostile:
        for path, outline in each.outlines.items():
            for about, text in outline.scripts:
                if "src" in about:
                    assert (about["src"].split("/")[-1] in ASSETS, text) == (True, ""), path
                else:
                    assert (about["type"], type(json.loads(text))) == ("application/json", dict), path
            for tag, attributes in outline.elements:
                assert tag not in ("style", "base", "iframe", "object", "embed", "frame", "applet"), path
                assert not [name for name in attributes if name.startswith("on") or name in ("style", "srcdoc")], path


@pytest.mark.slow
def test_pages_lead_nowhere_else(hostile):
    for each in hostile:
        for path, outline in each.outlines.items():
            for address in outline.addresses:
                parts = urlsplit(address)
                assert not parts.netloc, (path, address)
                assert not parts.scheme or address.startswith(("data:,", "data:image/")), (path, address)
                assert not address.startswith("/"), (path, address)


@pytest.mark.slow
def test_links_lead_to_pages_that_are_there(hostile):
    for each in hostile[:2]:
        for path, outline in each.outlines.items():
            for address in outline.addresses:
                target = unquote(urlsplit(urljoin(f"http://x/{path}", address)).path).lstrip("/")
                there = address.startswith("data:") or target in each.found or each.documents.get(target)
                assert there, (path, address)


@pytest.mark.slow
def test_names_can_be_read(hostile):
    """Escaped once, not twice: the words of a page hold the names as they are."""
    for each in hostile:
        for name, path in (
            (each.site.atlas.manifest.network, "index.html"),
            (each.site.atlas.images[0].name, "images/0.html"),
        ):
            assert _squeezed(name) in _squeezed("".join(each.outlines[path].words)), path


def _squeezed(text):
    return " ".join(text.split())


@pytest.mark.slow
def test_data_is_data(hostile):
    begin = "window.phosphene_index = "
    for each in hostile:
        index = each.found["search.js"].body.decode()
        assert index.startswith(begin)
        assert json.loads(index.removeprefix(begin).rstrip().removesuffix(";"))
        tables = [json.loads(found.body) for path, found in each.found.items() if path.endswith(".json")]
        assert len(tables) == 17


@pytest.mark.slow
def test_addresses_have_no_names_in_them(hostile):
    for each in hostile:
        for path in each.found:
            assert re.fullmatch(r"[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)*", path), path
            assert ".." not in path


@pytest.mark.slow
def test_the_server_gives_the_same_and_its_own_token_once(hostile):
    first = hostile[0]
    assert first.live
    with client_of(app_of(first.documents)) as client:
        for path, found in first.found.items():
            answer = client.get(f"/{path}")
            assert answer.status_code == 200, path
            if path in first.outlines:
                assert answer.text.count('<meta name="phosphene-token"') == 1, path
            else:
                assert answer.content == found.body, path


@pytest.mark.slow
def test_sentences_about_hostile_questions_are_escaped():
    client = client_of(app_of())
    for name in HOSTILE:
        answer = client.get("/layers/x/" + quote(name, safe=""))
        assert answer.status_code == 404
        assert "alert" not in answer.text
        told = client.get("/live/" + quote(name, safe=""), headers=OWN)
        assert told.status_code in (400, 404)
        assert told.headers["content-type"] == "application/json"


# -- paths ------------------------------------------------------------------------------------------------------------

_SECRET = "etc/passwd"
TRAVERSALS = (
    *(
        f"/{up * times}{_SECRET}"
        for up in ("../", "..%2f", "%2e%2e/", "%2e%2e%2f", ".%2e/", "..\\", "..%5c", "%2e%2e%5c")
        for times in (1, 6)
    ),
    *(
        f"/{up * 6}{_SECRET}"
        for up in (
            "..%252f",
            "%252e%252e%252f",
            "..%c0%af",
            "%c0%ae%c0%ae/",
            "..%ef%bc%8f",
            "....//",
            "..;/",
            "..%00/",
            "%uff0e%uff0e/",
            "..%u2215",
            "..%e2%88%95",
            ".%00./",
            "..%0d/",
            "..%0a/",
            "..%09/",
            "..%20/",
            "%20../",
            "..?/",
            "..#/",
            "..//",
            "/..//..",
        )
    ),
    *(
        f"{begin}{'../' * 8}{_SECRET}"
        for begin in (
            "/assets/",
            "/media/relu1/",
            "/layers/relu1/",
            "/images/",
            "/over/relu1/",
            "/live/",
            "/live/pictures/",
            "/assets/explorer.css/",
            "//",
            "/./",
        )
    ),
    *(
        f"{begin}..%2f..%2f..%2f..%2f..%2f..%2f{_SECRET}"
        for begin in ("/assets/", "/media/relu1/", "/layers/relu1/", "/images/", "/media/images/", "/over/relu1/")
    ),
    "/etc/passwd",
    "//etc/passwd",
    "/assets//etc/passwd",
    "/assets/%2fetc%2fpasswd",
    "/file:///etc/passwd",
    "/assets/file:%2f%2f%2fetc%2fpasswd",
    "http://localhost/../../etc/passwd",
    "/assets/..%2fdocuments.py",
    "/assets/../serve.py",
    "/assets/.%2f..%2f__init__.py",
    "/assets/__init__.py",
    "/assets/explorer.css%00.js",
    "/assets/EXPLORER.CSS",
    "/assets/~root/.bashrc",
    "/assets/C:%5cwindows%5cwin.ini",
    "/assets/CON",
    "/media/relu1/..%2f..%2f0.atlas",
    "/../0.atlas",
    "/..%2f0.atlas",
    "/0.atlas",
    "etc/passwd",
    "*",
)
OUT = re.compile(rb"root:|SQLite format|from __future__|import |\[fonts\]")


def test_there_are_sixty_spellings():
    assert len(set(TRAVERSALS)) == len(TRAVERSALS) >= 60


@pytest.fixture(scope="module")
def port(plain):
    with listening_to(lambda hosts: app_of(plain[0].documents, hosts=hosts)) as port:
        yield port


@pytest.mark.parametrize("target", TRAVERSALS)
def test_no_path_leads_out(port, target):
    for headers in ({}, OWN):
        answer = get(port, target, **headers)
        assert answer.status in (400, 403, 404), answer
        assert not OUT.search(answer.body)


def test_a_server_under_attack_still_answers(port):
    for target in (
        b"\xff\xfe",
        b"/\x00",
        b"/" + b"a" * 70_000,
        b"/%",
        b"/%zz",
        b"/layers/relu1/" + b"9" * 5000 + b".html",
        b"/images/-1.html",
        b"/images/1e3.html",
        "/images/\u0661.html".encode(),
        b"/layers/relu1/00.html",
    ):
        assert get(port, target).status in (0, 400, 403, 404, 414, 431), target
    assert get(port, "/index.html").status == 200
