/*
 * What the servers and proxies of these programs have in common: loopback sockets, and where a
 * message of HTTP ends.
 */
#ifndef CVK_PROGRAMS_SOCKETS_H
#define CVK_PROGRAMS_SOCKETS_H

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

static inline struct sockaddr_in cvk_loopback(uint16_t port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

/*
 * Listens on loopback. `*port`: 0 for any free one, which is written there; `flags`: SOCK_NONBLOCK
 * or 0. Returns the socket, which the caller closes, or -1 with errno set.
 */
static inline int cvk_listen(uint16_t *port, int flags, int backlog)
{
    struct sockaddr_in address = cvk_loopback(*port);
    socklen_t size = sizeof address;
    int on = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);
    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, (struct sockaddr *)&address, sizeof address) != 0 || listen(fd, backlog) != 0 ||
        getsockname(fd, (struct sockaddr *)&address, &size) != 0) {
        close(fd);
        return -1;
    }
    *port = ntohs(address.sin_port);
    return fd;
}

/* Sends small pieces at once instead of gathering them. */
static inline void cvk_send_at_once(int fd)
{
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

/* Accepts a connection that sends at once; -1: there is none. */
static inline int cvk_accept(int listener)
{
    int fd = accept(listener, NULL, NULL);
    if (fd >= 0)
        cvk_send_at_once(fd);
    return fd;
}

/* Connects to a port on loopback, to send at once; -1: nobody listens there. */
static inline int cvk_connect(uint16_t port)
{
    struct sockaddr_in address = cvk_loopback(port);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    if (connect(fd, (struct sockaddr *)&address, sizeof address) != 0) {
        close(fd);
        return -1;
    }
    cvk_send_at_once(fd);
    return fd;
}

/* false: the other end takes no more. */
static inline bool cvk_send_all(int fd, const char *text, size_t size)
{
    while (size > 0) {
        ssize_t sent = send(fd, text, size, MSG_NOSIGNAL);
        if (sent <= 0)
            return false;
        text += sent;
        size -= (size_t)sent;
    }
    return true;
}

/* Has close() end the connection with a reset. */
static inline void cvk_reset_on_close(int fd)
{
    struct linger linger = {.l_onoff = 1, .l_linger = 0};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
}

/* The size of a head, with the empty line at its end; 0 while not all of it is there. The text ends
 * with a zero byte. */
static inline size_t cvk_head_size(const char *text)
{
    const char *end = strstr(text, "\r\n\r\n");
    return end == NULL ? 0 : (size_t)(end - text) + 4;
}

/* The value of a header, with the space before it, up to the end of all; NULL: there is none such.
 * `head`: the head's size. */
static inline const char *cvk_header(const char *text, size_t head, const char *name)
{
    size_t length = strlen(name);
    const char *line = strstr(text, "\r\n");
    while (line != NULL && line + 4 < text + head) {
        line += 2;
        if (strncasecmp(line, name, length) == 0 && line[length] == ':')
            return line + length + 1;
        line = strstr(line, "\r\n");
    }
    return NULL;
}

/* The size of the message that the text begins with, whose body is as long as its Content-Length
 * says; 0 while not all of it is there. The text ends with a zero byte. */
static inline size_t cvk_message_size(const char *text, size_t size)
{
    size_t head = cvk_head_size(text);
    if (head == 0)
        return 0;
    const char *length = cvk_header(text, head, "content-length");
    size_t whole = head + (length != NULL ? strtoul(length, NULL, 10) : 0);
    return size >= whole ? whole : 0;
}

#endif
