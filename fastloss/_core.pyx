# cython: language_level=3, boundscheck=False, wraparound=False, freethreading_compatible=True
"""From Python arguments to one C call: arrays in, kernels, exceptions out. Knows no loss by name."""

cimport numpy as cnp
from libc.math cimport NAN
from libc.stdint cimport int64_t, intptr_t, uint8_t
from libc.string cimport memset

from contextvars import ContextVar

import numpy as np

from fastloss import _errors
from fastloss._loss import EMPTY, ENTRY_POINTS, REDUCTIONS, second_keyword
from fastloss._statistics import STATISTICS, SoftmaxResult

cnp.import_array()

cdef extern from "runtime/float_mode.h" nogil:
    ctypedef unsigned long long fl_float_mode
    fl_float_mode fl_enter_default_float_mode()
    void fl_leave_default_float_mode(fl_float_mode callers)

cdef extern from "fastloss.h" nogil:
    ctypedef enum fl_dtype:
        FL_FLOAT32, FL_FLOAT64, FL_INT8, FL_INT16, FL_INT32, FL_INT64, FL_UINT8, FL_UINT16, FL_UINT32, FL_UINT64,
        FL_FLOAT16, FL_BFLOAT16, FL_DTYPES
    ctypedef enum fl_reduction:
        FL_MEAN, FL_SUM, FL_NONE
    ctypedef enum fl_status:
        FL_OK, FL_NO_MEMORY, FL_INTERRUPTED, FL_BAD_LABEL, FL_OUTSIDE, FL_UNSUPPORTED
    enum:
        FL_VALUE, FL_GRAD, FL_HESS, FL_LOG_SOFTMAX, FL_SECOND, FL_MAX_PARAMS, FL_MAX_DIMS, FL_MAX_ARGUMENTS
        FL_PRED, FL_TARGET, FL_OPERAND, FL_ELEMENT_WEIGHT
    ctypedef struct fl_array:
        char *data
        const intptr_t *strides
        fl_dtype dtype
        intptr_t class_stride
        const intptr_t *summed_strides
    ctypedef struct fl_domain:
        double low, high
        int checked, ends_only
    ctypedef struct fl_argument:
        fl_array array
        fl_domain domain
        fl_array grad, hess
    ctypedef struct fl_newton:
        double factor, floor
    ctypedef struct fl_statistics:
        void *lse
        void *entropy
        int64_t *argmax
        uint8_t *correct
    ctypedef struct fl_call:
        int loss, tier
        unsigned outputs
        fl_dtype real
        int n_threads, ndim
        const intptr_t *shape
        int64_t classes
        int n_summed
        const intptr_t *summed_shape
        fl_argument argument[5]
        fl_array weight, value
        fl_statistics statistics
        int labels
        int64_t ignore_index
        double label_smoothing, z_loss, softcap, temperature
        const double *class_weight
        double param[5]
        fl_reduction reduction
        int empty_is_zero
        int check_first
        const fl_newton *newton
        int (*interrupted)() noexcept nogil
        double reduced
        int outside
    ctypedef struct fl_loss_info:
        const char *name
        int n_params, has_operand, slow
    fl_status fl_run(fl_call *call)
    int fl_n_losses()
    const fl_loss_info *fl_loss(int index)
    const char *fl_family(int index)
    int fl_n_tiers()
    const char *fl_tier_name(int tier)
    int fl_tier_built(int tier)
    int fl_tier_usable(int tier)
    int fl_has_openmp()
    int fl_max_threads()
    void fl_threads_init()
    int fl_n_math_functions()
    const char *fl_math_function_name(int function)
    double fl_math_function_bound(int function)
    fl_status fl_math(int tier, fl_dtype real, int function, const void *x, void *y, int64_t n)

cdef extern from "memory/tasks.h":
    enum:
        FL_SERIAL_ELEMENTS

cdef extern from "loops/kernels.h":
    enum:
        FL_GROUP

cdef extern from "numpy/arrayobject.h":
    enum:
        NPY_HALF, NPY_USERDEF
    # Steals the reference to the dtype.
    cnp.ndarray PyArray_NewLikeArray(cnp.ndarray prototype, cnp.NPY_ORDER order, PyArray_Descr *dtype, int subok)
    ctypedef struct PyArray_Descr:
        pass
    PyArray_Descr *PyArray_DescrFromType(int number)

from cpython.contextvars cimport PyContextVar_Get
from cpython.ref cimport Py_DECREF, PyObject

cdef extern from "Python.h":
    # Declared here without `except`: Cython's own declaration would report the exception instead of leaving it to be raised.
    int PyErr_CheckSignals()

fl_threads_init()

# Below this many elements a call ends before another thread could have taken the GIL.
cdef int64_t KEEP_GIL_ELEMENTS = 2048

# The tier in use, chosen once at import; the thread limit, 0 where the library decides; and the context variable with the `with`
# blocks that the calling thread or task is in, the innermost last, of which `n` is the limit.
cdef int current_tier = 0
cdef int thread_limit = 0
cdef object entered_blocks = ContextVar("fastloss_num_threads", default=())
cdef int default_threads = 1
cdef int openmp_threads_at_import = fl_max_threads()

# Strides of an array that is one number.
cdef intptr_t NO_STRIDES[64]
memset(NO_STRIDES, 0, sizeof(NO_STRIDES))


# ---- tiers and threads ----------------------------------------------------------------------------------------------

def tiers():
    """Each SIMD tier's name, whether it is built and whether this CPU can run it; lowest first."""
    return [(fl_tier_name(i).decode(), bool(fl_tier_built(i)), bool(fl_tier_usable(i))) for i in range(fl_n_tiers())]


