#include "base/clock.h"

#include <time.h>

int64_t cvk_microseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t cvk_now(void)
{
    return cvk_microseconds() / 1000;
}

int64_t cvk_now_and(int64_t microseconds)
{
    return (cvk_microseconds() + microseconds) / 1000 + 1;
}

bool cvk_is_time_up(int64_t stop)
{
    return stop != INT64_MAX && cvk_microseconds() >= stop;
}

int64_t cvk_earlier(int64_t one, int64_t other)
{
    return one < 0 || (other >= 0 && other < one) ? other : one;
}
