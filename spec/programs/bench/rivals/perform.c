/*
 * What most C programs do that want several calls at once: curl_multi_perform and curl_multi_poll,
 * answers not compressed, and each answer read into a tree of jansson's. It shares with the other
 * rivals no more than the words of the command line and the body that is sent.
 */
#include "rival.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct transfer {
    CURL *easy;
    rival_buffer sent, received;
} transfer;

typedef struct program {
    const rival_plan *plan;
    CURLM *multi;
    struct curl_slist *headers;
    transfer *transfers;
    bool list;
} program;

static size_t receive(char *data, size_t one, size_t size, void *user)
{
    (void)one;
    rival_buffer *into = user;
    if (into->size + size > into->room) {
        into->room = 2 * (into->size + size);
        into->data = realloc(into->data, into->room);
    }
    memcpy(into->data + into->size, data, size);
    into->size += size;
    return size;
}

static void open_transfer(program *p, transfer *t)
{
    char url[512];
    snprintf(url, sizeof url, "%s/invitations%s", p->plan->url, p->list ? "?limit=500" : "");
    t->easy = curl_easy_init();
    curl_easy_setopt(t->easy, CURLOPT_URL, url);
    curl_easy_setopt(t->easy, CURLOPT_HTTPHEADER, p->headers);
    curl_easy_setopt(t->easy, CURLOPT_WRITEFUNCTION, receive);
    curl_easy_setopt(t->easy, CURLOPT_WRITEDATA, &t->received);
    curl_easy_setopt(t->easy, CURLOPT_PRIVATE, t);
    curl_easy_setopt(t->easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(t->easy, CURLOPT_TIMEOUT, 30L);
}

static void begin(program *p, transfer *t, long number)
{
    t->received.size = 0;
    if (!p->list) {
        if (!rival_encode(rival_body(number), &t->sent))
            rival_fail("cannot encode");
        curl_easy_setopt(t->easy, CURLOPT_POSTFIELDS, t->sent.data);
        curl_easy_setopt(t->easy, CURLOPT_POSTFIELDSIZE, (long)t->sent.size);
    }
    curl_multi_add_handle(p->multi, t->easy);
}

static void end(program *p, const CURLMsg *message)
{
    char *private = NULL;
    long status = 0;
    CURLcode code = message->data.result;
    CURL *easy = message->easy_handle;
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, &private);
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    curl_multi_remove_handle(p->multi, easy);
    if (code != CURLE_OK || status != 200)
        rival_fail("not the answer");
    const transfer *t = (const transfer *)(const void *)private;
    json_t *tree = json_loadb(t->received.data, t->received.size, 0, NULL);
    if (tree == NULL)
        rival_fail("cannot decode");
    json_decref(tree);
}

static void perform(program *p, long width, long calls)
{
    long started = 0, in_flight = 0;
    int running, left;
    for (; started < width && started < calls; started++, in_flight++)
        begin(p, &p->transfers[started], started + 1);
    while (in_flight > 0) {
        const CURLMsg *message;
        if (curl_multi_perform(p->multi, &running) != CURLM_OK)
            rival_fail("curl_multi_perform");
        while ((message = curl_multi_info_read(p->multi, &left)) != NULL) {
            char *private = NULL;
            curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &private);
            end(p, message);
            if (started < calls)
                begin(p, (transfer *)(void *)private, ++started);
            else
                in_flight--;
        }
        if (in_flight > 0) /* with new ones, libcurl's timer is due at once */
            curl_multi_poll(p->multi, NULL, 0, 1000, NULL);
    }
}

void rival_perform(const rival_plan *plan)
{
    program p = {.plan = plan,
                 .multi = curl_multi_init(),
                 .list = strcmp(plan->workload, "list") == 0,
                 .transfers = calloc((size_t)plan->width, sizeof *p.transfers)};
    p.headers = curl_slist_append(NULL, "Authorization: Bearer sk_test_bench");
    p.headers = curl_slist_append(p.headers, "Accept: application/json");
    p.headers = curl_slist_append(p.headers, "Clerk-API-Version: 2026-05-12");
    if (!p.list)
        p.headers = curl_slist_append(p.headers, "Content-Type: application/json");
    curl_multi_setopt(p.multi, CURLMOPT_MAXCONNECTS, plan->width);
    for (long i = 0; i < plan->width; i++)
        open_transfer(&p, &p.transfers[i]);
    perform(&p, plan->width, plan->warmup);
    rival_start();
    perform(&p, plan->width, plan->calls);
    rival_stop(plan->calls);
    for (long i = 0; i < plan->width; i++) {
        curl_easy_cleanup(p.transfers[i].easy);
        free(p.transfers[i].sent.data);
        free(p.transfers[i].received.data);
    }
    free(p.transfers);
    curl_slist_free_all(p.headers);
    curl_multi_cleanup(p.multi);
}
