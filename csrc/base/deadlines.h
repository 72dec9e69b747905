/*
 * Many deadlines, by the millisecond: adding one, removing one and finding the first that is over
 * take the same time however many there are, and need no memory.
 *
 * A timing wheel of several levels. A slot of the lowest level is one millisecond, a slot of each
 * further level is as long as all slots of the level below. A deadline moves down a level when the
 * time comes to its slot; most calls end long before that.
 */
#ifndef CVK_BASE_DEADLINES_H
#define CVK_BASE_DEADLINES_H

#include <stdbool.h>
#include <stdint.h>

enum {
    CVK_DEADLINE_BITS = 6, /* a level has 2 to this power slots */
    CVK_DEADLINE_SLOTS = 1 << CVK_DEADLINE_BITS,
    CVK_DEADLINE_LEVELS = 7, /* 139 years of milliseconds */
};

/* A deadline, a member of what is to be ended. All zero: it is in no wheel. */
typedef struct cvk_deadline {
    struct cvk_deadline *next, *previous;
    int64_t at; /* milliseconds by cvk_now() */
    bool set;   /* it is in a wheel */
    uint8_t level, slot;
} cvk_deadline;

typedef struct cvk_deadlines {
    int64_t time;                       /* everything earlier has been looked at */
    uint64_t used[CVK_DEADLINE_LEVELS]; /* a bit for each slot that has a deadline */
    struct {
        cvk_deadline *first, *last;
    } slots[CVK_DEADLINE_LEVELS][CVK_DEADLINE_SLOTS];
} cvk_deadlines;

/* Starts with none; `now` in milliseconds. */
void cvk_deadlines_begin(cvk_deadlines *deadlines, int64_t now);

/* Adds one that is in no wheel. One that is over already is due at once. */
void cvk_deadlines_add(cvk_deadlines *deadlines, cvk_deadline *deadline, int64_t at);

/* Takes one out; nothing happens where it is not in. */
void cvk_deadlines_remove(cvk_deadlines *deadlines, cvk_deadline *deadline);

/*
 * One whose time is not after `now`, of the earliest there are, or NULL. It stays in until it is
 * removed. `now` must not be less than it was before.
 */
cvk_deadline *cvk_deadlines_due(cvk_deadlines *deadlines, int64_t now);

/*
 * When to look next: at the latest when the first deadline is over, sometimes before; -1: there is
 * none.
 */
int64_t cvk_deadlines_next(const cvk_deadlines *deadlines);

#endif
