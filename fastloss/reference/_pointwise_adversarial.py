"""Adversarial losses: of the scores that a discriminator gives to samples, for it and for the generator."""

from __future__ import annotations

import numpy as np

from fastloss._boosting_words import instead
from fastloss._kinds import BINARY, PROBABILITY, Flag
from fastloss._registry import pointwise
from fastloss.reference._pointwise import _logistic


def _cross_entropy(logit, target):
    """-y log p - (1 - y) log(1 - p) of the logit of p, y the target, and its derivatives."""
    e, p, not_p = _logistic(logit)
    wrong = np.where(logit >= 0, 1 - target, target)  # what multiplies |logit|, and may be 0 where that is infinite
    value = np.where(wrong == 0, 0, np.abs(logit) * wrong) + np.log1p(e)
    return value, (1 - target) * p - target * not_p, p * not_p


def _linear(score, slope):
    """A multiple of the score and its derivatives."""
    return slope * score, np.where(np.isnan(score), score, slope), np.zeros_like(score)


@pointwise(target=PROBABILITY, optional_target=True, boosting=instead("binary_cross_entropy_with_logits"))
def gan_minimax(pred, target, *, generator: Flag = False):
    """Minimax loss of generative adversarial networks: the generator maximises what the discriminator minimises.

    With x = pred, y = target and p = sigmoid(x), the probability that the sample is real::

        value      -y log p - (1 - y) log(1 - p);  for the generator log(1 - p)
        gradient   p - y;                          for the generator -p
        Hessian    p (1 - p);                      for the generator -p (1 - p)

    Parameters
    ----------
    pred : array_like
        Logits of the discriminator, of any shape: the log-odds of a real sample.
    target : array_like, optional
        1 for real samples and 0 for generated ones, or between (0.9 smooths the label 1), of the shape of
        `pred`. None: 0 everywhere, all samples are generated.
    generator : bool, default False
        Whether the loss is the generator's, of the scores of its own samples; the target is then not used.

    Notes
    -----
    It is the game of Goodfellow et al. [1]_. The generator's gradient vanishes where the discriminator is sure that its
    samples are not real, as it is early in training: `gan_non_saturating` is what they train with instead. That
    gradient is computed without a cancellation, for a logit of any size.

    References
    ----------
    .. [1] Goodfellow, I., Pouget-Abadie, J., Mirza, M., Xu, B., Warde-Farley, D., Ozair, S., Courville, A., & Bengio, Y.
       (2014). Generative adversarial nets. Advances in Neural Information Processing Systems (NeurIPS), 27, 2672-2680.

    Examples
    --------
    >>> import fastloss as fl
    >>> round(fl.gan_minimax([0.0, 0.0], [1.0, 0.0]), 6)
    0.693147
    >>> fl.gan_minimax.grad([0.0, 0.0], [1.0, 0.0])
    array([-0.25,  0.25])
    >>> fl.gan_minimax.grad([0.0, 0.0], generator=True)
    array([-0.25, -0.25])
    """
    value, grad, hess = _cross_entropy(pred, np.zeros_like(pred) if generator else target)
    sign = -1 if generator else 1
    return sign * value, sign * grad, sign * hess


@pointwise(target=PROBABILITY, optional_target=True, boosting=instead("binary_cross_entropy_with_logits"))
def gan_non_saturating(pred, target, *, generator: Flag = False):
    """Non-saturating loss of generative adversarial networks: each of the two has a gradient wherever it is wrong.

    With x = pred, y = target, 1 for the generator, and p = sigmoid(x), the probability that the sample is real::

        value      -y log p - (1 - y) log(1 - p)
        gradient   p - y
        Hessian    p (1 - p)

    Parameters
    ----------
    pred : array_like
        Logits of the discriminator, of any shape: the log-odds of a real sample.
    target : array_like, optional
        1 for real samples and 0 for generated ones, or between (0.9 smooths the label 1), of the shape of
        `pred`. None: 0 everywhere, all samples are generated.
    generator : bool, default False
        Whether the loss is the generator's, of the scores of its own samples; the target is then not used.

    Notes
    -----
    The discriminator's loss is that of `gan_minimax`. The generator minimises -log p in the place of log(1 - p), as
    Goodfellow et al. [1]_ advise: its gradient is largest where the discriminator sees through its samples.

    References
    ----------
    .. [1] Goodfellow, I., Pouget-Abadie, J., Mirza, M., Xu, B., Warde-Farley, D., Ozair, S., Courville, A., & Bengio, Y.
       (2014). Generative adversarial nets. Advances in Neural Information Processing Systems (NeurIPS), 27, 2672-2680.

    Examples
    --------
    >>> import fastloss as fl
    >>> round(fl.gan_non_saturating([0.0, 0.0], generator=True), 6)
    0.693147
    >>> fl.gan_non_saturating.grad([-1e4, 0.0], generator=True)
    array([-0.5 , -0.25])
    """
    return _cross_entropy(pred, np.ones_like(pred) if generator else target)


