"""What is found by name: mappings such as `losses` and `row_functions`, and what an unknown name meant.

A mapping is read-only, shows itself as a table, searches itself, and answers an unknown name with the nearest of its own, or
with ours for what another library calls so.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, Generic, TypeVar

__all__ = ["ELSEWHERE", "Named", "found", "hint", "module_attributes", "ours", "plain", "summary"]

#: Our names for what other libraries call otherwise, in the letters of `plain`; what these letters already tell is left out.
ELSEWHERE: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        # Regions and vectors.
        "iou": ("jaccard", "jaccard_with_logits"),
        "maskiou": ("jaccard", "jaccard_with_logits"),
        "softdice": ("dice", "dice_with_logits"),
        "focaltversky": ("tversky", "tversky_with_logits"),
        "cosinesimilarity": ("cosine_embedding",),
        "triplet": ("triplet_margin",),
        "correlation": ("pearson",),
        "vaeskl": ("gaussian_kl",),
        "vae": ("gaussian_kl",),
        # Regression.
        "l1": ("absolute_error",),
        "mae": ("absolute_error",),
        "meanabsoluteerror": ("absolute_error",),
        "regabsoluteerror": ("absolute_error",),
        "regressionl1": ("absolute_error",),
        "mse": ("squared_error",),
        "rmse": ("squared_error",),
        "meansquarederror": ("squared_error",),
        "rootmeansquarederror": ("squared_error",),
        "multirmse": ("squared_error",),
        "squared": ("squared_error",),
        "square": ("squared_error",),
        "absolute": ("absolute_error",),
        "medianabsoluteerror": ("absolute_error",),
        "regsquarederror": ("squared_error",),
        "halfsquarederror": ("squared_error",),
        "regression": ("squared_error",),
        "regressionl2": ("squared_error",),
        "regpseudohubererror": ("pseudo_huber", "charbonnier"),
        "pinball": ("quantile",),
        "meanpinball": ("quantile",),
        "multiquantile": ("quantile",),
        "regquantileerror": ("quantile",),
        "regexpectileerror": ("expectile",),
        "lq": ("lp",),
        "mape": ("absolute_percentage_error",),
        "meanabsolutepercentageerror": ("absolute_percentage_error",),
        "smape": ("symmetric_absolute_percentage_error",),
        "msle": ("squared_log_error",),
        "meansquaredlogerror": ("squared_log_error",),
        "meansquaredlogarithmicerror": ("squared_log_error",),
        "regsquaredlogerror": ("squared_log_error",),
        "svr": ("epsilon_insensitive",),
        "tukey": ("tukey_biweight",),
        "bisquare": ("tukey_biweight",),
        "lorentzian": ("cauchy",),
        "barronsgeneralrobust": ("barron",),
        "generalrobust": ("barron",),
        "adaptiverobust": ("barron_nll",),
        "adaptive": ("barron_nll",),
        # Counts and positive numbers.
        "countpoisson": ("poisson",),
        "deviance": ("poisson", "gamma", "tweedie"),
        "meanpoissondeviance": ("poisson_identity",),
        "meangammadeviance": ("tweedie_identity",),
        "meantweediedeviance": ("tweedie_identity",),
        "halftweedielossidentity": ("tweedie_identity",),
        "nb": ("negative_binomial",),
        "zip": ("zero_inflated_poisson",),
        "poissonnll": ("poisson",),
        "reggamma": ("gamma",),
        "regtweedie": ("tweedie",),
        "halfpoisson": ("poisson",),
        "halfgamma": ("gamma",),
        "halftweedie": ("tweedie",),
        "halftweediedeviance": ("tweedie",),
        # Generator and discriminator.
        "gan": ("gan_non_saturating", "gan_minimax"),
        "vanillagan": ("gan_non_saturating", "gan_minimax"),
        "adversarial": ("gan_non_saturating", "gan_minimax"),
        "minimax": ("gan_minimax",),
        "nonsaturating": ("gan_non_saturating",),
        "nonsaturatinggan": ("gan_non_saturating",),
        "lsgan": ("gan_least_squares",),
        "hingegan": ("gan_hinge",),
        "wgan": ("wasserstein",),
        "critic": ("wasserstein",),
        # Made of losses.
        "perceptual": ("feature_matching",),
        "content": ("feature_matching",),
        "feature": ("feature_matching",),
        "style": ("gram", "feature_matching"),
        "grammatrix": ("gram",),
        # Two classes.
        "bce": ("binary_cross_entropy",),
        "bceofprobabilities": ("binary_cross_entropy",),
        "log": ("binary_cross_entropy_with_logits", "binary_cross_entropy"),
        "bcewithlogits": ("binary_cross_entropy_with_logits",),
        "sigmoidbinarycrossentropy": ("binary_cross_entropy_with_logits",),
        "sigmoidcrossentropywithlogits": ("binary_cross_entropy_with_logits",),
        "logistic": ("binary_cross_entropy_with_logits",),
        "logit": ("binary_cross_entropy_with_logits",),
        "reglogistic": ("binary_cross_entropy_with_logits",),
        "binarylogitraw": ("binary_cross_entropy_with_logits",),
        "xentropy": ("binary_cross_entropy_with_logits", "cross_entropy"),
        "xentlambda": ("cross_entropy_lambda",),
        "sigmoidcrossentropy": ("binary_cross_entropy_with_logits",),
        "brierscore": ("brier",),
        "asymmetric": ("asymmetric_focal",),
        "asl": ("asymmetric_focal",),
        "svm": ("hinge", "multi_margin"),
        "binarylogistic": ("binary_cross_entropy_with_logits",),
        "binary": ("binary_cross_entropy_with_logits",),
        "halfbinomial": ("binary_cross_entropy_with_logits",),
        "lightgbmscrossentropylambda": ("cross_entropy_lambda",),
        "focal": ("sigmoid_focal", "softmax_focal"),
        "binaryfocalcrossentropy": ("sigmoid_focal",),
        "binaryhinge": ("hinge",),
        "kldiv": ("kl_divergence",),
        "kl": ("kl_divergence", "distillation_kl"),
        "kld": ("kl_divergence", "distillation_kl"),
        "convexkldivergence": ("generalized_kl",),
        "kullbackleiblerdivergence": ("kl_divergence",),
        # Distributions.
        "normalnll": ("gaussian_nll",),
        "betaregression": ("beta",),
        "crps": ("crps_gaussian", "crps_logistic", "crps_laplace"),
        "crpsnormal": ("crps_gaussian",),
        "crpsnorm": ("crps_gaussian",),
        # More classes than two; CatBoost's CrossEntropy is of two.
        "crossentropy": ("cross_entropy", "binary_cross_entropy_with_logits"),
        "ce": ("cross_entropy",),
        "cce": ("cross_entropy",),
        "xent": ("cross_entropy",),
        "gce": ("generalized_cross_entropy",),
        "generalizedce": ("generalized_cross_entropy",),
        "sce": ("symmetric_cross_entropy",),
        "multiclasshinge": ("multi_margin",),
        "ova": ("one_vs_all",),
        "ovr": ("one_vs_all",),
        "softmaxcrossentropy": ("cross_entropy",),
        "softmaxcrossentropywithlogits": ("cross_entropy",),
        "softmaxcrossentropywithintegerlabels": ("cross_entropy",),
        "sparsecategoricalcrossentropy": ("cross_entropy",),
        "categoricalcrossentropy": ("cross_entropy",),
        "categoricalfocalcrossentropy": ("softmax_focal",),
        "multiclass": ("cross_entropy",),
        "multisoftmax": ("cross_entropy",),
        "multisoftprob": ("cross_entropy",),
        "halfmultinomial": ("cross_entropy",),
        "multiclassova": ("one_vs_all",),
        "multiclassonevsall": ("one_vs_all",),
        "poly": ("poly1_cross_entropy",),
        "polycrossentropy": ("poly1_cross_entropy",),
        "polylosscrossentropy": ("poly1_cross_entropy",),
        "jsdivergence": ("distillation_js",),
        "jensenshannon": ("distillation_js",),
        "js": ("distillation_js",),
        "jsd": ("distillation_js",),
        "softmax": ("log_softmax", "cross_entropy"),
        "lse": ("logsumexp",),
        "logprobs": ("selected_log_probs",),
        "tokenlogprobs": ("selected_log_probs",),
        "selectivelogsoftmax": ("selected_log_probs",),
        "fusedlinearcrossentropy": ("linear_cross_entropy",),
    }
)

T = TypeVar("T")


def plain(name: str) -> str:
    """A name without what libraries differ in: case, underscores, and a "loss" at its end."""
    letters = re.sub(r"[\W_]", "", name.lower())
    return letters.removesuffix("loss") or letters


def summary(thing: Any) -> str:
    """The first line of the documentation of a loss, without making the rest."""
    declared = getattr(thing, "declared", None)  # what is made of losses has none
    written: str = getattr(declared, "summary", None) or getattr(declared, "function", thing).__doc__ or ""
    return written.strip().partition("\n")[0]


def ours(name: str, known: Iterable[str]) -> list[str]:
    """What we call what another library calls by this name; nothing where it is no such name."""
    names = list(known)
    return [n for n in ELSEWHERE.get(plain(name), ()) if n in names] or [n for n in names if plain(n) == plain(name)]


def hint(name: str, known: Iterable[str]) -> str:
    """What an unknown name may have meant, as the end of a message; "" where nothing is near."""
    import difflib  # for errors alone

    names = list(known)
    if found := ours(name, names):
        return f"; here it is {' or '.join(found)}"
    near = difflib.get_close_matches(name.lower(), names, n=1)
    near = near or difflib.get_close_matches(plain(name), ELSEWHERE, n=1, cutoff=0.75)
    near = [n for found in near for n in ELSEWHERE.get(found, (found,)) if n in names]
    return f"; the nearest name is {' or '.join(near)}" if near else ""


class Named(Mapping[str, T], Generic[T]):
    """Losses or functions by name: a read-only mapping that shows itself as a table.

    Examples
    --------
    >>> import fastloss as fl
    >>> fl.losses["huber"] is fl.huber
    True
    >>> fl.losses.search("pinball")
    name      family     what it is
    quantile  pointwise  Quantile (pinball) loss: its minimiser is the `q`-quantile of the target.
    """

    def __init__(self, things: Mapping[str, T]) -> None:
        self._things = dict(things)

    def __getitem__(self, name: str) -> T:
        try:
            return self._things[name]
        except KeyError:
            raise KeyError(f"there is no {name!r}{hint(name, self._things) if isinstance(name, str) else ''}") from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._things)

    def __len__(self) -> int:
        return len(self._things)

    def search(self, text: str) -> Named[T]:
        """Those in which every word of a text is found.

        Parameters
        ----------
        text : str
            Words, or parts of words, of the name, the family, the first line of the documentation, the parameters, or the
            name in another library.

        Returns
        -------
        Named
            A mapping of the same kind, empty where there is none.

        Examples
        --------
        >>> import fastloss as fl
        >>> list(fl.losses.search("quantile"))
        ['quantile', 'log_lin_quantile']
        >>> list(fl.losses.search("mse"))
        ['squared_error']
        """
        words = text.lower().split()
        elsewhere = " ".join(words)
        return Named(
            {
                name: thing
                for name, thing in self._things.items()
                if name in ELSEWHERE.get(plain(elsewhere), ()) or all(word in _searched(thing) for word in words)
            }
        )

    def table(self) -> list[tuple[str, str, str]]:
        """Name, family and first line of each."""
        return [(name, getattr(thing, "family", ""), summary(thing)) for name, thing in self._things.items()]

    def __repr__(self) -> str:
        if not self._things:
            return "nothing found"
        rows = [HEADINGS, *self.table()]
        widths = [max(len(row[column]) for row in rows) for column in (0, 1)]
        return "\n".join(f"{name:{widths[0]}}  {family:{widths[1]}}  {first}" for name, family, first in rows)

    def _repr_html_(self) -> str:
        import html  # for notebooks alone

        def line(cells: Iterable[str], tag: str) -> str:
            return "<tr>" + "".join(f'<{tag} style="text-align: left">{html.escape(cell)}</{tag}>' for cell in cells) + "</tr>"

        body = "\n".join(line(row, "td") for row in self.table())
        return f"<table>\n<thead>{line(HEADINGS, 'th')}</thead>\n<tbody>\n{body}\n</tbody>\n</table>"


def found(kind: str, origin: str, name: str) -> Any:
    """What a pickle names by the module it is of: one of `losses`, `linear_losses`, `row_functions` or `composed`.

    The modules that hold these make them of classes that know neither, so a pickle is read as Python reads them: by names.
    """
    home = "fastloss.reference" if origin.startswith(("fastloss.reference", "fastloss reference")) else "fastloss"
    return getattr(sys.modules[home], kind)[name]


HEADINGS = ("name", "family", "what it is")


def _searched(thing: Any) -> str:
    """All that a search looks at."""
    aliases = [alias for alias, names in ELSEWHERE.items() if thing.name in names]
    return " ".join([thing.name, thing.family, summary(thing), *getattr(thing, "params", ()), *aliases]).lower()


def module_attributes(module: str, kinds: Iterable[Mapping[str, Any]]) -> Callable[[str], Any]:
    """The `__getattr__` of a module that has losses for attributes: it raises, with the name that may have been meant."""

    def attribute(name: str) -> Any:
        known = [n for kind in kinds for n in kind]
        meant = "" if name.startswith("_") else hint(name, known)
        raise AttributeError(f"module {module!r} has no attribute {name!r}{meant}")

    return attribute
