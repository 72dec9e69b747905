/* Requests from a file: a line for each, with method, path, and JSON where there is a body. */
#include "rival.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static rival_request read_line(const rival_plan *plan, char *line)
{
    char *path = strchr(line, ' '), *text = path == NULL ? NULL : strchr(path + 1, ' ');
    if (text == NULL)
        rival_fail("requests");
    *path++ = *text++ = '\0';
    text[strcspn(text, "\n")] = '\0';
    rival_request request = {.method = strdup(line),
                             .url = malloc(strlen(plan->url) + strlen(path) + 1)};
    strcat(strcpy(request.url, plan->url), path);
    if (*text != '\0') {
        request.text = strdup(text);
        request.body = json_loads(text, 0, NULL);
    }
    return request;
}

void rival_read_requests(rival_plan *plan, const char *file)
{
    char *line = NULL;
    size_t room = 0;
    FILE *handle = fopen(file, "r");
    if (handle == NULL)
        rival_fail(file);
    while (getline(&line, &room, handle) > 0) {
        plan->requests =
            realloc(plan->requests, (plan->request_count + 1) * sizeof *plan->requests);
        plan->requests[plan->request_count++] = read_line(plan, line);
    }
    free(line);
    fclose(handle);
}
