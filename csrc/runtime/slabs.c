/* Memory of large results.
 *
 * The system hands out memory in pages, each of which it clears when it is first touched: for a loss that reads and writes
 * each number once, this takes as long as all else. A loop that drops one gradient and asks for the next would pay it every
 * time. So slabs that were given back are kept, up to a limit, and the next result of that size is written to one of them.
 * The system may take their pages at any time that it needs them (MADV_FREE).
 *
 * A lock that is taken is not waited for: a slab is mapped or unmapped instead. So a child that was forked while another
 * thread held the lock never waits for that thread, which it has not. */
#if !defined(_WIN32) && !defined(_DEFAULT_SOURCE)
#define _DEFAULT_SOURCE
#endif
#include "slabs.h"

#include <stdint.h>

#ifndef _WIN32
#include <sys/mman.h>
#endif

/* The numbers begin where a huge page does; what is known of the slab stands in the page before, which stays. */
enum { HEAD = 64 * 1024, HUGE_PAGE = 2 * 1024 * 1024 };

typedef struct head {
    size_t room;
    struct head *next;
} head;

static int lock;
static head *kept; /* the newest first */
static size_t bytes_kept, most_kept;

static int try_lock(void)
{
    return !__atomic_exchange_n(&lock, 1, __ATOMIC_ACQUIRE);
}

static void unlock(void)
{
    __atomic_store_n(&lock, 0, __ATOMIC_RELEASE);
}

static head *head_of(const void *slab)
{
    return (head *)((uintptr_t)slab - HEAD);
}

#ifdef _WIN32
static head *map(size_t room)
{
    (void)room;
    return NULL;
}

static void unmap(head *h)
{
    (void)h;
}
#else
static head *map(size_t room)
{
    char *const found = mmap(NULL, HEAD + room + HUGE_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (found == MAP_FAILED)
        return NULL;
    const size_t before = (HUGE_PAGE - ((uintptr_t)found + HEAD) % HUGE_PAGE) % HUGE_PAGE;
    head *const h = (head *)(found + before);
    if (before)
        munmap(found, before);
    munmap(found + before + HEAD + room, HUGE_PAGE - before);
#ifdef MADV_HUGEPAGE
    madvise((char *)h + HEAD, room, MADV_HUGEPAGE);
#endif
    h->room = room;
    h->next = NULL;
    return h;
}

static void unmap(head *h)
{
    munmap(h, HEAD + h->room);
}
#endif

static void unmap_all(head *h)
{
    while (h) {
        head *const next = h->next;
        unmap(h);
        h = next;
    }
}

/* Takes the smallest of the kept slabs that has room and not much more. */
static head *take_kept(size_t room)
{
    head **best = NULL;
    for (head **at = &kept; *at; at = &(*at)->next)
        if ((*at)->room >= room && (*at)->room <= room + room / 4 && (!best || (*at)->room < (*best)->room))
            best = at;
    if (!best)
        return NULL;
    head *const found = *best;
    *best = found->next;
    bytes_kept -= found->room;
    return found;
}

/* Takes away what is beyond the limit, the oldest. */
static head *take_surplus(void)
{
    size_t bytes = 0;
    head **at = &kept;
    while (*at && bytes + (*at)->room <= most_kept) {
        bytes += (*at)->room;
        at = &(*at)->next;
    }
    head *const rest = *at;
    *at = NULL;
    bytes_kept = bytes;
    return rest;
}

int fl_has_slabs(void)
{
#ifdef _WIN32
    return 0;
#else
    return 1;
#endif
}

void *fl_take_slab(size_t bytes)
{
    if (bytes > SIZE_MAX / 2 - HEAD - HUGE_PAGE)
        return NULL;
    const size_t room = (bytes + HEAD - 1) / HEAD * HEAD;
    head *found = NULL;
    if (try_lock()) {
        found = take_kept(room);
        unlock();
    }
    if (!found && !(found = map(room)) && bytes_kept) {
        fl_release_slabs();
        found = map(room);
    }
    return found ? (char *)found + HEAD : NULL;
}

size_t fl_room_of_slab(const void *slab)
{
    return head_of(slab)->room;
}

void fl_give_slab(void *slab)
{
    head *const h = head_of(slab);
    if (h->room > __atomic_load_n(&most_kept, __ATOMIC_RELAXED)) {
        unmap(h);
        return;
    }
#ifdef MADV_FREE
    madvise(slab, h->room, MADV_FREE);
#endif
    if (!try_lock()) {
        unmap(h);
        return;
    }
    h->next = kept;
    kept = h;
    head *const surplus = take_surplus();
    unlock();
    unmap_all(surplus);
}

void fl_keep_slabs(size_t most)
{
    __atomic_store_n(&most_kept, most, __ATOMIC_RELAXED);
    if (try_lock()) {
        head *const surplus = take_surplus();
        unlock();
        unmap_all(surplus);
    }
}

size_t fl_most_kept(void)
{
    return __atomic_load_n(&most_kept, __ATOMIC_RELAXED);
}

size_t fl_bytes_kept(void)
{
    return __atomic_load_n(&bytes_kept, __ATOMIC_RELAXED);
}

void fl_release_slabs(void)
{
    if (try_lock()) {
        head *const all = kept;
        kept = NULL;
        bytes_kept = 0;
        unlock();
        unmap_all(all);
    }
}
