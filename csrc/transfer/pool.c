#include "transfer/pool.h"

enum { least = 64 };

long cvk_pool_launch(cvk_pool *pool, uint64_t running)
{
    if (running > pool->peak)
        pool->peak = running;
    uint64_t room = pool->peak > least / 2 ? 2 * pool->peak : least;
    if (++pool->launched > pool->size) { /* as many calls as may have connections */
        if (room < pool->size - pool->size / 4)
            room = pool->size - pool->size / 4; /* the next ones may need them again */
        pool->launched = 0;
        pool->peak = running;
    } else if (running <= pool->size) {
        return 0;
    }
    pool->size = room;
    return (long)room;
}
