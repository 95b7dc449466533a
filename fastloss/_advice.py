"""What a caller probably meant: the ends of messages, which say how to put right what was given.

Nothing here is looked at before a call has failed. Losses are known by the traits of their rows alone.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

__all__ = [
    "attribute",
    "axes",
    "class_weights",
    "column",
    "domain",
    "dtypes",
    "keyword",
    "kind",
    "logits",
    "reduction",
    "weights",
]

#: Our keywords, and what other libraries and hurried people call them, in the letters that `_plain` leaves. Of several that the
#: function has, the first.
KEYWORDS: Mapping[str, str] = MappingProxyType(
    {
        "pred": "ypred input inputs logit logits pred preds prediction predictions predicted yhat outputs yscore yprob yproba "
        "score scores probs probabilities rawpredictions margin margins predt estimate x logprobs",
        "hidden": "input inputs pred x features embeddings hiddens hiddenstates e",
        "target": "ytrue target targets label labels y true truth yval groundtruth tgt actual expected observed",
        "labels": "ytrue target targets label y true truth groundtruth tgt",
        "teacher": "target targets teacherlogits teacherinput",
        "sample_weight": "weights sampleweights w",
        "l2": "reg reglambda lambda alpha penalty regularization weightdecay ridge",
        "weight": "weights sampleweights w lossweights exampleweights mask where c linearweight classifier",
        "pos_weight": "posweights positiveweight scaleposweight weights",
        "class_weight": "classweights weightperclass ceweight alpha",
        "reduction": "sizeaverage reduce average mean multioutput",
        "axis": "dim axes classaxis",
        "n_threads": "numthreads nthread nthreads threads njobs numworkers",
        "label_smoothing": "smoothing labelsmooth smooth labelsmoothingfactor",
        "ignore_index": "ignorelabel ignoreclass ignoredindex paddingidx padid",
        "temperature": "temp tau t",
        "softcap": "logitsoftcap logitssoftcap softcapping finallogitsoftcapping",
        "z_loss": "lsesquarescale zlossweight zlossmultiplier",
        "delta": "beta threshold huberdelta slope huberslope",
        "beta": "delta threshold sigma",
        "q": "quantile quantiles tau level levels alpha",
        "gamma": "focusing focalgamma",
        "alpha": "balance focalalpha",
        "power": "p variancepower tweediepower tweedievariancepower rho",
        "epsilon": "eps svrepsilon poly1epsilon",
        "scale": "sigma std b stddev",
        "log_scale": "logstd logsigma s logvar",
        "variance": "var sigma2",
        "log_target": "logtargets",
        "check_domain": "validate validateargs check",
        "bias": "b linearbias",
        "cotangent": "gradoutput v vector cotangents weight sampleweight",
    }
)

#: What keywords of other libraries ask for that no keyword of ours does.
ELSEWHERE_KEYWORDS: Mapping[str, str] = MappingProxyType(
    {
        "sizeaverage": "reduction='mean' or reduction='sum' says it",
        "reduce": "reduction='none' says that nothing is reduced",
        "squared": "squared_error is the square; take its root",
        "dtype": "the type of the predictions is that of the results: convert them before",
        "device": "fastloss computes on the CPU",
        "name": "a loss is called by its own name",
        "out": "a value has no array to be written to; grad, value_and_grad and grad_and_hess take it",
        "graddtype": "gradients of losses take it: grad, value_and_grad, and grad_and_hess where there is one",
        "fromlogits": "whether predictions are logits is said by the loss",
    }
)

REDUCTIONS: Mapping[str, str] = MappingProxyType(
    {
        "None": "none",
        "average": "mean",
        "avg": "mean",
        "batchmean": "mean",
        "sumoverbatchsize": "mean",
        "elementwisemean": "mean",
        "meanwithsampleweight": "mean",
        "uniformaverage": "mean",
        "auto": "mean",
        "total": "sum",
        "rawvalues": "none",
        "no": "none",
        "False": "none",
        "True": "mean",
    }
)

BOOSTERS = ("xgboost", "lightgbm", "catboost")


def _plain(name: str) -> str:
    return re.sub(r"[\W_]", "", name.lower())


def _near(name: str, known: Iterable[str]) -> str | None:
    import difflib  # for errors alone

    found = difflib.get_close_matches(name.lower(), [k for k in known if len(k) > 2], n=1, cutoff=0.7)
    return found[0] if found else None


def keyword(name: str, known: Iterable[str], declared: Any = None) -> str:
    """The keyword of a function that another one may have meant, as the middle of a message; "" where none is near.

    `declared` is what the registry has of the loss, where it is known: for what its arguments say without a keyword.
    """
    letters, names = _plain(name), list(known)
    ours = [n for n in names if _plain(n) == letters]
    ours += [n for n, others in KEYWORDS.items() if n in names and {letters, letters.removesuffix("s")} & {*others.split()}]
    if letters == "c" and "l2" in names:
        return ": 1 / (C * sum of weights) is l2"
    if letters in ELSEWHERE_KEYWORDS:
        return f": {ELSEWHERE_KEYWORDS[letters]}"
    if ours and ours[0] != name:
        return f"; here it is {ours[0]}"
    if declared is not None and (said := recipe(declared, letters)):
        return f": {said}"
    near = _near(name, [n for n in names if n != name])
    return f"; the nearest is {near}" if near else ""


def nearest(name: str, known: Iterable[str]) -> str:
    """The name that was probably meant, as the end of a message."""
    near = _near(name, list(known))
    return f"; the nearest is {near!r}" if near else ""


def attribute(name: str) -> str:
    """What takes an object that has an attribute, where that is CatBoost's, as the end of a message."""
    if name in ("calc_ders_range", "calc_ders_multi"):
        return ", of objectives of CatBoost: give it fastloss.boosting.catboost_objective of the loss"
    if name in ("is_max_optimal", "get_final_error", "evaluate"):
        return ", of metrics of CatBoost: give it fastloss.boosting.catboost_objective(...).metric()"
    return ""


