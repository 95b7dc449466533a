"""What users see beside numbers: signatures, documentation, pickles."""

from __future__ import annotations

import copy
import doctest
import inspect
import io
import math
import pickle
import pydoc
import re
import subprocess
import sys
from contextlib import redirect_stdout

import numpy as np
import pytest
from conftest import GIVEN, PAIRED, call, same_bits

import fastloss as fl
from fastloss import _core, _verify
from fastloss._loss import Loss
from fastloss._options import REDUCTIONS
from fastloss._shapes import ENTRY_POINTS
from fastloss._statistics import STATISTICS, SoftmaxResult

# Mostly of what losses share: each meets some of these tests.
pytestmark = pytest.mark.sample(quick=0.4)

NAMESPACES = {"fastloss": fl, "reference": fl.reference}


def every_loss():
    return [
        pytest.param(loss, id=f"{where}-{loss.name}")
        for where, module in NAMESPACES.items()
        for loss in module.losses.values()
        if loss.name in PAIRED
    ]


def entry_points(loss):
    return {name: loss if name == "value" else getattr(loss, name) for name in loss.declared.entry_points}


def inputs_of(loss, shape=(6, 5)):
    pred, target = next(given for given in GIVEN if given.loss.name == loss.name).draw(shape)
    # Whether targets are logarithms or not.
    return pred, loss.declared.target_domain({"log_target": True}).clip(target) if "log_target" in loss.params else target


def other_value(p):
    """A value that a parameter accepts and that is not its default."""
    if p.kind.array:
        return (2.5 if 2.5 in p.range else 0.75) if p.kind.array == "elements" else [1.0, 2.0, 0.5, 3.0, 1.5]
    return next(x for x in _verify.parameter_values(p) if x is not None)


# ---- the losses as objects ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("loss", every_loss())
def test_signatures(loss):
    for name, function in entry_points(loss).items():
        parameters = inspect.signature(function).parameters
        names = list(parameters)
        expected = ["pred", "target", *loss.params, "weight", "sample_weight", "reduction", "empty"]
        expected += ["axis"] if loss.family == "rows" else []
        expected += ["check_domain"] if any(interval.bounded for interval in loss.domain) else []
        expected += ["wrt", "grad_dtype", "out"] if name != "value" else []
        expected += ["n_threads"]
        expected += list(STATISTICS) if loss.declared.softmax else []
        assert names == expected
        for known in names[:2]:
            assert parameters[known].kind is inspect.Parameter.POSITIONAL_OR_KEYWORD
            optional = known == "target" and loss.declared.optional_target
            assert parameters[known].default is (None if optional else inspect.Parameter.empty)
        assert all(parameters[known].kind is inspect.Parameter.KEYWORD_ONLY for known in names[2:])
        defaults = {known: parameters[known].default for known in names[2:]}
        shared = {
            **dict.fromkeys(STATISTICS, False),
            "weight": None,
            "sample_weight": None,
            "axis": -1,
            "check_domain": True,
            "empty": "nan",
            "grad_dtype": None,
            "wrt": None,
            "out": None,
            "n_threads": None,
        }
        summed = ("l1", "l2", "elastic_net")
        reduction = {"selected_log_probs": "none", **dict.fromkeys(summed, "sum")}.get(loss.name, "mean")
        shared["reduction"] = "none" if name == "grad_and_hess" else reduction
        for known, default in defaults.items():
            assert default == (loss.params[known].default if known in loss.params else shared[known])


@pytest.mark.parametrize("loss", every_loss())
def test_defaults_are_what_the_signature_says(loss):
    pred, target = inputs_of(loss)
    for function in entry_points(loss).values():
        parameters = inspect.signature(function).parameters
        explicit = {
            known: p.default for known, p in parameters.items() if p.kind is p.KEYWORD_ONLY and known != "sample_weight"
        }
        for a, b in zip(as_tuple(function(pred, target)), as_tuple(function(pred, target, **explicit)), strict=True):
            assert same_bits(a, b)
        for a, b in zip(as_tuple(function(pred, target)), as_tuple(function(target=target, pred=pred)), strict=True):
            assert same_bits(a, b)


def as_tuple(results):
    return results if isinstance(results, tuple) else (results,)


