#include "transfer/proxy.h"

#include "base/uri.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The proxy that libcurl is told of, by the settings or as libcurl itself looks for it (see
 * CURLOPT_PROXY(3)), and where that stands. NULL: none. */
static const char *find_proxy(const cvk_transfer *transfer, const char **source)
{
    static const char *const secure[] = {"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"};
    static const char *const plain[] = {"http_proxy", "all_proxy", "ALL_PROXY"};
    const cvk_settings *settings = transfer->exchange->settings;
    bool is_plain = cvk_uri_is_plain(transfer->exchange->request.url.data);
    const char *const *names = is_plain ? plain : secure;
    size_t count = is_plain ? sizeof plain / sizeof *plain : sizeof secure / sizeof *secure;
    *source = "the option proxy";
    if (settings->no_proxy || settings->proxy != NULL)
        return settings->no_proxy ? NULL : settings->proxy;
    for (size_t i = 0; i < count; i++) {
        const char *proxy = getenv(names[i]);
        *source = names[i];
        if (proxy != NULL)
            return proxy[0] == '\0' ? NULL : proxy;
    }
    return NULL;
}

/* Whether libcurl before 8.21 says that it could not connect to that proxy: "to HOST port PORT". The
 * variable no_proxy may have kept it from the proxy. */
static bool names(const char *message, const char *proxy)
{
    char wanted[300];
    size_t size, host_size;
    const char *host = cvk_uri_proxy_host(proxy, &host_size, &size);
    const char *port = host_size < size ? host + host_size + 1 : "";
    int port_size = host_size < size ? (int)(size - host_size - 1) : 0;
    if (host[0] == '[' && host_size > 2) {
        host++;
        host_size -= 2;
    }
    snprintf(wanted, sizeof wanted, "to %.*s port %.*s", (int)host_size, host, port_size, port);
    return strstr(message, wanted) != NULL;
}

bool cvk_proxy_is_quoted(const char *message)
{
    return strstr(message, "Unsupported proxy") != NULL;
}

const char *cvk_proxy_blamed(const cvk_transfer *transfer, CURLcode code, const char *message)
{
    const char *source, *proxy = find_proxy(transfer, &source);
    if (proxy == NULL)
        return NULL;
    bool blamed = code == CURLE_COULDNT_RESOLVE_PROXY || code == CURLE_PROXY ||
                  cvk_proxy_is_quoted(message) ||
                  strstr(message, "CONNECT tunnel failed") != NULL ||
                  strstr(message, "from proxy after CONNECT") != NULL ||
                  strstr(message, "Proxy CONNECT aborted") != NULL ||
                  strstr(message, " over proxy ") != NULL || names(message, proxy);
    return blamed ? source : NULL;
}
