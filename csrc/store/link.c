#include "store/link.h"

#include "base/clock.h"
#include "store/names.h"
#include "store/tls.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0
#endif

struct cvk_link {
    char *host, *port, *path;
    cvk_lookup *lookup;          /* NULL: none is needed */
    const struct addrinfo *next; /* the address to try next, while the lookup has ended */
    bool looked_up;
    _Atomic int socket; /* -1: none. The child of a fork reads it, whatever the thread does. */
    bool connected;
    cvk_tls *tls;     /* NULL: none is wanted */
    bool agreed;      /* with the server about TLS, or nothing is to be agreed */
    int64_t deadline; /* of the address that is tried */
    char why[160];
};

static char *copy_of(const char *text, bool *fine)
{
    char *copy = text == NULL ? NULL : strdup(text);
    *fine = *fine && (text == NULL || copy != NULL);
    return copy;
}

cvk_link *cvk_link_new(const char *host, const char *port, const char *path, bool has_tls)
{
    cvk_link *link = calloc(1, sizeof *link);
    if (link == NULL)
        return NULL;
    bool fine = true;
    link->socket = -1;
    link->host = copy_of(host, &fine);
    link->port = copy_of(port, &fine);
    link->path = copy_of(path, &fine);
    if (has_tls)
        link->tls = cvk_tls_new(host);
    if (fine && (!has_tls || link->tls != NULL))
        return link;
    cvk_link_free(link);
    return NULL;
}

void cvk_link_free(cvk_link *link)
{
    if (link == NULL)
        return;
    cvk_link_close(link);
    cvk_tls_free(link->tls);
    cvk_lookup_free(link->lookup);
    free(link->host);
    free(link->port);
    free(link->path);
    free(link);
}

static void close_socket(cvk_link *link)
{
    int fd = link->socket;
    link->socket = -1; /* first: the child of a fork must not close another that gets its number */
    if (fd >= 0)
        close(fd);
}

void cvk_link_close_copy(cvk_link *link)
{
    close_socket(link);
}

void cvk_link_close(cvk_link *link)
{
    if (link->tls != NULL)
        cvk_tls_end(link->tls);
    close_socket(link);
    link->connected = link->agreed = false;
    if (!link->looked_up)
        return; /* a lookup that still goes on serves the next attempt */
    cvk_lookup_free(link->lookup);
    link->lookup = NULL;
    link->next = NULL;
    link->looked_up = false;
}

/* Puts the reason of a system call's failure into words. */
static void explain(cvk_link *link, int reason)
{
    snprintf(link->why, sizeof link->why, "%s", strerror(reason));
}

/* Begins to connect a new socket. false: errno is set. */
static bool connect_to(cvk_link *link, int family, const struct sockaddr *address, socklen_t size)
{
    int on = 1;
    int fd = socket(family, SOCK_STREAM, 0);
    link->socket = fd;
    if (fd < 0 || fcntl(fd, F_SETFD, FD_CLOEXEC) != 0 || fcntl(fd, F_SETFL, O_NONBLOCK) != 0)
        return false;
#ifdef SO_NOSIGPIPE
    setsockopt(fd, SOL_SOCKET, SO_NOSIGPIPE, &on, sizeof on);
#endif
    if (family != AF_UNIX) {
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    }
    link->connected = connect(fd, address, size) == 0;
    return link->connected || errno == EINPROGRESS;
}

static bool connect_to_path(cvk_link *link)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(link->path) >= sizeof address.sun_path) {
        errno = ENAMETOOLONG;
        return false;
    }
    memcpy(address.sun_path, link->path, strlen(link->path) + 1);
    return connect_to(link, AF_UNIX, (struct sockaddr *)&address, sizeof address);
}

bool cvk_link_begin(cvk_link *link, const char **why)
{
    *why = link->why;
    link->deadline = INT64_MAX;
    errno = 0;
    if (link->path != NULL) {
        if (connect_to_path(link))
            return true;
    } else {
        if (link->lookup == NULL)
            link->lookup = cvk_lookup_begin(link->host, link->port);
        if (link->lookup != NULL)
            return true;
    }
    explain(link, errno);
    return false;
}

/* Begins with the next address that takes a connection at all, and gives it its part of the time. */
static cvk_link_state try_next(cvk_link *link, int64_t deadline)
{
    while (link->next != NULL) {
        const struct addrinfo *address = link->next;
        int left = 0;
        for (const struct addrinfo *other = address; other != NULL; other = other->ai_next)
            left++;
        link->next = address->ai_next;
        int64_t now = cvk_now();
        link->deadline = now + (deadline > now ? (deadline - now) / left : 0);
        close_socket(link);
        if (connect_to(link, address->ai_family, address->ai_addr, address->ai_addrlen))
            return link->connected ? CVK_LINK_THERE : CVK_LINK_WAITS;
        explain(link, errno);
    }
    return CVK_LINK_FAILED;
}

