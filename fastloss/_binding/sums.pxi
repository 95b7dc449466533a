# One call of a loss of sums.

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
