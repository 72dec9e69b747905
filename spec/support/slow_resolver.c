/*
 * A name service that takes its time, for LD_PRELOAD: every look-up of a name below "slow.test"
 * lasts six seconds and then finds 127.0.0.1; one below "gone.test" finds that at once, but no more
 * once half a minute has passed since the first such look-up. With OLD_LIBCURL set libcurl cannot
 * let go of such a look-up, as before its version 7.87.
 */
#define _GNU_SOURCE
#include <curl/curl.h>
#include <dlfcn.h>
#include <netdb.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#undef curl_easy_setopt

enum { option_quick_exit = 322 }; /* CURLOPT_QUICK_EXIT */

typedef int lookup(const char *, const char *, const struct addrinfo *, struct addrinfo **);
typedef CURLcode set(CURL *, CURLoption, ...);

static int is_gone(void)
{
    static time_t first;
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    if (first == 0)
        first = now.tv_sec;
    return now.tv_sec > first + 30;
}

int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints,
                struct addrinfo **found)
{
    lookup *real;
    *(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");
    if (name != NULL && strstr(name, "slow.test") != NULL) {
        sleep(6);
        name = "127.0.0.1";
    }
    if (name != NULL && strstr(name, "gone.test") != NULL) {
        if (is_gone())
            return EAI_NONAME;
        name = "127.0.0.1";
    }
    return real(name, service, hints, found);
}

CURLcode curl_easy_setopt(CURL *easy, CURLoption option, ...)
{
    set *real;
    void *libcurl = dlopen("libcurl.so.4", RTLD_LAZY | RTLD_NOLOAD);
    *(void **)&real = dlsym(libcurl, "curl_easy_setopt");
    if ((int)option == option_quick_exit && getenv("OLD_LIBCURL") != NULL)
        return CURLE_UNKNOWN_OPTION;
    va_list arguments;
    va_start(arguments, option);
    CURLcode code;
    if (option < CURLOPTTYPE_OBJECTPOINT)
        code = real(easy, option, va_arg(arguments, long));
    else if (option < CURLOPTTYPE_OFF_T)
        code = real(easy, option, va_arg(arguments, void *));
    else
        code = real(easy, option, va_arg(arguments, curl_off_t));
    va_end(arguments);
    return code;
}
