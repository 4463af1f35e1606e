"""A running explorer: where it listens, which network it has, whom it lets in, and that it ends."""

import json
import re
import socket
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from urllib.parse import urljoin

import pytest

import phosphene as ph
from phosphene.errors import PhospheneError, UsageError
from phosphene.explore import browser, ports, serve
from phosphene.explore import scanned_network as networks
from phosphene.explore.hosts import hosts_of
from phosphene.explore.ports import listening
from phosphene.explore.scanned_network import scanned_network
from phosphene.explore.server import Server
from phosphene.scan.identity import weights_hash
from tests.explore.served import app_of
from tests.sources.pictures import encoded
from tests.story import tiny


@pytest.fixture(autouse=True)
def shown(monkeypatch):
    """Addresses that were opened in a browser."""
    opened = []
    monkeypatch.setattr(browser, "show", opened.append)
    monkeypatch.setattr(browser, "is_there", lambda: False)
    return opened


@pytest.fixture(scope="module")
def scan(tmp_path_factory):
    folder = tmp_path_factory.mktemp("scan")
    net = tiny.network()
    with ph.scan(net, ph.images(tiny.folder(folder / "pictures")), folder / "tiny.atlas") as atlas:
        yield net, atlas


def fetched(address, data=None, **headers):
    request = urllib.request.Request(address, data, headers)
    with urllib.request.urlopen(request, timeout=60) as answer:
        return answer.read().decode()


# -- the whole --------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_an_explorer_answers_until_it_is_stopped(scan):
    net, atlas = scan
    with ph.explore(atlas, net, port=0) as explorer:
        page = fetched(explorer.url)
        assert "tiny" in page
        token = page.partition('name="phosphene-token" content="')[2].partition('"')[0]
        assert len(token) >= 32
        own = {"X-Phosphene-Token": token}
        found = json.loads(fetched(f"{explorer.url}live/predictions?image=0", **own))
        assert list(found) == ["classes", "note"]
        kept = json.loads(fetched(f"{explorer.url}live/pictures", encoded(tiny.picture(99)), **own))
        assert (kept["width"], kept["height"]) == (tiny.SIDE, tiny.SIDE)
        seen = json.loads(fetched(f"{explorer.url}live/unit?image={kept['id']}&unit=relu2:1", **own))
        expected = net.record([tiny.picture(99)], ["relu2"])["relu2"][0, 1].max()
        assert seen["value"] == pytest.approx(float(expected), rel=1e-4, abs=1e-5)
    with pytest.raises(urllib.error.URLError):
        fetched(explorer.url)
    assert "phosphene" not in [thread.name for thread in threading.enumerate()]


@pytest.mark.slow
def test_many_may_ask_at_the_same_time(scan):
    """Pages and live answers are those that one gets who asks alone."""
    net, atlas = scan
    with ph.explore(atlas, net, port=0) as explorer:
        own = {"X-Phosphene-Token": _token(explorer)}
        paths = [
            f"layers/relu{layer}/{unit}.{kind}" for layer in (1, 2) for unit in range(4) for kind in ("html", "json")
        ]
        paths += [f"live/unit?image={image}&unit=relu2:{unit}" for image in (0, 3) for unit in range(3)]
        alone = {path: fetched(f"{explorer.url}{path}", **own) for path in paths}
        with ThreadPoolExecutor(6) as people:
            asked = [path for path in paths for _ in range(5)]
            found = people.map(lambda path: (path, fetched(f"{explorer.url}{path}", **own)), asked)
            assert all(alone[path] == page for path, page in found)


@pytest.mark.slow
def test_every_start_has_another_token(scan):
    net, atlas = scan
    with ph.explore(atlas, net, port=0) as one, ph.explore(atlas, net, port=0) as other:
        assert one.url != other.url
        assert _token(one) != _token(other)


def _token(explorer):
    return fetched(explorer.url).partition('name="phosphene-token" content="')[2].partition('"')[0]


