"""What the scripts know about Python packages: those of the environment, of the engine's image, of both.

pip's copy of `packaging` reads requirements: the helpers' own Python has pip, an image need not.
"""

import glob
import importlib.metadata
import os
import pathlib
import re
import subprocess
import sys

sys.path += glob.glob("/opt/build/python/lib/python3*/site-packages/pip/_vendor")
from packaging import requirements as _requirements  # noqa: E402

VENV = pathlib.Path(os.environ.get("VIRTUAL_ENV", "/opt/dynamo/venv"))
# CUDA, PyTorch and engines: compiled for each other, so never added to an image or replaced in it.
PROTECTED = re.compile(r"nvidia-|cuda-|cupy-|torch|triton|pytorch-triton|tensorrt|flashinfer|vllm$|sglang$|sgl-|deep-?gemm|deep-?ep")


def plain(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def lines(path):
    return [line.strip() for line in path.read_text().splitlines() if line.strip() and not line.startswith("#")]


class Requirement:
    """A requirement without what only an extra would ask for."""

    def __init__(self, text):
        self._inner = _requirements.Requirement(text)
        self.name_plain = plain(self._inner.name)
        extras = f"[{','.join(sorted(self._inner.extras))}]" if self._inner.extras else ""
        self.plain_text = f"{self._inner.name}{extras}{self._inner.specifier}"

    def counts(self):
        return self._inner.marker is None or self._inner.marker.evaluate({"extra": ""})

    def accepts(self, version):
        # A development version of an engine's image stands for the release that it leads to.
        return self._inner.specifier.contains(version, prereleases=True)


def visible_packages():
    """Every package that the environment imports, by name; the environment's own come first."""
    return _by_name(importlib.metadata.distributions())


def engine_python():
    """The Python of the engine's image."""
    return (VENV / "engine-python").read_text().strip()


def image_packages():
    """The packages that the resolver sees in the image: not those of its distribution."""
    code = "import sysconfig; print(sysconfig.get_path('purelib')); print(sysconfig.get_path('platlib'))"
    paths = subprocess.run([engine_python(), "-c", code], check=True, text=True, stdout=subprocess.PIPE).stdout.split()
    return _by_name(importlib.metadata.distributions(path=paths))


def _by_name(found):
    packages = {}
    for distribution in found:
        name = distribution.metadata["Name"]
        if name and distribution.version:
            packages.setdefault(plain(name), distribution)
    return packages


def needs(distribution):
    """What a package requires here, extras aside."""
    found = []
    for text in distribution.requires or []:
        try:
            requirement = Requirement(text)
        except _requirements.InvalidRequirement:
            continue
        if requirement.counts():
            found.append(requirement)
    return found


def absent(roots, packages):
    """Pairs of a package and what it requires but nobody brings, for roots and all below them."""
    found, seen, queue = [], set(), list(roots)
    while queue:
        name = queue.pop()
        if name in seen:
            continue
        seen.add(name)
        for requirement in needs(packages[name]):
            if requirement.name_plain in packages:
                queue.append(requirement.name_plain)
            else:
                found.append((name, requirement))
    return found
