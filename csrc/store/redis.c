#include "store/redis.h"

#include "base/chance.h"
#include "base/clock.h"
#include "store/cells.h"
#include "store/hiredis.h"
#include "store/link.h"
#include "store/threads.h"
#include "store/tls.h"
#include "transfer/forks.h"

#include <ctype.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    shortest_rest = 100, /* milliseconds between two attempts to connect */
    longest_rest = 5000,
    most_ready = 1 << 16,     /* bytes that are made ready to be sent at once */
    largest_reply = 64 << 20, /* bytes */
    turns_at_once = 64, /* times that a socket is read or written before others are looked at */
};

typedef struct command_list {
    cvk_command *first, **end;
} command_list;

typedef enum state {
    DOWN,
    CONNECTING,
    LOGGING_IN,
    UP,
} state;

struct cvk_redis {
    int notice[2]; /* a pipe that holds a byte while there is something to take */
    int news[2];   /* a pipe that holds a byte when the thread is to look at what was submitted */
    pthread_t thread;
    bool running;
    unsigned generation; /* of forks */
    cvk_fork_watch forks;
    pthread_mutex_t mutex; /* of what follows, up to the thread's own */
    command_list submitted, done;
    bool closing;

    /* The thread's own; what is of the address does not change. */
    cvk_link *link;
    cvk_buffer login[2]; /* commands of which each must be answered before others are sent */
    int64_t connect_limit, command_limit;
    state state;
    int logins;           /* of them, how many have been answered */
    bool readable;        /* the link is */
    cvk_reader *reader;   /* NULL: DOWN */
    command_list waiting; /* not sent */
    command_list sent;    /* in part at least, and not answered */
    command_list ended;   /* to be handed back */
    cvk_buffer ready;     /* bytes to be sent, from `ready_at` on */
    size_t ready_at;
    cvk_buffer aside; /* the reply that no command of a user waits for */
    size_t unread;    /* bytes that came since the last reply was complete */
    int64_t connect_deadline;
    int64_t not_before; /* when to connect again */
    int64_t rest;       /* milliseconds to wait after the next failure */
};

static void begin_list(command_list *list)
{
    list->first = NULL;
    list->end = &list->first;
}

/* Moves all of one list behind another. */
static void move_all(command_list *from, command_list *to)
{
    if (from->first == NULL)
        return;
    *to->end = from->first;
    to->end = from->end;
    begin_list(from);
}

/* Moves the first of one list behind another; it is there. */
static cvk_command *move_first(command_list *from, command_list *to)
{
    cvk_command *command = from->first;
    from->first = command->next;
    if (from->first == NULL)
        begin_list(from);
    command->next = NULL;
    *to->end = command;
    to->end = &command->next;
    return command;
}

cvk_command *cvk_command_new(void)
{
    return calloc(1, sizeof(cvk_command));
}

void cvk_command_free(cvk_command *command)
{
    if (command == NULL)
        return;
    cvk_buffer_free(&command->text);
    cvk_buffer_free(&command->reply);
    free(command);
}

static void free_all(command_list *list)
{
    while (list->first != NULL) {
        cvk_command *next = list->first->next;
        cvk_command_free(list->first);
        list->first = next;
    }
}

/* ---- the thread: ends of commands and of the connection ----------------------------------------- */

static void end_all(cvk_redis *redis, command_list *list, cvk_command_end end, const char *why)
{
    while (list->first != NULL) {
        cvk_command *command = move_first(list, &redis->ended);
        command->end = end;
        cvk_buffer_free(&command->reply);
        snprintf(command->fault, sizeof command->fault, "%s", why);
    }
}

static void disconnect(cvk_redis *redis)
{
    cvk_link_close(redis->link);
    cvk_reader_free(redis->reader);
    redis->reader = NULL;
    redis->state = DOWN;
    redis->readable = false;
    redis->logins = 0;
    redis->unread = 0;
    cvk_buffer_free(&redis->ready);
    redis->ready_at = 0;
    cvk_buffer_free(&redis->aside);
}