@pytest.mark.slow
def test_it_shows_itself_as_a_link(scan):
    net, atlas = scan
    with ph.explore(atlas, net, port=0, token="a long & odd one") as explorer:
        assert repr(explorer) == f"Explorer('http://127.0.0.1:{explorer.port}/?token=a%20long%20%26%20odd%20one')"
        assert f'<a href="{explorer.url}"' in explorer._repr_html_()


@pytest.mark.slow
def test_the_browser_is_opened_where_there_is_one(scan, shown, monkeypatch):
    net, atlas = scan
    ph.explore(atlas, net, port=0).stop()
    ph.explore(atlas, net, port=0, show=False).stop()
    assert shown == []
    with ph.explore(atlas, net, port=0, show=True) as explorer:
        assert shown == [explorer.url]
    monkeypatch.setattr(browser, "is_there", lambda: True)
    ph.explore(atlas, net, port=0).stop()
    ph.explore(atlas, net, port=0, show=False).stop()
    assert len(shown) == 2


def test_another_network_than_was_scanned_is_refused(scan):
    with pytest.raises(UsageError, match="with other weights than tiny has here"):
        ph.explore(scan[1], tiny.network(seed=1), port=0)


@pytest.mark.slow
def test_without_the_network_pages_are_there_and_live_answers_say_why(scan):
    with ph.explore(scan[1], port=0) as explorer:
        assert (
            explorer.site.without
            == "tiny is not loaded, so nothing new is computed; start with --network tiny --weights FILE"
        )
        assert "tiny" in fetched(f"{explorer.url}layers/relu1/0.html")
        with pytest.raises(urllib.error.HTTPError) as refused:
            fetched(f"{explorer.url}live/predictions?image=0", **{"X-Phosphene-Token": _token(explorer)})
        assert refused.value.code == 400
        assert json.loads(refused.value.read()) == {"error": explorer.site.without}


@pytest.mark.slow
def test_a_page_that_is_not_there_looks_like_the_others_at_any_depth(scan):
    with ph.explore(scan[1], port=0) as explorer:
        for path in ("nothing.html", "layers/relu1/99.html", "a/b/c/d"):
            with pytest.raises(urllib.error.HTTPError) as missing:
                fetched(f"{explorer.url}{path}")
            assert missing.value.code == 404
            page = missing.value.read().decode()
            assert "There is nothing here" in page
            for address in re.findall(r'<(?:link rel="stylesheet"|script|a)[^>]* (?:href|src)="([^"#]+)"', page):
                assert fetched(urljoin(f"{explorer.url}{path}", address)), address


@pytest.mark.slow
def test_what_a_start_does_not_need_is_not_imported():
    """It is to be up in three seconds; these take half a second and more each."""
    slow = ("scipy.stats", "scipy.cluster", "skimage", "matplotlib", "torchvision", "rich", "torch._dynamo")
    code = f"import sys; from phosphene.explore import serve; print([name for name in {slow} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


# -- other machines ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.0.7", "example.org"])
@pytest.mark.parametrize("token", [None, ""])
def test_other_machines_need_a_token(scan, host, token):
    with pytest.raises(UsageError, match=r"other machines can reach .*, so a token is needed; .* --token [\w-]{16}$"):
        ph.explore(scan[1], scan[0], host=host, port=0, token=token)


def test_a_short_token_is_refused_before_anything_listens(scan, monkeypatch):
    monkeypatch.setattr(serve, "listening", lambda *_: pytest.fail("it listens"))
    with pytest.raises(UsageError, match="give at least 12"):
        ph.explore(scan[1], scan[0], host="0.0.0.0", token="short")


@pytest.mark.slow
def test_with_a_token_it_is_reached_by_its_link_alone(scan):
    with ph.explore(scan[1], scan[0], host="0.0.0.0", port=0, token="correct horse") as explorer:
        assert explorer.url.endswith(f":{explorer.port}/?token=correct%20horse")
        for address in (explorer.url, f"http://127.0.0.1:{explorer.port}/?token=correct%20horse"):
            assert 'http-equiv="refresh"' in fetched(address)
        with pytest.raises(urllib.error.HTTPError) as refused:
            fetched(f"http://127.0.0.1:{explorer.port}/")
        assert refused.value.code == 403


