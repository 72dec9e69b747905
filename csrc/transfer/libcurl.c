#ifndef _GNU_SOURCE
/* NOLINTNEXTLINE(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */
#define _GNU_SOURCE /* RTLD_DEFAULT */
#endif
#include "transfer/libcurl.h"

#include <dlfcn.h>

#ifndef CVK_LIBCURL /* the file to load; without it the linker has been given libcurl */

bool cvk_libcurl_load(char *why, size_t size)
{
    (void)why;
    (void)size;
    return true;
}

cvk_any_function *cvk_libcurl_find(const char *name)
{
    return (cvk_any_function *)dlsym(RTLD_DEFAULT, name);
}

#else

#include <curl/curl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>

/* What is used of libcurl. */
#define FUNCTIONS(each) \
    each(easy_cleanup), each(easy_getinfo), each(easy_init), each(easy_pause), each(easy_setopt), \
        each(easy_strerror), each(global_init), each(global_init_mem), each(multi_add_handle), \
        each(multi_cleanup), each(multi_info_read), each(multi_init), each(multi_remove_handle), \
        each(multi_setopt), each(multi_socket_action), each(version_info)
#define PLACE(name) at_##name
#define NAME(name) "curl_" #name

enum { FUNCTIONS(PLACE), function_count };

static const char *const names[] = {FUNCTIONS(NAME)};

/* Threads that load it at once write the same into these. */
static _Atomic(void *) functions[function_count];
static _Atomic(void *) loaded_library;

/* ---- loading --------------------------------------------------------------------------------- */

static void *look_up(void *program, void *library, const char *name)
{
    /* What the program brings itself (preloaded, say) goes first, as with what is linked. */
    void *found = program == NULL ? NULL : dlsym(program, name);
    return found != NULL ? found : dlsym(library, name);
}

/* Finds all functions; returns the name of one that is not there, or NULL. */
static const char *look_all_up(void *library, void **found)
{
    const char *missing = NULL;
    void *program = dlopen(NULL, RTLD_LAZY);
    for (int i = 0; i < function_count && missing == NULL; i++) {
        found[i] = look_up(program, library, names[i]);
        if (found[i] == NULL)
            missing = names[i];
    }
    if (program != NULL)
        dlclose(program);
    return missing;
}

bool cvk_libcurl_load(char *why, size_t size)
{
    static const char file[] = CVK_LIBCURL;
    static atomic_bool loaded;
    if (atomic_load_explicit(&loaded, memory_order_acquire))
        return true;
    void *library = dlopen(file, RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) {
        const char *words = dlerror();
        snprintf(why, size, "libcurl cannot be loaded: %s", words == NULL ? file : words);
        return false;
    }
    void *found[function_count];
    const char *missing = look_all_up(library, found);
    if (missing != NULL) {
        snprintf(why, size, "libcurl cannot be used: %s lacks %s", file, missing);
        dlclose(library);
        return false;
    }
    for (int i = 0; i < function_count; i++)
        atomic_store_explicit(&functions[i], found[i], memory_order_relaxed);
    atomic_store_explicit(&loaded_library, library, memory_order_relaxed);
    atomic_store_explicit(&loaded, true, memory_order_release);
    return true;
}

cvk_any_function *cvk_libcurl_find(const char *name)
{
    void *library = atomic_load_explicit(&loaded_library, memory_order_relaxed);
    return (cvk_any_function *)look_up(NULL, library == NULL ? RTLD_DEFAULT : library, name);
}

/* ---- libcurl's functions, passed on ---------------------------------------------------------- */

/* The types are those of libcurl's header. */
#define REAL(name) \
    ((__typeof__(&curl_##name))atomic_load_explicit(&functions[at_##name], memory_order_relaxed))

/* No other library in the process takes these for libcurl's. The names stand in parentheses because
 * they are macros, too, which check types. */
#define OURS __attribute__((visibility("hidden")))

OURS CURLcode(curl_global_init)(long flags)
{
    return REAL(global_init)(flags);
}

OURS CURLcode(curl_global_init_mem)(long flags, curl_malloc_callback take, curl_free_callback give,
                                    curl_realloc_callback more, curl_strdup_callback copy,
                                    curl_calloc_callback clean)
{
    return REAL(global_init_mem)(flags, take, give, more, copy, clean);
}

OURS curl_version_info_data *(curl_version_info)(CURLversion version)
{
    return REAL(version_info)(version);
}

OURS CURL *(curl_easy_init)(void)
{
    return REAL(easy_init)();
}

OURS void(curl_easy_cleanup)(CURL *curl)
{
    REAL(easy_cleanup)(curl);
}

OURS CURLcode(curl_easy_pause)(CURL *curl, int what)
{
    return REAL(easy_pause)(curl, what);
}

OURS const char *(curl_easy_strerror)(CURLcode code)
{
    return REAL(easy_strerror)(code);
}

/*
 * Sets `code` to what a setopt function returns for the value that the list `value` holds next, whose
 * type the number of the option tells. Options that take a blob are missing; convoke uses none.
 */
#define PASS_OPTION_ON(code, setopt, handle, option, value) \
    do { \
        if ((option) < CURLOPTTYPE_OBJECTPOINT) \
            (code) = REAL(setopt)(handle, option, va_arg(value, long)); \
        else if ((option) < CURLOPTTYPE_FUNCTIONPOINT) \
            (code) = REAL(setopt)(handle, option, va_arg(value, void *)); \
        else if ((option) < CURLOPTTYPE_OFF_T) \
            (code) = REAL(setopt)(handle, option, va_arg(value, cvk_any_function *)); \
        else \
            (code) = REAL(setopt)(handle, option, va_arg(value, curl_off_t)); \
    } while (0)

OURS CURLcode(curl_easy_setopt)(CURL *curl, CURLoption option, ...)
{
    CURLcode code;
    va_list value;
    va_start(value, option);
    PASS_OPTION_ON(code, easy_setopt, curl, option, value);
    va_end(value);
    return code;
}

OURS CURLcode(curl_easy_getinfo)(CURL *curl, CURLINFO info, ...)
{
    va_list place;
    va_start(place, info);
    CURLcode code = REAL(easy_getinfo)(curl, info, va_arg(place, void *));
    va_end(place);
    return code;
}

OURS CURLM *(curl_multi_init)(void)
{
    return REAL(multi_init)();
}

OURS CURLMcode(curl_multi_cleanup)(CURLM *multi)
{
    return REAL(multi_cleanup)(multi);
}

OURS CURLMcode(curl_multi_add_handle)(CURLM *multi, CURL *curl)
{
    return REAL(multi_add_handle)(multi, curl);
}

OURS CURLMcode(curl_multi_remove_handle)(CURLM *multi, CURL *curl)
{
    return REAL(multi_remove_handle)(multi, curl);
}

/* clang-format off */
OURS CURLMsg *(curl_multi_info_read)(CURLM *multi, int *left) /* its versions differ about this */
{
    return REAL(multi_info_read)(multi, left);
}
/* clang-format on */

OURS CURLMcode(curl_multi_socket_action)(CURLM *multi, curl_socket_t fd, int what, int *running)
{
    return REAL(multi_socket_action)(multi, fd, what, running);
}

OURS CURLMcode(curl_multi_setopt)(CURLM *multi, CURLMoption option, ...)
{
    CURLMcode code;
    va_list value;
    va_start(value, option);
    PASS_OPTION_ON(code, multi_setopt, multi, option, value);
    va_end(value);
    return code;
}

#endif
