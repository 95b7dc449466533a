"""What an error says: the name that was called, what was given, and what was probably meant."""

from __future__ import annotations

import datetime
import functools
import pathlib
import re
import string

import numpy as np
import pytest
from conftest import GIVEN, name_of

import fastloss as fl
from fastloss import boosting, metrics
from fastloss._shapes import ENTRY_POINTS

# Mostly of what losses share: each meets some of these tests.
pytestmark = pytest.mark.sample(quick=0.4)

P, T = np.zeros(3), np.ones(3)
X, Y = np.zeros((4, 3)), np.array([0, 1, 2, 1])
NCHW, MASK = np.zeros((2, 3, 4, 4)), np.zeros((2, 4, 4), int)

#: What is called, and words that stand in the message in this order.
TABLE = [
    # Positions.
    (lambda: fl.huber(P, T, 2.0), ("huber takes pred and target", "delta=2.0", "it has: delta")),
    (lambda: fl.huber.grad(P, T, 2.0, T), ("huber.grad takes", "delta=2.0, weight=...")),
    (lambda: fl.squared_error(P, T, T), ("squared_error takes", "weight=...")),
    (lambda: fl.squared_error(P, T, "sum"), ("squared_error takes", "reduction='sum'")),
    (lambda: fl.cross_entropy(X, Y, 7), ("cross_entropy takes", "ignore_index=7")),
    (lambda: fl.huber(P), ("huber is missing", "target")),
    (lambda: fl.huber.value_and_grad(), ("huber.value_and_grad is missing", "pred")),
    (lambda: fl.huber(P, T, pred=P), ("huber was given 'pred' by position and as a keyword",)),
    (lambda: fl.huber.vjp(P, T), ("huber.vjp is missing", "cotangent")),
    (lambda: fl.huber.vjp(P, T, P, 2.0), ("huber.vjp takes", "delta=2.0")),
    (lambda: fl.huber.bind(2.0), ("huber.bind", "delta=")),
    (lambda: fl.logsumexp(X, Y), ("logsumexp takes pred", "weight=...")),
    (lambda: fl.log_softmax.vjp(X), ("log_softmax.vjp is missing", "cotangent")),
    (lambda: fl.reference.huber(P, T, 2.0), ("huber takes pred and target", "delta=2.0")),
    # Keywords.
    *(
        (lambda name=name: fl.huber(P, T, **{name: 1}), (f"huber has no keyword '{name}'", ours))
        for name, ours in {
            "y_pred": "here it is pred",
            "input": "here it is pred",
            "logits": "here it is pred",
            "y_true": "here it is target",
            "labels": "here it is target",
            "weights": "here it is sample_weight",
            "sample_weights": "here it is sample_weight",
            "beta": "here it is delta",
            "detla": "the nearest is delta",
            "size_average": "reduction='mean'",
            "reduce": "reduction='none'",
            "num_threads": "here it is n_threads",
            "n_jobs": "here it is n_threads",
            "out": "grad, value_and_grad",
            "Reduction": "here it is reduction",
            "from_logits": "",
            "xyzzy": "it has: delta",
        }.items()
    ),
    *(
        (lambda name=name: fl.cross_entropy.grad(X, Y, **{name: 1}), (f"cross_entropy.grad has no keyword '{name}'", ours))
        for name, ours in {
            "dim": "here it is axis",
            "class_weights": "here it is class_weight",
            "smoothing": "here it is label_smoothing",
            "temp": "here it is temperature",
            "from_logits": "always takes logits",
            "ignore_label": "here it is ignore_index",
        }.items()
    ),
    (lambda: fl.binary_cross_entropy(P, T, from_logits=True), ("binary_cross_entropy_with_logits",)),
    (lambda: fl.binary_cross_entropy_with_logits(P, T, from_logits=True), ("always takes logits; binary_cross_entropy",)),
    (lambda: fl.binary_cross_entropy_with_logits(P, T, pos_weights=2), ("here it is pos_weight",)),
    (lambda: fl.quantile(P, T, tau=0.5), ("here it is q",)),
    (lambda: fl.gaussian_nll(P, T, var=1), ("here it is variance",)),
    (lambda: fl.softmax_focal(X, Y, focusing=1), ("here it is gamma",)),
    (lambda: fl.log_softmax(X, dim=1), ("log_softmax has no keyword 'dim'", "axis")),
    (
        lambda: fl.huber.vjp(P, T, P, foo=1),
        ("huber.vjp has no keyword 'foo'", "it has: delta, wrt, grad_dtype, out, n_threads"),
    ),
    (lambda: fl.huber.bind(detla=1), ("huber has no parameter 'detla'", "delta", "huber.bind takes")),
    (lambda: fl.linear_cross_entropy(X, X, Y, y_true=1), ("linear_cross_entropy has no keyword 'y_true'", "labels")),
    (lambda: fl.huber(P, T, weight=T, sample_weight=T), ("weight and sample_weight", "one argument")),
    (lambda: fl.linear_cross_entropy(X, X, Y, None, T), ("hidden, weight, labels and bias", "say sample_weight=...")),
    # What arguments say without a keyword.
    (lambda: fl.binary_cross_entropy(P, T, label_smoothing=0.1), ("the target says it: y * (1 - label_smoothing)",)),
    (lambda: fl.sigmoid_focal.bind(smoothing=0.1), ("the target says it",)),
    (lambda: fl.binary_cross_entropy_with_logits(P, T, ignore_index=-1), ("weight=(y != ignore_index)",)),
    (lambda: fl.huber.grad(P, T, padding_idx=-1), ("weight=(y != ignore_index)",)),
    (lambda: fl.cross_entropy.grad(X, X, wrt=("pred", "target")), ("-fl.log_softmax(logits)",)),
    (lambda: fl.kl_divergence.grad(X - 2, X, wrt=("pred", "target")), ("fl.elementwise_kl_divergence",)),
    (lambda: fl.huber.grad(P, T, wrt=("pred", "target")), ("no gradient by its target",)),
    (lambda: fl.gaussian_nll.grad(P, T, variance_grad=True), ('wrt=("pred", "variance")',)),
    # Options.
    (lambda: fl.huber(P, T, reduction="batchmean"), ("'batchmean'", "'mean' was probably meant")),
    (lambda: fl.huber(P, T, reduction=None), ("got None", "'none' was probably meant")),
    (lambda: fl.huber(P, T, reduction="Mean"), ("'Mean'", "'mean'")),
    (lambda: fl.cross_entropy(X, Y, axis=None), ("axis must be an integer, got None",)),
    (lambda: fl.cross_entropy(X, Y, class_weight={0: 1}), ("class_weight", "{0: 1}", "range(n_classes)")),
    (lambda: fl.cross_entropy(X, Y, class_weight="balanced"), ("class_weight", "np.bincount")),
    # Shapes.
    (lambda: fl.cross_entropy(NCHW, MASK), ("(2, 3, 4, 4)", "(2, 4, 4)", "axis=1 would fit")),
    (lambda: fl.huber(P, T[:, None]), ("(3,)", "(3, 1)", "np.ravel(target)")),
    (lambda: fl.huber(P[:, None], T), ("(3, 1)", "(3,)", "np.ravel(pred)")),
    (lambda: fl.huber(X, X.T), ("(4, 3)", "(3, 4)", "transposed")),
    (lambda: fl.huber(X[:, :, None], X), ("(4, 3, 1)", "np.reshape(target, (4, 3, 1))")),
    (lambda: fl.cross_entropy(X, Y[:, None]), ("(4, 1)", "labels of shape (4,)", "np.ravel(target)")),
    (lambda: fl.huber(X, X, weight=np.ones(4)), ("weight has shape (4,)", "(4, 3)", "np.asarray(weight)[:, None]")),
    (lambda: fl.cross_entropy(X, Y, sample_weight=np.ones((4, 1))), ("weight has shape (4, 1)", "np.ravel(weight)")),
    (lambda: fl.huber.vjp(P, T, np.ones(4)), ("cotangent has shape (4,)", "(3,)")),
    (lambda: fl.huber(1.0, [1.0]), ("pred has shape ()", "np.reshape(target, ()) would fit")),
    (lambda: fl.selected_log_probs(X, np.zeros((4, 2), int)), ("labels of shape (4,)", "np.take_along_axis(fl.log_softmax(")),
    # Labels.
    (lambda: fl.cross_entropy(X, Y.astype(float)), ("labels must be integers", "np.asarray(target, int)")),
    (lambda: fl.cross_entropy(X, np.eye(3, dtype=int)[Y]), ("floating-point", "np.asarray(target, float)", "np.argmax")),
    # Domains.
    (lambda: fl.binary_cross_entropy(P - 2, T), ("pred[0] = -2.0", "binary_cross_entropy_with_logits", "check_domain")),
    (lambda: fl.brier(P + 2, T), ("pred[0] = 2.0", "brier_with_logits")),
    (lambda: fl.poisson_identity(P - 2, T), ("pred[0] = -2.0", "; poisson takes")),
    (lambda: fl.hinge(P, [0, 1, 1]), ("target[0] = 0", "2*y - 1")),
    (lambda: fl.binary_cross_entropy_with_logits(P, [1, -1, 1]), ("target[1] = -1", "(y + 1) / 2")),
    (lambda: fl.binary_cross_entropy_with_logits(P, [1, 2, 1]), ("target[1] = 2", "cross_entropy")),
    # Types.
    (lambda: fl.huber("pred.npy", T), ("pred is a str", "np.load")),
    (lambda: fl.huber(P, pathlib.Path("t.npy")), ("target is a ", "Path", "np.load")),
    (lambda: fl.huber(["a", "b"], [1, 2]), ("pred has dtype <U1", "astype(float)")),
    (lambda: fl.cross_entropy(X, list("abca")), ("target has dtype <U1", "np.unique")),
    (lambda: fl.huber(np.array([1, "a", None], object), T), ("pred has dtype object", "'a', of type str")),
    (lambda: fl.huber([1, [2, 3]], T), ("pred of type list", "different lengths")),
    (lambda: fl.huber(P + 1j, T), ("complex128", ".real")),
    (lambda: fl.huber(P.astype(np.longdouble), T), ("pred has dtype", "np.float64", "fastloss.reference")),
    (lambda: fl.huber(np.array(["2020"], "M8[D]"), [1]), ("datetime64", "timedelta64")),
    (lambda: fl.huber(datetime.date(2020, 1, 1), 1), ("pred is a date",)),
    (lambda: fl.huber((x for x in P), T), ("pred is a generator", "list(x)")),
    (lambda: fl.huber({1, 2}, [1, 2]), ("pred is a set", "list(x)")),
    (lambda: fl.huber({"a": 1}, [1]), ("pred is a dict", "values")),
    (lambda: fl.huber(np.zeros(3, "f4,f4"), T), ("its fields", "x['f0']")),
    (lambda: fl.huber(P, T, weight=np.ma.masked_array(P)), ("weight is a masked array", "~mask")),
    (lambda: fl.huber(fl.huber, T), ("pred is a Loss",)),
]