/* When to connect again: at once after the first failure, then later and later, and not when all
 * others do. */
static void rest(cvk_redis *redis)
{
    int64_t half = redis->rest / 2;
    redis->not_before = cvk_now() + half + (int64_t)((double)half * cvk_chance());
    redis->rest = redis->rest == 0 ? shortest_rest : redis->rest * 2;
    if (redis->rest > longest_rest)
        redis->rest = longest_rest;
}

/*
 * The connection is lost, or could not be made. What was sent has no answer; what was not waits for
 * the next connection, unless this one was never there.
 */
static void fail(cvk_redis *redis, cvk_command_end end, const char *why)
{
    bool was_up = redis->state == UP;
    end_all(redis, &redis->sent, end, why);
    if (!was_up)
        end_all(redis, &redis->waiting, end, why);
    disconnect(redis);
    rest(redis);
}

static void lose(cvk_redis *redis, const char *why)
{
    fail(redis, CVK_COMMAND_LOST, why);
}

/* Ends what has waited for too long. */
static void expire(cvk_redis *redis, int64_t now)
{
    char why[64];
    double seconds = (double)redis->command_limit / 1000;
    if (redis->sent.first != NULL && redis->sent.first->deadline <= now) {
        snprintf(why, sizeof why, "no answer within %g s", seconds);
        lose(redis, why);
    }
    if ((redis->state == CONNECTING || redis->state == LOGGING_IN) &&
        redis->connect_deadline <= now) {
        snprintf(why, sizeof why, "no connection within %g s", (double)redis->connect_limit / 1000);
        lose(redis, why);
    }
    snprintf(why, sizeof why, "could not be sent within %g s", seconds);
    command_list late;
    begin_list(&late);
    while (redis->waiting.first != NULL && redis->waiting.first->deadline <= now)
        move_first(&redis->waiting, &late);
    end_all(redis, &late, CVK_COMMAND_LOST, why);
}

/* ---- the thread: the way there ---------------------------------------------------------------- */

/*
 * Why a login is refused: the code only of what the server says, for its words may quote the
 * password.
 */
static void refuse_login(cvk_redis *redis, const cvk_cell *said, bool select)
{
    char why[160];
    if (select) {
        snprintf(why, sizeof why, "the server refuses the database: %.100s", said->text);
    } else {
        int size = 0;
        while (size < 20 && isupper((unsigned char)said->text[size]))
            size++;
        bool no_password = strstr(said->text, "without any password") != NULL ||
                           strstr(said->text, "no password is set") != NULL;
        snprintf(why, sizeof why, "the server refuses the login (%.*s)%s", size, said->text,
                 no_password ? ": it has no password" : "");
    }
    fail(redis, CVK_COMMAND_REFUSED, why);
}

/* There is a connection: logs in, and goes on when that is done or not needed. */
static void log_in(cvk_redis *redis)
{
    redis->state = LOGGING_IN;
    for (int i = 0; i < 2; i++)
        cvk_buffer_add(&redis->ready, redis->login[i].data, redis->login[i].size);
    while (redis->logins < 2 && redis->login[redis->logins].size == 0)
        redis->logins++;
    if (redis->logins == 2)
        redis->state = UP;
}

/* The reply to a login is in `aside`. false: the connection is lost. */
static bool take_login(cvk_redis *redis)
{
    cvk_cell said;
    size_t at = 0;
    if (cvk_cells_next(&redis->aside, &at, &said) && said.kind == CVK_CELL_ERROR) {
        refuse_login(redis, &said, redis->logins == 1);
        return false;
    }
    cvk_buffer_clear(&redis->aside);
    do
        redis->logins++;
    while (redis->logins < 2 && redis->login[redis->logins].size == 0);
    if (redis->logins == 2)
        redis->state = UP;
    return true;
}

static void go_on_connecting(cvk_redis *redis)
{
    const char *why = NULL;
    cvk_link_state where = cvk_link_go_on(redis->link, redis->connect_deadline, &why);
    if (where == CVK_LINK_FAILED)
        lose(redis, why);
    else if (where == CVK_LINK_THERE)
        log_in(redis);
}

