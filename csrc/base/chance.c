#include "base/chance.h"

#include "base/clock.h"

#include <unistd.h>

/* getentropy(3) is in unistd.h on Linux and BSD, in sys/random.h on macOS. */
#ifdef __APPLE__
#include <sys/random.h>
#endif

uint64_t cvk_random_bits(void)
{
    uint64_t bits;
    if (getentropy(&bits, sizeof bits) != 0) /* an old kernel: processes differ in these two */
        bits = ((uint64_t)cvk_microseconds() ^ (uint64_t)getpid() << 32) * 0x9e3779b97f4a7c15U;
    return bits;
}

double cvk_chance(void)
{
    return (double)(cvk_random_bits() >> 11) / 9007199254740992.0; /* 53 bits: those of a double */
}