@pytest.mark.sample(quick=1.0)
def test_messages_say_what_was_meant():
    for make, words in TABLE:
        with pytest.raises((TypeError, ValueError)) as caught:
            make()
        pattern = ".*".join(map(re.escape, words))
        assert re.search(pattern, str(caught.value)), (words, str(caught.value))
        assert not internal(str(caught.value)), caught.value


def internal(message):
    """Names in a message that no caller knows, and what NumPy or Python says of calls that no caller has made."""
    names = (r"\b[A-Z]\w+\.\w+\(\)", r"\.value\b", "Kernel", "Entry", r"\b_\w+")
    patterns = (*names, "broadcast together", "could not be broadcast", "remapped", "unexpected keyword", "takes from")
    return [pattern for pattern in patterns if re.search(pattern, message)]


def test_tables_of_other_libraries():
    pandas = pytest.importorskip("pandas")
    with pytest.raises(TypeError, match="pred has dtype object: its column 'b' has dtype"):
        fl.huber(pandas.DataFrame({"a": [1.0], "b": ["x"]}), [[1.0, 2.0]])
    assert fl.huber(pandas.DataFrame({"a": [1.0], "b": [2.0]}), [[1.0, 2.0]]) == 0


def test_sparse_matrices():
    sparse = pytest.importorskip("scipy.sparse")
    for kind in (sparse.csr_array, sparse.coo_matrix):
        with pytest.raises(TypeError, match=r"pred is a \w+, which is sparse: its toarray\(\) is accepted"):
            fl.huber(kind(np.eye(2)), np.eye(2))


