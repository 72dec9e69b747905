#include "base/deadlines.h"

#include <stddef.h>

enum { slot_mask = CVK_DEADLINE_SLOTS - 1 };

void cvk_deadlines_begin(cvk_deadlines *deadlines, int64_t now)
{
    *deadlines = (cvk_deadlines){.time = now};
}

/* The place of the highest bit that is set; `bits` is not 0. */
static int highest_bit(uint64_t bits)
{
    return 63 - __builtin_clzll(bits);
}

/* The place of the lowest one. */
static int lowest_bit(uint64_t bits)
{
    return __builtin_ctzll(bits);
}

/*
 * The level of a deadline is where its time first differs from now: all of its slots there are
 * still to come, so that slots never mean two times.
 */
static void insert(cvk_deadlines *deadlines, cvk_deadline *deadline)
{
    uint64_t differs = (uint64_t)(deadline->at ^ deadlines->time) | 1;
    int level = highest_bit(differs) / CVK_DEADLINE_BITS;
    int slot = (int)(deadline->at >> (level * CVK_DEADLINE_BITS)) & slot_mask;
    deadline->level = (uint8_t)level;
    deadline->slot = (uint8_t)slot;
    deadline->next = NULL;
    deadline->previous = deadlines->slots[level][slot].last;
    if (deadline->previous != NULL)
        deadline->previous->next = deadline;
    else
        deadlines->slots[level][slot].first = deadline;
    deadlines->slots[level][slot].last = deadline;
    deadlines->used[level] |= UINT64_C(1) << slot;
}

void cvk_deadlines_add(cvk_deadlines *deadlines, cvk_deadline *deadline, int64_t at)
{
    int64_t most = deadlines->time + (INT64_C(1) << (CVK_DEADLINE_BITS * CVK_DEADLINE_LEVELS - 1));
    deadline->at = at < deadlines->time ? deadlines->time : at > most ? most : at;
    deadline->set = true;
    insert(deadlines, deadline);
}

void cvk_deadlines_remove(cvk_deadlines *deadlines, cvk_deadline *deadline)
{
    if (!deadline->set)
        return;
    int level = deadline->level, slot = deadline->slot;
    if (deadline->previous != NULL)
        deadline->previous->next = deadline->next;
    else
        deadlines->slots[level][slot].first = deadline->next;
    if (deadline->next != NULL)
        deadline->next->previous = deadline->previous;
    else
        deadlines->slots[level][slot].last = deadline->previous;
    if (deadlines->slots[level][slot].first == NULL)
        deadlines->used[level] &= ~(UINT64_C(1) << slot);
    deadline->set = false;
}

/* The first slot that has a deadline; levels are in the order of time. Returns its level, or -1. */
static int first_slot(const cvk_deadlines *deadlines, int *slot, int64_t *start)
{
    for (int level = 0; level < CVK_DEADLINE_LEVELS; level++) {
        if (deadlines->used[level] == 0)
            continue;
        *slot = lowest_bit(deadlines->used[level]);
        int bits = level * CVK_DEADLINE_BITS;
        int64_t block = deadlines->time >> bits >> CVK_DEADLINE_BITS << CVK_DEADLINE_BITS;
        *start = (block | *slot) << bits;
        return level;
    }
    return -1;
}

/* Moves the deadlines of a slot whose time has come to lower levels. */
static void move_down(cvk_deadlines *deadlines, int level, int slot)
{
    cvk_deadline *next, *deadline = deadlines->slots[level][slot].first;
    deadlines->slots[level][slot].first = deadlines->slots[level][slot].last = NULL;
    deadlines->used[level] &= ~(UINT64_C(1) << slot);
    for (; deadline != NULL; deadline = next) {
        next = deadline->next;
        insert(deadlines, deadline);
    }
}

cvk_deadline *cvk_deadlines_due(cvk_deadlines *deadlines, int64_t now)
{
    int slot, level;
    int64_t start;
    while ((level = first_slot(deadlines, &slot, &start)) >= 0 && start <= now) {
        deadlines->time = start;
        if (level == 0)
            return deadlines->slots[0][slot].first;
        move_down(deadlines, level, slot);
    }
    if (deadlines->time < now)
        deadlines->time = now;
    return NULL;
}

int64_t cvk_deadlines_next(const cvk_deadlines *deadlines)
{
    int slot;
    int64_t start;
    return first_slot(deadlines, &slot, &start) < 0 ? -1 : start;
}
