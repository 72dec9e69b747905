#include "server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

enum { longest_answer = 1 << 17, longest_request = 1 << 14 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char answer[longest_answer];
static size_t answer_size;
static int listener;

/* Whether the request is there as a whole. */
static int is_whole(const char *request, size_t size)
{
    const char *end = strstr(request, "\r\n\r\n");
    const char *length = strstr(request, "Content-Length: ");
    if (end == NULL)
        return 0;
    size_t body = length == NULL || length > end ? 0 : (size_t)atol(length + 16);
    return size >= (size_t)(end - request) + 4 + body;
}

static void serve(int connection)
{
    static char request[longest_request], copy[longest_answer];
    size_t size = 0;
    while (size < sizeof request - 1) {
        ssize_t got = recv(connection, request + size, sizeof request - 1 - size, 0);
        if (got <= 0)
            return;
        size += (size_t)got;
        request[size] = '\0';
        if (is_whole(request, size))
            break;
    }
    pthread_mutex_lock(&lock);
    size_t left = answer_size;
    memcpy(copy, answer, left);
    pthread_mutex_unlock(&lock);
    for (const char *next = copy; left > 0;) {
        ssize_t sent = send(connection, next, left, MSG_NOSIGNAL);
        if (sent <= 0)
            return;
        next += sent;
        left -= (size_t)sent;
    }
    shutdown(connection, SHUT_WR);
    while (recv(connection, request, sizeof request, 0) > 0) {
    } /* until the other end hangs up, too: closing now could take back what was said */
}

static void *run(void *user)
{
    (void)user;
    for (;;) {
        int connection = accept(listener, NULL, NULL), on = 1;
        if (connection < 0)
            continue;
        setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        serve(connection);
        close(connection);
    }
    return NULL;
}

int cvk_server_start(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    pthread_t thread;
    listener = socket(AF_INET, SOCK_STREAM, 0);
    if (listener < 0 || bind(listener, (struct sockaddr *)&address, sizeof address) != 0 ||
        listen(listener, 16) != 0 ||
        getsockname(listener, (struct sockaddr *)&address, &size) != 0 ||
        pthread_create(&thread, NULL, run, NULL) != 0)
        return 0;
    pthread_detach(thread);
    return ntohs(address.sin_port);
}

void cvk_server_say(const char *bytes, size_t size)
{
    pthread_mutex_lock(&lock);
    answer_size = size < longest_answer ? size : longest_answer;
    memcpy(answer, bytes, answer_size);
    pthread_mutex_unlock(&lock);
}