def test_functions_that_bind_a_loss_speak_of_themselves():
    pytest.importorskip("sklearn")
    makers = (boosting.objective, boosting.catboost_objective, boosting.sklearn_loss, metrics.scorer)
    cases = [
        (functools.partial(maker, fl.huber, **{name: 1}), f"{maker.__name__} of huber has no keyword '{name}'{hint}")
        for maker in makers
        for name, hint in {"detla": "; the nearest is delta; it has: delta, ", "xyzzy": "; it has: delta, "}.items()
    ]
    cases += [
        (lambda: boosting.minimize_objective(fl.huber, X, P, C=1), "minimize_objective of huber has no keyword 'C': .* is l2"),
        (lambda: boosting.minimize_objective(fl.huber, X, P, weights=P), "no keyword 'weights'; here it is sample_weight"),
        (lambda: boosting.objective(fl.huber).set_params(detla=1), "objective of huber .*; the nearest is delta"),
        (lambda: metrics.scorer(fl.huber, reduction="sum"), "a scorer weighs and reduces by itself, and takes no reduction"),
        (lambda: metrics.scorer(fl.huber, weight=P), "a scorer weighs and reduces by itself, and takes no weight"),
    ]
    for call, message in cases:
        with pytest.raises(TypeError, match=message):
            call()


