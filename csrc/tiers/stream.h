/* A copy that goes past the caches, for results larger than they are: it saves reading each line before it is overwritten,
 * a third of the traffic of a copy. */
#ifndef FASTLOSS_STREAM_H
#define FASTLOSS_STREAM_H

#if defined(__AVX2__)
#include <immintrin.h>
#elif defined(__SSE2__)
#include <emmintrin.h> /* all headers of intrinsics take twenty times as long to read */
#endif

enum { STREAM_ALIGNMENT = 64 };

static void stream(void *to, const void *from, size_t bytes)
{
    char *t = to;
    const char *f = from;
#if defined(__SSE2__)
    size_t head = (STREAM_ALIGNMENT - (uintptr_t)t % STREAM_ALIGNMENT) % STREAM_ALIGNMENT;
    if (head > bytes)
        head = bytes;
    memcpy(t, f, head);
    t += head, f += head, bytes -= head;
    for (; bytes >= STREAM_ALIGNMENT; t += STREAM_ALIGNMENT, f += STREAM_ALIGNMENT, bytes -= STREAM_ALIGNMENT) {
#if defined(__AVX512F__)
        _mm512_stream_si512((void *)t, _mm512_loadu_si512(f));
#elif defined(__AVX2__)
        for (int i = 0; i < STREAM_ALIGNMENT; i += 32)
            _mm256_stream_si256((void *)(t + i), _mm256_loadu_si256((const void *)(f + i)));
#else
        for (int i = 0; i < STREAM_ALIGNMENT; i += 16)
            _mm_stream_si128((void *)(t + i), _mm_loadu_si128((const void *)(f + i)));
#endif
    }
#endif
    memcpy(t, f, bytes);
}

#endif