static void connect_now(cvk_redis *redis)
{
    const char *why = "out of memory";
    redis->state = CONNECTING;
    redis->connect_deadline = cvk_now() + redis->connect_limit;
    redis->ready.secret = true;
    redis->reader = cvk_reader_new();
    if (redis->reader != NULL && cvk_link_begin(redis->link, &why))
        go_on_connecting(redis);
    else
        lose(redis, why);
}

/* ---- the thread: replies and commands ----------------------------------------------------------- */

/* Whether a reply is of a server that takes no more connections just now, and closes this one. */
static bool is_full(const cvk_buffer *reply)
{
    static const char words[] = "ERR max number of clients";
    cvk_cell said;
    size_t at = 0;
    return cvk_cells_next(reply, &at, &said) && said.kind == CVK_CELL_ERROR &&
           strncmp(said.text, words, sizeof words - 1) == 0;
}

/* Reads one reply of what has come. false: there is no more, or the connection is lost. */
static bool take_reply(cvk_redis *redis)
{
    bool logging_in = redis->state == LOGGING_IN;
    cvk_command *first = logging_in ? NULL : redis->sent.first;
    const char *why = NULL;
    cvk_buffer *reply = first == NULL ? &redis->aside : &first->reply;
    cvk_reading reading = cvk_reader_read(redis->reader, reply, &why);
    if (reading == CVK_READING_MORE)
        return false;
    if (reading == CVK_READING_DONE && first == NULL && !logging_in) {
        reading = CVK_READING_FAILED;
        why = "the server has sent what nobody asked for";
    }
    if (reading == CVK_READING_DONE && is_full(reply)) {
        reading = CVK_READING_FAILED;
        why = "the server takes no more clients";
    }
    if (reading == CVK_READING_FAILED) {
        char words[160];
        snprintf(words, sizeof words, "%s", why); /* the reader's go with it */
        lose(redis, words);
        return false;
    }
    redis->unread = 0;
    redis->rest = 0;
    if (logging_in)
        return take_login(redis);
    move_first(&redis->sent, &redis->ended)->end = CVK_COMMAND_ANSWERED;
    return true;
}

static void take_bytes(cvk_redis *redis, const char *bytes, size_t size)
{
    redis->unread += size;
    if (redis->unread > largest_reply) {
        lose(redis, "a reply is larger than 64 MiB");
        return;
    }
    if (!cvk_reader_feed(redis->reader, bytes, size)) {
        lose(redis, "out of memory");
        return;
    }
    while (take_reply(redis)) {
    }
}

static void receive(cvk_redis *redis)
{
    char bytes[16384];
    for (int turn = 0; turn < turns_at_once && redis->readable; turn++) {
        const char *why = NULL;
        long size = cvk_link_receive(redis->link, bytes, sizeof bytes, &why);
        redis->readable = size == (long)sizeof bytes;
        if (size > 0)
            take_bytes(redis, bytes, (size_t)size);
        else if (size < 0)
            lose(redis, why);
    }
}

/* Makes commands ready to be sent. From here on they may have been. */
static void make_ready(cvk_redis *redis)
{
    while (redis->state == UP && redis->waiting.first != NULL && redis->ready.size < most_ready) {
        cvk_command *command = move_first(&redis->waiting, &redis->sent);
        cvk_buffer_add(&redis->ready, command->text.data, command->text.size);
        cvk_buffer_free(&command->text);
    }
}

static void send_ready(cvk_redis *redis)
{
    for (int turn = 0; turn < turns_at_once && redis->state >= LOGGING_IN; turn++) {
        if (redis->ready_at == redis->ready.size) {
            cvk_buffer_shrink(&redis->ready);
            redis->ready_at = 0;
            make_ready(redis);
        }
        const char *why = "out of memory";
        long size = 0;
        if (redis->ready.failed)
            size = -1;
        else if (redis->ready.size > redis->ready_at)
            size = cvk_link_send(redis->link, redis->ready.data + redis->ready_at,
                                 redis->ready.size - redis->ready_at, &why);
        if (size < 0)
            lose(redis, why);
        if (size <= 0)
            return;
        redis->ready_at += (size_t)size;
    }
}

