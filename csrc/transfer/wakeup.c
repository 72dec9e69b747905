#include "transfer/wakeup.h"

#include "transfer/forks.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#ifdef __APPLE__
#include <sys/random.h>
#endif

#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0
#endif

struct cvk_wakeup {
    int listener;
    int orders[2]; /* a pipe to the thread; its closing means the end */
    int port;
    unsigned char key[CVK_WAKEUP_KEY_SIZE];
    pthread_t thread;
    bool running;
    pid_t process;
    atomic_int connection; /* the thread's; -1: none */
    cvk_fork_watch forks;
};

typedef struct order {
    int fd, milliseconds;
} order;

/* ---- the thread ------------------------------------------------------------------------------- */

/* Waits for `fd`; false when the bell is to end. */
static bool wait_for(const cvk_wakeup *bell, int fd, int milliseconds)
{
    struct pollfd watched[] = {{.fd = bell->orders[0]}, /* only its closing counts */
                               {.fd = fd, .events = POLLIN}};
    int count;
    do
        count = poll(watched, 2, milliseconds);
    while (count < 0 && errno == EINTR);
    return count >= 0 && watched[0].revents == 0;
}

/* Whether what connected sends the key, and at once. */
static bool knows_key(const cvk_wakeup *bell, int connection)
{
    unsigned char text[CVK_WAKEUP_KEY_SIZE];
    enum { patience = 1000 }; /* milliseconds */
    size_t had = 0;
    while (had < sizeof text) {
        if (!wait_for(bell, connection, patience))
            return false;
        ssize_t got = recv(connection, text + had, sizeof text - had, MSG_DONTWAIT);
        if (got <= 0)
            return false;
        had += (size_t)got;
    }
    unsigned char difference = 0;
    for (size_t i = 0; i < sizeof text; i++)
        difference |= (unsigned char)(text[i] ^ bell->key[i]);
    return difference == 0;
}

/* The listener's connection, or -1: the bell is to end. */
static int accept_listener(cvk_wakeup *bell)
{
    while (wait_for(bell, bell->listener, -1)) {
        int connection = accept(bell->listener, NULL, NULL);
        if (connection < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOMEM))
            return -1; /* trying on would spin */
        if (connection < 0)
            continue;
        fcntl(connection, F_SETFD, FD_CLOEXEC);
        bell->connection = connection;
        if (knows_key(bell, connection))
            return connection;
        bell->connection = -1;
        close(connection);
    }
    return -1;
}

static void *run(void *argument)
{
    cvk_wakeup *bell = argument;
    int connection = accept_listener(bell), on = 1;
    if (connection < 0)
        return NULL;
    setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    order next;
    while (read(bell->orders[0], &next, sizeof next) == (ssize_t)sizeof next &&
           wait_for(bell, next.fd, next.milliseconds))
        send(connection, "!", 1, MSG_NOSIGNAL);
    bell->connection = -1;
    close(connection);
    return NULL;
}

/* ---- its owner -------------------------------------------------------------------------------- */

static bool listen_on_loopback(cvk_wakeup *bell)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof address;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    bell->listener = socket(AF_INET, SOCK_STREAM, 0);
    if (bell->listener < 0 || fcntl(bell->listener, F_SETFD, FD_CLOEXEC) != 0 ||
        fcntl(bell->listener, F_SETFL, O_NONBLOCK) != 0 ||
        bind(bell->listener, (struct sockaddr *)&address, size) != 0 ||
        listen(bell->listener, 4) != 0 ||
        getsockname(bell->listener, (struct sockaddr *)&address, &size) != 0)
        return false;
    bell->port = ntohs(address.sin_port);
    return true;
}

static bool make_pipe(cvk_wakeup *bell)
{
    return pipe(bell->orders) == 0 && fcntl(bell->orders[0], F_SETFD, FD_CLOEXEC) == 0 &&
           fcntl(bell->orders[1], F_SETFD, FD_CLOEXEC) == 0;
}

/* No signal of the program is for this thread. */
static bool start(cvk_wakeup *bell)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int reason = pthread_create(&bell->thread, NULL, run, bell);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    bell->running = reason == 0;
    if (reason != 0)
        errno = reason;
    return bell->running;
}

static void close_if_open(int fd)
{
    if (fd >= 0)
        close(fd);
}

static void let_go(void *owner)
{
    cvk_wakeup *bell = owner;
    close_if_open(bell->orders[0]);
    close_if_open(bell->orders[1]);
    close_if_open(bell->listener);
    close_if_open(bell->connection);
    bell->orders[0] = bell->orders[1] = bell->listener = -1;
    bell->connection = -1;
}

cvk_wakeup *cvk_wakeup_new(void)
{
    cvk_wakeup *bell = calloc(1, sizeof *bell);
    if (bell == NULL)
        return NULL;
    bell->orders[0] = bell->orders[1] = bell->listener = -1;
    bell->connection = -1;
    bell->process = getpid();
    if (getentropy(bell->key, sizeof bell->key) == 0 && make_pipe(bell) &&
        listen_on_loopback(bell) && start(bell)) {
        cvk_forks_watch(&bell->forks, let_go, bell);
        return bell;
    }
    int reason = errno;
    cvk_wakeup_free(bell);
    errno = reason;
    return NULL;
}

void cvk_wakeup_free(cvk_wakeup *bell)
{
    if (bell == NULL)
        return;
    cvk_forks_unwatch(&bell->forks);
    close_if_open(bell->orders[1]);
    if (bell->running && bell->process == getpid())
        pthread_join(bell->thread, NULL);
    close_if_open(bell->orders[0]);
    close_if_open(bell->listener);
    free(bell);
}

int cvk_wakeup_port(const cvk_wakeup *bell)
{
    return bell->port;
}

const unsigned char *cvk_wakeup_key(const cvk_wakeup *bell)
{
    return bell->key;
}

bool cvk_wakeup_arm(cvk_wakeup *bell, int fd, int milliseconds)
{
    order next = {.fd = fd, .milliseconds = milliseconds};
    return write(bell->orders[1], &next, sizeof next) == (ssize_t)sizeof next;
}
