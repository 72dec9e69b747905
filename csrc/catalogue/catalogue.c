#include "catalogue/catalogue.h"

#include "base/nearest.h"

#include <string.h>

const cvk_api *const cvk_apis[] = {
    &cvk_api_clerk, &cvk_api_convex, &cvk_api_cvat, &cvk_api_edgegap, &cvk_api_gencove, NULL,
};

const cvk_api *cvk_find_api(const char *name)
{
    for (const cvk_api *const *api = cvk_apis; *api != NULL; api++) {
        if (strcmp((*api)->name, name) == 0)
            return *api;
    }
    return NULL;
}

size_t cvk_operation_count(const cvk_api *api)
{
    return api->operation_count + api->more_count;
}

const cvk_operation *cvk_operation_at(const cvk_api *api, size_t index)
{
    if (index < api->operation_count)
        return &api->operations[index];
    index -= api->operation_count;
    return api->compiled != NULL ? api->compiled[index] : &api->more[index];
}

size_t cvk_find_field(const cvk_field *fields, size_t count, const char *name)
{
    size_t i = 0;
    while (i < count && strcmp(fields[i].name, name) != 0)
        i++;
    return i;
}

const char *cvk_method_name(cvk_method method)
{
    switch (method) {
    case CVK_GET:
        return "GET";
    case CVK_POST:
        return "POST";
    case CVK_PUT:
        return "PUT";
    case CVK_PATCH:
        return "PATCH";
    case CVK_DELETE:
        return "DELETE";
    case CVK_HEAD:
        return "HEAD";
    case CVK_OPTIONS:
        return "OPTIONS";
    case CVK_TRACE:
        return "TRACE";
    }
    return NULL;
}

const char *cvk_nearest_field(const cvk_field *fields, size_t count, const char *name)
{
    cvk_nearest search;
    cvk_nearest_begin(&search, name);
    for (size_t i = 0; i < count; i++)
        cvk_nearest_consider(&search, fields[i].name);
    return cvk_nearest_result(&search);
}
