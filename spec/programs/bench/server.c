/*
 * A server that knows two answers by heart, for measurements that must not depend on a real one:
 *
 *   server ANSWER-FILE LIST-FILE [MILLISECONDS]
 *
 * GET is answered with the list, anything else with the answer, after so many milliseconds; what
 * goes to a path below /hold never is. Where the answer has the digits 0000000001 they count. Prints
 * its port on 127.0.0.1 and serves until its standard input ends.
 */
#define _GNU_SOURCE

#include "../sockets.h"

#include <errno.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <time.h>

enum { most_events = 512, most_connections = 65536 };

typedef struct cvk_answer {
    char *text; /* with its head */
    size_t size;
    char *digits; /* of the number that each answer has one higher */
} cvk_answer;

typedef struct cvk_connection {
    int fd;
    char *in; /* what has come of a request */
    size_t in_size, in_room;
    const cvk_answer *answer; /* what goes out, or NULL */
    size_t out_sent;
    int64_t due;
    struct cvk_connection *next; /* among those whose answer waits for its time */
} cvk_connection;

static cvk_answer one, list;
static long delay;
static int loop;
static cvk_connection *connections[most_connections]; /* by descriptor */
static cvk_connection *first_due, *last_due;

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

static int64_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

static cvk_answer load(const char *file)
{
    FILE *handle = fopen(file, "rb");
    if (handle == NULL)
        fail(file);
    fseek(handle, 0, SEEK_END);
    size_t size = (size_t)ftell(handle);
    rewind(handle);
    cvk_answer made = {.text = malloc(size + 256)};
    int head = sprintf(made.text,
                       "HTTP/1.1 200 OK\r\nServer: bench\r\nContent-Type: application/json\r\n"
                       "Content-Length: %zu\r\nConnection: keep-alive\r\n\r\n",
                       size);
    made.size = (size_t)head + fread(made.text + head, 1, size, handle);
    fclose(handle);
    made.digits = memmem(made.text, made.size, "0000000001", 10);
    return made;
}

static void watch(const cvk_connection *connection, int operation, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.fd = connection->fd};
    epoll_ctl(loop, operation, connection->fd, &event);
}

static void drop(cvk_connection *gone)
{
    cvk_connection **link = &first_due, *before = NULL;
    while (*link != NULL && *link != gone) {
        before = *link;
        link = &before->next;
    }
    if (*link == gone) {
        *link = gone->next;
        if (last_due == gone)
            last_due = before;
    }
    connections[gone->fd] = NULL;
    close(gone->fd);
    free(gone->in);
    free(gone);
}

static void count_up(char *digits)
{
    for (int i = 9; i >= 0; i--) {
        if (digits[i] < '9') {
            digits[i]++;
            return;
        }
        digits[i] = '0';
    }
}

static void send_answer(cvk_connection *connection)
{
    const cvk_answer *answer = connection->answer;
    if (answer == &one && one.digits != NULL && connection->out_sent == 0)
        count_up(one.digits);
    while (connection->out_sent < answer->size) {
        ssize_t sent = send(connection->fd, answer->text + connection->out_sent,
                            answer->size - connection->out_sent, MSG_NOSIGNAL);
        if (sent < 0 && errno == EAGAIN) {
            watch(connection, EPOLL_CTL_MOD, EPOLLIN | EPOLLOUT);
            return;
        }
        if (sent < 0)
            break; /* reading will see the end */
        connection->out_sent += (size_t)sent;
    }
    connection->answer = NULL;
    watch(connection, EPOLL_CTL_MOD, EPOLLIN);
}

static void take_request(cvk_connection *connection, size_t size)
{
    const char *path = memchr(connection->in, ' ', size);
    bool held = path != NULL && strncmp(path, " /hold/", 7) == 0;
    const cvk_answer *answer = memcmp(connection->in, "GET", 3) == 0 ? &list : &one;
    connection->in_size -= size;
    memmove(connection->in, connection->in + size, connection->in_size);
    if (held)
        return;
    connection->answer = answer;
    connection->out_sent = 0;
    if (delay == 0) {
        send_answer(connection);
        return;
    }
    connection->due = now() + delay;
    connection->next = NULL;
    *(first_due == NULL ? &first_due : &last_due->next) = connection;
    last_due = connection;
}

static void read_request(cvk_connection *connection)
{
    if (connection->in_room - connection->in_size < 4096) {
        connection->in_room = 2 * connection->in_room + 4096;
        connection->in = realloc(connection->in, connection->in_room + 1);
    }
    ssize_t got = recv(connection->fd, connection->in + connection->in_size,
                       connection->in_room - connection->in_size, 0);
    if (got < 0 && errno == EAGAIN)
        return;
    if (got <= 0) {
        drop(connection);
        return;
    }
    connection->in_size += (size_t)got;
    connection->in[connection->in_size] = '\0';
    size_t size = cvk_message_size(connection->in, connection->in_size);
    if (size > 0)
        take_request(connection, size);
}

static void accept_all(int listener)
{
    int fd;
    while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        cvk_connection *made = fd < most_connections ? calloc(1, sizeof *made) : NULL;
        if (made == NULL)
            fail("connection");
        made->fd = fd;
        connections[fd] = made;
        cvk_send_at_once(fd);
        watch(made, EPOLL_CTL_ADD, EPOLLIN);
    }
}

static int send_due(void)
{
    int64_t time = now();
    while (first_due != NULL && first_due->due <= time) {
        cvk_connection *connection = first_due;
        first_due = connection->next;
        send_answer(connection);
    }
    return first_due == NULL ? -1 : (int)(first_due->due - time);
}

int main(int count, char **words)
{
    if (count < 3) {
        fprintf(stderr, "usage: server ANSWER-FILE LIST-FILE [MILLISECONDS]\n");
        return 2;
    }
    one = load(words[1]);
    list = load(words[2]);
    delay = count > 3 ? strtol(words[3], NULL, 10) : 0;
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    loop = epoll_create1(EPOLL_CLOEXEC);
    uint16_t port = 0;
    cvk_connection listener = {.fd = cvk_listen(&port, SOCK_NONBLOCK, 4096)};
    cvk_connection input = {.fd = STDIN_FILENO};
    if (listener.fd < 0)
        fail("listen");
    printf("%u\n", (unsigned)port);
    fflush(stdout);
    watch(&listener, EPOLL_CTL_ADD, EPOLLIN);
    watch(&input, EPOLL_CTL_ADD, EPOLLIN);
    for (;;) {
        struct epoll_event events[most_events];
        int ready = epoll_wait(loop, events, most_events, send_due());
        for (int i = 0; i < ready; i++) {
            int fd = events[i].data.fd;
            if (fd == listener.fd)
                accept_all(fd);
            else if (fd == STDIN_FILENO)
                return 0;
            else if ((events[i].events & EPOLLOUT) != 0)
                send_answer(connections[fd]);
            else
                read_request(connections[fd]);
        }
    }
}
