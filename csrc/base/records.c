#include "base/records.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/vfs.h>
#endif

/* The file: this line and the key of its hashes; the texts, each behind its size and hash; where the root
 * begins. Numbers have 8 bytes, the lowest first. */
static const char magic[] = "convoke openapi cache 1\n";

enum {
    magic_size = sizeof magic - 1,
    word_size = 8,
    front_size = 2 * word_size, /* of a text */
    head_size = magic_size + CVK_SIPHASH_KEY,
    longest = 256 * 1024 * 1024, /* bytes of a text */
    fresh =
        1, /* whole seconds for which a file counts as just changed: some times have no smaller parts */
};

/* Reads so many bytes from a place of a file. false: there are less, or it cannot be read. */
static bool read_at(int file, uint64_t at, void *into, size_t size)
{
    char *to = into;
    while (size > 0) {
        ssize_t count = pread(file, to, size, (off_t)at);
        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0)
            return false;
        to += count;
        at += (uint64_t)count;
        size -= (size_t)count;
    }
    return true;
}

/* The hash of a text where it stands, so that no text passes for another one. */
static uint64_t hash_of(const unsigned char *key, uint64_t at, const char *text, size_t size)
{
    unsigned char place[word_size];
    cvk_siphash hash;
    cvk_put_word(place, at);
    cvk_siphash_begin(&hash, key);
    cvk_siphash_add(&hash, place, sizeof place);
    cvk_siphash_add(&hash, text, size);
    return cvk_siphash_end(&hash);
}

/* Reads what is at both ends of a file, and looks at its root. */
static bool begins_well(cvk_records *records)
{
    unsigned char head[head_size], last[word_size];
    size_t size;
    if (records->size < head_size + front_size + word_size ||
        !read_at(records->file, 0, head, sizeof head) || memcmp(head, magic, magic_size) != 0 ||
        !read_at(records->file, records->size - word_size, last, sizeof last))
        return false;
    memcpy(records->key, head + magic_size, sizeof records->key);
    records->root = cvk_get_word(last);
    char *root = cvk_records_read(records, records->root, &size);
    free(root);
    return root != NULL;
}

bool cvk_records_open(cvk_records *records, const char *path)
{
    struct stat facts;
    *records = (cvk_records){0};
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (file < 0)
        return false;
    records->file = file;
    if (file > 0 && fstat(file, &facts) == 0 && S_ISREG(facts.st_mode) &&
        facts.st_uid == geteuid() && (facts.st_mode & (S_IRWXG | S_IRWXO)) == 0) {
        records->size = (uint64_t)facts.st_size;
        if (begins_well(records))
            return true;
    }
    close(file);
    *records = (cvk_records){0};
    return false;
}

char *cvk_records_read(const cvk_records *records, uint64_t at, size_t *size)
{
    unsigned char front[front_size];
    uint64_t end = records->size - word_size; /* of the texts */
    if (records->file == 0 || at < head_size || at > end - front_size ||
        !read_at(records->file, at, front, sizeof front))
        return NULL;
    uint64_t count = cvk_get_word(front), from = at + front_size;
    if (count > longest || count > end - from)
        return NULL;
    char *text = malloc((size_t)count + 1);
    if (text != NULL &&
        (!read_at(records->file, from, text, (size_t)count) ||
         hash_of(records->key, at, text, (size_t)count) != cvk_get_word(front + word_size))) {
        free(text);
        return NULL;
    }
    if (text != NULL) {
        text[count] = '\0';
        *size = (size_t)count;
    }
    return text;
}

void cvk_records_close(cvk_records *records)
{
    if (records->file > 0)
        close(records->file);
    records->file = 0;
}

/* ---- writing ----------------------------------------------------------------------------------------- */

/* Makes the folder of a path, but not those around it. */
static void make_folder(char *path)
{
    char *slash = strrchr(path, '/');
    if (slash == NULL || slash == path)
        return;
    *slash = '\0';
    mkdir(path, S_IRWXU);
    *slash = '/';
}

static void put(cvk_recorder *recorder, const void *bytes, size_t size)
{
    fwrite(bytes, 1, size, recorder->file);
    recorder->size += size;
}

static void put_number(cvk_recorder *recorder, uint64_t number)
{
    unsigned char word[word_size];
    cvk_put_word(word, number);
    put(recorder, word, sizeof word);
}

