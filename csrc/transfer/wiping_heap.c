#ifndef _GNU_SOURCE
/* NOLINTNEXTLINE(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */
#define _GNU_SOURCE /* dladdr */
#endif
#include "transfer/wiping_heap.h"

#include <curl/curl.h>
#include <dlfcn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#if defined(__linux__)
#include <malloc.h>
#include <sys/auxv.h>
#define SIZE_OF_BLOCK malloc_usable_size
#elif defined(__APPLE__)
#include <malloc/malloc.h>
#define SIZE_OF_BLOCK malloc_size
#elif defined(__FreeBSD__)
#include <malloc_np.h>
#define SIZE_OF_BLOCK malloc_usable_size
#endif

#ifdef SIZE_OF_BLOCK

/* The largest that hold requests are of 64 KiB; above that come tables and answers. */
enum { small = 64, longest_password = 1024, largest_wiped = 128 * 1024 };

/* Most blocks are of a few words, for which a function of the C library's takes too long. */
static void wipe_small(void *block, size_t size)
{
    volatile uintptr_t *words = block;
    for (size_t i = 0; i < size / sizeof *words; i++)
        words[i] = 0;
}

/* What is received is no secret of ours; only a proxy's password may begin such a block (SOCKS). */
static size_t part_to_wipe(size_t size)
{
    if (size > CVK_RECEIVED_AT_ONCE && size < CVK_RECEIVED_AT_ONCE + 64)
        return longest_password;
    return size <= largest_wiped ? size : 0;
}

static void wipe_and_free(void *block)
{
    if (block == NULL)
        return;
    size_t size = SIZE_OF_BLOCK(block);
    if (size <= small)
        wipe_small(block, size);
    else
        explicit_bzero(block, part_to_wipe(size));
    free(block);
}

/* realloc() would leave the old block as it was. */
static void *wiping_realloc(void *block, size_t size)
{
    size_t old_size = block == NULL ? 0 : SIZE_OF_BLOCK(block);
    if (block == NULL || old_size > largest_wiped)
        return realloc(block, size);
    if (size <= old_size && size >= old_size / 2)
        return block;
    void *copy = malloc(size);
    if (copy == NULL)
        return NULL;
    memcpy(copy, block, size < old_size ? size : old_size);
    wipe_and_free(block);
    return copy;
}

/* Whether it is part of the program itself, which nobody unloads. */
static bool is_program(const Dl_info *mine)
{
#ifdef __linux__
    Dl_info program;
    /* NOLINTNEXTLINE(performance-no-int-to-ptr) */
    const void *inside = (const void *)(uintptr_t)getauxval(AT_PHDR);
    return inside != NULL && dladdr(inside, &program) != 0 && program.dli_fbase == mine->dli_fbase;
#else
    (void)mine;
    return false;
#endif
}

/* Keeps the library that this function is in from being unloaded. */
static bool prevent_unloading(void)
{
    static const char here;
    Dl_info mine;
    if (dladdr(&here, &mine) == 0)
        return false;
    return is_program(&mine) ||
           dlopen(mine.dli_fname, RTLD_LAZY | RTLD_NOLOAD | RTLD_NODELETE) != NULL;
}

void cvk_wiping_heap_begin(void)
{
    if (!prevent_unloading() || curl_global_init_mem(CURL_GLOBAL_DEFAULT, malloc, wipe_and_free,
                                                     wiping_realloc, strdup, calloc) != CURLE_OK)
        curl_global_init(CURL_GLOBAL_DEFAULT);
}

#else

void cvk_wiping_heap_begin(void)
{
    curl_global_init(CURL_GLOBAL_DEFAULT);
}

#endif