@pytest.mark.parametrize("given", [np.array([]), np.ones((2, 2)), [], {}, 1.5], ids=lambda x: type(x).__name__)
def test_what_is_no_word_and_no_truth_value_is_named(given):
    """An array is neither: NumPy's own text of its truth value reaches nobody."""
    calls = [
        (lambda: boosting.objective(fl.huber, given), "hessian = .* has no meaning for huber; accepted: "),
        (lambda: fl.huber(P, T, reduction=given), "reduction must be one of"),
        (lambda: fl.huber(P, T, empty=given), "empty must be one of"),
        (lambda: fl.huber.bind(reduction=given), "reduction must be one of"),
    ]
    if isinstance(given, np.ndarray):
        calls += [
            (lambda: fl.binary_cross_entropy(P, T, check_domain=given), "check_domain must be True or False, got an array"),
            (lambda: fl.binary_cross_entropy.bind(check_domain=given), "check_domain must be True or False, got an array"),
            (lambda: fl.cross_entropy(X, Y, return_lse=given), "return_lse must be True or False, got an array"),
            (lambda: fl.linear_cross_entropy(X, X, Y - 1, return_lse=given), "return_lse must be True or False, got an array"),
            (lambda: boosting.minimize_objective(fl.huber, X, Y, fit_intercept=given), "fit_intercept must be True or False"),
        ]
    for call, message in calls:
        with pytest.raises((TypeError, ValueError), match=f"(?s){message}"):
            call()


def test_a_loss_in_the_place_of_an_objective_of_catboost():
    for name, hint in {"calc_ders_range": "objective of the loss", "evaluate": r"objective\(\.\.\.\)\.metric\(\)"}.items():
        for given in (fl.huber, fl.reference.huber, boosting.objective(fl.huber)):
            with pytest.raises(AttributeError, match=f"has no attribute '{name}', of .*catboost_{hint}"):
                getattr(given, name)
    assert not hasattr(fl.huber, "shape")


@pytest.mark.parametrize("booster", ["xgboost", "lightgbm", "catboost"])
def test_a_bare_loss_that_a_booster_calls(booster):
    """As objective and as metric a booster gives the predictions, and its own object with the labels."""
    module = pytest.importorskip(booster)
    data = {"xgboost": "DMatrix", "lightgbm": "Dataset", "catboost": "Pool"}[booster]
    labelled = getattr(module, data)(X, label=Y)
    for arguments in ((X[:, 0], labelled), (labelled, X[:, 0])):
        with pytest.raises(TypeError, match=rf"a {data} of {booster}: .*wrap it, fastloss\.boosting\.objective"):
            fl.squared_error(*arguments)


# ---- any nonsense ---------------------------------------------------------------------------------------------------