@pytest.mark.parametrize("loss", every_loss())
def test_documentation_is_complete(loss):
    for name, function in entry_points(loss).items():
        doc = inspect.getdoc(function)
        for title in ("Parameters", "Returns", "Raises", "Examples"):
            assert f"\n{title}\n{'-' * len(title)}\n" in doc, (name, title)
        parameters = doc.split("\nParameters\n")[1].split("\nReturns\n")[0]
        for known in inspect.signature(function).parameters:
            assert f"\n{known} : " in parameters, (name, known)
        assert max(map(len, doc.splitlines())) <= 130
        assert "{" not in doc.replace('{"mean", "sum", "none"}', "").replace('{"nan", "zero"}', "").replace(
            "{-1, 1}", ""
        ).replace("{0, 1}", "")


@pytest.mark.parametrize("loss", every_loss())
def test_examples_of_losses_are_true(loss):
    for name, function in entry_points(loss).items():
        run_examples(function, f"{loss.name}.{name}")


@pytest.mark.parametrize(
    "function",
    [fl.get_num_threads, fl.set_num_threads, fl.num_threads, fl.show_config, Loss.bind, type(fl.losses), fl.losses.search],
    ids=lambda function: function.__name__,
)
def test_examples_of_functions_are_true(function):
    run_examples(function, function.__name__)


def run_examples(thing, name):
    examples = doctest.DocTestParser().get_doctest(inspect.getdoc(thing), {}, name, None, None)
    assert examples.examples, name
    output = io.StringIO()
    results = doctest.DocTestRunner(verbose=False).run(examples, out=output.write)
    assert results.failed == 0, output.getvalue()


@pytest.mark.parametrize("loss", every_loss())
def test_descriptions(loss):
    declared = loss.declared
    assert loss.name == loss.__name__ == declared.name
    assert loss.family in ("pointwise", "rows")
    assert loss.domain.prediction == declared.prediction
    assert loss.domain.target == declared.target
    assert loss.smoothness >= 0
    assert (loss.kinks == "") == math.isinf(loss.smoothness) or loss.family == "rows"
    assert list(loss.params) == [p.name for p in declared.parameters]
    for name, p in loss.params.items():
        assert p.name == name
        assert p.default is None or p.kind.array or p.default in p.range
        assert str(p.range) in str(p)
    with pytest.raises(TypeError):
        loss.params["delta"] = None
    with pytest.raises(TypeError):
        loss.bound["delta"] = None
    for name in ("name", "family", "params", "domain", "smoothness", "kinks"):
        with pytest.raises(AttributeError):
            setattr(loss, name, None)


@pytest.mark.parametrize("loss", every_loss())
def test_repr(loss):
    assert loss.name in repr(loss)
    assert "target" in repr(loss)
    for name, p in loss.params.items():
        assert f"{name}={p.default!r}" in repr(loss)
    for name in list(ENTRY_POINTS)[1:]:
        assert f"{loss.name}.{name}(" in repr(getattr(loss, name))


def test_the_registry_is_read_only():
    for module in NAMESPACES.values():
        assert list(module.losses) == list(fl.losses)
        for name, loss in module.losses.items():
            assert getattr(module, name) is loss
            assert loss.name == name
        with pytest.raises(TypeError):
            module.losses["huber"] = None
        with pytest.raises(TypeError):
            del module.losses["huber"]
        with pytest.raises(KeyError):
            module.losses["no such loss"]


def test_public_names():
    for module in NAMESPACES.values():
        assert len(set(module.__all__)) == len(module.__all__)
        for name in module.__all__:
            assert getattr(module, name).__doc__, name
        public = {name for name in dir(module) if not name.startswith("_")}
        names = {*module.losses, *module.linear_losses, *module.row_functions, *module.composed}
        classes = {"Loss", "SoftmaxResult"} if module is fl else set()
        assert public - {"boosting", "custom", "metrics"} == {*module.__all__, *names, *classes}
        for name in dir(module):
            getattr(module, name)
    assert inspect.getdoc(fl)
    assert fl.__version__.count(".") >= 2


def test_help_is_short_and_lists_every_loss():
    for module in NAMESPACES.values():
        assert pydoc.render_doc(module).count("\n") < 310
    shown = pydoc.plain(pydoc.render_doc(fl))
    for kind in (fl.losses, fl.linear_losses, fl.row_functions, fl.composed):
        for name, thing in kind.items():
            assert re.search(rf"^ *{name} +{kind[name].family} +{re.escape(thing.__doc__.partition(chr(10))[0])}$", shown, re.M)
    assert "Where the loss turns linear" in pydoc.render_doc(fl.huber)