def entry_point(declared: Any, name: str) -> str:
    """Why a loss has not this entry point."""
    if name == "grad_and_hess":
        return "its elements hang together, so its Hessian is no diagonal"
    return f"{declared.name} has {', '.join(entry for entry in declared.entry_points if entry != 'value')}"


def by_target(declared: Any) -> str:
    """Why a loss has no gradient by its target, or where it is."""
    if declared.softmax and declared.probabilities:
        return (
            "of cross_entropy the gradient by probabilities is -fl.log_softmax(logits), times the class weights, over the "
            "number of rows for the mean"
        )
    if declared.prediction.high != math.inf and declared.target.low == 0 and declared.has_classes and not declared.labels:
        return "fl.elementwise_kl_divergence has it; sum it over the classes, and divide by the number of rows for the mean"
    return "this loss gives no gradient by its target; binary_cross_entropy, for one, and distillation_kl do"


def recipe(declared: Any, letters: str) -> str:
    """How arguments say what this keyword, in the letters of `_plain`, says elsewhere; "" where they do not."""
    of_probability = declared.target.low == 0 and declared.target.high == 1
    if letters.endswith("grad") and (
        asked := [n for n in declared.differentiable if _plain(n) == letters.removesuffix("grad")]
    ):
        return f'derivatives by it are asked for by wrt=("pred", "{asked[0]}")'
    if letters == "targetgrad":
        return by_target(declared)
    if letters in ("labelsmoothing", *KEYWORDS["label_smoothing"].split()) and of_probability and declared.is_of_elements:
        return "of two classes the target says it: y * (1 - label_smoothing) + label_smoothing / 2"
    if letters in ("ignoreindex", *KEYWORDS["ignore_index"].split()) and not declared.labels:
        return "weights say it: weight=(y != ignore_index), with np.where(y == ignore_index, 0, y) for the target"
    return ""


def reduction(given: Any) -> str:
    """What a reduction may have meant, as the end of a message."""
    text = str(given)
    meant = REDUCTIONS.get(text) or REDUCTIONS.get(_plain(text)) or _near(text, ("mean", "sum", "none"))
    if not meant and _plain(text) in ("mean", "sum", "none"):
        meant = _plain(text)
    return f"; {meant!r} was probably meant" if meant else ""


