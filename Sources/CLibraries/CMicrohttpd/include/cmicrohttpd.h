#ifndef DLT_CMICROHTTPD_H
#define DLT_CMICROHTTPD_H
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

// What we use of libmicrohttpd 0.9.75 or newer, as its manual describes it
// (https://www.gnu.org/software/libmicrohttpd/manual/libmicrohttpd.html). The library is opened by `cmicrohttpd_load`; before
// that has returned NULL no other function may be called.

struct MHD_Daemon;
struct MHD_Connection;
struct MHD_Response;

// The library's enumerations, all of them of the size of an int.
enum { CMICROHTTPD_NO = 0, CMICROHTTPD_YES = 1 };

// Called when the head of a request is there; answers it by `cmicrohttpd_queue`.
typedef int (*cmicrohttpd_handler)(
    void *context, struct MHD_Connection *connection, const char *path, const char *method);
// A header, or a part of the query; the value is NULL where there is no equals sign.
typedef int (*cmicrohttpd_pair)(void *context, int kind, const char *name, const char *value);
// Fills the buffer with the next bytes of an answer; -1 is its end, -2 cuts it off.
typedef ssize_t (*cmicrohttpd_reader)(void *context, uint64_t position, char *buffer, size_t capacity);
typedef void (*cmicrohttpd_release)(void *context);

typedef struct {
    unsigned connections;
    // Of a connection: its request's line and headers have to fit.
    size_t memory;
    // Seconds without a byte.
    unsigned idle;
    size_t stack;
} cmicrohttpd_limits;

// NULL, or why the library cannot be used.
const char *cmicrohttpd_load(void);

// Answers on a socket that listens, a thread a connection; NULL when the library refuses. The socket is the daemon's from then on.
struct MHD_Daemon *cmicrohttpd_start(
    int listener, const cmicrohttpd_limits *limits, cmicrohttpd_handler handler, void *context);
// Returns when all threads have ended.
void cmicrohttpd_stop(struct MHD_Daemon *daemon);

void cmicrohttpd_headers(struct MHD_Connection *connection, cmicrohttpd_pair each, void *context);
// Of the query, percent-encoded as they came, but for plus signs, which are spaces.
void cmicrohttpd_query(struct MHD_Connection *connection, cmicrohttpd_pair each, void *context);

// The socket of the request; -1 when the library does not know it.
int cmicrohttpd_socket(struct MHD_Connection *connection);

// The bytes are copied.
struct MHD_Response *cmicrohttpd_response(const void *bytes, size_t count);
struct MHD_Response *cmicrohttpd_streamed_response(
    size_t block, cmicrohttpd_reader reader, void *context, cmicrohttpd_release release);
int cmicrohttpd_add_header(struct MHD_Response *response, const char *name, const char *value);
// Sends the response, and gives it up.
int cmicrohttpd_queue(struct MHD_Connection *connection, unsigned status, struct MHD_Response *response);
#endif
