#ifndef DLT_CPOSTGRESQL_H
#define DLT_CPOSTGRESQL_H

// The part of libpq that this project uses, under its own names, opened at the first use: if it were linked, libpq and the two dozen
// libraries that it needs (TLS, Kerberos, LDAP) would be mapped at every start of programs that mostly load into other
// databases, and the programs could not run where it is not installed. Its interface has not changed since
// PostgreSQL 9.2; it is declared here, so that the build needs none of its headers.
// https://www.postgresql.org/docs/current/libpq.html

typedef struct pg_conn PGconn;
typedef struct pg_result PGresult;
typedef struct pg_cancel PGcancel;

typedef struct {
  char *keyword;
  char *envvar;
  char *compiled;
  char *val;
  char *label;
  char *dispchar;
  int dispsize;
} PQconninfoOption;

typedef void (*PQnoticeProcessor)(void *argument, const char *message);

enum { DLT_CONNECTION_OK = 0, DLT_CONNECTION_BAD = 1 };
enum { DLT_PGRES_POLLING_FAILED = 0, DLT_PGRES_POLLING_READING = 1, DLT_PGRES_POLLING_WRITING = 2, DLT_PGRES_POLLING_OK = 3 };
enum {
  DLT_PGRES_EMPTY_QUERY = 0,
  DLT_PGRES_COMMAND_OK = 1,
  DLT_PGRES_TUPLES_OK = 2,
  DLT_PGRES_COPY_OUT = 3,
  DLT_PGRES_COPY_IN = 4,
};
enum { DLT_PQERRORS_DEFAULT = 1, DLT_PQERRORS_VERBOSE = 2 };

// NULL, or why the library cannot be used. May be called from any thread, any number of times; after NULL the functions below
// may be called.
const char *dlt_pq_load(void);

// X(result, name, parameters, arguments)
#define DLT_PQ_FUNCTIONS(X) \
  X(PGconn *, PQconnectStartParams, (const char *const *keywords, const char *const *values, int expand), (keywords, values, expand)) \
  X(int, PQconnectPoll, (PGconn *conn), (conn)) \
  X(int, PQstatus, (const PGconn *conn), (conn)) \
  X(char *, PQerrorMessage, (const PGconn *conn), (conn)) \
  X(int, PQsetErrorVerbosity, (PGconn *conn, int verbosity), (conn, verbosity)) \
  X(int, PQsocket, (const PGconn *conn), (conn)) \
  X(int, PQconnectionNeedsPassword, (const PGconn *conn), (conn)) \
  X(int, PQserverVersion, (const PGconn *conn), (conn)) \
  X(PQnoticeProcessor, PQsetNoticeProcessor, (PGconn *conn, PQnoticeProcessor processor, void *argument), (conn, processor, argument)) \
  X(int, PQsetnonblocking, (PGconn *conn, int on), (conn, on)) \
  X(int, PQsendQuery, (PGconn *conn, const char *sql), (conn, sql)) \
  X(int, PQsendQueryParams, \
    (PGconn *conn, const char *sql, int count, const unsigned int *types, const char *const *values, const int *lengths, \
     const int *formats, int result_format), \
    (conn, sql, count, types, values, lengths, formats, result_format)) \
  X(int, PQconsumeInput, (PGconn *conn), (conn)) \
  X(int, PQisBusy, (PGconn *conn), (conn)) \
  X(int, PQflush, (PGconn *conn), (conn)) \
  X(PGresult *, PQgetResult, (PGconn *conn), (conn)) \
  X(int, PQresultStatus, (const PGresult *result), (result)) \
  X(char *, PQresultErrorField, (const PGresult *result, int field), (result, field)) \
  X(char *, PQresultErrorMessage, (const PGresult *result), (result)) \
  X(int, PQntuples, (const PGresult *result), (result)) \
  X(int, PQnfields, (const PGresult *result), (result)) \
  X(char *, PQfname, (const PGresult *result, int column), (result, column)) \
  X(unsigned int, PQftype, (const PGresult *result, int column), (result, column)) \
  X(int, PQfmod, (const PGresult *result, int column), (result, column)) \
  X(char *, PQgetvalue, (const PGresult *result, int row, int column), (result, row, column)) \
  X(int, PQgetlength, (const PGresult *result, int row, int column), (result, row, column)) \
  X(int, PQgetisnull, (const PGresult *result, int row, int column), (result, row, column)) \
  X(char *, PQcmdTuples, (PGresult *result), (result)) \
  X(int, PQputCopyData, (PGconn *conn, const char *bytes, int count), (conn, bytes, count)) \
  X(int, PQputCopyEnd, (PGconn *conn, const char *error), (conn, error)) \
  X(int, PQgetCopyData, (PGconn *conn, char **bytes, int async), (conn, bytes, async)) \
  X(PGcancel *, PQgetCancel, (PGconn *conn), (conn)) \
  X(int, PQcancel, (PGcancel *cancel, char *message, int capacity), (cancel, message, capacity)) \
  X(PQconninfoOption *, PQconninfoParse, (const char *text, char **message), (text, message)) \
  X(PQconninfoOption *, PQconndefaults, (void), ()) \
  X(PQconninfoOption *, PQconninfo, (PGconn *conn), (conn))

#define DLT_PQ_PROCEDURES(X) \
  X(void, PQfinish, (PGconn *conn), (conn)) \
  X(void, PQclear, (PGresult *result), (result)) \
  X(void, PQfreeCancel, (PGcancel *cancel), (cancel)) \
  X(void, PQconninfoFree, (PQconninfoOption *options), (options)) \
  X(void, PQfreemem, (void *memory), (memory))

// Hidden, so that libpq's calls of its own functions do not come back here.
#define DLT_PQ_DECLARE(result, name, parameters, arguments) __attribute__((visibility("hidden"))) result name parameters;
DLT_PQ_FUNCTIONS(DLT_PQ_DECLARE)
DLT_PQ_PROCEDURES(DLT_PQ_DECLARE)
#undef DLT_PQ_DECLARE

#endif
