#include "transfer/spin_guard.h"

#include "base/clock.h"

#include <stdlib.h>

enum { longest_rest = 6 }; /* 2 to this power milliseconds */

void cvk_spin_guard_begin(cvk_spin_guard *guard, cvk_poller *poller)
{
    *guard = (cvk_spin_guard){.poller = poller, .due = -1};
}

void cvk_spin_guard_clear(cvk_spin_guard *guard)
{
    free(guard->sockets);
    cvk_spin_guard_begin(guard, guard->poller);
}

static void grow(cvk_spin_guard *guard, size_t needed)
{
    size_t size = guard->size == 0 ? 64 : guard->size;
    while (size < needed)
        size *= 2;
    cvk_watched_socket *sockets = realloc(guard->sockets, size * sizeof *sockets);
    if (sockets == NULL)
        return; /* it does without its guard */
    for (size_t i = guard->size; i < size; i++)
        sockets[i] = (cvk_watched_socket){0};
    guard->sockets = sockets;
    guard->size = size;
}

static void end_rest(cvk_spin_guard *guard, cvk_watched_socket *guarded)
{
    guarded->resting = false;
    if (--guard->resting == 0)
        guard->due = -1;
}

bool cvk_spin_guard_watch(cvk_spin_guard *guard, int fd, bool readable, bool writable)
{
    if (fd >= 0 && (size_t)fd >= guard->size)
        grow(guard, (size_t)fd + 1);
    if ((size_t)fd < guard->size) {
        cvk_watched_socket *guarded = &guard->sockets[fd];
        if (guarded->resting)
            end_rest(guard, guarded);
        *guarded = (cvk_watched_socket){.readable = readable, .writable = writable};
    }
    return cvk_poller_watch(guard->poller, fd, readable, writable);
}

void cvk_spin_guard_look(cvk_spin_guard *guard, int fd, uint32_t progress)
{
    cvk_watched_socket *guarded = &guard->sockets[fd];
    bool no_progress = progress == guarded->progress;
    guarded->progress = progress;
    guarded->fired = 0;
    if (!no_progress || guarded->resting || !cvk_poller_watch(guard->poller, fd, false, false)) {
        guarded->rests = 0;
        return;
    }
    int64_t due = cvk_now() + (1 << guarded->rests);
    if (guarded->rests < longest_rest)
        guarded->rests++;
    guarded->resting = true;
    guard->resting++;
    if (guard->due < 0 || due < guard->due)
        guard->due = due;
}

void cvk_spin_guard_resume(cvk_spin_guard *guard)
{
    for (size_t fd = 0; fd < guard->size && guard->resting > 0; fd++) {
        cvk_watched_socket *guarded = &guard->sockets[fd];
        if (!guarded->resting)
            continue;
        end_rest(guard, guarded);
        guarded->fired = CVK_SPIN_GUARD_PATIENCE - 1; /* once more, and it rests again */
        cvk_poller_watch(guard->poller, (int)fd, guarded->readable, guarded->writable);
    }
}
