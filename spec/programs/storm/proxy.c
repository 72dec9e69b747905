// The storm: a proxy between convoke and the sandbox that breaks one exchange in five and spoils
// some of the others.
//
//   proxy SEED UPSTREAM-PORT...
//
// It listens on one loopback port for each upstream port and prints its own ports on one line. What
// happens to an exchange depends on the seed, on the request (method, target, body) and on how
// many times that same request has come before, on nothing else: a call's first try meets the same
// fate in every run, whatever connection it comes by and whatever else is going on.
//
// GET /_storm answers how often each fate befell somebody. The process ends when nobody reads its
// output any more.

#include "../sockets.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>

enum { most_upstreams = 8, most_idle = 256, buckets = 1 << 15 };

// What can happen to an exchange.
enum fate {
    passed,       // on to the server, and its answer back
    cut_before,   // broken at a random byte of the request: the server never has all of it
    cut_after,    // executed; the answer is broken at a random byte
    cut_late,     // broken at once; the server gets the request a little later all the same
    throttled,    // 429 from the proxy
    unavailable,  // 503 from the proxy
    lost_gateway, // executed; the proxy answers 503 all the same
    failed,       // the server did not answer: not planned
    fates
};

static const char *const fate_names[fates] = {"passed",       "cut_before", "cut_after",
                                              "cut_late",     "throttled",  "unavailable",
                                              "lost_gateway", "failed"};

// How many exchanges in a hundred meet each; the others pass.
static const unsigned shares[fates] = {
    [cut_before] = 9, [cut_after] = 9,   [cut_late] = 2,
    [throttled] = 4,  [unavailable] = 4, [lost_gateway] = 2,
};

struct upstream {
    int listener;
    uint16_t port;
    int idle[most_idle]; // connections to the server that nobody uses
    int idle_count;
};

// A whole request or answer.
struct message {
    char *text;
    size_t size, head, room;
};

// How often a request has come, by its hash.
struct seen {
    struct seen *next;
    uint64_t request;
    uint64_t times;
};

static struct upstream upstreams[most_upstreams];
static int upstream_count;
static uint64_t seed;
static struct seen *seen[buckets];
static unsigned long counts[fates];
static unsigned long connections;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

// Chance --------------------------------------------------------------------------------------------

