# cython: language_level=3, boundscheck=False, wraparound=False, freethreading_compatible=True
"""From Python arguments to one C call: arrays in, kernels, exceptions out. Knows no loss by name."""

cimport numpy as cnp
from libc.math cimport NAN
from libc.stdint cimport int64_t, intptr_t, uint8_t
from libc.string cimport memcpy, memset

from contextvars import ContextVar

import numpy as np

from fastloss import _errors
from fastloss._arguments import wanted_names
from fastloss._options import EMPTY, REDUCTIONS
from fastloss._shapes import ENTRY_POINTS
from fastloss._statistics import STATISTICS, SoftmaxResult

cnp.import_array()

include "_binding/declarations.pxi"
include "_binding/runtime.pxi"
include "_binding/memory.pxi"
include "_binding/arrays.pxi"
include "_binding/calls.pxi"
include "_binding/kernel.pxi"
include "_binding/sums.pxi"
include "_binding/functions.pxi"
