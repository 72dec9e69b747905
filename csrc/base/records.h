/*
 * A file of texts that are read one by one, by where they begin, each with a hash that shows whether it was
 * changed. It is written beside its place and put there when it is whole, so that readers see all of it or
 * nothing, however many write at the same time.
 */
#ifndef CVK_BASE_RECORDS_H
#define CVK_BASE_RECORDS_H

#include "base/siphash.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* An open file. */
typedef struct cvk_records {
    int file; /* descriptor; 0: none */
    uint64_t size;
    uint64_t root; /* where the text begins that tells of the others */
    unsigned char key[CVK_SIPHASH_KEY];
} cvk_records;

/*
 * Opens a file. false: it is not there, not of this format, damaged at its end, not a plain file, or it is
 * not this process's user's or is open to others: then nothing is kept.
 */
bool cvk_records_open(cvk_records *records, const char *path);

/* The text that begins there, with a zero behind it; the caller frees it. NULL: there is none, it was
 * changed, or memory ran out. */
char *cvk_records_read(const cvk_records *records, uint64_t at, size_t *size);

/* Gives back what cvk_records_open opened. One that is closed stays so. */
void cvk_records_close(cvk_records *records);

/* A file that is being written. */
typedef struct cvk_recorder {
    FILE *file;            /* NULL: none */
    char *path, *new_path; /* owned: its place, and where it is while it is being written */
    uint64_t size;
    unsigned char key[CVK_SIPHASH_KEY];
} cvk_recorder;

/* Begins a file, readable by its owner alone; its folder is made if need be. false: that cannot be done. */
bool cvk_recorder_open(cvk_recorder *recorder, const char *path);

/* Adds a text and returns where it begins; 0: it is too long. A full disk shows at the end. */
uint64_t cvk_recorder_add(cvk_recorder *recorder, const char *text, size_t size);

/* Puts the file in its place, with `root` as the text that tells of the others. false: it could not be
 * written. In either case the recorder is closed. */
bool cvk_recorder_finish(cvk_recorder *recorder, uint64_t root);

/* Gives up what was not finished. One that is closed stays so. */
void cvk_recorder_close(cvk_recorder *recorder);

enum { CVK_STAMP = 160 /* bytes for what cvk_file_stamp writes */ };

/*
 * Writes what shows whether a file was touched since: its device, number and size, and when it and what is
 * known of it changed last. While it stays the same, so do the file's bytes. false: it cannot be relied on,
 * because the file was changed so short a time ago that another change might bear the same time, or lies where
 * another machine's clock counts, or is no plain file.
 */
bool cvk_file_stamp(const char *path, char stamp[CVK_STAMP]);

/* The hash of what a file holds, with a key. false: it cannot be read. */
bool cvk_hash_file(const char *path, const unsigned char *key, uint64_t *hash);

#endif
