"""Prints `package extra` for each extra in a site-packages folder whose requirements are all in that folder."""

import sys
from importlib.metadata import distributions

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

# What the catalogue says of the runtimes: their lowest Python, on Linux.
ENVIRONMENT = {"python_version": "3.11", "python_full_version": "3.11.0", "sys_platform": "linux"}

installed = {canonicalize_name(one.metadata["Name"]): one for one in distributions(path=[sys.argv[1]])}


def requirements(name):
    return [Requirement(line) for line in installed[name].requires or []]


def extras(name):
    return {canonicalize_name(extra) for extra in installed[name].metadata.get_all("Provides-Extra") or []}


def holds(requirement, satisfied):
    name = canonicalize_name(requirement.name)
    if name not in installed or not requirement.specifier.contains(installed[name].version, prereleases=True):
        return False
    return requirement.url is None and all((name, canonicalize_name(extra)) in satisfied for extra in requirement.extras)


def asks(name, extra):
    """What the extra asks for beyond what the package asks for anyway."""
    for requirement in requirements(name):
        marker = requirement.marker
        of = lambda extra: marker.evaluate({**ENVIRONMENT, "extra": extra})
        if marker and of(extra) and not of(""):
            yield requirement


# An extra may ask for an extra of another package, or of its own: what is not satisfied is taken out until all are.
satisfied = {(name, extra) for name in installed for extra in extras(name)}
while True:
    lost = {pair for pair in satisfied if not all(holds(one, satisfied) for one in asks(*pair))}
    if not lost:
        break
    satisfied -= lost
for pair in sorted(satisfied):
    print(*pair)
