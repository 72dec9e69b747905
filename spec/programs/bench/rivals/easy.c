/* One call after another on one handle. */
#include "rival.h"

static void perform(rival_slot *slot, long calls)
{
    for (long i = 1; i <= calls; i++) {
        rival_slot_begin(slot, i);
        rival_slot_end(slot, curl_easy_perform(slot->easy));
    }
}

void rival_easy(const rival_plan *plan, bool json)
{
    rival_slot slot;
    rival_slot_open(&slot, plan, json);
    perform(&slot, plan->warmup);
    rival_start();
    perform(&slot, plan->calls);
    rival_stop(plan->calls);
    rival_slot_close(&slot);
}