// The next number of the sequence that `state` stands in (splitmix64).
static uint64_t draw(uint64_t *state)
{
    uint64_t z = (*state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static size_t draw_below(uint64_t *state, size_t limit)
{
    return limit > 0 ? (size_t)(draw(state) % limit) : 0;
}

static uint64_t hash(uint64_t h, const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++)
        h = (h ^ (unsigned char)text[i]) * 0x100000001b3u;
    return h;
}

// What identifies a request: its first line and its body; headers may tell the time.
static uint64_t hash_request(const struct message *request, int which)
{
    uint64_t h = hash(0xcbf29ce484222325u, (const char *)&which, sizeof which);
    h = hash(h, request->text, strcspn(request->text, "\r"));
    return hash(h, request->text + request->head, request->size - request->head);
}

// Counts a request; returns how many came before it.
static uint64_t count_request(uint64_t request)
{
    pthread_mutex_lock(&lock);
    struct seen **bucket = &seen[request % buckets], *entry = *bucket;
    while (entry && entry->request != request)
        entry = entry->next;
    if (!entry) {
        entry = calloc(1, sizeof *entry);
        if (!entry)
            abort();
        entry->request = request;
        entry->next = *bucket;
        *bucket = entry;
    }
    uint64_t before = entry->times++;
    pthread_mutex_unlock(&lock);
    return before;
}

static enum fate draw_fate(uint64_t *chance)
{
    size_t number = draw_below(chance, 100);
    for (int fate = 0; fate < fates; fate++) {
        if (number < shares[fate])
            return (enum fate)fate;
        number -= shares[fate];
    }
    return passed;
}

static void count_fate(enum fate fate)
{
    pthread_mutex_lock(&lock);
    counts[fate]++;
    pthread_mutex_unlock(&lock);
}

// Closes a connection, with a reset in every other case.
static void slam(int fd, uint64_t *chance)
{
    if (draw(chance) & 1)
        cvk_reset_on_close(fd);
    close(fd);
}

// Reads one more piece. The text ends with a zero byte.
static bool read_more(int fd, struct message *message)
{
    if (message->size + 1 >= message->room) {
        message->room = message->room ? message->room * 2 : 4096;
        message->text = realloc(message->text, message->room);
        if (!message->text)
            abort();
    }
    ssize_t got = recv(fd, message->text + message->size, message->room - message->size - 1, 0);
    if (got <= 0)
        return false;
    message->size += (size_t)got;
    message->text[message->size] = '\0';
    return true;
}

// Reads a whole message, whose body is as long as its Content-Length says.
static bool read_message(int fd, struct message *message)
{
    message->size = 0;
    do {
        if (!read_more(fd, message))
            return false;
    } while (cvk_message_size(message->text, message->size) == 0);
    message->head = cvk_head_size(message->text);
    return true;
}

// A connection to the server that is still good, an old one or a new one.
static int take_upstream(struct upstream *upstream)
{
    for (;;) {
        int fd = -1;
        pthread_mutex_lock(&lock);
        if (upstream->idle_count > 0)
            fd = upstream->idle[--upstream->idle_count];
        pthread_mutex_unlock(&lock);
        if (fd < 0)
            return cvk_connect(upstream->port);
        char byte;
        if (recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0)
            return fd;
        close(fd);
    }
}

static void give_upstream(struct upstream *upstream, int fd)
{
    pthread_mutex_lock(&lock);
    bool kept = upstream->idle_count < most_idle;
    if (kept)
        upstream->idle[upstream->idle_count++] = fd;
    pthread_mutex_unlock(&lock);
    if (!kept)
        close(fd);
}

// One exchange ----------------------------------------------------------------------------------------

// Has the server execute a request.
static bool execute(struct upstream *upstream, const struct message *request,
                    struct message *answer)
{
    int fd = take_upstream(upstream);
    if (fd < 0)
        return false;
    if (!cvk_send_all(fd, request->text, request->size) || !read_message(fd, answer)) {
        close(fd);
        return false;
    }
    give_upstream(upstream, fd);
    return true;
}

// Lets the server have the first bytes of a request.
static void execute_in_part(struct upstream *upstream, const struct message *request, size_t size)
{
    int fd = cvk_connect(upstream->port);
    if (fd < 0)
        return;
    cvk_send_all(fd, request->text, size);
    close(fd);
}

// An answer of the proxy's own.
static bool refuse(int fd, int status, uint64_t *chance)
{
    static const char *const pauses[] = {"", "Retry-After: 0\r\n", "Retry-After: 1\r\n",
                                         "Retry-After: soon\r\n"};
    const char *body = "<html><body>try again later</body></html>\n";
    char text[512];
    int size = snprintf(text, sizeof text,
                        "HTTP/1.1 %d Later\r\nContent-Type: text/html\r\n%sContent-Length: %zu"
                        "\r\n\r\n%s",
                        status, pauses[draw_below(chance, 4)], strlen(body), body);
    return cvk_send_all(fd, text, (size_t)size);
}

// Hands an answer on. Some connections end after it: one in ten says so before, one in ten does not.
static bool hand_on(int fd, const struct message *answer, uint64_t *chance)
{
    static const char closing[] = "connection: close\r\n";
    size_t ending = draw_below(chance, 10), line = strcspn(answer->text, "\n") + 1;
    if (ending != 0)
        return cvk_send_all(fd, answer->text, answer->size) && ending != 1;
    cvk_send_all(fd, answer->text, line);
    cvk_send_all(fd, closing, sizeof closing - 1);
    cvk_send_all(fd, answer->text + line, answer->size - line);
    return false;
}

// Lets its fate befall an exchange. Returns whether the connection goes on; if it does not, it may
// be closed already (*fd is -1).
static bool serve(int *fd, struct upstream *upstream, const struct message *request,
                  struct message *answer, enum fate fate, uint64_t *chance)
{
    int client = *fd;
    switch (fate) {
    case throttled:
        return refuse(client, 429, chance);
    case unavailable:
        return refuse(client, 503, chance);
    case cut_before:
        *fd = -1;
        execute_in_part(upstream, request, draw_below(chance, request->size));
        slam(client, chance);
        return false;
    case cut_late:
        *fd = -1;
        slam(client, chance);
        usleep((useconds_t)(20 + draw_below(chance, 600)) * 1000);
        execute(upstream, request, answer);
        return false;
    default:
        break;
    }
    if (!execute(upstream, request, answer)) {
        count_fate(failed);
        return false;
    }
    if (fate == passed)
        return hand_on(client, answer, chance);
    if (fate == lost_gateway)
        return refuse(client, 503, chance);
    *fd = -1;
    cvk_send_all(client, answer->text, draw_below(chance, answer->size));
    slam(client, chance);
    return false;
}

static void report(int fd)
{
    char body[512], text[768];
    int size = 0;
    pthread_mutex_lock(&lock);
    for (int fate = 0; fate < fates; fate++) {
        size += snprintf(body + size, sizeof body - (size_t)size, "%s %lu\n", fate_names[fate],
                         counts[fate]);
    }
    size += snprintf(body + size, sizeof body - (size_t)size, "connections %lu\n", connections);
    pthread_mutex_unlock(&lock);
    int whole =
        snprintf(text, sizeof text, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", size, body);
    cvk_send_all(fd, text, (size_t)whole);
}

// A connection's whole life ---------------------------------------------------------------------------

struct visit {
    int fd, which;
};

static void *receive_visit(void *argument)
{
    struct visit visit = *(struct visit *)argument;
    free(argument);
    struct message request = {0}, answer = {0};
    bool going_on = true;
    while (going_on && read_message(visit.fd, &request)) {
        if (strncmp(request.text, "GET /_storm", 11) == 0) {
            report(visit.fd);
            break;
        }
        uint64_t which = hash_request(&request, visit.which);
        uint64_t chance = seed ^ (which + count_request(which) * 0xd1342543de82ef95u);
        enum fate fate = draw_fate(&chance);
        count_fate(fate);
        going_on = serve(&visit.fd, &upstreams[visit.which], &request, &answer, fate, &chance);
    }
    if (visit.fd >= 0)
        close(visit.fd);
    free(request.text);
    free(answer.text);
    return NULL;
}

static void welcome(int which)
{
    int fd = cvk_accept(upstreams[which].listener);
    if (fd < 0)
        return;
    struct visit *visit = malloc(sizeof *visit);
    pthread_t thread;
    if (!visit)
        abort();
    *visit = (struct visit){fd, which};
    pthread_mutex_lock(&lock);
    connections++;
    pthread_mutex_unlock(&lock);
    if (pthread_create(&thread, NULL, receive_visit, visit) != 0)
        abort();
    pthread_detach(thread);
}

// Listens for an upstream; returns the port.
static unsigned listen_for(struct upstream *upstream, const char *port)
{
    uint16_t own_port = 0;
    upstream->port = (uint16_t)strtoul(port, NULL, 10);
    upstream->listener = cvk_listen(&own_port, 0, 512);
    if (upstream->listener < 0) {
        perror("proxy");
        exit(1);
    }
    return own_port;
}

int main(int count, char **words)
{
    if (count < 3 || count - 2 > most_upstreams)
        return 2;
    signal(SIGPIPE, SIG_IGN);
    seed = strtoull(words[1], NULL, 10) * 0x9e3779b97f4a7c15u;
    struct pollfd wanted[most_upstreams + 1];
    for (int i = 0; i < count - 2; i++) {
        printf("%u%s", listen_for(&upstreams[i], words[i + 2]), i < count - 3 ? " " : "\n");
        wanted[i] = (struct pollfd){.fd = upstreams[i].listener, .events = POLLIN};
    }
    upstream_count = count - 2;
    fflush(stdout);
    struct pollfd *reader = &wanted[upstream_count];
    *reader = (struct pollfd){.fd = STDOUT_FILENO};
    while (!reader->revents) {
        if (poll(wanted, (nfds_t)upstream_count + 1, -1) <= 0)
            continue;
        for (int i = 0; i < upstream_count; i++) {
            if (wanted[i].revents)
                welcome(i);
        }
    }
    return 0;
}
