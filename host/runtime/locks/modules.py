"""Prints the modules of each distribution in a site-packages folder, as far as their absence can be told.

A line `name==version` for each distribution, and below it, indented by one space, a line `package child child …` for each
package that its `__init__` belongs to. What is private or for tests is left out, and so are namespaces: other distributions
may have more of them.
"""

import sys
from collections import defaultdict
from importlib.metadata import distributions

from packaging.utils import canonicalize_name

LEFT_OUT = {"__pycache__", "test", "tests"}


def modules(files):
    """The modules among a distribution's files, each as its parts; a package ends in `__init__`."""
    for file in files:
        parts = (*file.parts[:-1], file.name.split(".")[0])
        is_told = all(part.isidentifier() and part not in LEFT_OUT for part in parts)
        is_private = any(part.startswith("_") and part != "__init__" for part in parts)
        if file.suffix in (".py", ".so") and is_told and not is_private:
            yield parts


owners, children = {}, defaultdict(set)
installed = sorted(distributions(path=[sys.argv[1]]), key=lambda one: canonicalize_name(one.metadata["Name"]))
for distribution in installed:
    for *package, name in modules(distribution.files):
        if name == "__init__":
            owners[tuple(package)] = distribution
            name = package.pop() if package else name
        for depth in range(len(package)):
            children[tuple(package[: depth + 1])].add([*package, name][depth + 1])

for distribution in installed:
    print(f"{canonicalize_name(distribution.metadata['Name'])}=={distribution.version}")
    for package in sorted(package for package, owner in owners.items() if owner is distribution):
        print(f" {'.'.join(package)}", *sorted(children[package]))
