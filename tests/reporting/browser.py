"""Looking at a page as a browser shows it: Chromium without a window, where one is installed."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from html import unescape
from pathlib import Path
from typing import Any

import pytest

_NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")


def chromium() -> str:
    """The browser; skips the test where there is none."""
    for name in _NAMES:
        found = shutil.which(name)
        if found is not None:
            return found
    pytest.skip("no Chromium is installed")


def run(page: Path, *options: str, width: int = 1200, height: int = 1600) -> str:
    command = [
        chromium(), "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", f"--window-size={width},{height}",
        f"--user-data-dir={page.parent / 'profile'}", *options, page.as_uri(),
    ]  # fmt: skip
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout


def probe(page: Path, script: str, width: int = 1200) -> Any:
    """What a script finds in the page once it is loaded: the JSON value that it returns."""
    copy = page.with_name("probed.html")
    asked = f"<script>document.documentElement.dataset.found = JSON.stringify((() => {{{script}}})());</script>"
    copy.write_text(page.read_text("utf-8").replace("</body>", asked + "</body>"), "utf-8")
    found = re.search(r'data-found="([^"]*)"', run(copy, "--dump-dom", width=width))
    assert found is not None, "the page's script did not run to its end"
    return json.loads(unescape(found[1]))


def colours(page: Path, *options: str, width: int = 1200) -> set[tuple[int, int, int]]:
    """All colours of a picture of the page."""
    image = pytest.importorskip("PIL.Image")
    picture = page.with_suffix(".png")
    run(page, f"--screenshot={picture}", *options, width=width)
    with image.open(picture) as opened:
        return {colour for _, colour in opened.convert("RGB").getcolors(1 << 24)}