def set_tier(name):
    """Use the kernels of a tier from now on. For the choice at import, and for tests that compare tiers."""
    global current_tier
    usable = [tier for tier, _, can_run in tiers() if can_run]
    if name not in usable:
        raise ValueError(f"tier {name!r} is not available here; choose from: {', '.join(usable)}")
    current_tier = [tier for tier, _, _ in tiers()].index(name)


def get_tier():
    """The name of the tier in use."""
    return fl_tier_name(current_tier).decode()


def losses():
    """The rows of csrc/losses.inc: name, family, scalar parameters, whether there is an operand."""
    return [(fl_loss(i).name.decode(), fl_family(i).decode(), fl_loss(i).n_params, fl_loss(i).has_operand in (1, 2, 4))
            for i in range(fl_n_losses())]


def openmp_version():
    """The date of the OpenMP specification that the library was built with; 0 without OpenMP."""
    return fl_has_openmp()


def set_thread_limit(int limit):
    """Set the number of threads; 0: the default."""
    global thread_limit
    thread_limit = limit


def blocks_of_num_threads():
    """The context variable that holds the `with` blocks of `num_threads`, the innermost last."""
    return entered_blocks


def set_default_threads(int n):
    """Set the number of threads used where none is asked for."""
    global default_threads
    default_threads = n


cdef int limit_of_block() noexcept:
    """The limit of the innermost `with` block; 0: there is none."""
    cdef PyObject *found = NULL
    PyContextVar_Get(entered_blocks, NULL, &found)
    cdef tuple blocks = <tuple>found
    Py_DECREF(blocks)
    return <int>blocks[len(blocks) - 1].n if blocks else 0


cpdef int threads(int asked=0):
    """How many threads a call uses that asks for `asked` (0: does not ask)."""
    cdef int now, n = asked or limit_of_block() or thread_limit or default_threads
    if not asked:
        # Lower than at import: somebody, such as threadpoolctl, has set a limit.
        now = fl_max_threads()
        if now < openmp_threads_at_import and now < n:
            n = now
    return n


def math_functions():
    """The elementary functions that `math` computes, by name, with the bound of their error in ulp."""
    return {fl_math_function_name(i).decode(): fl_math_function_bound(i) for i in range(fl_n_math_functions())}