static bool is_ready(int fd, short events)
{
    struct pollfd watched = {.fd = fd, .events = events};
    return poll(&watched, 1, 0) > 0;
}

/* The lookup may have ended. */
static cvk_link_state take_addresses(cvk_link *link, int64_t deadline)
{
    if (!is_ready(cvk_lookup_fd(link->lookup), POLLIN))
        return CVK_LINK_WAITS;
    const char *words;
    link->looked_up = true;
    link->next = cvk_lookup_found(link->lookup, &words);
    snprintf(link->why, sizeof link->why, "%s", words);
    return try_next(link, deadline);
}

/* The socket may be connected, or its address given up. */
static cvk_link_state see_to_socket(cvk_link *link, int64_t deadline)
{
    int reason = 0;
    socklen_t size = sizeof reason;
    if (!is_ready(link->socket, POLLOUT)) {
        if (cvk_now() < link->deadline)
            return CVK_LINK_WAITS;
        reason = ETIMEDOUT;
    } else if (getsockopt(link->socket, SOL_SOCKET, SO_ERROR, &reason, &size) != 0) {
        reason = errno;
    }
    link->connected = reason == 0;
    if (link->connected)
        return CVK_LINK_THERE;
    explain(link, reason);
    return try_next(link, deadline);
}

/* The socket is connected: agrees with the server on it. */
static cvk_link_state agree(cvk_link *link, bool begins)
{
    int status = 1;
    if (link->tls != NULL && !link->agreed)
        status = begins && !cvk_tls_begin(link->tls, link->socket) ? -1 : cvk_tls_agree(link->tls);
    link->agreed = status > 0;
    if (status < 0)
        snprintf(link->why, sizeof link->why, "%s", cvk_tls_why(link->tls));
    return status > 0 ? CVK_LINK_THERE : status == 0 ? CVK_LINK_WAITS : CVK_LINK_FAILED;
}

cvk_link_state cvk_link_go_on(cvk_link *link, int64_t deadline, const char **why)
{
    *why = link->why;
    bool was_connected = link->connected;
    cvk_link_state state = CVK_LINK_THERE;
    if (link->path == NULL && !link->looked_up)
        state = take_addresses(link, deadline);
    else if (!link->connected)
        state = see_to_socket(link, deadline);
    return state == CVK_LINK_THERE ? agree(link, !was_connected) : state;
}

int64_t cvk_link_deadline(const cvk_link *link)
{
    return link->connected ? INT64_MAX : link->deadline;
}

void cvk_link_watch(const cvk_link *link, bool sending, struct pollfd *watched)
{
    bool looking_up = link->path == NULL && !link->looked_up;
    watched->fd = looking_up ? cvk_lookup_fd(link->lookup) : link->socket;
    watched->events = POLLIN;
    if (!looking_up && !link->connected)
        watched->events = POLLOUT;
    else if (!looking_up && link->tls != NULL)
        watched->events = cvk_tls_events(link->tls, sending);
    else if (sending)
        watched->events |= POLLOUT;
}

/* What a call of recv() or send(), or of the same for TLS, has brought. */
static long result_of(cvk_link *link, ssize_t size, const char **why)
{
    if (link->tls != NULL && size < 0)
        *why = cvk_tls_why(link->tls);
    if (link->tls != NULL)
        return (long)size;
    if (size >= 0 || errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)
        return size < 0 ? 0 : (long)size;
    explain(link, errno);
    *why = link->why;
    return -1;
}

long cvk_link_receive(cvk_link *link, char *bytes, size_t size, const char **why)
{
    ssize_t received = link->tls != NULL ? cvk_tls_receive(link->tls, bytes, size)
                                         : recv(link->socket, bytes, size, 0);
    if (received == 0 && link->tls == NULL) {
        *why = "the server has closed the connection";
        return -1;
    }
    return result_of(link, received, why);
}

long cvk_link_send(cvk_link *link, const char *bytes, size_t size, const char **why)
{
    ssize_t sent = link->tls != NULL ? cvk_tls_send(link->tls, bytes, size)
                                     : send(link->socket, bytes, size, MSG_NOSIGNAL);
    return result_of(link, sent, why);
}
