/*
 * Random numbers: for pauses, since programs that start or fail at the same moment must not repeat in
 * step, and for ids. They come from the system each time, so that a forked child draws others than its
 * parent, and no generator of the program's is touched.
 */
#ifndef CVK_BASE_CHANCE_H
#define CVK_BASE_CHANCE_H

#include <stdint.h>

/* A random number from 0 to below 1. */
double cvk_chance(void);

/* 64 random bits. */
uint64_t cvk_random_bits(void);

#endif
