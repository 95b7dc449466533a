# The memory of new arrays. NumPy lets an array have an allocator of its own (NEP 49), which also frees it: that of large results
# keeps slabs for the next one, in csrc/runtime/slabs.c.

cdef void *take(void *context, size_t size) noexcept nogil:
    return fl_take_slab(size)


cdef void *take_zeros(void *context, size_t count, size_t size) noexcept nogil:
    cdef void *slab
    if size and count > <size_t>-1 / size:
        return NULL
    slab = fl_take_slab(count * size)
    if slab:
        memset(slab, 0, count * size)
    return slab


cdef void *take_more(void *context, void *slab, size_t size) noexcept nogil:
    """For `resize` of an array."""
    cdef void *more
    cdef size_t room
    if slab and size <= fl_room_of_slab(slab):
        return slab
    more = fl_take_slab(size)
    if slab and more:
        room = fl_room_of_slab(slab)
        memcpy(more, slab, room if room < size else size)
        fl_give_slab(slab)
    return more


cdef void give(void *context, void *slab, size_t size) noexcept nogil:
    if slab:
        fl_give_slab(slab)


cdef PyDataMem_Handler handler
memset(&handler, 0, sizeof(handler))
memcpy(handler.name, b"fastloss", 9)
handler.version = 1
handler.allocator.malloc = take
handler.allocator.calloc = take_zeros
handler.allocator.realloc = take_more
handler.allocator.free = give
# Every array that has the handler holds the capsule.
cdef object handler_capsule = PyCapsule_New(&handler, b"mem_handler", NULL)


# Arrays of so many bytes and more are of this memory.
cdef size_t least_kept = FL_LEAST_SLAB


cdef cnp.ndarray empty_like(cnp.ndarray a, int number):
    """A new array of the shape and memory order of `a`."""
    cdef cnp.ndarray array
    if not fl_most_kept() or <size_t>cnp.PyArray_NBYTES(a) < least_kept:
        return PyArray_NewLikeArray(a, cnp.NPY_KEEPORDER, PyArray_DescrFromType(number), 0)
    before = PyDataMem_SetHandler(handler_capsule)
    try:
        array = PyArray_NewLikeArray(a, cnp.NPY_KEEPORDER, PyArray_DescrFromType(number), 0)
    finally:
        PyDataMem_SetHandler(before)
    return array


def new_like(cnp.ndarray a, dtype):
    """A new array of the shape and memory order of `a`, of a dtype."""
    return empty_like(a, dtype.num)


def keep_memory(size_t most, size_t least=FL_LEAST_SLAB):
    """Keep slabs of results up to so many bytes in all; 0: none. Results of less than `least` bytes have none."""
    global least_kept
    least_kept = least
    if fl_has_slabs():
        fl_keep_slabs(most)


def kept_memory():
    """How many bytes are kept at most, and now."""
    return fl_most_kept(), fl_bytes_kept()


def release_memory():
    """Hand what is kept to the system."""
    fl_release_slabs()
