/* One handle: set up once; only what is new is set again for a call. */
#include "rival.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char fixed_body[] = "{\"email_address\":\"player1@example.com\",\"public_metadata\":"
                                 "{\"team\":\"red\",\"level\":7},\"notify\":false,"
                                 "\"expires_in_days\":7}";

static size_t on_body(char *data, size_t one, size_t size, void *user)
{
    (void)one;
    rival_slot *slot = user;
    rival_buffer *in = &slot->in;
    if (!slot->json) { /* nobody wants it */
        in->size += size;
        return size;
    }
    if (in->size + size > in->room) {
        in->room = 2 * (in->size + size);
        in->data = realloc(in->data, in->room);
    }
    memcpy(in->data + in->size, data, size);
    in->size += size;
    return size;
}

static bool is_list(const rival_plan *plan)
{
    return strcmp(plan->workload, "list") == 0;
}

/* The same for all handles, and for good. */
static struct curl_slist *headers(const rival_plan *plan)
{
    static struct curl_slist *list;
    if (list != NULL)
        return list;
    list = curl_slist_append(NULL, "Authorization: Bearer sk_test_bench");
    list = curl_slist_append(list, "Accept: application/json");
    list = curl_slist_append(list, "Clerk-API-Version: 2026-05-12");
    if (!is_list(plan)) {
        list = curl_slist_append(list, "Content-Type: application/json");
        list = curl_slist_append(list, "Expect:");
    }
    return list;
}

void rival_slot_open(rival_slot *slot, const rival_plan *plan, bool json)
{
    char url[512];
    *slot = (rival_slot){.easy = curl_easy_init(), .plan = plan, .json = json};
    snprintf(url, sizeof url, "%s/invitations%s", plan->url, is_list(plan) ? "?limit=500" : "");
    CURL *easy = slot->easy;
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, slot);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, slot);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers(plan));
    curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "");
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, 30000L);
    if (plan->ca_file != NULL)
        curl_easy_setopt(easy, CURLOPT_CAINFO, plan->ca_file);
    bool second = plan->http != NULL && strcmp(plan->http, "2") == 0;
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION,
                     second ? (long)CURL_HTTP_VERSION_2TLS : (long)CURL_HTTP_VERSION_1_1);
    if (!is_list(plan)) {
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, fixed_body);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, (long)sizeof fixed_body - 1);
    }
}

static void set_body(rival_slot *slot, const char *text, size_t size)
{
    curl_easy_setopt(slot->easy, CURLOPT_POSTFIELDS, text);
    curl_easy_setopt(slot->easy, CURLOPT_POSTFIELDSIZE, (long)size);
}

/* Makes the handle one for that of the requests whose turn it is. */
static void turn_to(rival_slot *slot, const rival_request *request)
{
    CURL *easy = slot->easy;
    bool post = strcmp(request->method, "POST") == 0, get = strcmp(request->method, "GET") == 0;
    curl_easy_setopt(easy, CURLOPT_URL, request->url);
    if (request->body != NULL || post) {
        curl_easy_setopt(easy, CURLOPT_POST, 1L);
        if (request->body == NULL) {
            set_body(slot, "", 0);
        } else if (!slot->json) {
            set_body(slot, request->text, strlen(request->text));
        } else {
            if (!rival_encode(rival_rebuild(request->body), &slot->out))
                rival_fail("cannot encode");
            set_body(slot, slot->out.data, slot->out.size);
        }
    } else {
        curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
    }
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, get || post ? NULL : request->method);
}

/* Before call `number`. */
void rival_slot_begin(rival_slot *slot, long number)
{
    const rival_plan *plan = slot->plan;
    slot->in.size = 0;
    if (plan->requests != NULL) {
        turn_to(slot, &plan->requests[(size_t)number % plan->request_count]);
    } else if (slot->json && !is_list(plan)) {
        if (!rival_encode(rival_body(number), &slot->out))
            rival_fail("cannot encode");
        set_body(slot, slot->out.data, slot->out.size);
    }
}

/* After it. */
void rival_slot_end(rival_slot *slot, CURLcode code)
{
    long status = 0;
    if (code != CURLE_OK)
        rival_fail(curl_easy_strerror(code));
    curl_easy_getinfo(slot->easy, CURLINFO_RESPONSE_CODE, &status);
    if (status != 204 && (status != 200 || slot->in.size == 0))
        rival_fail("not the answer");
    if (!slot->json || status == 204)
        return;
    if (slot->plan->requests != NULL) { /* of many kinds: a tree has to do */
        json_t *tree = json_loadb(slot->in.data, slot->in.size, 0, NULL);
        if (tree == NULL)
            rival_fail("cannot decode");
        json_decref(tree);
        return;
    }
    rival_invitations result;
    if (!rival_decode(slot->in.data, slot->in.size, &result))
        rival_fail("cannot decode");
    rival_release(&result);
}

void rival_slot_close(rival_slot *slot)
{
    curl_easy_cleanup(slot->easy);
    free(slot->in.data);
    free(slot->out.data);
}
