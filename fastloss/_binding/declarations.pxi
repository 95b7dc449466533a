# The C interface, as Cython sees it: csrc/fastloss.h, and what else of C is called.

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
    enum:
        FL_INTERFACE_VERSION
    ctypedef struct fl_own_loss:
        int version
    ctypedef struct fl_call:
        int loss, tier
        const fl_own_loss *own
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

cdef extern from "runtime/slabs.h" nogil:
    enum:
        FL_LEAST_SLAB
    int fl_has_slabs()
    void *fl_take_slab(size_t bytes)
    size_t fl_room_of_slab(const void *slab)
    void fl_give_slab(void *slab)
    void fl_keep_slabs(size_t most)
    size_t fl_most_kept()
    size_t fl_bytes_kept()
    void fl_release_slabs()

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
    ctypedef struct PyDataMemAllocator:
        void *(*malloc)(void *context, size_t size) noexcept nogil
        void *(*calloc)(void *context, size_t count, size_t size) noexcept nogil
        void *(*realloc)(void *context, void *block, size_t size) noexcept nogil
        void (*free)(void *context, void *block, size_t size) noexcept nogil
    ctypedef struct PyDataMem_Handler:
        char name[127]
        uint8_t version
        PyDataMemAllocator allocator
    object PyDataMem_SetHandler(object handler)

from cpython.pycapsule cimport PyCapsule_New
from cpython.contextvars cimport PyContextVar_Get
from cpython.ref cimport Py_DECREF, PyObject

cdef extern from "Python.h":
    # Declared here without `except`: Cython's own declaration would report the exception instead of leaving it to be raised.
    int PyErr_CheckSignals()
