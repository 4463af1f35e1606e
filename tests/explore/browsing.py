"""A browser that looks at pages, and waits until all of a page is there.

Pages forbid scripts that are text, so nothing waits for one: what comes later is waited for where it is to be seen.
"""

import os
import shutil
from contextlib import contextmanager

import pytest

playwright = pytest.importorskip("playwright.sync_api")
expect = playwright.expect
CHROMIUM = os.environ.get("CHROMIUM") or next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))), None
)
SIZES = {"telephone": (360, 740), "desk": (1280, 900), "wall": (3840, 2160)}


def opened(browser, home, size="desk", scheme="light"):
    """Return a page, and what is wrong with it: complaints, failures, questions to anybody else."""
    wide, high = SIZES[size]
    context = browser.new_context(viewport={"width": wide, "height": high}, color_scheme=scheme)
    context.set_default_timeout(20_000)
    page, wrong = context.new_page(), []
    page.on("console", lambda said: wrong.append(said.text) if said.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("requestfailed", lambda asked: wrong.append(f"failed: {asked.url}") if failed(asked) else None)
    page.on("request", lambda asked: wrong.append(f"outside: {asked.url}") if outside(asked.url, home) else None)
    return page, wrong


@contextmanager
def watched(browser, home, size="desk", scheme="light"):
    page, wrong = opened(browser, home, size, scheme)
    yield page
    page.context.close()
    assert not wrong


def failed(asked):
    """What was still on its way when the page was left did not fail."""
    return asked.failure != "net::ERR_ABORTED"


def outside(url, home):
    return not url.startswith((home, "data:", "blob:"))


def visit(page, address):
    """Open a page and wait until everything that comes later is there."""
    page.goto(address)
    settled(page)


def settled(page):
    expect(page.locator(".busy")).to_have_count(0)
    expect(page.locator("#tuning").get_by_text("Measuring …")).to_have_count(0)


def said(page, selector):
    """Wait for a sentence, and return it."""
    place = page.locator(selector)
    expect(place).not_to_be_empty()
    return place.inner_text()


def home_of(server):
    return server.url.partition("?")[0]


def resize(page, size):
    page.set_viewport_size(dict(zip(("width", "height"), SIZES[size], strict=True)))
