// A server for the soak: it answers as Clerk would, well or badly, as the path begins.
//
//   server
//
//   /well/...    GET: a page of invitations; anything else: an invitation, each with an id of its own
//   /refuse/...  422 with an error of the API
//   /busy/...    429 that asks for no pause
//   /garble/...  200 with words that are no JSON
//   /cut/...     breaks off in the middle of the answer
//   /hold/...    never answers
//
// Prints its port on 127.0.0.1 and serves until nobody reads its output any more.

#include "../sockets.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>

enum { most_request = 16384, page = 10, stack = 128 * 1024 };

struct message {
    char text[most_request];
    size_t size, used; // used: what belongs to the request that is being answered
};

static atomic_ulong last_id;

// Reads until a whole request is there. Drops the one before.
static bool read_request(int fd, struct message *message)
{
    memmove(message->text, message->text + message->used, message->size - message->used);
    message->size -= message->used;
    message->used = 0;
    for (;;) {
        message->text[message->size] = '\0';
        message->used = cvk_message_size(message->text, message->size);
        if (message->used > 0)
            return true;
        if (message->size + 1 >= most_request)
            return false;
        ssize_t got = recv(fd, message->text + message->size, most_request - message->size - 1, 0);
        if (got <= 0)
            return false;
        message->size += (size_t)got;
    }
}

static size_t write_invitation(char *text, size_t room)
{
    struct timespec time;
    clock_gettime(CLOCK_REALTIME, &time);
    unsigned long id = atomic_fetch_add(&last_id, 1);
    long long now = (long long)time.tv_sec * 1000 + time.tv_nsec / 1000000;
    return (size_t)snprintf(
        text, room,
        "{\"object\":\"invitation\",\"id\":\"inv_%020lu\",\"email_address\":"
        "\"guest%lu@example.com\",\"public_metadata\":{\"team\":\"red\","
        "\"level\":7},\"status\":\"pending\",\"url\":\"https://example.com/%lu\","
        "\"created_at\":%lld,\"updated_at\":%lld}",
        id, id, id, now, now);
}

static bool answer(int fd, const char *status, const char *headers, const char *body, size_t size)
{
    char head[256];
    int head_size =
        snprintf(head, sizeof head,
                 "HTTP/1.1 %s\r\nContent-Type: application/json\r\n%sContent-Length: %zu\r\n\r\n",
                 status, headers, size);
    return send(fd, head, (size_t)head_size, MSG_NOSIGNAL | MSG_MORE) == head_size &&
           cvk_send_all(fd, body, size);
}

// Answers well, with a list or with one.
static bool serve_well(int fd, bool list)
{
    char body[page * 512];
    size_t size = 0;
    if (!list) {
        size = write_invitation(body, sizeof body);
    } else {
        body[size++] = '[';
        for (int i = 0; i < page; i++) {
            if (i > 0)
                body[size++] = ',';
            size += write_invitation(body + size, sizeof body - size);
        }
        body[size++] = ']';
    }
    return answer(fd, "200 OK", "", body, size);
}

// Serves a request. Returns whether the connection goes on.
static bool serve(int fd, const char *text)
{
    static const char refusal[] =
        "{\"errors\":[{\"code\":\"form_param_format_invalid\",\"message\":\"is invalid\","
        "\"long_message\":\"email_address must be a valid email address.\",\"meta\":"
        "{\"param_name\":\"email_address\"}}],\"clerk_trace_id\":\"0123456789abcdef\"}";
    static const char busy[] = "{\"errors\":[{\"code\":\"too_many_requests\",\"message\":\"later\","
                               "\"long_message\":\"\"}]}";
    static const char garbled[] = "<html><body>words, not JSON</body></html>";
    static const char part[] = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                               "Content-Length: 300\r\n\r\n{\"object\":\"invitation\"";
    const char *path = strchr(text, ' ');
    path = path ? path + 1 : "";
    if (strncmp(path, "/well/", 6) == 0)
        return serve_well(fd, strncmp(text, "GET", 3) == 0);
    if (strncmp(path, "/refuse/", 8) == 0) {
        return answer(fd, "422 Unprocessable Content", "", refusal, sizeof refusal - 1);
    }
    if (strncmp(path, "/busy/", 6) == 0) {
        return answer(fd, "429 Too Many Requests", "Retry-After: 0\r\n", busy, sizeof busy - 1);
    }
    if (strncmp(path, "/garble/", 8) == 0) {
        return answer(fd, "200 OK", "", garbled, sizeof garbled - 1);
    }
    if (strncmp(path, "/cut/", 5) == 0)
        cvk_send_all(fd, part, sizeof part - 1);
    if (strncmp(path, "/hold/", 6) == 0) {
        char rest[256];
        while (recv(fd, rest, sizeof rest, 0) > 0) {
        }
    }
    return false;
}

static void *receive_visit(void *argument)
{
    int fd = (int)(intptr_t)argument;
    struct message message = {.size = 0};
    while (read_request(fd, &message) && serve(fd, message.text)) {
    }
    close(fd);
    return NULL;
}

static void welcome(int listener, const pthread_attr_t *attributes)
{
    int fd = cvk_accept(listener);
    pthread_t thread;
    if (fd < 0)
        return;
    if (pthread_create(&thread, attributes, receive_visit, (void *)(intptr_t)fd) != 0)
        abort();
}

int main(void)
{
    uint16_t port = 0;
    pthread_attr_t attributes;
    signal(SIGPIPE, SIG_IGN);
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, stack);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    int listener = cvk_listen(&port, 0, 512);
    if (listener < 0) {
        perror("server");
        return 1;
    }
    printf("%u\n", (unsigned)port);
    fflush(stdout);
    struct pollfd wanted[] = {{.fd = listener, .events = POLLIN}, {.fd = STDOUT_FILENO}};
    while (!wanted[1].revents) {
        if (poll(wanted, 2, -1) > 0 && wanted[0].revents)
            welcome(listener, &attributes);
    }
    return 0;
}
