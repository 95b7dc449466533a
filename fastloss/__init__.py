"""fastloss: loss functions, their gradients and Hessians on the CPU, in one pass over memory.

Every loss is one object: call it for the value, use `.grad`, `.value_and_grad` and `.grad_and_hess` for derivatives, and
`.bind` to fix parameters. `fastloss.losses` maps names to losses, `fastloss.linear_losses` those of a linear layer's logits,
`fastloss.row_functions` functions of logits without a target, `fastloss.composed` what is made of losses;
`fastloss.reference` holds the same in plain NumPy.
`fastloss.losses.search("quantile")` finds losses, and `help(fastloss.huber)` tells all of one. A loss takes (pred, target):
where scikit-learn passes (true, predicted), `fastloss.metrics.scorer` makes the scorer.
"""

from typing import TYPE_CHECKING, Any

try:
    from fastloss import _core as _core
except ImportError:
    from importlib.machinery import EXTENSION_SUFFIXES
    from pathlib import Path

    if any((Path(__path__[0]) / f"_core{suffix}").exists() for suffix in EXTENSION_SUFFIXES):
        raise
    raise ImportError(
        f"fastloss is not compiled in this folder ({__path__[0]}): run Python from another folder, or `pip install -e .` here"
    ) from None

from fastloss import reference
from fastloss._composed import composed as _composed
from fastloss._include import get_include
from fastloss._kernel import compiled_entry
from fastloss._loss import Loss
from fastloss._names import Named, module_attributes
from fastloss._registry import registries
from fastloss._statistics import SoftmaxResult as SoftmaxResult

try:
    from fastloss._config import show_config
    from fastloss._memory import release_memory
    from fastloss._threads import get_num_threads, num_threads, set_num_threads
except ImportError as error:
    # An environment variable has a wrong value: the command line says so without a traceback.
    from fastloss.cli import end_command

    end_command(error)
    raise

if TYPE_CHECKING:  # Editors find the documentation of a loss here: its stub has none.
    from fastloss.reference._distances import *  # noqa: F403
    from fastloss.reference._pointwise import *  # noqa: F403
    from fastloss.reference._pointwise_adversarial import *  # noqa: F403
    from fastloss.reference._pointwise_binary import *  # noqa: F403
    from fastloss.reference._pointwise_counts import *  # noqa: F403
    from fastloss.reference._pointwise_distributions import *  # noqa: F403
    from fastloss.reference._pointwise_penalties import *  # noqa: F403
    from fastloss.reference._pointwise_robust import *  # noqa: F403
    from fastloss.reference._regions import *  # noqa: F403
    from fastloss.reference._row_functions import *  # noqa: F403
    from fastloss.reference._rows import *  # noqa: F403
    from fastloss.reference._rows_distillation import *  # noqa: F403
    from fastloss.reference._rows_margins import *  # noqa: F403
    from fastloss.reference._rows_softmax import *  # noqa: F403


losses, linear_losses, row_functions = (
    Named({name: Loss(row, compiled_entry, reference=getattr(reference, home)[name]) for name, row in rows.items()})
    for home, rows in registries.items()
)
composed = _composed(losses, __name__)
globals().update(losses)
globals().update(linear_losses)
globals().update(row_functions)
globals().update(composed)

# Losses and classes are left out: `help` prints the whole documentation of what stands here.
__all__ = [
    "composed",
    "get_include",
    "get_num_threads",
    "linear_losses",
    "losses",
    "num_threads",
    "reference",
    "release_memory",
    "row_functions",
    "set_num_threads",
    "show_config",
]

__doc__ += "".join(
    f"\n{title}\n\n{kind}\n"
    for title, kind in (
        ("The losses:", losses),
        ("Losses of a linear layer:", linear_losses),
        ("Functions of rows of logits:", row_functions),
        ("Made of losses:", composed),
    )
)

_no_attribute = module_attributes(__name__, (losses, linear_losses, row_functions, composed))


# What is imported when it is asked for.
ADAPTERS = ("boosting", "custom", "metrics")


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version  # which takes longer than all else of this import

        globals()[name] = version("fastloss")
        return globals()[name]
    if name in ADAPTERS:
        from importlib import import_module

        return import_module(f"{__name__}.{name}")
    return _no_attribute(name)


def __dir__() -> list[str]:
    """What is public: the losses too, but nothing that this file has imported for itself."""
    classes = ["Loss", "SoftmaxResult"]
    dunder = [name for name in globals() if name.startswith("__") and name != "__version__"] + ["__version__"]
    adapters = [name for name in ADAPTERS if name in globals()]
    return [*__all__, *classes, *losses, *linear_losses, *row_functions, *composed, *adapters, *dunder]
