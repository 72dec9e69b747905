/*
 * libcurl's memory: requests with their credentials are in its blocks, which it frees as they are.
 */
#ifndef CVK_TRANSFER_WIPING_HEAP_H
#define CVK_TRANSFER_WIPING_HEAP_H

/*
 * Bytes of libcurl's buffer for what it receives, which is of an odd size so that it is known by it:
 * to wipe all of it would cost as much as the rest.
 */
enum { CVK_RECEIVED_AT_ONCE = 17000 };

/*
 * Makes libcurl ready, and has it wipe what it frees; once for the process. Blocks are the C
 * library's all the same. Where the program has made libcurl ready before, where this library could
 * be unloaded (libcurl keeps the functions for good), and where nobody tells how large a block is,
 * libcurl frees without wiping.
 */
void cvk_wiping_heap_begin(void);

#endif
