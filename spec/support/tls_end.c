/*
 * Ends a TLS connection as TLS has it, with close_notify: cqueues closes the socket only. A C function
 * for package.loadlib; its argument is the connection's SSL object of luaossl.
 */
#define _GNU_SOURCE /* RTLD_NEXT */
#include <dlfcn.h>
#include <stddef.h>

typedef int shut_down(void *ssl);

void *lua_touserdata(void *L, int index);
int end(void *L);

int end(void *L)
{
    static const char *const names[] = {"libssl.so.3", "libssl.so.1.1", NULL};
    void *library = NULL, **ssl = lua_touserdata(L, 1);
    for (int i = 0; library == NULL && names[i] != NULL; i++)
        library = dlopen(names[i], RTLD_LAZY | RTLD_NOLOAD);
    shut_down *call;
    *(void **)&call = dlsym(library == NULL ? RTLD_DEFAULT : library, "SSL_shutdown");
    if (ssl != NULL && call != NULL)
        call(*ssl);
    return 0;
}
