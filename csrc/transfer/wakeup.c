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
    int commands[2]; /* a pipe to the thread, which ends when it is closed */
    int port;
    unsigned char key[CVK_WAKEUP_KEY_SIZE];
    pthread_t thread;
    bool running;
    pid_t process;
    atomic_int connection; /* the thread's; -1: none */
    cvk_fork_watch forks;
};

typedef struct command {
    int fd, milliseconds;
} command;

/* ---- the thread ------------------------------------------------------------------------------ */

/* Waits for `fd`; false when the wakeup is to end. */
static bool wait_for(const cvk_wakeup *wakeup, int fd, int milliseconds)
{
    struct pollfd watched[] = {{.fd = wakeup->commands[0]}, /* only its closing counts */
                               {.fd = fd, .events = POLLIN}};
    int count;
    do
        count = poll(watched, 2, milliseconds);
    while (count < 0 && errno == EINTR);
    return count >= 0 && watched[0].revents == 0;
}

/* Whether what connected sends the key, and at once. */
static bool sends_key(const cvk_wakeup *wakeup, int connection)
{
    unsigned char text[CVK_WAKEUP_KEY_SIZE];
    enum { patience = 1000 }; /* milliseconds */
    size_t had = 0;
    while (had < sizeof text) {
        if (!wait_for(wakeup, connection, patience))
            return false;
        ssize_t got = recv(connection, text + had, sizeof text - had, MSG_DONTWAIT);
        if (got <= 0)
            return false;
        had += (size_t)got;
    }
    unsigned char difference = 0;
    for (size_t i = 0; i < sizeof text; i++)
        difference |= (unsigned char)(text[i] ^ wakeup->key[i]);
    return difference == 0;
}

/* The host's connection, or -1: the wakeup is to end. */
static int accept_host(cvk_wakeup *wakeup)
{
    while (wait_for(wakeup, wakeup->listener, -1)) {
        int connection = accept(wakeup->listener, NULL, NULL);
        if (connection < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOMEM))
            return -1; /* trying on would spin */
        if (connection < 0)
            continue;
        fcntl(connection, F_SETFD, FD_CLOEXEC);
        wakeup->connection = connection;
        if (sends_key(wakeup, connection))
            return connection;
        wakeup->connection = -1;
        close(connection);
    }
    return -1;
}

static void *run(void *argument)
{
    cvk_wakeup *wakeup = argument;
    int connection = accept_host(wakeup), on = 1;
    if (connection < 0)
        return NULL;
    setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    command next;
    while (read(wakeup->commands[0], &next, sizeof next) == (ssize_t)sizeof next &&
           wait_for(wakeup, next.fd, next.milliseconds))
        send(connection, "!", 1, MSG_NOSIGNAL);
    wakeup->connection = -1;
    close(connection);
    return NULL;
}

/* ---- its owner ------------------------------------------------------------------------------- */

static bool listen_on_loopback(cvk_wakeup *wakeup)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof address;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    wakeup->listener = socket(AF_INET, SOCK_STREAM, 0);
    if (wakeup->listener < 0 || fcntl(wakeup->listener, F_SETFD, FD_CLOEXEC) != 0 ||
        fcntl(wakeup->listener, F_SETFL, O_NONBLOCK) != 0 ||
        bind(wakeup->listener, (struct sockaddr *)&address, size) != 0 ||
        listen(wakeup->listener, 4) != 0 ||
        getsockname(wakeup->listener, (struct sockaddr *)&address, &size) != 0)
        return false;
    wakeup->port = ntohs(address.sin_port);
    return true;
}

static bool make_pipe(cvk_wakeup *wakeup)
{
    return pipe(wakeup->commands) == 0 && fcntl(wakeup->commands[0], F_SETFD, FD_CLOEXEC) == 0 &&
           fcntl(wakeup->commands[1], F_SETFD, FD_CLOEXEC) == 0;
}

/* No signal of the program is for this thread. */
static bool start(cvk_wakeup *wakeup)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int reason = pthread_create(&wakeup->thread, NULL, run, wakeup);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    wakeup->running = reason == 0;
    if (reason != 0)
        errno = reason;
    return wakeup->running;
}

static void close_if_open(int fd)
{
    if (fd >= 0)
        close(fd);
}

static void close_copies(void *owner)
{
    cvk_wakeup *wakeup = owner;
    close_if_open(wakeup->commands[0]);
    close_if_open(wakeup->commands[1]);
    close_if_open(wakeup->listener);
    close_if_open(wakeup->connection);
    wakeup->commands[0] = wakeup->commands[1] = wakeup->listener = -1;
    wakeup->connection = -1;
}

cvk_wakeup *cvk_wakeup_new(void)
{
    cvk_wakeup *wakeup = calloc(1, sizeof *wakeup);
    if (wakeup == NULL)
        return NULL;
    wakeup->commands[0] = wakeup->commands[1] = wakeup->listener = -1;
    wakeup->connection = -1;
    wakeup->process = getpid();
    if (getentropy(wakeup->key, sizeof wakeup->key) == 0 && make_pipe(wakeup) &&
        listen_on_loopback(wakeup) && start(wakeup)) {
        cvk_forks_watch(&wakeup->forks, close_copies, wakeup);
        return wakeup;
    }
    int reason = errno;
    cvk_wakeup_free(wakeup);
    errno = reason;
    return NULL;
}

void cvk_wakeup_free(cvk_wakeup *wakeup)
{
    if (wakeup == NULL)
        return;
    cvk_forks_unwatch(&wakeup->forks);
    close_if_open(wakeup->commands[1]);
    if (wakeup->running && wakeup->process == getpid())
        pthread_join(wakeup->thread, NULL);
    close_if_open(wakeup->commands[0]);
    close_if_open(wakeup->listener);
    free(wakeup);
}

int cvk_wakeup_port(const cvk_wakeup *wakeup)
{
    return wakeup->port;
}

const unsigned char *cvk_wakeup_key(const cvk_wakeup *wakeup)
{
    return wakeup->key;
}

bool cvk_wakeup_arm(cvk_wakeup *wakeup, int fd, int milliseconds)
{
    command next = {.fd = fd, .milliseconds = milliseconds};
    return write(wakeup->commands[1], &next, sizeof next) == (ssize_t)sizeof next;
}
