"""Strangers get nothing: other names, other origins, no token; and with a gate, nobody without the link."""

import re
from http.cookies import SimpleCookie

import pytest

from phosphene.errors import UsageError
from phosphene.explore.gate import Gate
from phosphene.explore.hosts import Hosts, hosts_of, is_everywhere, is_loopback, link
from tests.explore.served import HOST, OWN, PATHS, TOKEN, Echo, Shelf, app_of, ask, client_of, listening_to

ORIGIN = f"http://{HOST}"
LIVE = ("/live/echo", "/live/pictures", "/live/unit")


def every_route():
    """A path for each route of the application; routes that are added are tested too."""
    filled = {"{layer}": "relu1", "{file}": "7.html", "{name}": "echo"}
    for route in app_of().routes:
        yield re.sub(r"\{\w+\}", lambda found: filled[found[0]], route.path)


WRONG = (
    "evil.example:8760",  # DNS rebinding: the name leads here, the port is ours
    "localhost",
    "localhost:8761",
    "localhost.evil.example:8760",
    "evil.example",
    "127.0.0.1.nip.io:8760",
    "192.168.0.7:8760",
    "[::2]:8760",
)


def test_there_are_routes_to_guard():
    routes = list(every_route())
    assert {"/", "/layers/relu1/7.html", "/live/echo", "/live/pictures", "/assets/7.html"} < set(routes)


@pytest.mark.slow
@pytest.mark.parametrize("host", WRONG)
@pytest.mark.parametrize("route", [*every_route(), "/nowhere"])
def test_wrong_hosts_get_nothing_on_any_route(route, host):
    shelf, live = Shelf(), Echo()
    live.answer = lambda *_: pytest.fail("it was computed")
    client = client_of(app_of(shelf, live, hosts=hosts_of("127.0.0.1", 8760)))
    for method in ("GET", "HEAD", "POST"):
        answer = client.request(method, route, headers={**OWN, "host": host})
        assert answer.status_code == 403
        assert TOKEN not in answer.text
        assert "phosphene-token" not in answer.text
    assert not shelf.made


@pytest.mark.parametrize("host", ["localhost:8760", "127.0.0.1:8760", "[::1]:8760", "LocalHost:8760"])
def test_its_own_names_are_answered(host):
    client = client_of(app_of(hosts=hosts_of("127.0.0.1", 8760)))
    assert client.get("/", headers={"host": host}).status_code == 200


ODD = (
    "localhost:8760@evil.example",
    "evil.example@localhost:8760",
    "localhost:8760, evil.example",
    "localhost:08760",
    "localhost.:8760",
    "localhost:8760.",
    " ",
    "",
    "localhost:8760/",
    "LOCALHOST:8760#x",
    "127.1:8760",
    "2130706433:8760",
    "0x7f000001:8760",
    "[::ffff:127.0.0.1]:8760",
    "[0:0:0:0:0:0:0:1]:8760",
    "0.0.0.0:8760",
    "loc\xe4lhost:8760",
)


@pytest.mark.parametrize("host", ODD)
def test_odd_spellings_are_not_its_own_name(host):
    hosts = hosts_of("127.0.0.1", 8760)
    assert not hosts.own(host, ("127.0.0.1", 8760))


@pytest.mark.slow
def test_hosts_as_they_come_over_the_wire():
    with listening_to(lambda hosts: app_of(hosts=hosts)) as port:

        def status(*lines):
            return ask(port, "\r\n".join(["GET / HTTP/1.1", "Connection: close", *lines, "", ""]).encode()).status

        own = f"Host: 127.0.0.1:{port}"
        assert status(own) == 200
        assert status(f"host: LOCALHOST:{port}") == 200
        assert status() == 400
        assert status(own, "Host: evil.example") == 400
        assert status(own, own) == 400
        assert status("Host: 127.0.0.1") == 403
        assert status(f"Host: evil.example:{port}") == 403
        assert status("Host: evil.example", f"X-Forwarded-Host: 127.0.0.1:{port}") == 403
        assert ask(port, b"GET / HTTP/1.0\r\n\r\n").status == 400
        absolute = f"GET http://127.0.0.1:{port}/ HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n"
        assert ask(port, absolute.encode()).status == 403


