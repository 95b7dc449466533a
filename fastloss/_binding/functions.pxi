# The entry points of functions of rows of logits, which have no target.

cdef class FunctionKernel:
    """One entry point of one function of rows of logits, without a target: takes its arguments, computes, returns."""

    cdef readonly object loss         # the function: what messages name
    cdef readonly tuple outputs
    cdef bint is_reduced, takes_out
    cdef fl_call template

    def __init__(self, function, str name, str kernel):
        self.loss = function
        self.outputs = function.declared.entry_points[name]
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
