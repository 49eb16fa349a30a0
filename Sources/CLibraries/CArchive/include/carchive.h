#ifndef DLT_CARCHIVE_H
#define DLT_CARCHIVE_H
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

// The part of libarchive that this project uses. It is opened at the first use, since it needs a dozen other libraries, and declared
// here, so that the build needs none of its headers. https://github.com/libarchive/libarchive/wiki/ManualPages

struct archive;
struct archive_entry;

enum { CARCHIVE_EOF = 1, CARCHIVE_OK = 0, CARCHIVE_WARN = -20 };
// A hard link has no type.
enum { CARCHIVE_REGULAR = 0100000, CARCHIVE_SYMBOLIC_LINK = 0120000, CARCHIVE_HARD_LINK = 0 };

// Sets the address of the next bytes, which stay until the next call; returns their number, 0 at the end, -1 after a failure.
typedef ssize_t carchive_reader(struct archive *archive, void *context, const void **bytes);
// Like lseek(2); negative where the source cannot.
typedef int64_t carchive_seeker(struct archive *archive, void *context, int64_t offset, int whence);

// NULL, or why the library cannot be used. Any thread may call it, any number of times.
const char *carchive_load(void);

// Reads a stream that is compressed as a whole, or NULL: no memory.
struct archive *carchive_new_stream(void);
// Reads the entries of a zip or tar archive, which is not compressed as a whole.
struct archive *carchive_new_archive(void);
// The seeker may be NULL.
int carchive_open(struct archive *archive, void *context, carchive_reader *reader, carchive_seeker *seeker);
// CARCHIVE_OK, CARCHIVE_WARN or CARCHIVE_EOF; anything else is a failure.
int carchive_next(struct archive *archive, struct archive_entry **entry);
// The number of bytes, 0 at the end of the entry, negative after a failure.
ssize_t carchive_read(struct archive *archive, void *buffer, size_t count);
// The bytes of the archive that were read.
int64_t carchive_consumed(struct archive *archive);
const char *carchive_failure(struct archive *archive);
void carchive_free(struct archive *archive);

// In UTF-8, as far as the archive says how its names are encoded; NULL for a name that is damaged.
const char *carchive_entry_name(struct archive_entry *entry);
unsigned int carchive_entry_type(struct archive_entry *entry);
int carchive_entry_is_encrypted(struct archive_entry *entry);
#endif
