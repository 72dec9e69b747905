#include "transfer/result.h"

#include "transfer/handle.h"

void cvk_result_explain(cvk_exchange *exchange, CURLcode code)
{
    if (exchange->failure == CVK_FINE) /* else a callback has said why it stopped */
        exchange->failure = cvk_easy_failure(exchange, code);
    if (exchange->failure == CVK_FINE || exchange->why != NULL)
        return;
    const char *message = exchange->easy->message;
    if (message[0] == '\0')
        message = curl_easy_strerror(code);
    if (cvk_easy_failed_late(exchange))
        cvk_buffer_add_string(&exchange->words, "after the request had left: ");
    cvk_buffer_add_string(&exchange->words, message);
    if (cvk_buffer_string(&exchange->words) == NULL)
        exchange->why = curl_easy_strerror(code);
}

const char *cvk_result_phase(const cvk_exchange *exchange)
{
    curl_off_t connected = 0, ready = 0;
    if (exchange->header_bytes > 0)
        return "the deadline passed before the answer was complete";
    if (cvk_easy_has_sent(exchange))
        return "the deadline passed before an answer came";
    if (!cvk_easy_has_begun(exchange))
        return "the deadline passed before the server's address was known";
    curl_easy_getinfo(exchange->easy->curl, CURLINFO_CONNECT_TIME_T, &connected);
    curl_easy_getinfo(exchange->easy->curl, CURLINFO_PRETRANSFER_TIME_T, &ready);
    if (connected == 0)
        return "the deadline passed while connecting";
    return ready == 0 ? "the deadline passed during the handshake"
                      : "the deadline passed before the request was sent";
}

void cvk_result_count(const cvk_exchange *exchange, cvk_counters *counters)
{
    long opened = 0;
    curl_off_t up = 0, down = 0;
    CURL *curl = exchange->easy->curl;
    if (!cvk_easy_has_begun(exchange))
        return;
    curl_easy_getinfo(curl, CURLINFO_NUM_CONNECTS, &opened);
    curl_easy_getinfo(curl, CURLINFO_SIZE_UPLOAD_T, &up);
    curl_easy_getinfo(curl, CURLINFO_SIZE_DOWNLOAD_T, &down);
    counters->connections_opened += (uint64_t)opened;
    counters->connections_reused += opened == 0 && exchange->sent;
    counters->bytes_sent += (uint64_t)up;
    counters->bytes_received += (uint64_t)down;
}
