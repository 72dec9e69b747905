#include "base/uri.h"

#include <arpa/inet.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

static bool unreserved(unsigned char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= '0' && byte <= '9') || byte == '-' || byte == '.' || byte == '_' || byte == '~';
}

void cvk_uri_add_encoded(cvk_buffer *buffer, const char *text, size_t size)
{
    static const char digits[] = "0123456789ABCDEF";
    size_t plain = 0;
    for (size_t i = 0; i < size; i++) {
        unsigned char byte = (unsigned char)text[i];
        if (unreserved(byte))
            continue;
        char escape[3] = {'%', digits[byte >> 4], digits[byte & 15]};
        cvk_buffer_add(buffer, text + plain, i - plain);
        cvk_buffer_add(buffer, escape, sizeof escape);
        plain = i + 1;
    }
    cvk_buffer_add(buffer, text + plain, size - plain);
}

/* Length of "http://" or "https://" at the start, else 0. */
static size_t scheme_length(const char *address)
{
    if (strncasecmp(address, "http://", 7) == 0)
        return 7;
    return strncasecmp(address, "https://", 8) == 0 ? 8 : 0;
}

size_t cvk_uri_origin_length(const char *address)
{
    size_t scheme = scheme_length(address);
    return scheme + strcspn(address + scheme, "/?#");
}

/* Splits `host[:port]`; the brackets of an IPv6 address belong to the host. */
static size_t host_length(const char *authority, size_t size)
{
    if (authority[0] == '[') {
        const char *end = memchr(authority, ']', size);
        return end == NULL ? 0 : (size_t)(end - authority) + 1;
    }
    const char *colon = memchr(authority, ':', size);
    return colon == NULL ? size : (size_t)(colon - authority);
}

static bool good_port(const char *text, size_t size)
{
    if (size == 0)
        return true;
    if (text[0] != ':' || size < 2 || size > 6)
        return false;
    unsigned port = 0;
    for (size_t i = 1; i < size; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        port = port * 10 + (unsigned)(text[i] - '0');
    }
    return port > 0 && port < 65536;
}

/* Whether it is an IPv6 address in brackets. */
static bool good_brackets(const char *host, size_t size)
{
    char text[INET6_ADDRSTRLEN];
    struct in6_addr address;
    if (size < 3 || size - 2 >= sizeof text)
        return false;
    memcpy(text, host + 1, size - 2);
    text[size - 2] = '\0';
    return inet_pton(AF_INET6, text, &address) == 1;
}

static bool good_host(const char *host, size_t size)
{
    if (host[0] == '[')
        return good_brackets(host, size);
    for (size_t i = 0; i < size; i++)
        if (!unreserved((unsigned char)host[i]) && (unsigned char)host[i] < 0x80)
            return false;
    return size > 0;
}

const char *cvk_uri_fault(const char *address)
{
    for (const char *c = address; *c != '\0'; c++)
        if ((unsigned char)*c <= ' ' || *c == 0x7f || strchr("<>\"{}|\\^`", *c) != NULL)
            return "holds a character that no address may hold";
    size_t scheme = scheme_length(address);
    if (scheme == 0)
        return strstr(address, "://") == NULL ? "must begin with https:// or http://"
                                              : "has a scheme other than https and http";
    size_t origin = cvk_uri_origin_length(address);
    const char *authority = address + scheme;
    size_t size = origin - scheme;
    if (memchr(authority, '@', size) != NULL)
        return "must not hold a user name or password";
    if (strchr(address, '#') != NULL)
        return "must not have a fragment (#)";
    if (strchr(address, '?') != NULL)
        return "must not have a query (?)";
    size_t host = host_length(authority, size);
    if (!good_host(authority, host))
        return "has no valid host";
    if (!good_port(authority + host, size - host))
        return "has no valid port";
    return NULL;
}

bool cvk_uri_is_plain(const char *address)
{
    return scheme_length(address) == 7;
}

static bool is_loopback(const char *host, size_t size)
{
    if (size == 9 && strncasecmp(host, "localhost", 9) == 0)
        return true;
    if (size == 5 && memcmp(host, "[::1]", 5) == 0)
        return true;
    /* 127.0.0.0/8 written as four numbers: "127.example.com" and "127.0.0.256" are names. */
    int numbers = 0, digits = 0, value = 0;
    if (size < 7 || memcmp(host, "127.", 4) != 0)
        return false;
    for (size_t i = 0; i <= size; i++) {
        if (i < size && host[i] >= '0' && host[i] <= '9' && digits < 3) {
            value = value * 10 + (host[i] - '0');
            digits++;
        } else if ((i == size || host[i] == '.') && digits > 0 && value <= 255) {
            numbers++;
            digits = value = 0;
        } else {
            return false;
        }
    }
    return numbers == 4;
}

bool cvk_uri_is_loopback(const char *address)
{
    size_t scheme = scheme_length(address);
    const char *host = address + scheme;
    return is_loopback(host, host_length(host, cvk_uri_origin_length(address) - scheme));
}

const char *cvk_uri_proxy_host(const char *proxy, size_t *host_size, size_t *size)
{
    static const char letters_and_digits[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                             "0123456789";
    const char *host = proxy + strspn(proxy, letters_and_digits);
    host = host > proxy && strncmp(host, "://", 3) == 0 ? host + 3 : proxy;
    *size = strcspn(host, "/?#");
    const char *at = memchr(host, '@', *size);
    if (at != NULL) {
        *size -= (size_t)(at + 1 - host);
        host = at + 1;
    }
    *host_size = host_length(host, *size);
    return host;
}

bool cvk_uri_proxy_is_loopback(const char *proxy)
{
    size_t host_size, size;
    const char *host = cvk_uri_proxy_host(proxy, &host_size, &size);
    return good_port(host + host_size, size - host_size) && is_loopback(host, host_size);
}
