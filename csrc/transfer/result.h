/*
 * What came of a transfer that libcurl holds no longer than this: why it failed, in words, and what
 * it took.
 */
#ifndef CVK_TRANSFER_RESULT_H
#define CVK_TRANSFER_RESULT_H

#include "transfer/counters.h"
#include "transfer/transfer.h"

/* Says why a transfer failed that has not said so itself, in words too. */
void cvk_result_explain(cvk_transfer *transfer, CURLcode code);

/* What a transfer waits for whose deadline passes now, in words. */
const char *cvk_result_phase(const cvk_transfer *transfer);

/* Adds the connections and bytes that it took. */
void cvk_result_count(const cvk_transfer *transfer, cvk_counters *counters);

#endif
