# What all entry points do: choose a reduction, check dtypes, split axes, run the call without the GIL.

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


#: Derivatives are by these arguments where nothing is said.
cdef tuple BY_PREDICTION = ("pred",)


cdef object by_names(object wrt, tuple names, object of_pred, object of_second):
    """Derivatives by the prediction and by the second argument as `wrt` has them."""
    if isinstance(wrt, str):
        return of_pred if names[0] == "pred" else of_second
    return tuple([of_pred if name == "pred" else of_second for name in names])


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


#: Fields of the call for parameters that are numbers, behind the positions of param[].
cdef enum:
    LABEL_SMOOTHING = FL_MAX_PARAMS, TEMPERATURE, Z_LOSS
cdef dict FIELDS = {"label_smoothing": LABEL_SMOOTHING, "temperature": TEMPERATURE, "z_loss": Z_LOSS}
