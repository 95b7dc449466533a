"""Losses of a linear layer: a loss of rows of logits, where logits = hidden @ weight.T + bias, with gradients for all three.

Such a loss wraps any loss of the rows family that takes labels, or a teacher's logits, for which there is a second layer. Its
options, their ranges, documentation and domain are those of the wrapped loss: what is added there is here too. How it is
computed, its entry points say: by chunks (`fastloss._linear_chunks`) or plainly (`fastloss.reference`).
"""

from __future__ import annotations

import functools
from typing import Any

from fastloss import _arrays, _calls
from fastloss._arguments import arranged, names_of
from fastloss._docs import DescribedEntry
from fastloss._loss import Loss

__all__ = ["LinearEntry"]


class LinearEntry(DescribedEntry):
    # One way to evaluate a loss of a linear layer; a subclass says how it is computed.

    @functools.cached_property
    def wrapped(self) -> Loss:
        """The loss of a row of logits, computed by the same code."""
        declared = self.loss.declared.wraps
        assert declared is not None
        return Loss(declared, self.loss._entry_type)

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        if _arrays.has_tensor(kwargs.get("out")):
            return _arrays.call_with_tensors(self, args, kwargs)
        if len(args) > 1 and "weight" in kwargs:
            raise TypeError(f"{_calls.called(self)}: weight is the layer's matrix; sample weights are sample_weight=")
        given, declared = _calls.all_arguments(self, args, kwargs), self.loss.declared
        wrt, names = given.get("wrt"), names_of(declared, self.__name__, given)
        found = self.compute(given, names)
        if hasattr(found, "_replace"):  # with statistics, all by name
            return found._replace(grad=arranged(wrt, declared, list(found.grad))) if names else found
        if names:
            *others, gradient = found
            found = (*others, arranged(wrt, declared, list(gradient)))
        return found[0] if len(found) == 1 else found

    def compute(self, given: dict[str, Any], names: tuple[str, ...]) -> Any:
        """The outputs, for good arguments: as gradient a tuple, by the arguments that are named."""
        raise NotImplementedError