def class_weights(given: Any) -> str:
    """What makes one number a class of what scikit-learn takes for class weights, as the end of a message."""
    if isinstance(given, Mapping):
        return "; [x[c] for c in range(n_classes)] makes it of a dictionary"
    if isinstance(given, str) and _plain(given) == "balanced":
        return "; len(y) / (n_classes * np.bincount(y)) is what scikit-learn calls balanced"
    return ""


# ---- shapes -------------------------------------------------------------------------------------------------------


def _subscript(shape: tuple[int, ...], wanted: tuple[int, ...]) -> str:
    """The subscript that gives an array new axes of length 1 with which it broadcasts to a shape; "" where there is none."""
    if not shape or len(shape) >= len(wanted) or 1 in shape:
        return ""
    places: list[str] = []
    left = list(shape)
    for n in wanted:
        if left and left[0] == n:
            places.append(":")
            left.pop(0)
        else:
            places.append("None")
    return f"[{', '.join(places)}]" if not left else ""


def reshaped(name: str, shape: tuple[int, ...]) -> str:
    """That an argument, which may be an array, a list or a table, fits when it has another shape."""
    return f"; np.ravel({name}) would fit" if len(shape) == 1 else f"; np.reshape({name}, {shape}) would fit"


def axes(pred: tuple[int, ...], target: tuple[int, ...], axis: int | None, labels_alone: bool = False) -> str:
    """What would make shapes fit that do not, as the end of a message; `axis` is that of classes, if there is one."""
    if axis is not None:
        fitting = [a for a in range(len(pred)) if a != axis and pred[:a] + pred[a + 1 :] == target]
        if fitting:
            return f"; axis={fitting[0]} would fit" + (f", and so would axis={fitting[1]}" if len(fitting) > 1 else "")
        rows = pred[:axis] + pred[axis + 1 :]
        if target != rows and math.prod(target) == math.prod(rows) and _without_ones(target) == _without_ones(rows):
            return reshaped("target", rows)
        if labels_alone and len(target) == len(pred) and target[:axis] + target[axis + 1 :] == rows:
            several = f"np.take_along_axis(fl.log_softmax(logits, axis={axis}), labels, {axis})"
            return f"; a row has one label here (log-probabilities of several: {several})"
        return ""
    if pred == target[::-1] and len(pred) == 2:
        return "; is one of them transposed?"
    if _without_ones(pred) == _without_ones(target) and math.prod(pred) == math.prod(target):
        if len(target) == 1 and len(pred) == 2:
            return reshaped("pred", target)
        return reshaped("target", pred)
    return ""


def weights(shape: tuple[int, ...], wanted: tuple[int, ...], name: str) -> str:
    """What would make an array broadcast that does not, as the end of a message."""
    if subscript := _subscript(shape, wanted):
        return f"; np.asarray({name}){subscript} would fit"
    if _without_ones(shape) == _without_ones(wanted):
        return reshaped(name, wanted)
    return ""