/* ---- the thread: its loop ----------------------------------------------------------------------- */

/* Takes what was submitted; false: the connection is to be closed. */
static bool take_submitted(cvk_redis *redis)
{
    pthread_mutex_lock(&redis->mutex);
    bool first = redis->submitted.first != NULL;
    move_all(&redis->submitted, &redis->waiting);
    bool closing = redis->closing;
    char byte;
    if (first)
        (void)!read(redis->news[0], &byte, 1);
    pthread_mutex_unlock(&redis->mutex);
    return !closing;
}

static void hand_back(cvk_redis *redis)
{
    if (redis->ended.first == NULL)
        return;
    pthread_mutex_lock(&redis->mutex);
    if (redis->done.first == NULL)
        (void)!write(redis->notice[1], "!", 1);
    move_all(&redis->ended, &redis->done);
    pthread_mutex_unlock(&redis->mutex);
}

static void work(cvk_redis *redis)
{
    if (redis->state == DOWN && redis->waiting.first != NULL && cvk_now() >= redis->not_before)
        connect_now(redis);
    else if (redis->state == CONNECTING)
        go_on_connecting(redis);
    receive(redis); /* before expire(): what has come counts, however late it is looked at */
    send_ready(redis);
    expire(redis, cvk_now());
}

static int64_t earlier(int64_t moment, const cvk_command *command)
{
    return command != NULL && command->deadline < moment ? command->deadline : moment;
}

/* Milliseconds until there is work by time; -1: none. */
static int time_left(const cvk_redis *redis)
{
    int64_t moment = earlier(earlier(INT64_MAX, redis->sent.first), redis->waiting.first);
    if (redis->state == DOWN && redis->waiting.first != NULL && redis->not_before < moment)
        moment = redis->not_before;
    if (redis->state == CONNECTING || redis->state == LOGGING_IN) {
        if (redis->connect_deadline < moment)
            moment = redis->connect_deadline;
        int64_t link = cvk_link_deadline(redis->link);
        if (link < moment)
            moment = link;
    }
    if (moment == INT64_MAX)
        return -1;
    int64_t left = moment - cvk_now();
    return left < 0 ? 0 : left > 60000 ? 60000 : (int)left;
}

static void await_work(cvk_redis *redis)
{
    struct pollfd watched[2] = {{.fd = redis->news[0], .events = POLLIN}, {.fd = -1}};
    if (redis->state != DOWN)
        cvk_link_watch(redis->link, redis->ready.size > redis->ready_at, &watched[1]);
    if (poll(watched, 2, time_left(redis)) > 0 && redis->state >= LOGGING_IN)
        redis->readable = watched[1].revents != 0; /* TLS may wait for either to receive */
}

static void *run(void *argument)
{
    cvk_redis *redis = argument;
    while (take_submitted(redis)) {
        work(redis);
        hand_back(redis);
        await_work(redis);
    }
    disconnect(redis);
    return NULL;
}

/* ---- its owner ------------------------------------------------------------------------------- */

/* In the child of a fork. */
static void close_copies(void *owner)
{
    cvk_redis *redis = owner;
    cvk_threads_close_pipe(redis->notice);
    cvk_threads_close_pipe(redis->news);
    cvk_link_close_copy(redis->link);
}

/* Writes the commands of the login. */
static bool write_login(cvk_redis *redis, const cvk_redis_address *address)
{
    const char *words[3] = {"AUTH"};
    size_t sizes[3] = {4};
    int count = 1;
    redis->login[0].secret = true;
    if (address->password != NULL) {
        if (address->user != NULL)
            words[count++] = address->user;
        words[count++] = address->password;
        for (int i = 1; i < count; i++)
            sizes[i] = strlen(words[i]);
        if (!cvk_hiredis_format(&redis->login[0], count, words, sizes))
            return false;
    }
    if (address->database == NULL)
        return true;
    words[0] = "SELECT", sizes[0] = 6;
    words[1] = address->database, sizes[1] = strlen(address->database);
    return cvk_hiredis_format(&redis->login[1], 2, words, sizes);
}

