/*
 * For LD_PRELOAD: a libcurl whose sockets fire for nothing. IDLE_ALARM=extra: it has its user watch
 * a pipe, too, in which a byte lies that nobody reads. IDLE_ALARM=number: from the first answer on
 * it does nothing at all until sockets have fired so many times. IDLE_ALARM=sips: nothing wrong, but
 * it takes a few bytes only each time.
 */
#define _GNU_SOURCE
#include <curl/curl.h>
#include <dlfcn.h>
#include <poll.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#undef curl_multi_setopt

typedef CURLMcode set(CURLM *, CURLMoption, ...);
typedef CURLMcode action(CURLM *, curl_socket_t, int, int *);

static curl_socket_callback users;

/* The program has loaded libcurl for one of its modules only, where RTLD_NEXT does not look. */
static void *curls(const char *name)
{
    void *library = dlopen("libcurl.so.4", RTLD_LAZY | RTLD_NOLOAD);
    return library == NULL ? NULL : dlsym(library, name);
}

static const char *mood(void)
{
    const char *text = getenv("IDLE_ALARM");
    return text == NULL ? "" : text;
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *user, void *socket_user)
{
    static int ends[2];
    if (strcmp(mood(), "extra") == 0 && ends[1] == 0 && pipe(ends) == 0) {
        (void)!write(ends[1], "", 1);
        users(easy, ends[0], CURL_POLL_IN, user, NULL);
    }
    return users(easy, fd, what, user, socket_user);
}

CURLMcode curl_multi_setopt(CURLM *multi, CURLMoption option, ...)
{
    set *real;
    *(void **)&real = curls("curl_multi_setopt");
    va_list arguments;
    va_start(arguments, option);
    CURLMcode code;
    if (option == CURLMOPT_SOCKETFUNCTION) {
        users = va_arg(arguments, curl_socket_callback);
        code = real(multi, option, on_socket);
    } else if (option < CURLOPTTYPE_OBJECTPOINT) {
        code = real(multi, option, va_arg(arguments, long));
    } else {
        code = real(multi, option, va_arg(arguments, void *));
    }
    va_end(arguments);
    return code;
}

CURLMcode curl_multi_socket_action(CURLM *multi, curl_socket_t fd, int what, int *running)
{
    static int fired;
    static action *real;
    if (real == NULL)
        *(void **)&real = curls("curl_multi_socket_action");
    if (fired < atoi(mood()) && (fd == CURL_SOCKET_TIMEOUT ? fired > 0 : what == CURL_CSELECT_IN)) {
        fired += fd != CURL_SOCKET_TIMEOUT;
        return CURLM_OK;
    }
    return real(multi, fd, what, running);
}

ssize_t recv(int fd, void *to, size_t size, int flags)
{
    typedef ssize_t receive(int, void *, size_t, int);
    receive *real;
    *(void **)&real = dlsym(RTLD_NEXT, "recv");
    return real(fd, to, strcmp(mood(), "sips") == 0 && size > 500 ? 500 : size, flags);
}

/* By this libcurl asks whether there is more to be read at once. */
int poll(struct pollfd *sockets, nfds_t count, int milliseconds)
{
    typedef int waiting(struct pollfd *, nfds_t, int);
    waiting *real;
    *(void **)&real = dlsym(RTLD_NEXT, "poll");
    if (strcmp(mood(), "sips") == 0 && milliseconds == 0 && count == 1 &&
        (sockets->events & POLLRDBAND))
        return 0;
    return real(sockets, count, milliseconds);
}
