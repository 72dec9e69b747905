/*
 * Preloaded into a Lua whose instructions are counted: time stands still, so that the seed that Lua
 * makes of it for its hash tables is the same in every run.
 */
#include <time.h>

time_t time(time_t *into)
{
    const time_t always = 1732060800;
    if (into != NULL)
        *into = always;
    return always;
}
