# SIMD tiers, threads and elementary functions.

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


def interface_version():
    """FL_INTERFACE_VERSION, that of the kernels of users that this library can call."""
    return FL_INTERFACE_VERSION


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
