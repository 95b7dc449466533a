# The entry points of losses of a prediction and a target.

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
    cdef dict positions            # of the parameters, by name
    cdef double[16] lows, highs    # the range of each, closed; from high to low where a number is not all that is to be looked at
    cdef int[16] fields            # where the number goes: a position in param[], or one of FIELDS
    cdef int scalars               # how many numbers of param[] are given
    cdef bint ends_apart           # of one of them the ends of its range are apart
    cdef bint has_domain, optional_target
    cdef fl_newton newton
    cdef bint gives_single
    # What is bound beside parameters: the defaults of these keywords.
    cdef object default_weight, default_axis, default_grad_dtype
    cdef bint default_check
    cdef int default_threads
    cdef str second, entry_point   # the other argument that there may be derivatives by, or ""

    def __init__(self, loss, str name):
        cdef int i = 0
        declared = loss.declared
        self.loss = loss
        self.outputs = ENTRY_POINTS[name]
        self.output_bits = sum({"value": FL_VALUE, "grad": FL_GRAD, "hess": FL_HESS}[o] for o in self.outputs)
        self.is_rows = declared.has_classes
        self.is_softmax = declared.softmax
        self.takes_labels, self.takes_lists, self.target_has_classes = declared.labels, declared.label_lists, declared.target_has_classes
        self.parameters = declared.parameters
        memset(&self.template, 0, sizeof(fl_call))
        self.template.own = <const fl_own_loss *><size_t>(declared.own.address if declared.own else 0)  # else _kernel.py has found it
        self.template.loss = 0 if declared.own else [n for n, _, _, _ in losses()].index(declared.name)
        self.template.outputs = self.output_bits
        self.template.ignore_index = -1
        self.template.interrupted = interrupted
        self.template.reduction = <fl_reduction>reduction_of(loss.bound.get("reduction", declared.default_reduction(name)))
        self.default_weight, self.default_axis = loss.bound.get("weight"), loss.bound.get("axis", -1)
        self.template.empty_is_zero = loss.bound.get("empty", EMPTY[0]) == "zero"
        self.default_check, self.default_threads = loss.bound.get("check_domain", True), loss.bound.get("n_threads", 0)
        self.default_grad_dtype = None if self.output_bits == FL_VALUE else loss.bound.get("grad_dtype")
        self.has_domain = declared.prediction.bounded or declared.target.bounded
        self.second, self.entry_point = declared.second, name
        self.optional_target = declared.optional_target
        self.set_domains(self.pred_domains, declared.prediction)
        self.set_domains(self.target_domains, declared.target)
        self.set_domains(self.other_domains, declared.target_at[2] if declared.target_at else declared.target)
        self.makes_other = declared.target_at[1] if declared.target_at else 0.0
        slots = []
        for p in declared.parameters:
            if p.kind.array == "elements":
                slots.append("operand")
                self.set_domains(self.operand_domains, p.range)
            elif p.name in CALL_FIELDS:
                slots.append(p.name)
            else:
                slots.append(i)
                i += 1
        self.slots, self.scalars = tuple(slots), i
        self.positions = {p.name: place for place, p in enumerate(declared.parameters)}
        for place, (p, slot) in enumerate(zip(declared.parameters, slots)):
            plain = p.kind.type is float and (isinstance(slot, int) or slot in FIELDS)
            self.lows[place], self.highs[place] = p.range.ends_in(np.float64) if plain else (np.inf, -np.inf)
            self.fields[place] = slot if isinstance(slot, int) else FIELDS.get(slot, -1)
        self.ends_apart = any([p.kind.ends_apart for p in declared.parameters])
        self.other_target = next((slot for p, slot in zip(declared.parameters, slots) if declared.target_at and p.name == declared.target_at[0]), -1)
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

    cdef inline bint take_number(self, fl_call *c, int place, double number) noexcept:
        """Take a parameter that is a number within its range, without asking Python; False: more is to be looked at."""
        if not self.lows[place] <= number <= self.highs[place]:
            return False
        if self.fields[place] < FL_MAX_PARAMS:
            c.param[self.fields[place]] = number
        elif self.fields[place] == LABEL_SMOOTHING:
            c.label_smoothing = number
        elif self.fields[place] == TEMPERATURE:
            c.temperature = number
        else:
            c.z_loss = number
        return True

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
        cdef object given_weight = self.default_weight, out = None, given_pred, given_target, key, argument, position
        cdef dict statistics = None
        cdef object given_axis = self.default_axis, grad_dtype = self.default_grad_dtype
        cdef int axis = 0, asked = self.default_threads, number, value_number, d
        cdef bint check_domain = self.default_check, copied = False, with_second = False
        cdef object wrt = None
        cdef tuple names = BY_PREDICTION
        cdef fl_status status
        cdef intptr_t shape[64]
        cdef intptr_t strides[6][64]

        # Arguments.
        if len(args) == 2:
            given_pred, given_target = args
        else:
            given_pred, given_target, kwargs = _errors.positional(self, args, kwargs)
        for key, argument in kwargs.items():
            position = self.positions.get(key)
            if position is not None:
                d = position
                if type(argument) is float and self.take_number(&c, d, argument):
                    continue
                kept = self.set_parameter(&c, self.slots[d], self.parameters[d], argument, False)
                copied = copied or (kept is not None and may_be_copy(kept, argument))
                if self.slots[d] == "operand":
                    operand = kept
                elif self.slots[d] == "class_weight":
                    class_weight = kept
            elif key == "out" and not self.output_bits == FL_VALUE:
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
            elif key == "wrt" and not self.output_bits == FL_VALUE:
                wrt = argument
                if wrt is not None:
                    names = wanted_names(self.loss.declared, self.entry_point, wrt)
                    with_second = self.second in names
            elif self.is_softmax and key in STATISTICS:
                if _errors.flag(key, argument):
                    statistics = statistics or {}
                    statistics[STATISTICS[key]] = None
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
        elif not copied and names == BY_PREDICTION and plainly_fit(out, pred, number, (target, weight, operand, class_weight)):
            grad = out
        else:
            wanted = tuple([output if name == "pred" else "second_" + output
                            for output in self.outputs if output != "value" for name in names])
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

        gradient = grad if wrt is None else by_names(wrt, names, grad, second_grad)
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
            return gradient, hess if wrt is None else by_names(wrt, names, hess, second_hess)
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
            declared = self.loss.declared
            if status == FL_OUTSIDE and c.outside == FL_PRED and declared.label_alone:
                return _errors.label_outside(declared, pred, target, axis, declared.prediction, c.ignore_index, weight)
            if status == FL_OUTSIDE and c.outside == FL_PRED:
                return _errors.outside(declared.name, "pred", pred, declared.prediction, real, declared)
            if status == FL_OUTSIDE and c.outside == FL_TARGET:
                domain = declared.target_domain({declared.target_at[0]: c.param[self.other_target]} if declared.target_at else {})
                return _errors.outside(declared.name, "target", target, domain, real, declared)
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