/* What needs no freeing when it could not be made. */
static cvk_redis *make(const cvk_redis_address *address)
{
    cvk_redis *redis = calloc(1, sizeof *redis);
    if (redis == NULL)
        return NULL;
    redis->generation = cvk_forks();
    redis->notice[0] = redis->notice[1] = redis->news[0] = redis->news[1] = -1;
    redis->connect_limit = address->connect_limit;
    redis->command_limit = address->command_limit;
    command_list *lists[] = {&redis->submitted, &redis->done, &redis->waiting, &redis->sent,
                             &redis->ended};
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++)
        begin_list(lists[i]);
    pthread_mutex_init(&redis->mutex, NULL);
    return redis;
}

cvk_redis *cvk_redis_open(const cvk_redis_address *address, char *why, size_t size)
{
    if (!cvk_hiredis_load(why, size) || (address->has_tls && !cvk_tls_load(why, size)))
        return NULL;
    cvk_redis *redis = make(address);
    errno = ENOMEM;
    if (redis != NULL && write_login(redis, address) &&
        (redis->link =
             cvk_link_new(address->host, address->port, address->path, address->has_tls)) != NULL &&
        cvk_threads_pipe(redis->notice) && cvk_threads_pipe(redis->news)) {
        cvk_forks_watch(&redis->forks, close_copies, redis);
        redis->running = cvk_threads_start(&redis->thread, run, redis);
        if (redis->running)
            return redis;
    }
    snprintf(why, size, "%s", strerror(errno));
    cvk_redis_free(redis);
    return NULL;
}

bool cvk_redis_is_parents(const cvk_redis *redis)
{
    return redis->generation != cvk_forks();
}

void cvk_redis_free(cvk_redis *redis)
{
    if (redis == NULL)
        return;
    if (cvk_redis_is_parents(redis)) {
        cvk_forks_close_copies(&redis->forks);
        return; /* the thread that may have held the lock is not here */
    }
    if (redis->running) {
        pthread_mutex_lock(&redis->mutex);
        redis->closing = true;
        (void)!write(redis->news[1], "!", 1);
        pthread_mutex_unlock(&redis->mutex);
        pthread_join(redis->thread, NULL);
    }
    cvk_forks_unwatch(&redis->forks);
    cvk_threads_close_pipe(redis->notice);
    cvk_threads_close_pipe(redis->news);
    cvk_link_free(redis->link);
    command_list *lists[] = {&redis->submitted, &redis->done, &redis->waiting, &redis->sent,
                             &redis->ended};
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++)
        free_all(lists[i]);
    cvk_buffer_free(&redis->login[0]);
    cvk_buffer_free(&redis->login[1]);
    pthread_mutex_destroy(&redis->mutex);
    free(redis);
}

int cvk_redis_fd(const cvk_redis *redis)
{
    return redis->notice[0];
}

void cvk_redis_submit(cvk_redis *redis, cvk_command *command)
{
    command->deadline = cvk_now() + redis->command_limit;
    pthread_mutex_lock(&redis->mutex);
    if (redis->submitted.first == NULL)
        (void)!write(redis->news[1], "!", 1);
    *redis->submitted.end = command;
    redis->submitted.end = &command->next;
    pthread_mutex_unlock(&redis->mutex);
}

cvk_command *cvk_redis_take(cvk_redis *redis)
{
    char byte;
    command_list taken;
    begin_list(&taken);
    pthread_mutex_lock(&redis->mutex);
    if (redis->done.first != NULL) {
        move_first(&redis->done, &taken);
        if (redis->done.first == NULL)
            (void)!read(redis->notice[0], &byte, 1);
    }
    pthread_mutex_unlock(&redis->mutex);
    return taken.first;
}
