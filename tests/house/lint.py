#!/usr/bin/env python3
"""clang-tidy over the sources of a clang build folder.

    tests/house/lint.py build/fuzz [part of a path ...]

A source that was found clean is not looked at again until its text after preprocessing, its
flags or .clang-tidy change: the verdicts are kept in the user's cache folder.
"""
import concurrent.futures
import hashlib
import json
import os
import pathlib
import shlex
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME", "~/.cache")).expanduser() / "chihaya-lint"


def commands(build: pathlib.Path, parts: list[str]):
    """The compile commands of our own sources, each source once."""
    seen = set()
    for entry in json.loads((build / "compile_commands.json").read_text()):
        path = pathlib.Path(entry["directory"], entry["file"]).resolve()
        inside = path.is_relative_to(ROOT) and not path.is_relative_to(build.resolve())
        wanted = not parts or any(part in str(path) for part in parts)
        if inside and wanted and path not in seen:
            seen.add(path)
            yield path, entry


def fingerprint(path: pathlib.Path, entry: dict) -> str:
    """What clang-tidy's verdict on `path` depends on."""
    words = [word for word in shlex.split(entry["command"]) if not word.endswith("ccache")]
    without_output = []
    skip = False
    for word in words:
        if skip:
            skip = False
        elif word in ("-o", "-MF", "-MT"):
            skip = True
        elif word not in ("-c", "-MD"):
            without_output.append(word)
    text = subprocess.run(without_output + ["-E", "-C"], cwd=entry["directory"],
                          capture_output=True, check=True).stdout
    text = text.replace(str(ROOT).encode(), b"")
    digest = hashlib.sha256(text)
    folder = path.parent
    while folder.is_relative_to(ROOT):
        config = folder / ".clang-tidy"
        if config.exists():
            digest.update(config.read_bytes())
        folder = folder.parent
    return digest.hexdigest()


def lint(build: pathlib.Path, path: pathlib.Path, entry: dict) -> str:
    """An empty text when `path` is clean, otherwise what is wrong."""
    stamp = CACHE / fingerprint(path, entry)
    if stamp.exists():
        return ""
    run = subprocess.run(["clang-tidy", "-quiet", "-p", str(build), str(path)],
                         capture_output=True, text=True, check=False)
    if run.returncode == 0 and "warning:" not in run.stdout and "error:" not in run.stdout:
        CACHE.mkdir(parents=True, exist_ok=True)
        stamp.touch()
        return ""
    return run.stdout + run.stderr


def main() -> int:
    build = pathlib.Path(sys.argv[1])
    work = list(commands(build, sys.argv[2:]))
    bad = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for said in pool.map(lambda pair: lint(build, *pair), work):
            if said:
                bad += 1
                print(said)
    print(f"lint: {len(work)} sources, {bad} with findings")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