def _without_ones(shape: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(n for n in shape if n != 1)


# ---- what is no array of numbers ----------------------------------------------------------------------------------


def kind(given: Any) -> str:
    """What is given that is no array, and how it becomes one, as the middle of a message; "" where nothing is known of it."""
    root, name = type(given).__module__.partition(".")[0], type(given).__name__
    if given is None:
        return "is None"
    if isinstance(given, (str, bytes)) or hasattr(given, "__fspath__"):
        return f"is a {name}: of a file give the content, as np.load gives it"
    if root in BOOSTERS:
        return (
            f"is a {name} of {root}: a booster takes no loss but an objective: wrap it, fastloss.boosting.objective(...), "
            "or give the loss the arrays that are in it"
        )
    if "sparse" in type(given).__module__ and hasattr(given, "toarray"):
        return f"is a {name}, which is sparse: its toarray() is accepted"
    if isinstance(given, Mapping):
        return f"is a {name}: give one of its values, or np.array(list(x.values()))"
    if isinstance(given, (set, frozenset)) or hasattr(given, "__next__"):
        return f"is a {name}: np.array(list(x)) is accepted"
    return ""


def column(given: Any) -> str:
    """The first column that holds no numbers, where a table's columns have types of their own; "" where there is none."""
    columns, types = getattr(given, "columns", None), getattr(given, "dtypes", None)
    if columns is None or types is None:
        return ""
    for name, dtype in zip(columns, types, strict=False):
        if getattr(dtype, "kind", "O") not in "biuf" and not re.match(r"U?Int|Float|Bool", str(dtype)):
            return f": its column {name!r} has dtype {dtype}"
    return ""


def dtypes(array: np.ndarray, name: str) -> str:
    """How numbers are made of an array of another dtype, as the end of a message."""
    match array.dtype.kind:
        case "S" | "U" | "T":
            text = "np.unique(x, return_inverse=True)[1] makes labels of text" if name in ("target", "labels") else ""
            return "; " + (text or "x.astype(float) makes numbers of text that holds them")
        case "c":
            return "; take its .real, or np.abs of it"
        case "M" | "m":
            return (
                "; (x - x.min()) / np.timedelta64(1, 's') makes seconds of times"
                if array.dtype.kind == "M"
                else ("; x / np.timedelta64(1, 's') makes seconds of durations")
            )
        case "g" | "f":
            return "; x.astype(np.float64), or fastloss.reference, which computes in it"
        case "V" if array.dtype.names:
            return f"; choose one of its fields, such as x[{array.dtype.names[0]!r}]"
        case "V" if array.dtype.type.__module__ == "ml_dtypes":
            return "; x.astype(np.float32) makes numbers of it that are accepted"
        case "O":
            odd = next((x for x in array.flat if not isinstance(x, (int, float, np.number, np.bool_))), None)
            if array.ndim == 0 or odd is None:
                return "; x.astype(float) makes numbers of objects that are numbers" if array.ndim else ""
            return f"; it holds {odd!r:.40}, of type {type(odd).__name__}"
    return ""


# ---- numbers outside a domain -------------------------------------------------------------------------------------


def domain(declared: Any, argument: str, value: float, interval: Any) -> str:
    """What numbers outside an interval probably are, and what takes them, as the middle of a message."""
    logarithms = math.isinf(interval.low) and math.isfinite(interval.high)
    if argument == "pred":
        if logarithms:
            return (
                "; log-probabilities are at most 0, and these are probably logits or probabilities: of logits take "
                f"{declared.of_logits}, of probabilities their logarithm, np.log(pred)"
            )
        return f"; {declared.of_logits} takes what may be any number: logits, logarithms" if declared.of_logits else ""
    if logarithms:
        return "; these are probably probabilities: log_target=False takes them"
    if value < 0 and any(p.name == "log_target" for p in declared.parameters):
        return "; log_target=True takes logarithms of probabilities"
    if interval.ends_only and interval.low == -1 and value == 0:
        return "; labels are -1 and 1: 2*y - 1 makes them of 0 and 1"
    if interval.low == 0 and interval.high == 1 and value == -1:
        return "; labels are 0 and 1: (y + 1) / 2 makes them of -1 and 1"
    if interval.low == 0 and interval.high == 1 and declared.is_of_elements and value > 1 and value.is_integer():
        return "; labels of more than two classes are for cross_entropy"
    return ""


def logits(declared: Any, name: str) -> str:
    """What a keyword that says whether predictions are logits is answered with; "" where it says no such thing."""
    if _plain(name) not in ("fromlogits", "logloss", "loginput", "applysigmoid", "applysoftmax", "logits"):
        return ""
    if _plain(name) == "logits" and not declared.of_logits:
        return ""
    if declared.of_logits:
        return f": {declared.name} takes no logits; {declared.of_logits} does"
    return f": {declared.name} always takes logits" + (
        f"; {declared.of_probabilities} takes no logits" if declared.of_probabilities else ""
    )
