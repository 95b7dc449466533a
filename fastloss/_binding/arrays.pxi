# Arrays of NumPy: their dtypes, where they lie, and whether one may be written to.

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


cdef bint disjoint(cnp.ndarray a, cnp.ndarray b) noexcept:
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
            or not same_shape(a, pred) or not (same_place(a, pred) or disjoint(a, pred))):
        return False
    for d in range(cnp.PyArray_NDIM(a)):
        if cnp.PyArray_STRIDE(a, d) == 0:
            return False
    for other in others:
        if other is not None and not disjoint(a, <cnp.ndarray>other):
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
