"""Watch, test and explain how a network learns features by contrastive learning."""

from ._featurescope import experiments

__all__ = ["experiments"]
