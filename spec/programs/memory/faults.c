#include "faults.h"

#include "transfer/libcurl.h"

#include <curl/curl.h>
#include <dlfcn.h>
#include <errno.h>
#include <netdb.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

const char *const fault_names[FAULT_SOURCES + 1] = {"lua",   "core", "curl", "action",
                                                    "watch", "ruin", NULL};

static struct {
    fault_source source;
    atomic_ulong chances, failed;
    unsigned long first, more;
    atomic_bool armed;
} plan;

static atomic_long live[FAULT_SOURCES]; /* a thread that resolves a name allocates, too */

void fault_arm(fault_source source, unsigned long first, unsigned long more)
{
    plan.source = source;
    plan.chances = plan.failed = 0;
    plan.first = first;
    plan.more = more;
    plan.armed = true;
}

unsigned long fault_disarm(void)
{
    plan.armed = false;
    return plan.chances;
}

unsigned long fault_count(void)
{
    return plan.failed;
}

long fault_live(fault_source source)
{
    return live[source];
}

static bool is_to_fail(fault_source source)
{
    if (plan.armed && plan.source == FAULT_RUIN && source == FAULT_CURL)
        return plan.failed > 0;
    if (plan.source == FAULT_RUIN && source == FAULT_ACTION)
        source = FAULT_RUIN;
    if (!plan.armed || plan.source != source)
        return false;
    unsigned long chance = ++plan.chances;
    bool fails = chance >= plan.first && chance - plan.first <= plan.more;
    plan.failed += fails;
    return fails;
}

/* ---- memory ------------------------------------------------------------------------------------- */

/* The core is linked so that its malloc, calloc, realloc, strdup and free arrive at __wrap_...; the
 * C library's are __real_... then. */
void *__real_malloc(size_t size);
void *__real_realloc(void *block, size_t size);
void *__real_calloc(size_t count, size_t size);
void __real_free(void *block);
void *__wrap_malloc(size_t size);
void *__wrap_realloc(void *block, size_t size);
void *__wrap_calloc(size_t count, size_t size);
char *__wrap_strdup(const char *text);
void __wrap_free(void *block);

static void *note(fault_source source, void *block)
{
    if (block != NULL)
        live[source]++;
    return block;
}

static void *refuse(void)
{
    errno = ENOMEM;
    return NULL;
}

static void *take(fault_source source, size_t size)
{
    return is_to_fail(source) ? refuse() : note(source, __real_malloc(size));
}

static void *take_clean(fault_source source, size_t count, size_t size)
{
    return is_to_fail(source) ? refuse() : note(source, __real_calloc(count, size));
}

static void *take_more(fault_source source, void *block, size_t size)
{
    if (block == NULL)
        return take(source, size);
    return is_to_fail(source) ? refuse() : __real_realloc(block, size);
}

static char *take_copy(fault_source source, const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = take(source, size);
    return copy == NULL ? NULL : memcpy(copy, text, size);
}

static void give(fault_source source, void *block)
{
    if (block != NULL)
        live[source]--;
    __real_free(block);
}

void *__wrap_malloc(size_t size)
{
    return take(FAULT_CORE, size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return take_clean(FAULT_CORE, count, size);
}

void *__wrap_realloc(void *block, size_t size)
{
    return take_more(FAULT_CORE, block, size);
}

char *__wrap_strdup(const char *text)
{
    return take_copy(FAULT_CORE, text);
}

void __wrap_free(void *block)
{
    give(FAULT_CORE, block);
}

static void *curl_malloc(size_t size)
{
    return take(FAULT_CURL, size);
}

static void *curl_calloc(size_t count, size_t size)
{
    return take_clean(FAULT_CURL, count, size);
}

static void *curl_realloc(void *block, size_t size)
{
    return take_more(FAULT_CURL, block, size);
}

static char *curl_strdup(const char *text)
{
    return take_copy(FAULT_CURL, text);
}

static void curl_free_block(void *block)
{
    give(FAULT_CURL, block);
}

bool fault_take_curl(void)
{
    return cvk_libcurl_load(NULL, 0) &&
           curl_global_init_mem(CURL_GLOBAL_DEFAULT, curl_malloc, curl_free_block, curl_realloc,
                                curl_strdup, curl_calloc) == CURLE_OK;
}

void *fault_lua_alloc(void *user, void *block, size_t old_size, size_t size)
{
    (void)user;
    if (size == 0) {
        give(FAULT_LUA, block);
        return NULL;
    }
    if (block != NULL && size <= old_size) /* Lua counts on it that this never fails */
        return __real_realloc(block, size);
    return take_more(FAULT_LUA, block, size);
}

/* ---- names -------------------------------------------------------------------------------------- */

/* libcurl finds this one before the C library's. */
__attribute__((visibility("default"))) int getaddrinfo(const char *name, const char *service,
                                                       const struct addrinfo *hints,
                                                       struct addrinfo **found)
{
    static int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
    if (real == NULL)
        *(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");
    return real(name != NULL && strcmp(name, FAULT_HOST) == 0 ? "127.0.0.1" : name, service, hints,
                found);
}

/* ---- calls -------------------------------------------------------------------------------------- */

CURLMcode __real_curl_multi_socket_action(CURLM *multi, curl_socket_t fd, int what, int *running);
CURLMcode __wrap_curl_multi_socket_action(CURLM *multi, curl_socket_t fd, int what, int *running);
int __real_epoll_ctl(int epoll, int action, int fd, struct epoll_event *event);
int __wrap_epoll_ctl(int epoll, int action, int fd, struct epoll_event *event);

/* In turn: it did nothing, and it did its work and then noticed. */
CURLMcode __wrap_curl_multi_socket_action(CURLM *multi, curl_socket_t fd, int what, int *running)
{
    bool fails = is_to_fail(FAULT_ACTION);
    if (fails && plan.chances % 2 == 0)
        return CURLM_INTERNAL_ERROR;
    CURLMcode code = __real_curl_multi_socket_action(multi, fd, what, running);
    return fails ? CURLM_OUT_OF_MEMORY : code;
}

int __wrap_epoll_ctl(int epoll, int action, int fd, struct epoll_event *event)
{
    if (action != EPOLL_CTL_DEL && is_to_fail(FAULT_WATCH)) {
        errno = ENOMEM;
        return -1;
    }
    return __real_epoll_ctl(epoll, action, fd, event);
}
