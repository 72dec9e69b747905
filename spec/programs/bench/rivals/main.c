/*
 * What a C programmer would write instead of using convoke:
 *
 *   rival kind=bare      a loop around curl_multi_socket_action, no JSON
 *   rival kind=careful   the same with JSON by jansson, both ways
 *   rival kind=easy      curl_easy_perform on one handle, no JSON
 *   rival kind=easyjson  the same with JSON
 *   rival kind=perform   a loop around curl_multi_perform, with JSON; not compressed
 *
 * Further words: url=, workload=create|list, calls=, width= (in flight), warmup= (calls before those
 * that are measured), connections= (at most), ca=FILE, http=1.1|2, requests=FILE (in the place of
 * a workload), hold=MILLISECONDS (without an answer).
 * Prints what the calls cost, one line.
 */
#include "rival.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

static struct rusage usage_before;
static double wall_before;

void rival_fail(const char *what)
{
    fprintf(stderr, "rival: %s\n", what);
    exit(1);
}

static double seconds(struct timeval time)
{
    return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

static double wall(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* KiB, from a line of /proc/self/status */
static long memory(const char *name)
{
    char line[256];
    long amount = 0;
    FILE *status = fopen("/proc/self/status", "r");
    while (status != NULL && fgets(line, sizeof line, status) != NULL) {
        if (strncmp(line, name, strlen(name)) == 0)
            amount = strtol(line + strlen(name), NULL, 10);
    }
    if (status != NULL)
        fclose(status);
    return amount;
}

void rival_start(void)
{
    getrusage(RUSAGE_SELF, &usage_before);
    wall_before = wall();
}

void rival_stop(long calls)
{
    struct rusage now;
    double took = wall() - wall_before;
    getrusage(RUSAGE_SELF, &now);
    double user = seconds(now.ru_utime) - seconds(usage_before.ru_utime);
    double system = seconds(now.ru_stime) - seconds(usage_before.ru_stime);
    printf("calls=%ld cpu=%.6f wall=%.6f rss=%ld peak=%ld\n", calls, user + system, took,
           memory("VmRSS:"), memory("VmHWM:"));
    fflush(stdout);
}

static void read_word(rival_plan *plan, const char **requests, const char *word)
{
    const struct {
        const char *name;
        const char **text;
        long *number;
    } known[] = {
        {"kind", &plan->kind, NULL},
        {"url", &plan->url, NULL},
        {"ca", &plan->ca_file, NULL},
        {"workload", &plan->workload, NULL},
        {"http", &plan->http, NULL},
        {"requests", requests, NULL},
        {"calls", NULL, &plan->calls},
        {"width", NULL, &plan->width},
        {"warmup", NULL, &plan->warmup},
        {"hold", NULL, &plan->hold},
        {"connections", NULL, &plan->connections},
    };
    const char *value = strchr(word, '=');
    size_t size = value == NULL ? 0 : (size_t)(value - word);
    for (size_t i = 0; size > 0 && i < sizeof known / sizeof *known; i++) {
        if (strlen(known[i].name) != size || memcmp(known[i].name, word, size) != 0)
            continue;
        if (known[i].text != NULL)
            *known[i].text = value + 1;
        else
            *known[i].number = strtol(value + 1, NULL, 10);
        return;
    }
    rival_fail(word);
}

int main(int count, char **words)
{
    rival_plan plan = {.kind = "careful",
                       .url = "http://127.0.0.1:8080/v1",
                       .workload = "create",
                       .width = 1,
                       .calls = 1000,
                       .warmup = 100};
    const char *requests = NULL;
    for (int i = 1; i < count; i++)
        read_word(&plan, &requests, words[i]);
    if (requests != NULL)
        rival_read_requests(&plan, requests);
    if (plan.connections == 0)
        plan.connections = plan.width;
    curl_global_init(CURL_GLOBAL_DEFAULT);
    if (strcmp(plan.kind, "perform") == 0)
        rival_perform(&plan);
    else if (strncmp(plan.kind, "easy", 4) == 0)
        rival_easy(&plan, strcmp(plan.kind, "easyjson") == 0);
    else
        rival_multi(&plan, strcmp(plan.kind, "careful") == 0);
    curl_global_cleanup();
    return 0;
}