VALUES = (
    None, 1, -1, 0.5, "mean", "text", b"bytes", True, [], [1.0], [[1.0]], {}, set(), object(), np.ones(3), np.ones((2, 2)),
    np.zeros((0, 3)), np.array(["a"]), np.nan, 10**400, 1j, P, X, lambda: 0, (1, 2), ..., slice(3), int, np.float32, fl.huber,
)  # fmt: skip


def nonsense(rng, names):
    """Positional and keyword arguments of which nothing can come."""
    args = [VALUES[i] for i in rng.integers(0, len(VALUES), rng.integers(0, 6))]
    letters = ["".join(rng.choice(list(string.ascii_letters), rng.integers(1, 9))) for _ in range(3)]
    foreign = ["y_pred", "y_true", "weights", "dim", "logits", "self", "loss", "args", "kwargs", "value", "key", *letters]
    chosen = rng.choice([*names, *foreign], rng.integers(0, 4), replace=False)
    return args, {str(name): VALUES[rng.integers(len(VALUES))] for name in chosen}


@pytest.mark.parametrize("module", [fl, fl.reference], ids=["fastloss", "reference"])
@pytest.mark.parametrize("given", GIVEN, ids=name_of)
def test_nonsense_is_answered_in_the_callers_words(given, module):
    loss = module.losses[given.loss.name]
    rng = np.random.default_rng(len(loss.name))
    functions = {name: loss if name == "value" else getattr(loss, name) for name in (*ENTRY_POINTS, "vjp")}
    for _ in range(60):
        name, function = list(functions.items())[rng.integers(len(functions))]
        names = list(function.__signature__.parameters)
        args, kwargs = nonsense(rng, names)
        try:
            function(*args, **kwargs)
        except (TypeError, ValueError, IndexError) as error:
            message = str(error)
            assert not internal(message), (args, kwargs, message)
            unknown = [key for key in kwargs if key not in names]
            positional = len(args) > len([p for p in names if p in ("pred", "target", "cotangent")])
            if (unknown or positional) and not re.match(r"vjp takes no", message):
                called = loss.name if name == "value" else f"{loss.name}.{name}"
                assert re.search(rf"^{called} |^\w+(\[[\d, ]*\])? ", message), (args, kwargs, message)


@pytest.mark.parametrize("given", GIVEN, ids=name_of)
def test_the_name_that_was_called_is_in_messages_of_signatures(given):
    pred, target = given.draw((4, 3))
    for name in (*ENTRY_POINTS, "vjp"):
        function = given.loss if name == "value" else getattr(given.loss, name)
        called = given.loss.name if name == "value" else f"{given.loss.name}.{name}"
        more = () if name != "vjp" else (1.0,)
        for args, kwargs in (
            ((pred, target, *more), {"xyzzy": 1}),
            ((pred, target, *more, 1.0), {}),
            ((pred, target, *more), {"pred": pred}),
            ((), {"y_pred": pred}),
            ((), {}),
        ):
            with pytest.raises(TypeError, match=rf"^{re.escape(called)} "):
                function(*args, **kwargs)


class dtype:  # as libraries name theirs
    """The type of numbers of another library, which shows itself with the library's name before its own."""

    def __init__(self, name):
        self.name = name

    def __repr__(self):
        return f"library.{self.name}"


def test_grad_dtype_may_be_that_of_another_library():
    half = np.ones(3, np.float16)
    column = half[:, None]
    assert fl.huber.grad(half, T, grad_dtype=dtype("float32")).dtype == np.float32
    assert fl.linear_cross_entropy.grad(column, column, [0, 1, 2], grad_dtype=dtype("float32"))[0].dtype == np.float32
    with pytest.raises(ValueError, match=r"grad_dtype = library\.float12 is no dtype; accepted: float32"):
        fl.huber.grad(half, T, grad_dtype=dtype("float12"))


def test_numbers_of_types_that_numpy_does_not_have():
    torch = pytest.importorskip("torch")
    with pytest.raises(TypeError, match=r"pred has dtype torch\.float8_e4m3fn: give pred\.float\(\)"):
        fl.huber(torch.ones(3).to(torch.float8_e4m3fn), T)
    ml_dtypes = pytest.importorskip("ml_dtypes")
    with pytest.raises(TypeError, match=r"dtype float8_e4m3fn; x\.astype\(np\.float32\)"):
        fl.huber(np.ones(3, ml_dtypes.float8_e4m3fn), T)
