#define _GNU_SOURCE
#include "carchive.h"
#include "../opened_library.h"
#include <locale.h>

struct archive *archive_read_new(void);
int archive_read_free(struct archive *);
int archive_read_support_filter_bzip2(struct archive *);
int archive_read_support_filter_xz(struct archive *);
int archive_read_support_filter_lz4(struct archive *);
int archive_read_support_format_raw(struct archive *);
int archive_read_support_format_zip(struct archive *);
int archive_read_support_format_tar(struct archive *);
typedef int archive_open_callback(struct archive *, void *);
typedef int archive_close_callback(struct archive *, void *);
int archive_read_set_format_option(struct archive *, const char *, const char *, const char *);
int archive_read_set_callback_data(struct archive *, void *);
int archive_read_set_read_callback(struct archive *, carchive_reader *);
int archive_read_set_seek_callback(struct archive *, carchive_seeker *);
int archive_read_open1(struct archive *);
int archive_read_next_header(struct archive *, struct archive_entry **);
ssize_t archive_read_data(struct archive *, void *, size_t);
int64_t archive_filter_bytes(struct archive *, int);
const char *archive_error_string(struct archive *);
const char *archive_entry_pathname(struct archive_entry *);
mode_t archive_entry_filetype(struct archive_entry *);
int archive_entry_is_data_encrypted(struct archive_entry *);

#define FUNCTIONS(f)                                                                                                 \
    f(archive_read_new) f(archive_read_free) f(archive_read_support_filter_bzip2) f(archive_read_support_filter_xz)  \
    f(archive_read_support_filter_lz4) f(archive_read_support_format_raw) f(archive_read_support_format_zip)         \
    f(archive_read_support_format_tar) f(archive_read_set_format_option) f(archive_read_set_callback_data)            \
    f(archive_read_set_read_callback)                                                                                \
    f(archive_read_set_seek_callback) f(archive_read_open1) f(archive_read_next_header) f(archive_read_data)         \
    f(archive_filter_bytes) f(archive_error_string) f(archive_entry_pathname) f(archive_entry_filetype)              \
    f(archive_entry_is_data_encrypted)

static struct { FUNCTIONS(DLT_MEMBER) } library;

// The library gives names in the encoding of the locale, and none for a name that has no form in it.
static locale_t names;

static void load(void) {
    static const char *const files[] = {"libarchive.so.13", 0};
    names = newlocale(LC_CTYPE_MASK, "C.UTF-8", 0);
    if (dlt_open("libarchive 3.4", files)) { FUNCTIONS(DLT_FIND) }
}

const char *carchive_load(void) { return dlt_load_once(load); }

// Only what is named here is ever tried on bytes from outside.
struct archive *carchive_new_stream(void) {
    struct archive *archive = library.archive_read_new();
    if (!archive) return 0;
    library.archive_read_support_filter_bzip2(archive);
    library.archive_read_support_filter_xz(archive);
    library.archive_read_support_filter_lz4(archive);
    library.archive_read_support_format_raw(archive);
    return archive;
}

struct archive *carchive_new_archive(void) {
    struct archive *archive = library.archive_read_new();
    if (!archive) return 0;
    library.archive_read_support_format_zip(archive);
    library.archive_read_support_format_tar(archive);
    // Goes on after the zeros at the end, where compressed archives that were put together go on, too.
    library.archive_read_set_format_option(archive, "tar", "read_concatenated_archives", "1");
    return archive;
}

int carchive_open(struct archive *archive, void *context, carchive_reader *reader, carchive_seeker *seeker) {
    library.archive_read_set_callback_data(archive, context);
    library.archive_read_set_read_callback(archive, reader);
    if (seeker) library.archive_read_set_seek_callback(archive, seeker);
    return library.archive_read_open1(archive);
}

int carchive_next(struct archive *archive, struct archive_entry **entry) {
    locale_t before = names ? uselocale(names) : 0;
    int code = library.archive_read_next_header(archive, entry);
    if (before) uselocale(before);
    return code;
}
ssize_t carchive_read(struct archive *archive, void *buffer, size_t count) {
    return library.archive_read_data(archive, buffer, count);
}
int64_t carchive_consumed(struct archive *archive) { return library.archive_filter_bytes(archive, -1); }
const char *carchive_failure(struct archive *archive) { return library.archive_error_string(archive); }
void carchive_free(struct archive *archive) { library.archive_read_free(archive); }

const char *carchive_entry_name(struct archive_entry *entry) { return library.archive_entry_pathname(entry); }
unsigned int carchive_entry_type(struct archive_entry *entry) { return library.archive_entry_filetype(entry); }
int carchive_entry_is_encrypted(struct archive_entry *entry) { return library.archive_entry_is_data_encrypted(entry); }
