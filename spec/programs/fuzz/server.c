#include "server.h"

#include "../sockets.h"

#include <pthread.h>

enum { longest_answer = 1 << 17, longest_request = 1 << 14 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char answer[longest_answer];
static size_t answer_size;
static int listener;

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
        if (cvk_message_size(request, size) > 0)
            break;
    }
    pthread_mutex_lock(&lock);
    size_t left = answer_size;
    memcpy(copy, answer, left);
    pthread_mutex_unlock(&lock);
    if (!cvk_send_all(connection, copy, left))
        return;
    shutdown(connection, SHUT_WR);
    while (recv(connection, request, sizeof request, 0) > 0) {
    } /* until the other end hangs up, too: closing now could take back what was said */
}

static void *run(void *user)
{
    (void)user;
    for (;;) {
        int connection = cvk_accept(listener);
        if (connection < 0)
            continue;
        serve(connection);
        close(connection);
    }
    return NULL;
}

int cvk_server_start(void)
{
    uint16_t port = 0;
    pthread_t thread;
    listener = cvk_listen(&port, 0, 16);
    if (listener < 0 || pthread_create(&thread, NULL, run, NULL) != 0)
        return 0;
    pthread_detach(thread);
    return port;
}

void cvk_server_say(const char *bytes, size_t size)
{
    pthread_mutex_lock(&lock);
    answer_size = size < longest_answer ? size : longest_answer;
    memcpy(answer, bytes, answer_size);
    pthread_mutex_unlock(&lock);
}
