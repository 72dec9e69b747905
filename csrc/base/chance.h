/*
 * Random numbers for pauses: programs that start or fail at the same moment must not repeat in step.
 */
#ifndef CVK_BASE_CHANCE_H
#define CVK_BASE_CHANCE_H

/*
 * A random number from 0 to below 1. It comes from the system each time, so that a forked child
 * draws other numbers than its parent, and no generator of the program's is touched.
 */
double cvk_chance(void);

#endif
