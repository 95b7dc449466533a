/* Memory of large results: slabs that were given back are kept for the next result. */
#ifndef FASTLOSS_SLABS_H
#define FASTLOSS_SLABS_H

#include <stddef.h>

/* Below this many bytes the allocator of glibc keeps what it is given back by itself (M_MMAP_THRESHOLD may grow to it), and is
 * the faster one. */
enum { FL_LEAST_SLAB = 32 * 1024 * 1024 };

/* Whether there is such memory on this system; elsewhere no other function here is called. */
int fl_has_slabs(void);

/* A slab of at least so many bytes, with any numbers in it; NULL where memory runs out. */
void *fl_take_slab(size_t bytes);

/* The bytes that a slab has room for. */
size_t fl_room_of_slab(const void *slab);

void fl_give_slab(void *slab);

/* How many bytes of slabs that were given back are kept at most; what is more is handed to the system at once. */
void fl_keep_slabs(size_t most);

/* The limit, and how many bytes are kept now. */
size_t fl_most_kept(void);
size_t fl_bytes_kept(void);

/* Hands all that is kept to the system. */
void fl_release_slabs(void);

#endif
