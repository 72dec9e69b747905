#include "server.h"

#include "../sockets.h"

#include <poll.h>
#include <stdatomic.h>
#include <sys/mman.h>

enum {
    most_connections = 128,
    most_answers = 4,
    answer_room = 64 * 1024,
    request_room = 64 * 1024
};

typedef struct connection {
    int fd;
    size_t size;
    char data[request_room];
} connection;

/* Seen by both processes. */
typedef struct board {
    atomic_uint begun, received;
    unsigned count;
    size_t sizes[most_answers];
    char answers[most_answers][answer_room];
    size_t request_size;
    char request[request_room];
} board;

static board *shared;
static int asker; /* a socket to the server */

/* ---- the server's process ----------------------------------------------------------------------- */

static void answer(const connection *to)
{
    unsigned number = atomic_fetch_add(&shared->received, 1);
    if (number >= shared->count)
        number = shared->count - 1;
    cvk_send_all(to->fd, shared->answers[number], shared->sizes[number]);
}

/* Reads what has come and answers it; false: the connection is over. */
static bool serve(connection *one)
{
    ssize_t got = recv(one->fd, one->data + one->size, sizeof one->data - 1 - one->size, 0);
    if (got <= 0)
        return false;
    if (one->size == 0)
        atomic_fetch_add(&shared->begun, 1);
    one->size += (size_t)got;
    one->data[one->size] = '\0';
    if (cvk_message_size(one->data, one->size) == one->size) {
        memcpy(shared->request, one->data, one->size);
        shared->request_size = one->size;
        one->size = 0;
        answer(one);
    }
    return one->size < sizeof one->data - 1;
}

static connection all[most_connections];
static nfds_t connections;

static void accept_one(int listener)
{
    int fd = cvk_accept(listener);
    if (fd < 0)
        return;
    all[connections].fd = fd;
    all[connections++].size = 0;
}

/* One round of work; whoever asks for the counts gets a byte when there is nothing else to do.
 * false: the owner is gone. */
static bool work(int listener, int control, bool *asked)
{
    bool full = connections == most_connections;
    struct pollfd watched[most_connections + 2] = {{.fd = full ? -1 : listener, .events = POLLIN},
                                                   {.fd = control, .events = POLLIN}};
    char byte;
    for (nfds_t i = 0; i < connections; i++)
        watched[i + 2] = (struct pollfd){.fd = all[i].fd, .events = POLLIN};
    if (*asked)
        watched[1].events = 0;
    int ready = poll(watched, connections + 2, *asked ? 0 : -1);
    if (ready == 0) {
        *asked = false;
        return write(control, "!", 1) == 1;
    }
    for (nfds_t i = connections; i > 0; i--) { /* a lost one's place is taken by the last one */
        if (watched[i + 1].revents == 0 || serve(&all[i - 1]))
            continue;
        close(all[i - 1].fd);
        connections--;
        if (i - 1 < connections)
            all[i - 1] = all[connections];
    }
    if (watched[0].revents != 0)
        accept_one(listener);
    if (watched[1].revents == 0)
        return ready > 0;
    *asked = true;
    return read(control, &byte, 1) == 1;
}

/* ---- its owner ---------------------------------------------------------------------------------- */

int server_start(void)
{
    uint16_t port = 0;
    int listener = cvk_listen(&port, 0, most_connections), ends[2];
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED || listener < 0 ||
        socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return 0;
    pid_t child = fork();
    if (child < 0)
        return 0;
    if (child == 0) {
        bool asked = false;
        close(ends[0]);
        while (work(listener, ends[1], &asked))
            continue;
        _exit(0);
    }
    close(listener);
    close(ends[1]);
    asker = ends[0];
    return port;
}

bool server_answer(const char *const *texts, const size_t *sizes, size_t count)
{
    if (count < 1 || count > most_answers)
        return false;
    for (size_t i = 0; i < count; i++) {
        if (sizes[i] > answer_room)
            return false;
        memcpy(shared->answers[i], texts[i], sizes[i]);
        shared->sizes[i] = sizes[i];
    }
    shared->count = (unsigned)count;
    atomic_store(&shared->received, 0);
    atomic_store(&shared->begun, 0);
    return true;
}

void server_count(unsigned *begun, unsigned *received)
{
    char byte;
    if (write(asker, "?", 1) != 1 || read(asker, &byte, 1) != 1)
        abort();
    *begun = atomic_load(&shared->begun);
    *received = atomic_load(&shared->received);
}

const char *server_request(size_t *size)
{
    *size = shared->request_size;
    return shared->request;
}