def test_two_hosts_are_refused_whoever_reads_the_request():
    for named in ([HOST, "evil.example"], ["evil.example", HOST], [HOST, HOST]):
        answer = client_of(app_of()).get("/", headers=[("Host", each) for each in named])
        assert (answer.status_code, "name one host" in answer.text) == (400, True)


def test_names_by_where_it_listens():
    assert hosts_of("127.0.0.1", 80).own("localhost", None)
    assert hosts_of("::1", 8760).own("[::1]:8760", None)
    named = hosts_of("192.168.0.7", 8760)
    assert named.own("192.168.0.7:8760", ("192.168.0.7", 8760))
    assert not named.own("192.168.0.8:8760", ("192.168.0.8", 8760))
    everywhere = hosts_of("0.0.0.0", 8760)
    assert everywhere.own("10.1.2.3:8760", ("10.1.2.3", 8760))
    assert everywhere.own("10.1.2.3:8760", ("::ffff:10.1.2.3", 8760))
    assert not everywhere.own("10.1.2.4:8760", ("10.1.2.3", 8760))
    assert not everywhere.own("0.0.0.0:8760", ("10.1.2.3", 8760))
    assert not everywhere.own("evil.example:8760", ("10.1.2.3", 8760))
    assert hosts_of("::", 8760).own("[fe80::7]:8760", ("fe80::7", 8760))


def test_which_addresses_reach_this_machine_alone():
    assert all(map(is_loopback, ("127.0.0.1", "localhost", "LOCALHOST", "::1", "127.8.9.1")))
    assert not any(map(is_loopback, ("0.0.0.0", "::", "192.168.0.7", "example.org", "localhost.example.org", "")))
    assert is_everywhere("0.0.0.0")
    assert is_everywhere("::")
    assert not is_everywhere("127.0.0.1")


def test_the_link():
    assert link("127.0.0.1", 8760) == "http://127.0.0.1:8760/"
    assert link("::1", 8760) == "http://[::1]:8760/"
    assert re.fullmatch(r"http://(?!0\.0\.0\.0)[\w.-]+:8760/", link("0.0.0.0", 8760))


# -- what computes ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", LIVE)
@pytest.mark.parametrize("token", [None, "", "x", TOKEN[:-1], TOKEN + " x", TOKEN.upper(), "é"])
def test_nothing_is_computed_without_the_token(path, token):
    live = Echo()
    live.answer = lambda *_: pytest.fail("it was computed")
    headers = {} if token is None else {"X-Phosphene-Token": token.encode()}
    method = "POST" if path.endswith("pictures") else "GET"
    answer = client_of(app_of(live=live)).request(method, path, headers=headers)
    assert answer.status_code == 403
    assert "load it again" in answer.json()["error"]


def test_the_token_is_taken_from_its_header_alone():
    client = client_of(app_of())
    assert client.get(f"/live/echo?X-Phosphene-Token={TOKEN}&token={TOKEN}").status_code == 403
    assert client.get("/live/echo", headers={"Cookie": f"X-Phosphene-Token={TOKEN}"}).status_code == 403


FOREIGN = (
    {"Origin": "http://evil.example"},
    {"Origin": "null"},
    {"Origin": "http://localhost:8761"},
    {"Origin": "https://localhost:8760"},
    {"Origin": "http://localhost:8760.evil.example"},
    {"Origin": ""},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "none"},
    {"Origin": ORIGIN, "Sec-Fetch-Site": "cross-site"},
    {"Origin": "http://evil.example", "Sec-Fetch-Site": "same-origin"},
)


@pytest.mark.parametrize("path", LIVE)
@pytest.mark.parametrize("headers", FOREIGN, ids=str)
def test_nothing_is_computed_for_another_origin(path, headers):
    method = "POST" if path.endswith("pictures") else "GET"
    answer = client_of(app_of()).request(method, path, headers={**OWN, **headers})
    assert answer.status_code == 403
    assert "own pages" in answer.json()["error"]


@pytest.mark.parametrize(
    "headers",
    [{}, {"Origin": ORIGIN}, {"Sec-Fetch-Site": "same-origin"}, {"Origin": ORIGIN, "Sec-Fetch-Site": "same-origin"}],
)
def test_its_own_pages_are_answered(headers):
    assert client_of(app_of()).get("/live/echo", headers={**OWN, **headers}).status_code == 200


