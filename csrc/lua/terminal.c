#include "lua/terminal.h"

#include "lua/compat.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { default_columns = 80, most_note = 200, interrupted_status = 130 };

int cvk_core_columns(lua_State *L)
{
    int descriptor = (int)luaL_checkinteger(L, 1);
    struct winsize size;
    if (!isatty(descriptor))
        return 0;
    if (ioctl(descriptor, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
        size.ws_col = default_columns;
    lua_pushinteger(L, size.ws_col);
    return 1;
}

int cvk_core_is_piped(lua_State *L)
{
    struct stat status;
    bool known = fstat((int)luaL_checkinteger(L, 1), &status) == 0;
    lua_pushboolean(L, known && (S_ISFIFO(status.st_mode) || S_ISSOCK(status.st_mode) ||
                                 S_ISREG(status.st_mode)));
    return 1;
}

/* ---- Ctrl-C ------------------------------------------------------------------------------------ */

/* What the signal's handler reads and writes. A process has one terminal, so these are not of a Lua state. */
static volatile sig_atomic_t interrupts;
static char note[most_note];
static size_t note_size;

static void on_interrupt(int number)
{
    int saved = errno;
    (void)number;
    if (interrupts++ > 0)
        _exit(interrupted_status);
    /* Whether a person reads it changes nothing. */
    if (write(STDERR_FILENO, note, note_size) < 0)
        errno = 0;
    errno = saved;
}

int cvk_core_catch_interrupts(lua_State *L)
{
    size_t size;
    const char *text = luaL_checklstring(L, 1, &size);
    struct sigaction action;
    luaL_argcheck(L, size <= sizeof note, 1, "too long");
    memcpy(note, text, size);
    note_size = size;
    memset(&action, 0, sizeof action);
    action.sa_handler = on_interrupt;
    action.sa_flags = SA_RESTART; /* what is being written stays whole */
    sigaction(SIGINT, &action, NULL);
    return 0;
}

int cvk_core_interrupted(lua_State *L)
{
    lua_pushboolean(L, interrupts > 0);
    return 1;
}