def test_the_import_brings_in_nothing_that_it_does_not_need():
    code = """
import sys
import numpy

costly = {"importlib.metadata", "numpy.ma", "difflib", "html"}
for name in costly & set(sys.modules):  # the interpreter's own start may have needed some
    del sys.modules[name]
import fastloss

fastloss.huber.grad([1.0], [2.0], delta=2.0)
assert not costly & set(sys.modules), costly & set(sys.modules)
from importlib.metadata import version

assert fastloss.__version__ == version("fastloss")
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


# ---- what is found by name ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["losses", "linear_losses", "row_functions", "composed"])
@pytest.mark.parametrize("module", NAMESPACES.values(), ids=NAMESPACES)
def test_mappings_show_themselves(module, kind):
    things = getattr(module, kind)
    lines = repr(things).splitlines()
    assert lines[0].split() == ["name", "family", "what", "it", "is"]
    assert len(lines) == len(things) + 1
    html = things._repr_html_()
    assert html.count("<tr>") == len(things) + 1
    for line, (name, thing) in zip(lines[1:], things.items(), strict=True):
        assert thing is things[name]
        first = thing.__doc__.partition("\n")[0]
        assert re.fullmatch(rf"{name} +{thing.family} +{re.escape(first)}", line)
        assert f">{name}</td>" in html
    assert list(copy.deepcopy(things)) == list(pickle.loads(pickle.dumps(things))) == list(things)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("quantile", {"quantile", "log_lin_quantile"}),
        ("QUANTILE pinball", {"quantile"}),
        ("mse", {"squared_error"}),
        ("BCEWithLogitsLoss", {"binary_cross_entropy_with_logits"}),
        ("delta", {"huber", "pseudo_huber"}),
        ("no such loss", set()),
    ],
)
def test_search(text, found):
    result = fl.losses.search(text)
    assert set(result) >= found
    assert (not found) == (not result)
    assert type(result) is type(fl.losses)
    assert all(fl.losses[name] is loss for name, loss in result.items())
    assert all(name in repr(result) for name in result) if result else repr(result) == "nothing found"


def test_search_by_family():
    assert set(fl.losses.search("pointwise")) >= {name for name, loss in fl.losses.items() if loss.family == "pointwise"}
    assert list(fl.losses.search("")) == list(fl.losses)


@pytest.mark.parametrize("module", NAMESPACES.values(), ids=NAMESPACES)
@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("hubber", "huber"),
        ("mse", "squared_error"),
        ("MSELoss", "squared_error"),
        ("bce_with_logits", "binary_cross_entropy_with_logits"),
        ("l1_loss", "absolute_error"),
        ("KLDivLoss", "kl_divergence"),
        ("SmoothL1Loss", "smooth_l1"),
        ("cross_entropy_loss", "cross_entropy"),
    ],
)
def test_unknown_names_are_answered_with_ours(module, name, meant):
    with pytest.raises(AttributeError, match=rf"{name}.*\b{meant}\b"):
        getattr(module, name)
    with pytest.raises(KeyError, match=rf"{name}.*\b{meant}\b"):
        module.losses[name]
    assert name not in module.losses
    assert module.losses.get(name) is None
    assert not hasattr(module, name)


def test_names_that_mean_nothing():
    for name in ("xyzzy", "_private"):
        with pytest.raises(AttributeError, match=f"has no attribute '{name}'$"):
            getattr(fl, name)
    for key in ("xyzzy", 3, None):
        with pytest.raises(KeyError, match=f"there is no {key!r}"):
            fl.losses[key]


def test_statistics_show_what_was_asked_for():
    assert repr(SoftmaxResult()) == "SoftmaxResult()"
    result = fl.cross_entropy.grad([[0.0, 0.0]], [0], return_lse=True)
    assert repr(result) == f"SoftmaxResult(grad={result.grad!r}, lse={result.lse!r})"
    assert pickle.loads(pickle.dumps(result)).lse == result.lse


def test_both_namespaces_have_the_same_losses_and_signatures():
    assert fl.reference.__all__ == ["composed", "linear_losses", "losses", "row_functions"]
    for kind in fl.reference.__all__:
        assert list(getattr(fl.reference, kind)) == list(getattr(fl, kind))
    for name, loss in fl.losses.items():
        twin = fl.reference.losses[name]
        assert loss.reference.name == twin.name
        for entry in loss.declared.entry_points:
            assert inspect.signature(entry_points(loss)[entry]) == inspect.signature(entry_points(twin)[entry])
            assert inspect.getdoc(entry_points(loss)[entry]) == inspect.getdoc(entry_points(twin)[entry])
    for thing in (fl.Loss,):  # whose instances have their own
        assert inspect.getdoc(thing).count("\n") > 5
        assert "declared" in inspect.signature(thing).parameters


# ---- bind -----------------------------------------------------------------------------------------------------------


def with_parameters():
    return [param for param in every_loss() if param.values[0].params]


@pytest.mark.parametrize("loss", with_parameters())
def test_bind(loss):
    pred, target = inputs_of(loss)
    for name, p in loss.params.items():
        value = other_value(p)
        bound = loss.bind(**{name: value})
        assert isinstance(bound, Loss)
        assert bound is not loss
        assert same_value(bound.params[name].default, value)
        assert loss.params[name].default == p.default
        for entry, function in entry_points(bound).items():
            assert same_value(inspect.signature(function).parameters[name].default, value)
            found = call(bound, entry, pred, target)
            for a, b in zip(found, call(loss, entry, pred, target, **{name: value}), strict=True):
                assert same_bits(a, b)
            # Calls override what is bound.
            if p.default is not None or p.kind.optional:
                for a, b in zip(
                    call(bound, entry, pred, target, **{name: p.default}), call(loss, entry, pred, target), strict=True
                ):
                    assert same_bits(a, b)
        again = bound.bind(**{name: p.default})
        assert same_bits(again(pred, target), loss(pred, target))
        twin = bound.reference
        assert same_value(twin.params[name].default, value)
        assert twin(pred, target) == pytest.approx(bound(pred, target), rel=1e-10)


@pytest.mark.parametrize("loss", [p for p in with_parameters() if len(p.values[0].params) > 1])
def test_bind_chains(loss):
    pred, target = inputs_of(loss)
    values = {name: other_value(p) for name, p in loss.params.items()}
    chained = loss
    for name, value in values.items():
        chained = chained.bind(**{name: value})
    assert all(same_value(chained.bound[name], value) for name, value in values.items())
    assert chained == loss.bind(**values)
    assert same_bits(chained(pred, target), loss(pred, target, **values))
    assert same_bits(chained.grad(pred, target), loss.bind(**values).grad(pred, target))


@pytest.mark.parametrize("loss", every_loss())
def test_bind_refuses_what_is_no_parameter(loss):
    for name in ("out", "pred", "target", "no_such", *STATISTICS, *(() if loss.family == "rows" else ("axis",))):
        with pytest.raises(TypeError, match=f"{loss.name} has no parameter '{name}'"):
            loss.bind(**{name: 1})
    bad = {"reduction": "average", "n_threads": 0, "axis": "last", "weight": "many", "sample_weight": np.ma.masked_array([1.0])}
    for name, value in bad.items():
        if name in inspect.signature(loss).parameters:
            with pytest.raises((TypeError, ValueError), match=name):
                loss.bind(**{name: value})
    with pytest.raises(TypeError, match=f"{loss.name} was given weight and sample_weight"):
        loss.bind(weight=[1.0], sample_weight=[1.0])
    assert loss.bind() == loss
    assert loss.bind().params == loss.params


def bindable(loss, entry):
    """Values of the keywords that may be bound beside parameters."""
    names = inspect.signature(entry_points(loss)[entry]).parameters
    weight = np.arange(1.0, 7) if loss.family == "rows" else np.arange(1.0, 6)
    values = {"weight": weight, "sample_weight": 2.0, "reduction": "sum", "axis": 0, "check_domain": False, "n_threads": 1}
    values |= {"empty": "zero", "grad_dtype": np.dtype(np.float64)}
    return {name: value for name, value in values.items() if name in names}


@pytest.mark.parametrize("loss", every_loss())
@pytest.mark.sample(quick=8)
def test_other_keywords_may_be_bound(loss):
    for entry in ENTRY_POINTS:
        for name, value in bindable(loss, entry).items():
            pred, target = inputs_of(loss, (5, 6) if name == "axis" else (6, 5))
            if name == "axis":
                pred, target = np.ascontiguousarray(pred.T), target if target.ndim == 1 else np.ascontiguousarray(target.T)
            bound = loss.bind(**{name: value})
            ours = "weight" if name == "sample_weight" else name
            assert same_value(inspect.signature(entry_points(bound)[entry]).parameters[ours].default, value)
            asked = call(loss, entry, pred, target, **{name: value})
            for twin in (bound, pickle.loads(pickle.dumps(bound)), copy.deepcopy(bound)):
                assert twin == bound
                assert hash(twin) == hash(bound)
                assert all(same_bits(a, b) for a, b in zip(call(twin, entry, pred, target), asked, strict=True))
            if name != "axis":  # calls override what is bound
                default = inspect.signature(entry_points(loss)[entry]).parameters[name].default
                results = call(bound, entry, pred, target, **{name: default})
                assert all(same_bits(a, b) for a, b in zip(results, call(loss, entry, pred, target), strict=True))
            assert bound.reference == loss.reference.bind(**{name: value})
            if default_of(bound, name) is not None and name not in ("reduction", "axis", "check_domain"):
                assert bound.bind(**{name: None}) == loss
    if loss.family == "rows":
        assert loss.bind(axis=0) != loss == loss.bind(axis=0).bind(axis=-1)
    assert loss.bind(n_threads=1) != loss


def default_of(loss, name):
    return loss.bound.get("weight" if name == "sample_weight" else name)


@pytest.mark.parametrize("loss", every_loss())
def test_a_product_with_the_jacobian_counts_bound_weights(loss):
    pred, target = inputs_of(loss)
    weight = np.arange(6.0) if loss.family == "rows" else np.arange(5.0)
    cotangent = weight - 2.5
    expected = loss.vjp(pred, target, cotangent * weight)
    assert same_bits(loss.bind(weight=weight, reduction="mean").vjp(pred, target, cotangent), expected)


def test_bound_arrays_are_copies():
    weight = np.array([1.0, 2.0])
    bound = fl.huber.bind(weight=weight)
    before = hash(bound), bound([1.0, 2.0], [0.0, 0.0])
    weight[:] = 7
    assert (hash(bound), bound([1.0, 2.0], [0.0, 0.0])) == before
    with pytest.raises(ValueError, match="read-only"):
        bound.bound["weight"][0] = 3


# ---- equality -------------------------------------------------------------------------------------------------------


def same_value(a, b):
    return a is b or (np.shape(a) == np.shape(b) and np.array_equal(a, b))


@pytest.mark.parametrize("loss", every_loss())
def test_losses_are_equal_where_their_values_are(loss):
    everything = {name: other_value(p) for name, p in loss.params.items()}
    bound = loss.bind(**everything)
    for a, b in ((loss, loss.bind()), (bound, loss.bind(**everything)), (loss, loss.bind(**defaults_of(loss)))):
        assert a == b
        assert hash(a) == hash(b)
        for name in ENTRY_POINTS:
            assert entry_points(a)[name] == entry_points(b)[name]
            assert hash(entry_points(a)[name]) == hash(entry_points(b)[name])
    for name, value in everything.items():
        assert (loss.bind(**{name: value}) == loss) == same_value(value, loss.params[name].default)
        if loss.params[name].kind.array:
            arrays = [np.full(5, 0.5, dtype) for dtype in (np.float64, np.float32)] + [[0.5] * 5]
            assert len({loss.bind(**{name: array}) for array in arrays}) == 1
            other = np.array([0.5, 0.5, 0.5, 0.5, 0.25])
            assert loss.bind(**{name: other}) != loss.bind(**{name: arrays[0]})
    assert (loss == loss.reference) == (loss is fl.reference.losses[loss.name])
    assert (loss != fl.losses["quantile"]) == (loss is not fl.losses["quantile"])
    assert loss != loss.name
    assert loss.grad != loss.value_and_grad


def defaults_of(loss):
    return {name: p.default for name, p in loss.params.items()}


# ---- copies ---------------------------------------------------------------------------------------------------------


@pytest.mark.sample(quick=24)
@pytest.mark.parametrize("loss", every_loss())
@pytest.mark.parametrize(
    "copied",
    [
        copy.copy,
        copy.deepcopy,
        *[lambda x, n=n: pickle.loads(pickle.dumps(x, n)) for n in range(pickle.HIGHEST_PROTOCOL + 1)],
    ],
    ids=["copy", "deepcopy", *[f"pickle {n}" for n in range(pickle.HIGHEST_PROTOCOL + 1)]],
)
def test_copies_compute_the_same(loss, copied):
    pred, target = inputs_of(loss)
    bound = loss.bind(**{name: other_value(p) for name, p in loss.params.items()})
    for original in (loss, bound):
        twin = copied(original)
        assert type(twin._value) is type(original._value)
        assert twin.name == original.name
        assert twin == original
        assert hash(twin) == hash(original)
        assert str(inspect.signature(twin)) == str(inspect.signature(original))
        for name, function in entry_points(original).items():
            for other in (entry_points(twin)[name], copied(function)):
                results = zip(as_tuple(other(pred, target)), as_tuple(function(pred, target)), strict=True)
                assert all(same_bits(a, b) for a, b in results)
            assert type(copied(function)) is type(function)
            assert copied(function) == function


def test_copies_of_the_whole_registry():
    for module in NAMESPACES.values():
        assert [loss.name for loss in pickle.loads(pickle.dumps(list(module.losses.values())))] == list(module.losses)


# ---- arrays of other kinds ------------------------------------------------------------------------------------------


def test_memory_mapped_files(given, tmp_path):
    pred, target = given.draw((40, 6), np.float32)
    expected = call(given.loss, "value_and_grad", pred, target)
    np.save(tmp_path / "pred.npy", pred)
    np.save(tmp_path / "target.npy", target)
    for mode in ("r", "c", "r+"):
        p, t = (np.load(tmp_path / f"{name}.npy", mmap_mode=mode) for name in ("pred", "target"))
        assert isinstance(p, np.memmap)
        assert all(same_bits(a, b) for a, b in zip(call(given.loss, "value_and_grad", p, t), expected, strict=True))
        assert type(given.loss.grad(p, t)) is np.ndarray
    out = np.lib.format.open_memmap(tmp_path / "out.npy", "w+", np.float32, pred.shape)
    assert given.loss.grad(p, t, out=out) is out
    out.flush()
    assert same_bits(np.load(tmp_path / "out.npy"), expected[1])


def test_subclasses_count_as_arrays(given):
    """A subclass is read as the plain array it is, and results are plain arrays: a matrix stays 2-dimensional."""

    class Named(np.ndarray):
        pass

    pred, target = given.draw((6, 5))
    expected = call(given.loss, "value_and_grad", pred, target)
    with pytest.warns(PendingDeprecationWarning):
        matrix = np.asmatrix(pred)
    for p in (matrix, pred.view(Named), pred.view(np.recarray)):
        value, grad = given.loss.value_and_grad(p, target)
        assert same_bits(value, expected[0])
        assert type(grad) is np.ndarray
        assert same_bits(grad, expected[1])


def test_objects_that_offer_their_memory(given):
    pred, target = given.draw((6, 5))
    expected = call(given.loss, "value_and_grad", pred, target)

    class Offers:
        def __init__(self, array):
            self.array = array

        def __array__(self, dtype=None, copy=None):
            return self.array

    for wrap in (memoryview, Offers, lambda a: a.tolist()):
        found = call(given.loss, "value_and_grad", wrap(pred), wrap(target))
        assert all(same_bits(a, b) for a, b in zip(found, expected, strict=True))


def test_reduced_values_are_python_floats(given, dtype):
    pred, target = given.draw((6, 5), dtype)
    for reduction in REDUCTIONS[:2]:
        assert type(given.loss(pred, target, reduction=reduction)) is float
    value = given.loss(pred, target, reduction="none")
    assert value.dtype == dtype
    assert value.shape == ((6,) if given.rows else (6, 5))


def test_configuration_is_shown():
    text = io.StringIO()
    with redirect_stdout(text):
        assert fl.show_config() is None
    for wanted in (fl.__version__, np.__version__, _core.get_tier(), "threads"):
        assert wanted in text.getvalue()