# -- which network ----------------------------------------------------------------------------------------------------


def atlas_of(network, weights, size=(3, 32, 32)):
    return SimpleNamespace(manifest=SimpleNamespace(network=network, weights=weights, input_size=size))


@pytest.fixture(scope="module")
def cifar():
    return weights_hash(ph.load("cifar").model)


def test_a_bundled_network_is_found_by_its_name(cifar):
    net, without = scanned_network(atlas_of("cifar", cifar))
    assert (net.name, without) == ("cifar", "")


def test_a_bundled_name_with_other_weights_is_not_believed():
    net, without = scanned_network(atlas_of("cifar", "00" * 32))
    assert net is None
    assert without == "the atlas is of cifar with other weights than the bundled ones; start with --weights FILE"


@pytest.mark.parametrize(
    "name", ["torchvision/resnet18", "evil.py:run", "hf/someone/net", "../cifar.safetensors", "<b>"]
)
def test_nothing_else_is_loaded_for_an_atlass_word(name, monkeypatch):
    monkeypatch.setattr(networks, "load", lambda *_, **__: pytest.fail("it was loaded"))
    net, without = scanned_network(atlas_of(name, "00" * 32))
    assert net is None
    assert f"--network {name} --weights FILE" in without


@pytest.mark.slow
def test_what_is_named_has_to_be_what_was_scanned(cifar):
    assert scanned_network(atlas_of("other", cifar), "cifar")[0].name == "cifar"
    with pytest.raises(UsageError, match="other weights"):
        scanned_network(atlas_of("cifar", cifar), "cifar-deep")
    with pytest.raises(UsageError, match="there is no network 'cifra'; did you mean 'cifar'"):
        scanned_network(atlas_of("cifar", cifar), "cifra")


# -- ports ------------------------------------------------------------------------------------------------------------


def test_the_next_free_port_is_taken():
    with listening("127.0.0.1", 0) as first:
        port = first.getsockname()[1]
        with listening("127.0.0.1", port) as second:
            assert port < second.getsockname()[1] <= port + 20


def test_any_port_where_none_of_the_next_is_free(monkeypatch):
    tried = []
    real = ports._listen
    monkeypatch.setattr(
        ports, "_listen", lambda host, port: tried.append(port) or (real(host, 0) if not port else None)
    )
    with listening("127.0.0.1", 65_530) as found:
        assert found.getsockname()[1] > 0
    assert tried == [*range(65_530, 65_536), 0]


@pytest.mark.parametrize("port", [-1, 65_536, 10**9])
def test_ports_that_are_none(port):
    with pytest.raises(UsageError, match="there is no port"):
        listening("127.0.0.1", port)


@pytest.mark.parametrize("host", ["203.0.113.7", "no.such.host.invalid", "300.1.1.1"])
def test_addresses_that_are_not_here(host):
    with pytest.raises(PhospheneError, match=r"use 127\.0\.0\.1"):
        listening(host, 0)


def test_the_socket_is_for_this_machine_alone():
    with listening("127.0.0.1", 0) as found:
        assert found.getsockname()[0] == "127.0.0.1"


@pytest.mark.slow
def test_ipv6():
    try:
        found = listening("::1", 0)
    except PhospheneError:
        pytest.skip("this machine has no IPv6")
    port = found.getsockname()[1]
    with Server(app_of(hosts=hosts_of("::1", port)), found), socket.create_connection(("::1", port), 20) as connection:
        connection.sendall(f"GET / HTTP/1.1\r\nHost: [::1]:{port}\r\nConnection: close\r\n\r\n".encode())
        assert connection.recv(100).startswith(b"HTTP/1.1 200 ")


@pytest.mark.slow
def test_stopping_does_not_wait_for_idle_clients():
    opened = listening("127.0.0.1", 0)
    server = Server(app_of(), opened)
    with socket.create_connection(opened.getsockname()):
        server.stop()
    server.wait()
