"""``phosphene explore``, as it is typed: in a process of its own where it runs, in this one where it refuses."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from contextlib import contextmanager

import pytest
from typer.testing import CliRunner

import phosphene as ph
from phosphene.cli import app
from tests.story import tiny

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def atlas(tmp_path_factory):
    """A scan of a bundled network, so that no more than the atlas has to be named."""
    folder = tmp_path_factory.mktemp("scan")
    path = folder / "cifar.atlas"
    ph.scan(ph.load("cifar"), ph.images(tiny.folder(folder / "pictures")), path, ["relu1"]).close()
    return path


@pytest.fixture(scope="module")
def other(tmp_path_factory):
    folder = tmp_path_factory.mktemp("other")
    path = folder / "tiny.atlas"
    ph.scan(tiny.network(), ph.images(tiny.folder(folder / "pictures")), path).close()
    return path


def typed(*arguments, **more):
    return CliRunner().invoke(app, ["explore", *map(str, arguments)], **more)


@contextmanager
def running(*arguments, **environment):
    """Yield a running explorer's process and its link."""
    words = [sys.executable, "-m", "phosphene", "explore", *map(str, arguments)]
    surroundings = {**os.environ, "DISPLAY": "", "WAYLAND_DISPLAY": "", **environment}
    with subprocess.Popen(
        words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=surroundings, preexec_fn=_at_a_terminal
    ) as process:
        try:
            yield process, _link(process)
        finally:
            process.kill()


def _at_a_terminal():
    """Where the tests run in the background, Ctrl-C is ignored; who types a command can end it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def _link(process):
    said = process.stdout.readline()
    if said.startswith("{"):
        while not said.rstrip().endswith("}"):
            said += process.stdout.readline()
        return json.loads(said)["url"]
    return said.rstrip("\n")


def fetched(address):
    with urllib.request.urlopen(address, timeout=60) as answer:
        return answer.read().decode()


def ended(process):
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    return process.returncode, out, err


def test_it_prints_a_link_that_works_until_ctrl_c_even_while_a_connection_is_open(atlas):
    with running(atlas, "--port", 0) as (process, link):
        port = re.fullmatch(r"http://127\.0\.0\.1:(\d+)/", link)[1]
        page = fetched(link)
        assert "cifar" in page
        assert "data-net" in page  # the network was found by its name
        with socket.create_connection(("127.0.0.1", int(port))):
            assert ended(process) == (0, "", "stopped\n")


def test_for_machines_where_the_port_is_taken_and_the_network_not_to_be_found(other):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with running(other, "--port", port, "--json") as (process, link):
            assert re.fullmatch(r"http://127\.0\.0\.1:\d+/", link)
            assert not link.endswith(f":{port}/")
            assert "data-net" not in fetched(link)
            code, out, notes = ended(process)
    assert (code, out) == (0, "")
    assert sorted(notes.splitlines()) == [
        f"note: port {port} is taken",
        "note: tiny is not loaded, so nothing new is computed; start with --network tiny --weights FILE",
        "stopped",
    ]


def test_a_token_from_the_environment_lets_other_machines_in(atlas):
    with running(atlas, "--port", 0, "--host", "0.0.0.0", PHOSPHENE_TOKEN="correct horse") as (process, link):
        assert link.endswith("/?token=correct%20horse")
        with pytest.raises(urllib.error.HTTPError, match="403"):
            fetched(link.partition("?")[0])
        assert ended(process)[0] == 0


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (["--host", "0.0.0.0"], 2, "so a token is needed"),
        (["--host", "0.0.0.0", "--token", "short"], 2, "the token has 5 letters; give at least 12"),
        (["--host", "203.0.113.7", "--token", "correct horse"], 1, "cannot listen at 203.0.113.7"),
        (
            ["--host", "no.such.host.invalid", "--token", "correct horse"],
            1,
            "there is no address 'no.such.host.invalid'",
        ),
        (["--port", "70000"], 2, "there is no port 70000"),
        (["--network", "cifar-deep"], 2, "with other weights than cifar-deep has here"),
        (["--network", "cifra"], 2, "did you mean 'cifar'"),
        (["--images", "nowhere"], 2, "nowhere"),
        (["--prot", "1"], 2, "did you mean '--port'"),
    ],
)
def test_mistakes_get_a_sentence(atlas, words, code, sentence):
    done = typed(atlas, *words)
    assert done.exit_code == code, done.output
    assert sentence in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert done.stdout == ""


def test_no_atlas(tmp_path):
    done = typed(tmp_path / "none.atlas")
    assert done.exit_code == 2
    assert "none.atlas" in done.stderr
