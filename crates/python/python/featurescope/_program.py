"""The terminal program ``featurescope``, as it comes with the wheel."""

import sys

from . import _featurescope


def main() -> None:
    """Do what the arguments of this process say."""
    sys.exit(_featurescope.main(["featurescope", *sys.argv[1:]]))