def math(str name, tier, x):
    """An elementary function of `csrc/math/` on a contiguous float array, by the kernels of a tier."""
    cdef cnp.ndarray source = np.ascontiguousarray(x)
    cdef cnp.ndarray padded = np.zeros(-(-source.size // FL_GROUP) * FL_GROUP, source.dtype)
    padded[: source.size] = source.reshape(-1)
    cdef cnp.ndarray result = np.empty_like(padded)
    cdef int t = [known for known, _, _ in tiers()].index(tier), function = list(math_functions()).index(name)
    cdef fl_dtype real = FL_FLOAT64 if source.dtype == np.float64 else FL_FLOAT32
    cdef int64_t n = padded.size
    with nogil:
        fl_math(t, real, function, cnp.PyArray_DATA(padded), cnp.PyArray_DATA(result), n)
    return (<object>result)[: source.size].reshape((<object>source).shape)


# ---- arrays -----------------------------------------------------------------------------------------------------------

cdef fl_dtype dtype_of(cnp.ndarray a) noexcept:
    """The C name of an array's dtype; FL_DTYPES where the kernels cannot read it."""
    cdef int number = cnp.PyArray_TYPE(a)
    cdef int size = <int>cnp.PyArray_ITEMSIZE(a)
    if number == cnp.NPY_FLOAT:
        return FL_FLOAT32
    if number == cnp.NPY_DOUBLE:
        return FL_FLOAT64
    if number == NPY_HALF:
        return FL_FLOAT16
    if number == cnp.NPY_BOOL:
        return FL_UINT8
    if cnp.PyTypeNum_ISSIGNED(number) and cnp.PyTypeNum_ISINTEGER(number):
        return FL_INT8 if size == 1 else FL_INT16 if size == 2 else FL_INT32 if size == 4 else FL_INT64
    if cnp.PyTypeNum_ISUNSIGNED(number):
        return FL_UINT8 if size == 1 else FL_UINT16 if size == 2 else FL_UINT32 if size == 4 else FL_UINT64
    if number >= NPY_USERDEF and a.dtype.name == "bfloat16":
        return FL_BFLOAT16
    return FL_DTYPES


cdef inline bint is_float(fl_dtype dtype) noexcept:
    return dtype == FL_FLOAT32 or dtype == FL_FLOAT64 or dtype == FL_FLOAT16 or dtype == FL_BFLOAT16


cdef cnp.ndarray as_array(object given, str name):
    """`given` as an array whose dtype the kernels can read, without a copy where that is possible."""
    cdef cnp.ndarray a
    if type(given) is np.ndarray:
        a = <cnp.ndarray>given
        if dtype_of(a) != FL_DTYPES and cnp.PyArray_ISNOTSWAPPED(a):
            return a
    return _errors.readable_array(given, name)


cdef inline void describe(fl_array *to, cnp.ndarray a) noexcept:
    to.data = cnp.PyArray_BYTES(a)
    to.strides = <const intptr_t *>cnp.PyArray_STRIDES(a)
    to.dtype = dtype_of(a)


cdef bint same_shape(cnp.ndarray a, cnp.ndarray b) noexcept:
    cdef int d, ndim = cnp.PyArray_NDIM(a)
    if ndim != cnp.PyArray_NDIM(b):
        return False
    for d in range(ndim):
        if cnp.PyArray_DIM(a, d) != cnp.PyArray_DIM(b, d):
            return False
    return True


cdef cnp.ndarray empty_like(cnp.ndarray a, int number):
    """A new array of the shape and memory order of `a`."""
    return PyArray_NewLikeArray(a, cnp.NPY_KEEPORDER, PyArray_DescrFromType(number), 0)


cdef int number_of_results(cnp.ndarray pred) noexcept:
    """The type number of gradients: that of the prediction; float64 for integers."""
    return cnp.PyArray_TYPE(pred) if is_float(dtype_of(pred)) else cnp.NPY_DOUBLE


cdef int without_axis(fl_array *to, intptr_t *strides, cnp.ndarray a, int axis) except -1:
    """Describe an array that has the class axis: its strides without that axis, and the stride of that axis."""
    cdef int d, kept = 0
    for d in range(cnp.PyArray_NDIM(a)):
        if d == axis:
            to.class_stride = cnp.PyArray_STRIDE(a, d)
        else:
            strides[kept] = cnp.PyArray_STRIDE(a, d)
            kept += 1
    to.data = cnp.PyArray_BYTES(a)
    to.strides = strides
    to.dtype = dtype_of(a)
    return 0


cdef void extent(cnp.ndarray a, char **low, char **high) noexcept:
    """The first byte of an array and the one after its last."""
    cdef int d
    cdef intptr_t reach
    low[0] = high[0] = cnp.PyArray_BYTES(a)
    for d in range(cnp.PyArray_NDIM(a)):
        reach = (cnp.PyArray_DIM(a, d) - 1) * cnp.PyArray_STRIDE(a, d)
        if reach < 0:
            low[0] += reach
        else:
            high[0] += reach
    high[0] += cnp.PyArray_ITEMSIZE(a)


cdef bint apart(cnp.ndarray a, cnp.ndarray b) noexcept:
    """Whether no byte lies within the extents of both; False where that alone cannot tell."""
    cdef char *a_low
    cdef char *a_high
    cdef char *b_low
    cdef char *b_high
    extent(a, &a_low, &a_high)
    extent(b, &b_low, &b_high)
    return a_high <= b_low or b_high <= a_low


cdef bint same_place(cnp.ndarray a, cnp.ndarray b) noexcept:
    """Whether two arrays of one shape and dtype are element by element the same memory."""
    cdef int d
    if cnp.PyArray_BYTES(a) != cnp.PyArray_BYTES(b) or cnp.PyArray_TYPE(a) != cnp.PyArray_TYPE(b):
        return False
    for d in range(cnp.PyArray_NDIM(a)):
        if cnp.PyArray_STRIDE(a, d) != cnp.PyArray_STRIDE(b, d):
            return False
    return True


cdef bint plainly_fit(object out, cnp.ndarray pred, int number, tuple others) noexcept:
    """Whether `out` may be written to, as far as a quick look can tell; where not, `_errors.checked_out` looks closely."""
    cdef cnp.ndarray a
    cdef int d
    if type(out) is not np.ndarray:
        return False
    a = <cnp.ndarray>out
    if (cnp.PyArray_TYPE(a) != number or not cnp.PyArray_ISWRITEABLE(a) or not cnp.PyArray_ISNOTSWAPPED(a)
            or not same_shape(a, pred) or not (same_place(a, pred) or apart(a, pred))):
        return False
    for d in range(cnp.PyArray_NDIM(a)):
        if cnp.PyArray_STRIDE(a, d) == 0:
            return False
    for other in others:
        if other is not None and not apart(a, <cnp.ndarray>other):
            return False
    return True


cdef bint plain_places(object out) noexcept:
    """Whether `out` holds nothing but arrays of NumPy, as far as a quick look can tell."""
    if type(out) is not tuple:
        return type(out) is np.ndarray
    for each in <tuple>out:
        if each is not None and type(each) is not np.ndarray:
            return False
    return True


cdef inline bint may_be_copy(cnp.ndarray read, object given) noexcept:
    """Whether `read` may be a copy of memory that `given` lends, and so may not show what overlaps that memory."""
    return read is not given and type(given) is not float and type(given) is not int and type(given) is not list


cdef int new_statistics(fl_call *c, dict wanted) except -1:
    """New arrays for the statistics that are wanted, one number a row, and where the call finds them."""
    cdef cnp.ndarray array
    cdef int real = cnp.NPY_DOUBLE if c.real == FL_FLOAT64 else cnp.NPY_FLOAT
    for name in wanted:
        array = cnp.PyArray_EMPTY(c.ndim, <cnp.npy_intp *>c.shape,
                                  cnp.NPY_INT64 if name == "argmax" else cnp.NPY_BOOL if name == "correct" else real, 0)
        if name == "lse":
            c.statistics.lse = cnp.PyArray_DATA(array)
        elif name == "entropy":
            c.statistics.entropy = cnp.PyArray_DATA(array)
        elif name == "argmax":
            c.statistics.argmax = <int64_t *>cnp.PyArray_DATA(array)
        else:
            c.statistics.correct = <uint8_t *>cnp.PyArray_DATA(array)
        wanted[name] = array
    return 0


cdef int interrupted() noexcept with gil:
    return PyErr_CheckSignals() != 0


cdef int raise_pending() except -1:
    """Raise the exception that a signal handler has left."""
    return -1


#: The parameters that are fields of fl_call; the others are numbers for the body of the loss.
CALL_FIELDS = ("class_weight", "ignore_index", "label_smoothing", "temperature", "softcap", "z_loss")


# ---- entry points -----------------------------------------------------------------------------------------------------

cdef int reduction_of(object name) except -1:
    if not isinstance(name, str) or name not in REDUCTIONS:
        raise _errors.bad_reduction(name, REDUCTIONS)
    return FL_MEAN if name == "mean" else FL_SUM if name == "sum" else FL_NONE


cdef int gradient_number(object given, int number) except -1:
    """The type number of the derivatives that are asked for: `number`, that of the prediction, or float32."""
    cdef int wanted = _errors.gradient_dtype(given).num
    if wanted not in (number, cnp.NPY_FLOAT):
        raise ValueError(f"grad_dtype = {given!r}: the dtype of the prediction, float32 or None is accepted")
    return wanted


cdef bint loses_gradients(fl_call *c, int number, int64_t size, bint is_rows) noexcept:
    """Whether a mean's gradient is of numbers many of which float16 makes 0: its smallest is 2^-24.

    Of rows the probabilities that a gradient consists of are mostly a good deal smaller than 1 / classes.
    """
    return number == NPY_HALF and c.reduction == FL_MEAN and size > (1 << 20 if is_rows else 1 << 24)


cdef int split_axis(fl_call *c, cnp.ndarray pred, int axis, intptr_t *shape, intptr_t *pred_strides) except -1:
    """Split the class axis from the rows."""
    cdef int d, kept = 0
    for d in range(cnp.PyArray_NDIM(pred)):
        if d == axis:
            c.classes = cnp.PyArray_DIM(pred, d)
        else:
            shape[kept] = cnp.PyArray_DIM(pred, d)
            kept += 1
    c.ndim, c.shape = kept, shape
    return without_axis(&c.argument[FL_PRED].array, pred_strides, pred, axis)


cdef fl_status run(fl_call *c, int64_t elements, int asked) noexcept:
    """The C call; without the GIL where it takes long enough."""
    cdef fl_status status
    c.tier = current_tier
    if elements < KEEP_GIL_ELEMENTS:
        c.n_threads = 1
        return fl_run(c)
    c.n_threads = 1 if elements < FL_SERIAL_ELEMENTS else threads(asked)
    with nogil:
        status = fl_run(c)
    return status


cdef object value_of(fl_call *c, cnp.ndarray value):
    """What a call returns as its value: the reduced one, or one a row or element, a number where there is but one."""
    return c.reduced if value is None else value if cnp.PyArray_NDIM(value) else value[()]


cdef object no_memory():
    return MemoryError("fastloss could not allocate its scratch memory")


cdef inline bint fits_float(double x) noexcept:
    """Whether float32 keeps a number from becoming 0 or infinite."""
    cdef float single = <float>x
    return single == x or (single != 0 and single - single == 0) or x != x


cdef inline double number_of_operand(cnp.ndarray operand) noexcept:
    """An operand that is one number for all; NaN, which every type has, where it is not."""
    if operand is None or cnp.PyArray_NDIM(operand) or cnp.PyArray_TYPE(operand) != cnp.NPY_DOUBLE:
        return NAN
    return (<double *>cnp.PyArray_DATA(operand))[0]


cdef class Kernel:
    """One entry point of one loss: takes the loss's arguments, computes, returns numbers and arrays."""

    cdef readonly object loss
    cdef readonly tuple outputs
    cdef unsigned output_bits
    cdef bint is_rows, is_softmax, takes_labels, takes_lists, target_has_classes
    cdef tuple parameters          # of Parameter
    cdef tuple slots               # where each goes: a position in param[], or the name of a field
    cdef fl_call template          # all that does not depend on the arguments
    cdef object default_operand, default_class_weight
    # Ends of what prediction, target and operand may be, in float32 and in float64.
    cdef fl_domain[2] pred_domains, target_domains, operand_domains, other_domains
    cdef int other_target          # where in param[] a number makes targets lie in another domain; -1: nowhere
    cdef double makes_other        # that number
    cdef int scalars               # how many numbers of param[] are given
    cdef bint ends_apart           # of one of them the ends of its range are apart
    cdef bint has_domain, optional_target
    cdef fl_newton newton
    cdef bint gives_single
    # What is bound beside parameters: the defaults of these keywords.
    cdef object default_weight, default_axis, default_grad_dtype
    cdef bint default_check
    cdef int default_threads
    cdef str second, second_flag   # the other argument that there are derivatives by, and the keyword that asks for them; ""

    def __init__(self, loss, str name):
        cdef int i = 0
        row = loss.row
        self.loss = loss
        self.outputs = ENTRY_POINTS[name]
        self.output_bits = sum({"value": FL_VALUE, "grad": FL_GRAD, "hess": FL_HESS}[o] for o in self.outputs)
        known = [n for n, _, _, _ in losses()]
        if row.name not in known:
            raise ImportError(f"fastloss.reference declares {row.name}, but csrc/losses.inc has no row for it")
        self.is_rows = row.family == "rows"
        self.is_softmax = row.softmax
        self.takes_labels, self.takes_lists, self.target_has_classes = row.labels, row.label_lists, row.target_has_classes
        self.parameters = row.parameters
        memset(&self.template, 0, sizeof(fl_call))
        self.template.loss = known.index(row.name)
        self.template.outputs = self.output_bits
        self.template.ignore_index = -1
        self.template.interrupted = interrupted
        self.template.reduction = <fl_reduction>reduction_of(loss.bound.get("reduction", row.default_reduction(name)))
        self.default_weight, self.default_axis = loss.bound.get("weight"), loss.bound.get("axis", -1)
        self.template.empty_is_zero = loss.bound.get("empty", EMPTY[0]) == "zero"
        self.default_check, self.default_threads = loss.bound.get("check_domain", True), loss.bound.get("n_threads", 0)
        self.default_grad_dtype = None if self.output_bits == FL_VALUE else loss.bound.get("grad_dtype")
        self.has_domain = row.prediction.bounded or row.target.bounded
        self.second, self.second_flag = row.second, second_keyword(row, name)
        self.optional_target = row.optional_target
        self.set_domains(self.pred_domains, row.prediction)
        self.set_domains(self.target_domains, row.target)
        self.set_domains(self.other_domains, row.target_at[2] if row.target_at else row.target)
        self.makes_other = row.target_at[1] if row.target_at else 0.0
        slots = []
        for p in row.parameters:
            if p.kind.array == "elements":
                slots.append("operand")
                self.set_domains(self.operand_domains, p.range)
            elif p.name in CALL_FIELDS:
                slots.append(p.name)
            else:
                slots.append(i)
                i += 1
        self.slots, self.scalars = tuple(slots), i
        self.ends_apart = any([p.kind.ends_apart for p in row.parameters])
        self.other_target = next((slot for p, slot in zip(row.parameters, slots) if row.target_at and p.name == row.target_at[0]), -1)
        for p, slot in zip(self.parameters, slots):
            self.set_parameter(&self.template, slot, p, loss.bound.get(p.name, p.default), True)

    def for_newton_steps(self, double factor, double floor, bint single):
        """From now on give Hessians as fl_newton says, and results as float32 whatever the predictions are, if `single`."""
        self.newton.factor, self.newton.floor = factor, floor
        self.template.newton = &self.newton
        self.gives_single = single

    cdef int set_domains(self, fl_domain *domains, interval) except -1:
        """An interval as C compares it, in either type: closed."""
        for i, real in enumerate((np.float32, np.float64)):
            domains[i].low, domains[i].high = interval.ends_in(real)
            domains[i].checked, domains[i].ends_only = interval.bounded, interval.ends_only
        return 0

    cdef inline bint may_change_in_float(self, fl_call *c, cnp.ndarray operand) noexcept:
        """Whether a parameter might be another one in float32: a quick look, as each call takes."""
        cdef int i
        for i in range(self.scalars):
            if not fits_float(c.param[i]):
                return True
        return self.ends_apart or not fits_float(number_of_operand(operand))

    cdef int check_single(self, fl_call *c, cnp.ndarray operand) except -1:
        """Raise where a number, of which float32 makes 0 or infinity, is out of its parameter's range then, as one of an array is."""
        cdef int d
        cdef double number
        for d in range(len(self.slots)):
            slot = self.slots[d]
            number = c.param[<int>slot] if type(slot) is int else number_of_operand(operand) if slot == "operand" else NAN
            if number == number and (not fits_float(number) or self.parameters[d].kind.ends_apart):
                self.parameters[d].check_single(number)
        return 0

    cdef object set_parameter(self, fl_call *c, object slot, object parameter, object value, bint default):
        """Check a parameter and put it where the kernels look; returns the array to keep alive, if it is one."""
        if slot == "operand":
            if _errors.axes_of(value, parameter.name):
                value = as_array(value, parameter.name)
                if not default:  # the call looks at its numbers
                    return value
            value = parameter.check(value)
            # NaN would be an element's own.
            array = value if isinstance(value, np.ndarray) else np.array(-1.0 if value is None else value)
            if default:
                self.default_operand = array
            return array
        value = parameter.check(value)
        if slot == "class_weight":
            array = None if value is None else np.asarray(value, np.float64)
            if default:
                self.default_class_weight = array
            return array
        if slot == "ignore_index":
            c.ignore_index = value
        elif slot == "label_smoothing":
            c.label_smoothing = value
        elif slot == "temperature":
            c.temperature = value
        elif slot == "softcap":
            c.softcap = 0 if value is None else value
        elif slot == "z_loss":
            c.z_loss = value
        else:
            c.param[<int>slot] = np.nan if value is None else <double>value
        return None

    def __call__(self, *args, **kwargs):
        cdef fl_call c = self.template
        cdef cnp.ndarray pred, target, kept, weight = None, value = None, grad = None, hess = None
        cdef cnp.ndarray second_grad = None, second_hess = None, second = None
        cdef cnp.ndarray operand = self.default_operand, class_weight = self.default_class_weight, contiguous_weight
        cdef object given_weight = self.default_weight, out = None, given_pred, given_target, key, argument
        cdef dict statistics = None
        cdef object given_axis = self.default_axis, grad_dtype = self.default_grad_dtype
        cdef int axis = 0, asked = self.default_threads, number, value_number, d
        cdef bint check_domain = self.default_check, copied = False, with_second = False
        cdef fl_status status
        cdef intptr_t shape[64]
        cdef intptr_t strides[6][64]

        # Arguments.
        if len(args) == 2:
            given_pred, given_target = args
        else:
            given_pred, given_target, kwargs = _errors.positional(self, args, kwargs)
        for key, argument in kwargs.items():
            if key == "out" and not self.output_bits == FL_VALUE:
                out = argument
            elif key == "weight":
                given_weight = argument
            elif key == "reduction":
                c.reduction = <fl_reduction>reduction_of(argument)
            elif key == "n_threads":
                asked = 0 if argument is None else _errors.thread_count(argument)
            elif key == "axis" and self.is_rows:
                given_axis = argument
            elif key == "empty":
                c.empty_is_zero = _errors.choice("empty", argument, EMPTY) == "zero"
            elif key == "grad_dtype" and not self.output_bits == FL_VALUE:
                grad_dtype = argument
            elif key == "check_domain" and self.has_domain:
                check_domain = _errors.flag(key, argument)
            elif self.second_flag and key == self.second_flag:
                with_second = _errors.flag(key, argument)
            elif self.is_softmax and key in STATISTICS:
                if _errors.flag(key, argument):
                    statistics = statistics or {}
                    statistics[STATISTICS[key]] = None
            else:
                for d in range(len(self.parameters)):
                    if self.parameters[d].name == key:
                        kept = self.set_parameter(&c, self.slots[d], self.parameters[d], argument, False)
                        copied = copied or (kept is not None and may_be_copy(kept, argument))
                        if self.slots[d] == "operand":
                            operand = kept
                        elif self.slots[d] == "class_weight":
                            class_weight = kept
                        break
                else:
                    if key != "sample_weight":
                        raise _errors.unknown_keyword(self, key)
                    if "weight" in kwargs:
                        raise _errors.two_weights(self)
                    given_weight = argument
        if out is not None and not plain_places(out) and _errors.has_tensor(out):
            return _errors.call_with_tensors(self, (given_pred, given_target), kwargs)

        # Arrays.
        pred = as_array(given_pred, "pred")
        if given_target is None and self.optional_target:
            given_target = np.broadcast_to(np.zeros((), (<object>pred).dtype), (<object>pred).shape)
        target = as_array(given_target, "target")
        number = number_of_results(pred)
        c.real = FL_FLOAT64 if number == cnp.NPY_DOUBLE else FL_FLOAT32
        if c.real == FL_FLOAT32 and self.may_change_in_float(&c, operand):
            self.check_single(&c, operand)
        value_number = cnp.NPY_FLOAT if self.is_rows and c.real == FL_FLOAT32 else number
        if grad_dtype is not None:
            number = gradient_number(grad_dtype, number)
        c.argument[FL_PRED].domain = self.pred_domains[c.real == FL_FLOAT64]
        if self.other_target >= 0 and c.param[self.other_target] == self.makes_other:
            c.argument[FL_TARGET].domain = self.other_domains[c.real == FL_FLOAT64]
        else:
            c.argument[FL_TARGET].domain = self.target_domains[c.real == FL_FLOAT64]
        if self.gives_single:
            number = cnp.NPY_FLOAT
        if self.is_rows:
            axis = _errors.axis_from_front(given_axis, pred)
            self.prepare_rows(&c, pred, target, axis, shape, strides[0], strides[1])
            if class_weight is not None:
                if class_weight.ndim != 1 or class_weight.shape[0] != c.classes:
                    raise ValueError(f"class_weight has shape {_errors.shape(class_weight)} but there are {c.classes} classes")
                contiguous_weight = np.require(class_weight, requirements=("C", "A"))
                c.class_weight = <const double *>cnp.PyArray_DATA(contiguous_weight)
        else:
            if not same_shape(pred, target):
                if cnp.PyArray_NDIM(target):
                    raise _errors.shapes(pred, target)
                target = np.broadcast_to(target, (<object>pred).shape)  # one number is one for all
            describe(&c.argument[FL_PRED].array, pred)
            describe(&c.argument[FL_TARGET].array, target)
            c.ndim = cnp.PyArray_NDIM(pred)
            c.shape = <const intptr_t *>cnp.PyArray_DIMS(pred)
            if operand is not None:
                operand = _errors.broadcast(operand, (<object>pred).shape, self.parameters[self.slots.index("operand")].name)
                describe(&c.argument[FL_OPERAND].array, operand)
                if cnp.PyArray_NDIM(operand) == 0:
                    c.argument[FL_OPERAND].array.strides = NO_STRIDES
                else:
                    c.argument[FL_OPERAND].domain = self.operand_domains[c.real == FL_FLOAT64]
        if given_weight is not None:
            weight = as_array(given_weight, "weight")
            copied = copied or may_be_copy(weight, given_weight)
            weight = _errors.broadcast(weight, tuple([c.shape[d] for d in range(c.ndim)]), "weight")
            describe(&c.weight, weight)

        # Results.
        copied = copied or may_be_copy(pred, given_pred) or may_be_copy(target, given_target)
        if out is None:
            pass
        elif not copied and not with_second and plainly_fit(out, pred, number, (target, weight, operand, class_weight)):
            grad = out
        else:
            wanted = tuple([order + name for name in self.outputs if name != "value" for order in ("", "second_")[:1 + with_second]])
            places = dict(zip(wanted, _errors.checked_out(
                self, out, given_pred, given_target, kwargs, <object>PyArray_DescrFromType(number), wanted)))
            grad, hess = places.get("grad"), places.get("hess")
            second_grad, second_hess = places.get("second_grad"), places.get("second_hess")
        if self.output_bits & FL_GRAD:
            grad = self.place(&c.argument[FL_PRED].grad, strides[2], grad, pred, number, axis)
        if self.output_bits & FL_HESS:
            hess = self.place(&c.argument[FL_PRED].hess, strides[3], hess, pred, number, axis)
        if with_second:
            c.outputs |= FL_SECOND
            # An operand may be broadcast: its derivatives are each element's own.
            second = target if self.second == "target" else pred
            d = FL_TARGET if self.second == "target" else FL_OPERAND
            second_grad = self.place(&c.argument[d].grad, strides[4], second_grad, second, number, axis)
            if self.output_bits & FL_HESS:
                second_hess = self.place(&c.argument[d].hess, strides[5], second_hess, second, number, axis)
        if self.output_bits & FL_VALUE and c.reduction == FL_NONE:
            if self.is_rows:
                value = cnp.PyArray_EMPTY(c.ndim, <cnp.npy_intp *>c.shape, value_number, 0)
            else:
                value = empty_like(pred, value_number)
            describe(&c.value, value)
        if self.output_bits & FL_GRAD and loses_gradients(&c, number, cnp.PyArray_SIZE(pred), self.is_rows):
            _errors.warn_of_lost_gradients(<object>pred)

        if statistics is not None:
            new_statistics(&c, statistics)

        if not check_domain:
            c.argument[FL_PRED].domain.checked = c.argument[FL_TARGET].domain.checked = 0
        c.check_first = out is not None
        status = run(&c, cnp.PyArray_SIZE(pred), asked)
        if status != FL_OK:
            if status == FL_INTERRUPTED:
                raise_pending()
            raise self.failure(status, &c, pred, target, operand, weight, axis)

        gradient = (grad, second_grad) if with_second else grad
        if statistics is not None:
            if self.output_bits & FL_VALUE:
                statistics["value"] = value_of(&c, value)
            # A single row has numbers and not arrays without dimensions.
            for key in statistics if c.ndim == 0 else ():
                if key != "value":
                    statistics[key] = statistics[key][()]
            return SoftmaxResult(grad=gradient, hess=hess, **statistics)
        if self.output_bits == FL_GRAD:
            return gradient
        if self.output_bits == FL_GRAD | FL_HESS:
            return gradient, (hess, second_hess) if with_second else hess
        return value_of(&c, value) if self.output_bits == FL_VALUE else (value_of(&c, value), gradient)

    cdef cnp.ndarray place(self, fl_array *to, intptr_t *strides, cnp.ndarray given, cnp.ndarray like, int number, int axis):
        """The array for a derivative, `given` or a new one, described to the call."""
        if given is None:
            given = empty_like(like, number)
        if self.is_rows:
            without_axis(to, strides, given, axis)
        else:
            describe(to, given)
        return given

    cdef object failure(self, fl_status status, fl_call *c, object pred, object target, object operand, object weight, int axis):
        """The exception for what the C call found."""
        cdef fl_float_mode mode
        if status == FL_NO_MEMORY:
            return no_memory()
        real = "d" if c.real == FL_FLOAT64 else "f"
        # The search for the bad number must see subnormal ones too.
        mode = fl_enter_default_float_mode()
        try:
            if status == FL_BAD_LABEL and self.takes_lists:
                return _errors.bad_listed_label(target, c.classes, axis)
            if status == FL_BAD_LABEL:
                return _errors.bad_label(target, c.classes, c.ignore_index)
            row = self.loss.row
            if status == FL_OUTSIDE and c.outside == FL_PRED and row.label_alone:
                return _errors.label_outside(row, pred, target, axis, row.prediction, c.ignore_index, weight)
            if status == FL_OUTSIDE and c.outside == FL_PRED:
                return _errors.outside(row.name, "pred", pred, row.prediction, real, row)
            if status == FL_OUTSIDE and c.outside == FL_TARGET:
                domain = row.target_domain({row.target_at[0]: c.param[self.other_target]} if row.target_at else {})
                return _errors.outside(row.name, "target", target, domain, real, row)
            if status == FL_OUTSIDE:
                parameter = self.parameters[self.slots.index("operand")]
                return parameter.outside(operand.astype(real)) or ValueError(
                    f"{parameter.name} was outside {parameter.range} while another thread changed it")
        finally:
            fl_leave_default_float_mode(mode)
        return RuntimeError(f"{self.loss.name} has no kernel for {self.outputs}")

    cdef int prepare_rows(self, fl_call *c, cnp.ndarray pred, cnp.ndarray target, int axis, intptr_t *shape,
                          intptr_t *pred_strides, intptr_t *target_strides) except -1:
        """Split the class axis from the rows, and see whether the target holds labels."""
        cdef int d
        split_axis(c, pred, axis, shape, pred_strides)
        cdef bint is_label_shape = cnp.PyArray_NDIM(target) == c.ndim
        for d in range(c.ndim):
            if is_label_shape and cnp.PyArray_DIM(target, d) != shape[d]:
                is_label_shape = False
        if self.target_has_classes and same_shape(pred, target):
            if self.takes_lists and is_float(dtype_of(target)):
                raise _errors.target_type(target.dtype, labels=True)
            if self.takes_labels and not is_float(dtype_of(target)):
                raise _errors.target_type(target.dtype, labels=False)
            without_axis(&c.argument[FL_TARGET].array, target_strides, target, axis)
        elif self.takes_labels and is_label_shape:
            describe(&c.argument[FL_TARGET].array, target)
            if is_float(c.argument[FL_TARGET].array.dtype):
                if cnp.PyArray_SIZE(target):
                    raise _errors.target_type(target.dtype, labels=True)
                c.argument[FL_TARGET].array.dtype = FL_INT64  # an empty list is one of labels, too
            c.labels = 1
        else:
            raise _errors.shapes(pred, target, axis, self.takes_labels, self.target_has_classes)
        return 0


# ---- losses of sums ---------------------------------------------------------------------------------------------------

cdef struct split_strides:
    intptr_t kept[64]
    intptr_t summed[64]


cdef int split(fl_array *to, split_strides *strides, cnp.ndarray a, tuple axes) except -1:
    """Describe an array of elements: its strides along the axes of the losses, and along those that are summed over."""
    cdef int d, kept = 0, summed = 0
    for d in range(cnp.PyArray_NDIM(a)):
        if d in axes:
            strides.summed[summed] = cnp.PyArray_STRIDE(a, d)
            summed += 1
        else:
            strides.kept[kept] = cnp.PyArray_STRIDE(a, d)
            kept += 1
    to.data = cnp.PyArray_BYTES(a)
    to.strides, to.summed_strides = strides.kept, strides.summed
    to.dtype = dtype_of(a)
    return 0


def evaluate_sums(int loss, bint with_value, list arguments, cnp.ndarray element_weight, cnp.ndarray weight, tuple axes,
                  list of_loss, list intervals, list gradients, cnp.ndarray value, list parameters, str reduction,
                  bint empty_is_zero, bint check_first, int asked, bint single):
    """One call of a loss of sums, arrays of fitting shapes. Returns the reduced value, and the argument outside its domain or -1."""
    cdef fl_call c
    cdef split_strides[10] strides
    cdef intptr_t shape[64]
    cdef intptr_t summed[64]
    cdef int i, d, n = 0
    cdef cnp.ndarray first = arguments[0]
    cdef fl_status status
    memset(&c, 0, sizeof(c))
    c.loss = loss
    c.interrupted = interrupted
    c.real = FL_FLOAT32 if single else FL_FLOAT64
    c.reduction = <fl_reduction>reduction_of(reduction)
    c.empty_is_zero, c.check_first = empty_is_zero, check_first
    c.outputs = FL_VALUE if with_value else 0
    c.shape, c.summed_shape = shape, summed
    for d in range(cnp.PyArray_NDIM(first)):
        if d in axes:
            summed[c.n_summed] = cnp.PyArray_DIM(first, d)
            c.n_summed += 1
        else:
            shape[c.ndim] = cnp.PyArray_DIM(first, d)
            c.ndim += 1
    for i in range(len(arguments)):
        if of_loss[i]:
            describe(&c.argument[i].array, arguments[i])
        else:
            split(&c.argument[i].array, &strides[n], arguments[i], axes)
            n += 1
        if intervals[i] is not None and intervals[i].bounded:
            low, high = intervals[i].ends_in(np.float32 if single else np.float64)
            c.argument[i].domain.low, c.argument[i].domain.high = low, high
            c.argument[i].domain.checked, c.argument[i].domain.ends_only = True, intervals[i].ends_only
        if gradients[i] is not None:
            split(&c.argument[i].grad, &strides[n], gradients[i], axes)
            n += 1
            c.outputs |= FL_GRAD
    if element_weight is not None:
        split(&c.argument[FL_ELEMENT_WEIGHT].array, &strides[n], element_weight, axes)
    if weight is not None:
        describe(&c.weight, weight)
    if value is not None:
        describe(&c.value, value)
    for i in range(len(parameters)):
        c.param[i] = parameters[i]
    status = run(&c, cnp.PyArray_SIZE(first), asked)
    if status == FL_INTERRUPTED:
        raise_pending()
    if status == FL_NO_MEMORY:
        raise no_memory()
    return c.reduced, c.outside if status == FL_OUTSIDE else -1


cdef class FunctionKernel:
    """One entry point of one function of rows of logits, without a target: takes its arguments, computes, returns."""

    cdef readonly object loss         # the function: what messages name
    cdef readonly tuple outputs
    cdef bint is_reduced, takes_out
    cdef fl_call template

    def __init__(self, function, str name, str kernel):
        self.loss = function
        self.outputs = function.row.entry_points[name]
        memset(&self.template, 0, sizeof(fl_call))
        self.template.loss = [known for known, _, _, _ in losses()].index(kernel)
        self.template.outputs = sum({"value": FL_VALUE, "grad": FL_GRAD, "log_softmax": FL_LOG_SOFTMAX}[o] for o in self.outputs)
        self.template.ignore_index = -1
        self.template.interrupted = interrupted
        self.template.reduction = FL_NONE
        self.is_reduced = not self.template.outputs & FL_LOG_SOFTMAX
        self.takes_out = self.template.outputs != FL_VALUE

    def __call__(self, *args, **kwargs):
        cdef fl_call c = self.template
        cdef cnp.ndarray pred, weight = None, value = None, array = None
        cdef object given_pred, given_weight = None, given_axis = -1, out = None, key, argument
        cdef int axis, asked = 0, number, d
        cdef bint copied
        cdef fl_status status
        cdef intptr_t shape[64]
        cdef intptr_t strides[2][64]
        if len(args) == 1 and "pred" not in kwargs:
            given_pred = args[0]
        else:
            given_pred, _, kwargs = _errors.positional(self, args, kwargs)
        for key, argument in kwargs.items():
            if key == "axis":
                given_axis = argument
            elif key == "n_threads":
                asked = 0 if argument is None else _errors.thread_count(argument)
            elif key == "out" and self.takes_out:
                out = argument
            elif key == "weight" and self.is_reduced:
                given_weight = argument
            elif key == "reduction" and self.is_reduced:
                c.reduction = <fl_reduction>reduction_of(argument)
            elif key == "sample_weight" and self.is_reduced:
                if "weight" in kwargs:
                    raise _errors.two_weights(self)
                given_weight = argument
            else:
                raise _errors.unknown_keyword(self, key)
        if out is not None and not plain_places(out) and _errors.has_tensor(out):
            return _errors.call_with_tensors(self, (given_pred,), kwargs)

        pred = as_array(given_pred, "pred")
        number = number_of_results(pred)
        c.real = FL_FLOAT64 if number == cnp.NPY_DOUBLE else FL_FLOAT32
        axis = _errors.axis_from_front(given_axis, pred)
        split_axis(&c, pred, axis, shape, strides[0])
        copied = may_be_copy(pred, given_pred)
        if given_weight is not None:
            weight = as_array(given_weight, "weight")
            copied = copied or may_be_copy(weight, given_weight)
            weight = _errors.broadcast(weight, tuple([c.shape[d] for d in range(c.ndim)]), "weight")
            describe(&c.weight, weight)
        if out is not None:
            if not copied and plainly_fit(out, pred, number, (weight,)):
                array = out
            else:
                array, = _errors.checked_out(self, out, given_pred, None, kwargs,
                                             pred.dtype if is_float(dtype_of(pred)) else np.dtype(np.float64), ("grad",))
        if self.takes_out:
            if array is None:
                array = empty_like(pred, number)
            without_axis(&c.argument[FL_PRED].grad, strides[1], array, axis)
        if c.outputs & FL_VALUE and c.reduction == FL_NONE:
            # Values of rows keep the precision that they are computed in, as lse does.
            value = cnp.PyArray_EMPTY(c.ndim, <cnp.npy_intp *>c.shape, cnp.NPY_DOUBLE if c.real == FL_FLOAT64 else cnp.NPY_FLOAT, 0)
            describe(&c.value, value)

        status = run(&c, cnp.PyArray_SIZE(pred), asked)
        if status == FL_INTERRUPTED:
            raise_pending()
        if status == FL_NO_MEMORY:
            raise no_memory()
        if not c.outputs & FL_VALUE:
            return array
        return (value_of(&c, value), array) if self.takes_out else value_of(&c, value)
