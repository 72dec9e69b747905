#include "transfer/guests.h"

static int place_of(const cvk_guests *guests, int fd)
{
    int place = 0;
    while (place < guests->count && guests->fds[place] != fd)
        place++;
    return place;
}

bool cvk_guests_has(const cvk_guests *guests, int fd)
{
    return place_of(guests, fd) < guests->count;
}

bool cvk_guests_watch(cvk_guests *guests, cvk_poller *poller, int fd, bool on)
{
    int place = place_of(guests, fd);
    bool there = place < guests->count;
    if (there == on)
        return true;
    if (!on) {
        guests->fds[place] = guests->fds[--guests->count];
        return cvk_poller_watch(poller, fd, false, false);
    }
    if (place == (int)(sizeof guests->fds / sizeof guests->fds[0]) ||
        !cvk_poller_watch(poller, fd, true, false))
        return false;
    guests->fds[guests->count++] = fd;
    return true;
}
