/*
 * For the spec of secrets in memory. Texts come here hidden: two hexadecimal digits for each byte,
 * to which 113 was added, so that the program that looks for a text does not hold it.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <lauxlib.h>
#include <lua.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { longest = 1024, window = 1 << 18 };

static struct {
    lua_Alloc real;
    void *user;
} lua_heap;

/* Lua's own copies are not what the spec is about: this wipes them when they are collected. */
static void *wiping_alloc(void *user, void *block, size_t old_size, size_t size)
{
    (void)user;
    if (block == NULL)
        return lua_heap.real(lua_heap.user, NULL, old_size, size);
    if (size == 0) {
        explicit_bzero(block, old_size);
        return lua_heap.real(lua_heap.user, block, old_size, 0);
    }
    void *copy = lua_heap.real(lua_heap.user, NULL, 0, size);
    if (copy == NULL)
        return size <= old_size ? block : NULL;
    memcpy(copy, block, size < old_size ? size : old_size);
    explicit_bzero(block, old_size);
    lua_heap.real(lua_heap.user, block, old_size, 0);
    return copy;
}

static unsigned char digit(char c)
{
    return (unsigned char)(c <= '9' ? c - '0' : c - 'a' + 10);
}

static unsigned char shown(const char *hidden, size_t i)
{
    return (unsigned char)(digit(hidden[2 * i]) * 16 + digit(hidden[2 * i + 1]) - 113);
}

/* show(hidden): the text. */
static int wiped_show(lua_State *L)
{
    static char text[longest];
    size_t size;
    const char *hidden = luaL_checklstring(L, 1, &size);
    luaL_argcheck(L, size / 2 <= longest, 1, "too long");
    for (size_t i = 0; i < size / 2; i++)
        text[i] = (char)shown(hidden, i);
    lua_pushlstring(L, text, size / 2);
    explicit_bzero(text, sizeof text);
    return 1;
}

static int count(const char *start, const char *end, const char *hidden, size_t size)
{
    int found = 0;
    while ((size_t)(end - start) >= size &&
           (start = memchr(start, shown(hidden, 0), (size_t)(end - start) - size + 1)) != NULL) {
        size_t i = 1;
        while (i < size && (unsigned char)start[i] == shown(hidden, i))
            i++;
        found += i == size;
        start++;
    }
    return found;
}

/*
 * How many there are between two addresses, read as a file: what a thread that ends takes away
 * meanwhile counts as empty. `copy` is of `window` bytes.
 */
static int count_between(int memory, char *copy, uint64_t start, uint64_t end, const char *hidden,
                         size_t size)
{
    int found = 0;
    size_t kept = 0; /* of the window before, for a text that lies across */
    while (start < end) {
        size_t most = end - start < window - kept ? (size_t)(end - start) : window - kept;
        ssize_t got = pread(memory, copy + kept, most, (off_t)start);
        if (got <= 0)
            break;
        found += count(copy, copy + kept + (size_t)got, hidden, size);
        start += (uint64_t)got;
        size_t all = kept + (size_t)got;
        kept = all < size - 1 ? all : size - 1;
        memmove(copy, copy + all - kept, kept);
    }
    return found;
}

/* copies(hidden): how many there are of a text in all memory that this process can write. */
static int wiped_copies(lua_State *L)
{
    char line[512];
    size_t size;
    int found = 0;
    const char *hidden = luaL_checklstring(L, 1, &size);
    FILE *maps = fopen("/proc/self/maps", "r");
    int memory = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
    luaL_argcheck(L, maps != NULL && memory >= 0, 1, "there is no /proc");
    /* Shared, so that it is not looked at itself. */
    char *copy = mmap(NULL, window, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    luaL_argcheck(L, copy != MAP_FAILED, 1, "there is no memory");
    while (fgets(line, sizeof line, maps) != NULL) {
        unsigned long long start, end;
        char allowed[8] = "";
        if (sscanf(line, "%llx-%llx %7s", &start, &end, allowed) == 3 &&
            memcmp(allowed, "rw-p", 4) == 0)
            found += count_between(memory, copy, start, end, hidden, size / 2);
    }
    munmap(copy, window);
    close(memory);
    fclose(maps);
    lua_pushinteger(L, found);
    return 1;
}

int luaopen_wiped(lua_State *L)
{
    lua_heap.real = lua_getallocf(L, &lua_heap.user);
    lua_setallocf(L, wiping_alloc, NULL);
    lua_createtable(L, 0, 2);
    lua_pushcfunction(L, wiped_show);
    lua_setfield(L, -2, "show");
    lua_pushcfunction(L, wiped_copies);
    lua_setfield(L, -2, "copies");
    return 1;
}
