/*
 * What came of an exchange that libcurl holds no longer than this: why it failed, in words, and what
 * it took.
 */
#ifndef CVK_TRANSFER_RESULT_H
#define CVK_TRANSFER_RESULT_H

#include "http/exchange.h"
#include "transfer/engine.h"

#include <curl/curl.h>

/* Says why an exchange failed that has not said so itself, in words too. */
void cvk_result_explain(cvk_exchange *exchange, CURLcode code);

/* What an exchange waits for whose deadline passes now, in words. */
const char *cvk_result_phase(const cvk_exchange *exchange);

/* Adds the connections and bytes that it took. */
void cvk_result_count(const cvk_exchange *exchange, cvk_counters *counters);

#endif
