#include "store/names.h"

#include "store/threads.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct cvk_lookup {
    char *host, *port;
    int ended[2];          /* a pipe that holds a byte once the thread has an answer */
    pthread_mutex_t mutex; /* of all that follows */
    int holders;           /* who still needs it: the thread, and who has begun it */
    struct addrinfo *found;
    int status; /* as getaddrinfo() returns it */
};

static void let_go(cvk_lookup *lookup)
{
    pthread_mutex_lock(&lookup->mutex);
    int left = --lookup->holders;
    pthread_mutex_unlock(&lookup->mutex);
    if (left > 0)
        return;
    cvk_threads_close_pipe(lookup->ended);
    if (lookup->found != NULL)
        freeaddrinfo(lookup->found);
    pthread_mutex_destroy(&lookup->mutex);
    free(lookup->host);
    free(lookup->port);
    free(lookup);
}

static void *run(void *argument)
{
    cvk_lookup *lookup = argument;
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    int status = getaddrinfo(lookup->host, lookup->port, &hints, &found);
    pthread_mutex_lock(&lookup->mutex);
    lookup->found = found;
    lookup->status = status;
    pthread_mutex_unlock(&lookup->mutex);
    (void)!write(lookup->ended[1], "!", 1);
    let_go(lookup);
    return NULL;
}

cvk_lookup *cvk_lookup_begin(const char *host, const char *port)
{
    cvk_lookup *lookup = calloc(1, sizeof *lookup);
    if (lookup == NULL)
        return NULL;
    lookup->holders = 1;
    pthread_mutex_init(&lookup->mutex, NULL);
    lookup->host = strdup(host);
    lookup->port = strdup(port);
    pthread_t thread;
    if (cvk_threads_pipe(lookup->ended) && lookup->host != NULL && lookup->port != NULL) {
        lookup->holders++; /* the thread may have ended before this goes on */
        if (cvk_threads_start(&thread, run, lookup)) {
            pthread_detach(thread);
            return lookup;
        }
        lookup->holders--;
    }
    int reason = errno;
    let_go(lookup);
    errno = reason;
    return NULL;
}

int cvk_lookup_fd(const cvk_lookup *lookup)
{
    return lookup->ended[0];
}

const struct addrinfo *cvk_lookup_found(cvk_lookup *lookup, const char **why)
{
    pthread_mutex_lock(&lookup->mutex);
    const struct addrinfo *found = lookup->found;
    *why = lookup->status == 0 ? "the name has no address" : gai_strerror(lookup->status);
    pthread_mutex_unlock(&lookup->mutex);
    return found;
}

void cvk_lookup_free(cvk_lookup *lookup)
{
    if (lookup != NULL)
        let_go(lookup);
}
