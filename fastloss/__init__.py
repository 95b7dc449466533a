"""fastloss: loss functions, their gradients and Hessians on the CPU, in one pass over memory.

Every loss is one object: call it for the value, use `.grad`, `.value_and_grad` and `.grad_and_hess` for derivatives, and
`.bind` to fix parameters. `fastloss.losses` maps names to losses, `fastloss.linear_losses` those of a linear layer's logits,
`fastloss.row_functions` functions of logits without a target; `fastloss.reference` holds the same in plain NumPy.
"""

from importlib.metadata import version
from types import MappingProxyType

try:
    from fastloss import _core as _core
except ImportError as error:
    raise ImportError(
        f"{__path__[0]} holds no compiled core ({error}). If it is the source folder, run Python from another one, "
        "or install with: pip install -e ."
    ) from error

from fastloss import _linear_chunks, reference
from fastloss._kernel import CompiledEntry, compiled_function
from fastloss._linear import LinearLoss, linear_registry
from fastloss._loss import Loss
from fastloss._registry import registry
from fastloss._row_functions import RowFunction, function_registry
from fastloss._statistics import SoftmaxResult

try:
    from fastloss._threads import get_num_threads, num_threads, set_num_threads, show_config
except ImportError as error:
    # An environment variable has a wrong value: the command line says so without a traceback.
    from fastloss.cli import end_command

    end_command(error)
    raise

__version__ = version("fastloss")

losses = MappingProxyType({name: Loss(row, CompiledEntry) for name, row in registry.items()})
linear_losses = MappingProxyType(
    {name: LinearLoss(row, losses[row.wraps], _linear_chunks.evaluate) for name, row in linear_registry.items()}
)
row_functions = MappingProxyType({name: RowFunction(row, compiled_function) for name, row in function_registry.items()})
globals().update(losses)
globals().update(linear_losses)
globals().update(row_functions)

__all__ = [
    "LinearLoss",
    "Loss",
    "RowFunction",
    "SoftmaxResult",
    "get_num_threads",
    "linear_losses",
    "losses",
    "num_threads",
    "reference",
    "row_functions",
    "set_num_threads",
    "show_config",
    *losses,
    *linear_losses,
    *row_functions,
]
