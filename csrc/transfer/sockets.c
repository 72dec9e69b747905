#ifndef _GNU_SOURCE
/* NOLINTNEXTLINE(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */
#define _GNU_SOURCE /* POLLRDHUP */
#endif
#include "transfer/sockets.h"

#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

void cvk_sockets_begin(cvk_sockets *sockets, cvk_poller *poller, bool strict)
{
    *sockets = (cvk_sockets){.poller = poller, .strict = strict};
    for (int i = 0; i < CVK_PORT_LISTS; i++)
        sockets->by_port[i] = -1;
}

void cvk_sockets_clear(cvk_sockets *sockets)
{
    free(sockets->all);
    cvk_sockets_begin(sockets, sockets->poller, sockets->strict);
}

static int port_list(int port)
{
    return (int)((unsigned)port % CVK_PORT_LISTS);
}

static bool is_known(const cvk_sockets *sockets, int fd)
{
    return fd >= 0 && fd < sockets->room && sockets->all[fd].open;
}

static bool make_room(cvk_sockets *sockets, int fd)
{
    if (fd < sockets->room)
        return true;
    int room = fd < 32 ? 64 : 2 * fd;
    cvk_socket *all = realloc(sockets->all, (size_t)room * sizeof *all);
    if (all == NULL)
        return false;
    for (int i = sockets->room; i < room; i++)
        all[i] = (cvk_socket){0};
    sockets->all = all;
    sockets->room = room;
    return true;
}

void cvk_sockets_close(const cvk_sockets *sockets)
{
    for (int fd = 0; fd < sockets->room; fd++)
        if (sockets->all[fd].open)
            close(fd);
}

static void forget(cvk_sockets *sockets, int fd)
{
    if (!is_known(sockets, fd))
        return;
    cvk_socket *closed = &sockets->all[fd];
    if (closed->port >= 0) {
        int *link = &sockets->by_port[port_list(closed->port)];
        while (*link != fd)
            link = &sockets->all[*link].next;
        *link = closed->next;
    }
    closed->open = false;
}

void cvk_sockets_opened(cvk_sockets *sockets, int fd)
{
    forget(sockets, fd); /* one that was closed without a word */
    cvk_poller_opened(sockets->poller, fd);
    if (make_room(sockets, fd))
        sockets->all[fd] = (cvk_socket){.open = true, .port = -1, .next = -1};
}

void cvk_sockets_closed(cvk_sockets *sockets, int fd)
{
    cvk_poller_closed(sockets->poller, fd);
    forget(sockets, fd);
}

void cvk_sockets_busy(cvk_sockets *sockets, int fd, bool busy)
{
    if (is_known(sockets, fd))
        sockets->all[fd].busy = busy;
}

void cvk_sockets_answered(cvk_sockets *sockets, int fd, cvk_protocol protocol)
{
    if (is_known(sockets, fd))
        sockets->all[fd].protocol = protocol;
}

/* ---- which socket it is ---------------------------------------------------------------------- */

/* The local port, 0 where there are none; -1: it cannot be told. */
static int port_of(int fd)
{
    union {
        struct sockaddr any;
        struct sockaddr_in four;
        struct sockaddr_in6 six;
        struct sockaddr_storage whole;
    } address = {.any = {0}};
    socklen_t size = sizeof address;
    if (getsockname(fd, &address.any, &size) != 0)
        return -1;
    return address.any.sa_family == AF_INET    ? ntohs(address.four.sin_port)
           : address.any.sa_family == AF_INET6 ? ntohs(address.six.sin6_port)
                                               : 0;
}

static bool is_unused(const cvk_sockets *sockets, int fd, int port)
{
    return port >= 0 && is_known(sockets, fd) && sockets->all[fd].port < 0 && port_of(fd) == port;
}

int cvk_sockets_first_use(cvk_sockets *sockets, int likely, int port)
{
    int fd = likely;
    if (!is_unused(sockets, fd, port)) {
        fd = 0;
        while (fd < sockets->room && !is_unused(sockets, fd, port))
            fd++;
        if (fd == sockets->room)
            return -1;
    }
    int *list = &sockets->by_port[port_list(port)];
    sockets->all[fd].port = port;
    sockets->all[fd].next = *list;
    *list = fd;
    return fd;
}

/* ---- how it is ------------------------------------------------------------------------------- */

/* Whether the other end has closed the connection or, if `anything`, sent something. */
static bool has_input(int fd, bool anything)
{
#ifdef POLLRDHUP
    short wanted = (short)(POLLRDHUP | (anything ? POLLIN : 0));
#else
    short wanted = POLLIN;
#endif
    struct pollfd look = {.fd = fd, .events = wanted};
    if (poll(&look, 1, 0) == 0)
        return false;
#ifndef POLLRDHUP
    char byte;
    if (!anything && look.revents == POLLIN)
        return recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
#endif
    return true;
}

/* Whether nothing at all may have come over it. */
static bool is_silent(const cvk_sockets *sockets, const cvk_socket *socket)
{
    return socket->protocol == CVK_HTTP_1 || (sockets->strict && !socket->busy);
}

bool cvk_sockets_are_usable(const cvk_sockets *sockets, int port, bool *silent)
{
    bool fit = false;
    for (int fd = sockets->by_port[port_list(port)]; fd >= 0; fd = sockets->all[fd].next) {
        if (sockets->all[fd].port != port)
            continue;
        *silent = is_silent(sockets, &sockets->all[fd]);
        fit = !has_input(fd, *silent);
        if (!fit)
            break;
    }
    return fit;
}

/* Leaves nothing to read but the end. */
static void drain_and_shut_down(int fd)
{
    char bytes[4096];
    for (int i = 0; i < 64; i++) /* whoever sends more is cut off below */
        if (recv(fd, bytes, sizeof bytes, MSG_DONTWAIT) <= 0)
            break;
    shutdown(fd, SHUT_RDWR);
}

void cvk_sockets_sweep(cvk_sockets *sockets)
{
    for (int fd = 0; fd < sockets->room; fd++) {
        const cvk_socket *socket = &sockets->all[fd];
        if (socket->open && !socket->busy && has_input(fd, socket->protocol != CVK_HTTP_2))
            drain_and_shut_down(fd);
    }
}