def test_no_other_site_may_ask_first():
    asking = {"Origin": "http://evil.example", "Access-Control-Request-Method": "POST"}
    answer = client_of(app_of()).options("/live/pictures", headers=asking)
    assert answer.status_code in (403, 405)
    assert not [name for name in answer.headers if name.startswith("access-control")]


# -- with a gate ------------------------------------------------------------------------------------------------------

SECRET = "correct horse & battery"
BROUGHT = "correct%20horse%20%26%20battery"


@pytest.fixture
def gated():
    return client_of(app_of(gate=Gate(SECRET)))


@pytest.mark.parametrize("path", [*(f"/{path}" for path in PATHS), "/", "/live/echo", "/live/pictures", "/nowhere"])
@pytest.mark.parametrize("query", ["", "?token=", "?token=wrong", "?token=wrong&token=", "?token=%FF%00"])
def test_nobody_comes_in_without_the_link(gated, path, query):
    for method in ("GET", "POST"):
        answer = gated.request(method, path + query, headers={**OWN, "Cookie": 'phosphene-8760=wrong; b="; ;=,'})
        assert answer.status_code == 403
        assert "whole link" in answer.text
        assert "phosphene-token" not in answer.text
        assert "set-cookie" not in answer.headers


def test_the_link_gives_a_cookie_and_leads_on_without_the_token(gated):
    answer = gated.get(f"/layers/relu1/7.html?token={BROUGHT}&sort=name%22")
    assert answer.status_code == 200
    assert 'content="0; url=/layers/relu1/7.html?sort=name%22"' in answer.text
    assert "battery" not in answer.text
    assert answer.headers["cache-control"] == "no-store"
    (kept,) = SimpleCookie(answer.headers["set-cookie"]).values()
    assert (kept["httponly"], kept["samesite"], kept["path"]) == (True, "strict", "/")
    assert "battery" not in kept.value
    assert gated.get("/layers/relu1/7.html").status_code == 200  # the client keeps cookies
    assert gated.get("/live/echo", headers=OWN).status_code == 200
    assert gated.get("/live/echo").status_code == 403  # the page's token is wanted all the same


def test_the_link_leads_nowhere_else(gated):
    for path in ("//evil.example/", "/\\evil.example", '/a"b><script>'):
        found = re.search(r'content="0; url=([^"]*)"', gated.get(f"{ORIGIN}{path}?token={BROUGHT}").text)
        assert re.fullmatch(r"/(?!/)[\w.%/-]*", found[1])


def test_a_cookie_is_for_one_token():
    cookie = client_of(app_of(gate=Gate(SECRET))).get(f"/?token={BROUGHT}").headers["set-cookie"].split(";")[0]
    assert client_of(app_of(gate=Gate(SECRET)), Cookie=cookie).get("/").status_code == 200
    value = cookie.partition("=")[2]
    assert client_of(app_of(gate=Gate(SECRET)), Cookie=f"phosphene={value}").get("/").status_code == 403
    assert client_of(app_of(gate=Gate(SECRET)), Cookie=f"{cookie}0").get("/").status_code == 403
    assert client_of(app_of(gate=Gate("another long one")), Cookie=cookie).get("/").status_code == 403


def test_a_short_token_is_refused():
    with pytest.raises(UsageError, match="the token has 3 letters; give at least 12"):
        Gate("abc")


def test_hosts_come_before_the_gate(gated):
    assert "does not go by that name" in gated.get(f"/?token={BROUGHT}", headers={"host": "evil.example"}).text


def test_secrets_are_compared_in_constant_time(monkeypatch):
    compared = []
    monkeypatch.setattr("hmac.compare_digest", lambda one, other: compared.append((one, other)) or one == other)
    client_of(app_of(gate=Gate(SECRET))).get("/?token=wrong")
    client_of(app_of()).get("/live/echo", headers={"X-Phosphene-Token": "wrong"})
    assert compared == [(b"wrong", SECRET.encode()), (b"wrong", TOKEN.encode())]


def test_hosts_are_compared_whole():
    assert not Hosts(frozenset(["localhost:8760"])).own("localhost:87600", None)
