"""Adversarial losses: of the scores that a discriminator gives to samples, for it and for the generator."""

from __future__ import annotations

import numpy as np

from fastloss._registry import BINARY, PROBABILITY, Flag, pointwise
from fastloss.reference._pointwise import _logistic