@pointwise(target=PROBABILITY, optional_target=True, boosting=instead("squared_error"))
def gan_least_squares(pred, target, *, generator: Flag = False):
    """Least-squares loss of generative adversarial networks: scores are drawn to 1 or to 0, from either side.

    With r = pred - target, where the target is 1 for the generator::

        value      r²/2
        gradient   r
        Hessian    1

    Parameters
    ----------
    pred : array_like
        Scores of the discriminator, of any shape.
    target : array_like, optional
        1 for real samples and 0 for generated ones, or between (0.9 smooths the label 1), of the shape of
        `pred`. None: 0 everywhere, all samples are generated.
    generator : bool, default False
        Whether the loss is the generator's, of the scores of its own samples; the target is then not used.

    Notes
    -----
    The labels are those of equation 9 of Mao et al. [1]_: samples that the discriminator takes for real without doubt still
    have a gradient. Others leave out the factor 1/2; that is `squared_error`, which other labels go to as well.

    References
    ----------
    .. [1] Mao, X., Li, Q., Xie, H., Lau, R. Y. K., Wang, Z., & Smolley, S. P. (2017). Least squares generative adversarial
       networks. IEEE International Conference on Computer Vision (ICCV), 2794-2802.

    Examples
    --------
    >>> import fastloss as fl
    >>> fl.gan_least_squares([3.0, 1.0], [1.0, 0.0], reduction="none")
    array([2. , 0.5])
    >>> fl.gan_least_squares.grad([3.0, 1.0], generator=True)
    array([1., 0.])
    """
    r = pred - (1 if generator else target)
    return r / 2 * r, r, np.ones_like(r)


@pointwise(
    target=BINARY,
    optional_target=True,
    smoothness=0,
    kinks="(1 - generator) * (2 * target - 1) * pred == 1",
    boosting=instead("hinge"),
)
def gan_hinge(pred, target, *, generator: Flag = False):
    """Hinge loss of generative adversarial networks: scores beyond 1 and -1 are enough for the discriminator.

    With z = pred where the target is 1 and z = -pred where it is 0::

        value      max(0, 1 - z);                            for the generator -pred
        gradient   -1 where z < 1 and 0 elsewhere, by z;     for the generator -1
        Hessian    0

    Parameters
    ----------
    pred : array_like
        Scores of the discriminator, of any shape.
    target : array_like, optional
        1 for real samples and 0 for generated ones, of the shape of `pred`. None: 0 everywhere, all samples are generated.
    generator : bool, default False
        Whether the loss is the generator's, of the scores of its own samples; the target is then not used.

    Notes
    -----
    It is due to Lim and Ye [1]_, and what Miyato et al. [2]_ train with spectral normalisation. At the kink (z = 1) the
    gradient is 0, which is a subgradient, as that of `hinge`, of which the discriminator's loss is with labels -1 and 1.

    References
    ----------
    .. [1] Lim, J. H., & Ye, J. C. (2017). Geometric GAN. arXiv:1705.02894.
    .. [2] Miyato, T., Kataoka, T., Koyama, M., & Yoshida, Y. (2018). Spectral normalization for generative adversarial
       networks. International Conference on Learning Representations (ICLR).

    Examples
    --------
    >>> import fastloss as fl
    >>> fl.gan_hinge([0.5, 0.5, -2.0], [1.0, 0.0, 0.0], reduction="none")
    array([0.5, 1.5, 0. ])
    >>> fl.gan_hinge.grad([0.5, 0.5], [1.0, 0.0])
    array([-0.5,  0.5])
    >>> fl.gan_hinge([0.5, -2.0], generator=True)
    0.75
    """
    if generator:
        return _linear(pred, -1)
    sign = 2 * target - 1
    m = 1 - sign * pred
    return np.maximum(m, 0), np.where(np.isnan(m), m, np.where(m > 0, -sign, 0)), np.zeros_like(pred)


@pointwise(target=BINARY, optional_target=True, boosting=instead("hinge"))
def wasserstein(pred, target, *, generator: Flag = False):
    """Wasserstein loss of generative adversarial networks: a critic scores real samples high and generated ones low.

    With y = target, which is 1 for the generator::

        value      (1 - 2y) pred
        gradient   1 - 2y
        Hessian    0

    Parameters
    ----------
    pred : array_like
        Scores of the critic, of any shape.
    target : array_like, optional
        1 for real samples and 0 for generated ones, of the shape of `pred`. None: 0 everywhere, all samples are generated.
    generator : bool, default False
        Whether the loss is the generator's, of the scores of its own samples; the target is then not used.

    Notes
    -----
    Where the critic is a 1-Lipschitz function and half of the samples are real, the critic's mean is at least minus half
    the Wasserstein distance of the two distributions, and is that at its optimum [1]_. The loss has no minimum of its
    own: what bounds the critic, such as clipped weights, a penalty on its gradient or spectral normalisation, is the
    network's part.

    References
    ----------
    .. [1] Arjovsky, M., Chintala, S., & Bottou, L. (2017). Wasserstein generative adversarial networks. International
       Conference on Machine Learning (ICML), 214-223.

    Examples
    --------
    >>> import fastloss as fl
    >>> fl.wasserstein([3.0, 1.0], [1.0, 0.0])
    -1.0
    >>> fl.wasserstein.grad([3.0, 1.0], [1.0, 0.0])
    array([-0.5,  0.5])
    >>> fl.wasserstein([3.0, 1.0], generator=True)
    -2.0
    """
    return _linear(pred, -1 if generator else 1 - 2 * target)
