/*
 * What came of a transfer, read while libcurl still has its handle: why it failed, in words, and how
 * many connections and bytes it took.
 */
#ifndef CVK_TRANSFER_RESULT_H
#define CVK_TRANSFER_RESULT_H

#include "transfer/counters.h"
#include "transfer/transfer.h"

/*
 * Notes in the exchange why the transfer failed, and the words for it, unless a callback has done so.
 * `code` is libcurl's result.
 */
void cvk_result_explain(cvk_transfer *transfer, CURLcode code);

/* What the transfer was doing when its deadline passed, as a constant text. */
const char *cvk_result_phase(const cvk_transfer *transfer);

/* Adds the connections and bytes that the transfer took to the counters. */
void cvk_result_count(const cvk_transfer *transfer, cvk_counters *counters);

/* How many bytes have gone either way for a transfer that libcurl has, heads included. */
uint64_t cvk_result_progress(const cvk_transfer *transfer);

/* Notes in the exchange when its phases were over. */
void cvk_result_time(const cvk_transfer *transfer);

#endif
