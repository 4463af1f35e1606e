"""The application answers what its list of routes says, and nothing else, in a way that browsers can trust."""

import json

import pytest

from phosphene.explore.app import make_app
from phosphene.explore.hosts import Hosts
from phosphene.explore.uploads import Uploads
from tests.explore.served import HOST, OWN, PATHS, TOKEN, Echo, Shelf, app_of, client_of

METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "PROPFIND")
POLICY = {
    "default-src": ["'none'"],
    "script-src": ["'self'"],
    "style-src": ["'self'"],
    "img-src": ["'self'", "data:", "blob:"],
    "connect-src": ["'self'"],
    "form-action": ["'self'"],
    "base-uri": ["'none'"],
    "frame-ancestors": ["'none'"],
}


@pytest.fixture
def client():
    return client_of(app_of())


@pytest.mark.parametrize("path", PATHS)
def test_every_path_is_looked_up_among_the_documents(client, path):
    answer = client.get(f"/{path}")
    assert answer.status_code == 200
    assert path in answer.text


def test_the_root_is_the_first_page(client):
    assert "index.html" in client.get("/").text


def test_pages_carry_the_token_and_nothing_else_does(client):
    assert (
        f'<head><meta name="phosphene-token" content="{TOKEN.replace(chr(39), "&#x27;")}"></head>'
        in client.get("/").text
    )
    for path in ("search.js", "assets/explorer.css", "media/relu1/7.webp"):
        assert "<!--token-->" in client.get(f"/{path}").text


@pytest.mark.slow
@pytest.mark.parametrize("path", [f"/{path}" for path in PATHS] + ["/", "/live/echo", "/live/pictures", "/nowhere"])
@pytest.mark.parametrize("method", METHODS)
def test_methods_that_are_not_listed_are_refused(client, path, method):
    listed = {"/live/pictures": ("POST",), "/nowhere": METHODS}.get(path, ("GET", "HEAD"))
    status = client.request(method, path, headers=OWN).status_code
    if method not in listed:
        assert status == 405
    elif path != "/live/pictures":
        assert status == (404 if path == "/nowhere" else 200)


def every_kind_of_answer():
    client = client_of(app_of())
    yield client.get("/")
    yield client.get("/nowhere")
    yield client.put("/")
    yield client.get("/images/14.html")
    yield client.get("/live/echo", headers=OWN)
    yield client.get("/live/echo")
    yield client.get("/live/broken", headers=OWN)
    yield client.get("/media/relu1/7.webp")
    yield client.get(
        "/media/relu1/7.webp", headers={"If-None-Match": client.get("/media/relu1/7.webp").headers["etag"]}
    )
    yield client.get("/", headers={"host": "evil.example"})


def test_every_answer_tells_the_browser_to_be_careful():
    answers = list(every_kind_of_answer())
    assert [answer.status_code for answer in answers] == [200, 404, 405, 500, 200, 403, 500, 200, 304, 403]
    for answer in answers:
        told = [part.split() for part in answer.headers["content-security-policy"].split(";")]
        assert {name: values for name, *values in told} == POLICY
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["x-frame-options"] == "DENY"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["cross-origin-opener-policy"] == "same-origin"
        assert answer.headers["cross-origin-resource-policy"] == "same-origin"
        assert "access-control-allow-origin" not in answer.headers
        assert "server" not in answer.headers


@pytest.mark.parametrize("path", ["", "search.js", "assets/explorer.css"])
def test_text_is_packed_for_who_takes_it(client, path):
    plain = client.get(f"/{path}", headers={"Accept-Encoding": "identity"})
    packed = client.get(f"/{path}", headers={"Accept-Encoding": "br, gzip"})
    assert packed.headers["etag"] == plain.headers["etag"]
    assert "content-encoding" not in plain.headers
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.content == plain.content
    assert int(packed.headers["content-length"]) < len(plain.content) / 5
    assert packed.headers["vary"] == plain.headers["vary"] == "Accept-Encoding"


@pytest.mark.parametrize("accepted", ["gzip;q=0", "identity", "gzipped", ""])
def test_text_is_not_packed_for_who_does_not(client, accepted):
    assert "content-encoding" not in client.get("/", headers={"Accept-Encoding": accepted}).headers


def test_pictures_are_not_packed(client):
    assert "content-encoding" not in client.get("/media/relu1/7.webp", headers={"Accept-Encoding": "gzip"}).headers


@pytest.mark.parametrize("path", PATHS)
def test_what_has_not_changed_is_not_sent_again(path):
    shelf = Shelf()
    client = client_of(app_of(shelf))
    first = client.get(f"/{path}")
    assert first.headers["cache-control"] == "private, no-cache"
    again = client.get(f"/{path}", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    assert shelf.made.count(path) == (1 if path.startswith("media/") else 2)
    assert client.get(f"/{path}", headers={"If-None-Match": '"another"'}).status_code == 200


def test_a_page_of_an_earlier_start_is_sent_again(client):
    """It carries a token that is no longer good."""
    other = client_of(app_of())
    assert client.get("/").headers["etag"] == other.get("/").headers["etag"]
    later = client_of(make_app(Shelf(), Echo(), Uploads(), "another", Hosts(frozenset([HOST]))))
    for path in ("/", "/media/relu1/7.webp"):
        assert client.get(path).headers["etag"] != later.get(path).headers["etag"]


def test_head_has_the_headers_alone(client):
    assert client.head("/").headers["content-length"] == client.get("/").headers["content-length"]


def test_live_answers_are_json_and_not_kept(client):
    answer = client.get("/live/echo?unit=relu1:7&image=3", headers=OWN)
    assert answer.json() == {"asked": {"unit": "relu1:7", "image": "3"}}
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/live/nothing", 400, "there is no answer 'nothing'"),
        ("/live/broken", 500, "should not have happened (ZeroDivisionError)"),
        ("/live/a/b", 404, "nothing here"),
        ("/live/", 404, "nothing here"),
    ],
)
def test_what_goes_wrong_live_is_a_sentence_in_json(client, path, status, words):
    answer = client.get(path, headers=OWN)
    assert answer.status_code == status
    assert words in json.loads(answer.content)["error"]
    assert list(answer.json()) == ["error"]


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/layers/relu1/99999.html", 404, "There is nothing here"),
        ("/nowhere", 404, "There is nothing here"),
        ("/index.html/", 404, "There is nothing here"),
        ("/images/13.html", 422, "the scan has not come to its end"),
        ("/images/14.html", 500, "This should not have happened (ZeroDivisionError)."),
    ],
)
def test_what_goes_wrong_with_a_page_is_a_sentence_in_a_page(client, path, status, words):
    answer = client.get(path)
    assert answer.status_code == status
    assert words in answer.text
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
