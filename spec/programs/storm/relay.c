// The restarts: a relay between convoke and servers that goes down and comes up again.
//
//   relay SEED UPSTREAM-PORT...
//
// It listens on one loopback port for each upstream port and prints its own ports on one line, and
// last one that tells whoever connects how many outages and connections there were. What
// passes is bytes: TLS and HTTP/2 pass as well as HTTP/1.1. Every upstream has outages of its own: a
// moment before, answers may stop to pass, so that requests are executed and nobody learns of it, or
// requests may, so that they are not; then every connection ends, some by a reset, and new ones are
// refused for 0.1 to 0.6 seconds. Of what was held back some is delivered later all the same.
//
// The process ends when nobody reads its output any more.

#include "../sockets.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <time.h>

enum { most_upstreams = 8, most_links = 1024, piece = 16384 };

enum phase { up, without_answers, without_requests, down };

struct upstream {
    int listener; // -1 while it is down
    uint16_t port, own_port;
    enum phase phase;
    int64_t until; // when the phase ends
};

// A connection and the one it leads to, or, with client -1, what is delivered later.
struct link {
    int client, server, which;
    int64_t due; // of what is delivered later
    size_t held;
    char text[piece];
};

static struct upstream upstreams[most_upstreams], teller;
static struct link *links[most_links];
static int upstream_count, link_count;
static uint64_t chance;
static unsigned long outages, connections;

static uint64_t draw(uint64_t limit) // splitmix64
{
    uint64_t z = (chance += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return (z ^ (z >> 31)) % limit;
}

static int64_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

static int64_t between(unsigned least, unsigned most)
{
    return now() + (int64_t)(least + draw(most - least));
}

static void tell(int listener)
{
    int fd = accept(listener, NULL, NULL);
    if (fd < 0)
        return;
    dprintf(fd, "%lu %lu\n", outages, connections);
    close(fd);
}

static void listen_for(struct upstream *upstream)
{
    int fd = cvk_listen(&upstream->own_port, SOCK_NONBLOCK, 512);
    if (fd < 0) {
        perror("relay");
        exit(1);
    }
    upstream->listener = fd;
}

static void drop(struct link *link, bool by_reset)
{
    if (link->client >= 0 && by_reset)
        cvk_reset_on_close(link->client);
    if (link->client >= 0)
        close(link->client);
    link->client = -1;
}

static void forget(int i)
{
    drop(links[i], false);
    close(links[i]->server);
    free(links[i]);
    links[i] = links[--link_count];
}

static void welcome(int which)
{
    int client = cvk_accept(upstreams[which].listener);
    if (client < 0)
        return;
    int server = cvk_connect(upstreams[which].port);
    if (link_count == most_links || server < 0) {
        perror("relay");
        exit(1);
    }
    links[link_count] = calloc(1, sizeof **links);
    if (links[link_count] == NULL)
        abort();
    *links[link_count++] = (struct link){.client = client, .server = server, .which = which};
    connections++;
}

// Passes what there is on. Returns whether the link goes on.
static bool pass(int from, int to)
{
    char text[piece];
    ssize_t size = recv(from, text, sizeof text, MSG_DONTWAIT);
    return size > 0 && send(to, text, (size_t)size, MSG_NOSIGNAL) == size;
}

static bool hold(struct link *link)
{
    ssize_t size = recv(link->client, link->text + link->held, piece - link->held, MSG_DONTWAIT);
    link->held += size > 0 ? (size_t)size : 0;
    return size > 0;
}

// Ends every connection that leads there. One in three of those with something held back delivers
// it later.
static void break_off(int which)
{
    for (int i = link_count - 1; i >= 0; i--) {
        struct link *link = links[i];
        if (link->which != which || link->client < 0)
            continue;
        drop(link, draw(2) == 0);
        link->due = between(20, 600);
        if (link->held == 0 || draw(3) != 0)
            forget(i);
    }
}

static void deliver(void)
{
    for (int i = link_count - 1; i >= 0; i--) {
        struct link *link = links[i];
        if (link->client >= 0 || link->due > now())
            continue;
        if (send(link->server, link->text, link->held, MSG_NOSIGNAL) < 0)
            perror("relay");
        forget(i);
    }
}

static void advance(int which)
{
    struct upstream *upstream = &upstreams[which];
    if (upstream->until > now())
        return;
    if (upstream->phase == up && draw(4) != 0) {
        upstream->phase = draw(3) != 0 ? without_answers : without_requests;
        upstream->until = between(1, 60);
    } else if (upstream->phase != down) {
        close(upstream->listener);
        upstream->listener = -1;
        break_off(which);
        outages++;
        upstream->phase = down;
        upstream->until = between(100, 600);
    } else {
        listen_for(upstream);
        upstream->phase = up;
        upstream->until = between(300, 1500);
    }
}

// Lets a link do what its ends are ready for.
static bool work(struct link *link, short client, short server)
{
    enum phase phase = upstreams[link->which].phase;
    if (client != 0 && !(phase == without_requests ? hold(link) : pass(link->client, link->server)))
        return false;
    return server == 0 || phase == without_answers || pass(link->server, link->client);
}

static bool turn(void)
{
    struct pollfd wanted[2 * most_links + most_upstreams + 2];
    int served = link_count; // those that come now are served the next time
    for (int i = 0; i < served; i++) {
        struct link *link = links[i];
        bool answers = upstreams[link->which].phase != without_answers && link->client >= 0;
        bool room = link->held < piece;
        wanted[2 * i] = (struct pollfd){.fd = room ? link->client : -1, .events = POLLIN};
        wanted[2 * i + 1] = (struct pollfd){.fd = answers ? link->server : -1, .events = POLLIN};
    }
    struct pollfd *listeners = &wanted[2 * served], *ends = listeners + upstream_count;
    for (int i = 0; i < upstream_count; i++)
        listeners[i] = (struct pollfd){.fd = upstreams[i].listener, .events = POLLIN};
    ends[0] = (struct pollfd){.fd = STDOUT_FILENO};
    ends[1] = (struct pollfd){.fd = teller.listener, .events = POLLIN};
    poll(wanted, 2 * (nfds_t)served + (nfds_t)upstream_count + 2, 2);
    for (int i = served - 1; i >= 0; i--)
        if (links[i]->client >= 0 &&
            !work(links[i], wanted[2 * i].revents, wanted[2 * i + 1].revents))
            forget(i);
    for (int i = 0; i < upstream_count; i++)
        if (listeners[i].revents != 0)
            welcome(i);
    for (int i = 0; i < upstream_count; i++)
        advance(i);
    deliver();
    if (ends[1].revents != 0)
        tell(teller.listener);
    return ends[0].revents == 0;
}

int main(int count, char **words)
{
    if (count < 3 || count - 2 > most_upstreams)
        return 2;
    signal(SIGPIPE, SIG_IGN);
    chance = strtoull(words[1], NULL, 10) * 0x9e3779b97f4a7c15u;
    upstream_count = count - 2;
    for (int i = 0; i < upstream_count; i++) {
        upstreams[i].port = (uint16_t)strtoul(words[i + 2], NULL, 10);
        upstreams[i].until = between(100, 1000);
        listen_for(&upstreams[i]);
        printf("%u ", upstreams[i].own_port);
    }
    listen_for(&teller);
    printf("%u\n", teller.own_port);
    fflush(stdout);
    while (turn())
        continue;
    return 0;
}
