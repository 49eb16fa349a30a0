#include "cmicrohttpd.h"
#include <malloc.h>
#include <stdarg.h>
#include <stdlib.h>
#include "../opened_library.h"

typedef int (*access_handler)(
    void *, struct MHD_Connection *, const char *, const char *, const char *, const char *, size_t *, void **);

struct MHD_Daemon *MHD_start_daemon(
    unsigned flags, uint16_t port, void *accept_policy, void *accept_context, access_handler handler, void *context,
    ...);
void MHD_stop_daemon(struct MHD_Daemon *);
int MHD_get_connection_values(struct MHD_Connection *, int kind, cmicrohttpd_pair, void *);
const char *MHD_lookup_connection_value(struct MHD_Connection *, int kind, const char *name);
const int *MHD_get_connection_info(struct MHD_Connection *, int kind, ...);
struct MHD_Response *MHD_create_response_from_buffer(size_t, void *, int mode);
struct MHD_Response *MHD_create_response_from_callback(
    uint64_t, size_t, cmicrohttpd_reader, void *, cmicrohttpd_release);
int MHD_add_response_header(struct MHD_Response *, const char *, const char *);
int MHD_queue_response(struct MHD_Connection *, unsigned, struct MHD_Response *);
void MHD_destroy_response(struct MHD_Response *);

enum {
    THREAD_PER_CONNECTION = 4, INTERNAL_POLLING_THREAD = 8, POLL = 64, ITC = 1024,
    OPTION_END = 0, OPTION_MEMORY = 1, OPTION_CONNECTIONS = 2, OPTION_IDLE = 3, OPTION_LISTENER = 12,
    OPTION_UNESCAPE = 16, OPTION_STACK = 19, OPTION_STRICT = 29,
    HEADERS = 1, QUERY = 8, MUST_COPY = 2, INFO_SOCKET = 6,
};

#define FUNCTIONS(f)                                                                                                  \
    f(MHD_start_daemon) f(MHD_stop_daemon) f(MHD_get_connection_values)                         \
    f(MHD_lookup_connection_value) f(MHD_get_connection_info) f(MHD_create_response_from_buffer) f(MHD_create_response_from_callback) f(MHD_add_response_header)                \
    f(MHD_queue_response) f(MHD_destroy_response)

static struct { FUNCTIONS(DLT_MEMBER) } library;

static void load(void) {
    static const char *const files[] = {"libmicrohttpd.so.12", 0};
    if (dlt_open("libmicrohttpd 0.9.75", files)) { FUNCTIONS(DLT_FIND) }
}

const char *cmicrohttpd_load(void) { return dlt_load_once(load); }

// What the library's callbacks need; as long as the program lives, since a daemon does.
struct service { cmicrohttpd_handler handler; void *context; };

// The library calls once when it has the head of a request, and again when it has all of it. What is answered at the first call ends
// its connection: so be it where a body would follow, which no page here expects; other requests wait for the second.
static int answer(
    void *context, struct MHD_Connection *connection, const char *path, const char *method, const char *version,
    const char *body, size_t *body_size, void **request) {
    (void)version, (void)body, (void)body_size;
    static const char seen;
    struct service *service = context;
    if (!*request && !library.MHD_lookup_connection_value(connection, HEADERS, "Content-Length")
        && !library.MHD_lookup_connection_value(connection, HEADERS, "Transfer-Encoding")) {
        *request = (void *)&seen;
        return 1;
    }
    return service->handler(service->context, connection, path, method);
}

// Leaves paths and queries as they came: what is taken apart first cannot be made one by what is decoded.
static size_t leave(void *context, struct MHD_Connection *connection, char *text) {
    (void)context, (void)connection;
    return strlen(text);
}

// Each connection is a thread, and glibc would give each an arena of memory of its own, which keeps what the largest answer once
// needed. One for all gives memory back. https://www.gnu.org/software/libc/manual/html_node/Malloc-Tunable-Parameters.html
static void share_memory(void) {
#ifdef __GLIBC__
    mallopt(M_ARENA_MAX, 1);
    mallopt(M_MMAP_THRESHOLD, 64 << 10);
    mallopt(M_TRIM_THRESHOLD, 128 << 10);
#endif
}

struct MHD_Daemon *cmicrohttpd_start(
    int listener, const cmicrohttpd_limits *limits, cmicrohttpd_handler handler, void *context) {
    share_memory();
    struct service *service = malloc(sizeof *service);
    if (!service) return 0;
    *service = (struct service){handler, context};
    return library.MHD_start_daemon(
        THREAD_PER_CONNECTION | INTERNAL_POLLING_THREAD | POLL | ITC, 0, 0, 0, answer, service,
        OPTION_LISTENER, listener, OPTION_CONNECTIONS, limits->connections, OPTION_MEMORY, limits->memory,
        OPTION_IDLE, limits->idle, OPTION_STACK, limits->stack, OPTION_UNESCAPE, leave, (void *)0,
        OPTION_STRICT, 1, OPTION_END);
}

void cmicrohttpd_stop(struct MHD_Daemon *daemon) { library.MHD_stop_daemon(daemon); }

void cmicrohttpd_headers(struct MHD_Connection *connection, cmicrohttpd_pair each, void *context) {
    library.MHD_get_connection_values(connection, HEADERS, each, context);
}

void cmicrohttpd_query(struct MHD_Connection *connection, cmicrohttpd_pair each, void *context) {
    library.MHD_get_connection_values(connection, QUERY, each, context);
}

// The library answers with a union, whose member for this question is the number.
int cmicrohttpd_socket(struct MHD_Connection *connection) {
    const int *found = library.MHD_get_connection_info(connection, INFO_SOCKET);
    return found ? *found : -1;
}

struct MHD_Response *cmicrohttpd_response(const void *bytes, size_t count) {
    return library.MHD_create_response_from_buffer(count, (void *)bytes, MUST_COPY);
}

struct MHD_Response *cmicrohttpd_streamed_response(
    size_t block, cmicrohttpd_reader reader, void *context, cmicrohttpd_release release) {
    return library.MHD_create_response_from_callback(UINT64_MAX, block, reader, context, release);
}

int cmicrohttpd_add_header(struct MHD_Response *response, const char *name, const char *value) {
    return library.MHD_add_response_header(response, name, value);
}

int cmicrohttpd_queue(struct MHD_Connection *connection, unsigned status, struct MHD_Response *response) {
    int result = library.MHD_queue_response(connection, status, response);
    library.MHD_destroy_response(response);
    return result;
}