bool cvk_recorder_open(cvk_recorder *recorder, const char *path)
{
    unsigned char chance[CVK_SIPHASH_KEY + word_size];
    *recorder = (cvk_recorder){0};
    if (getentropy(chance, sizeof chance) != 0)
        return false; /* a key that others may guess protects nothing */
    size_t room = strlen(path) + 32;
    recorder->path = malloc(room);
    recorder->new_path = malloc(room);
    if (recorder->path != NULL && recorder->new_path != NULL) {
        memcpy(recorder->path, path, strlen(path) + 1);
        make_folder(recorder->path);
        snprintf(recorder->new_path, room, "%s.%016llx.new", path,
                 (unsigned long long)cvk_get_word(chance + CVK_SIPHASH_KEY));
        int file = open(recorder->new_path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                        S_IRUSR | S_IWUSR);
        if (file >= 0 && (recorder->file = fdopen(file, "wb")) == NULL) {
            close(file);
            unlink(recorder->new_path);
        }
    }
    if (recorder->file == NULL) {
        cvk_recorder_close(recorder);
        return false;
    }
    memcpy(recorder->key, chance, sizeof recorder->key);
    put(recorder, magic, magic_size);
    put(recorder, recorder->key, sizeof recorder->key);
    return true;
}

uint64_t cvk_recorder_add(cvk_recorder *recorder, const char *text, size_t size)
{
    uint64_t at = recorder->size;
    if (recorder->file == NULL || size > longest)
        return 0;
    put_number(recorder, size);
    put_number(recorder, hash_of(recorder->key, at, text, size));
    put(recorder, text, size);
    return at;
}

bool cvk_recorder_finish(cvk_recorder *recorder, uint64_t root)
{
    if (recorder->file == NULL)
        return false;
    put_number(recorder, root);
    bool good = ferror(recorder->file) == 0;
    good = fclose(recorder->file) == 0 && good && rename(recorder->new_path, recorder->path) == 0;
    recorder->file = NULL;
    if (!good)
        unlink(recorder->new_path);
    cvk_recorder_close(recorder);
    return good;
}

void cvk_recorder_close(cvk_recorder *recorder)
{
    if (recorder->file != NULL) {
        fclose(recorder->file);
        if (recorder->new_path != NULL)
            unlink(recorder->new_path);
    }
    free(recorder->path);
    free(recorder->new_path);
    *recorder = (cvk_recorder){0};
}

#ifdef __linux__
/* Whether a file system takes its times from this machine's clock. Others are not asked for. */
static bool has_own_clock(int file)
{
    static const unsigned long known[] = {
        0xEF53 /* ext2 to ext4 */, 0x58465342 /* XFS */,       0x9123683E /* Btrfs */,
        0x01021994 /* tmpfs */,    0x794C7630 /* overlayfs */, 0x2FC12FC1 /* ZFS */,
        0xF2F52010 /* F2FS */,
    };
    struct statfs facts;
    if (fstatfs(file, &facts) != 0)
        return false;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (((unsigned long)facts.f_type & 0xFFFFFFFF) == known[i])
            return true;
    return false;
}

/* The file is opened, rather than its name looked up, because that is what makes a file system look. */
bool cvk_file_stamp(const char *path, char stamp[CVK_STAMP])
{
    struct stat facts;
    struct timespec now;
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file < 0)
        return false;
    bool good = fstat(file, &facts) == 0 && S_ISREG(facts.st_mode) && has_own_clock(file) &&
                clock_gettime(CLOCK_REALTIME, &now) == 0 &&
                facts.st_ctim.tv_sec + fresh < now.tv_sec;
    close(file);
    if (good)
        snprintf(stamp, CVK_STAMP, "%jx %jx %jd %jd.%09ld %jd.%09ld", (uintmax_t)facts.st_dev,
                 (uintmax_t)facts.st_ino, (intmax_t)facts.st_size, (intmax_t)facts.st_mtim.tv_sec,
                 facts.st_mtim.tv_nsec, (intmax_t)facts.st_ctim.tv_sec, facts.st_ctim.tv_nsec);
    return good;
}
#else
bool cvk_file_stamp(const char *path, char stamp[CVK_STAMP])
{
    (void)path;
    (void)stamp;
    return false;
}
#endif

bool cvk_hash_file(const char *path, const unsigned char *key, uint64_t *hash)
{
    unsigned char piece[16 * 1024];
    cvk_siphash state;
    struct stat facts;
    ssize_t count = -1;
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file < 0)
        return false;
    cvk_siphash_begin(&state, key);
    if (fstat(file, &facts) == 0 && S_ISREG(facts.st_mode)) /* others may have no end */
        do {
            count = read(file, piece, sizeof piece);
            if (count > 0)
                cvk_siphash_add(&state, piece, (size_t)count);
        } while (count > 0 || (count < 0 && errno == EINTR));
    close(file);
    *hash = cvk_siphash_end(&state);
    return count == 0;
}
