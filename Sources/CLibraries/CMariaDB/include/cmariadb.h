#ifndef DLT_CMARIADB_H
#define DLT_CMARIADB_H

// The part of libmariadb that this project uses, under its own names, opened at the first use: most programs never need it. It is
// declared here, so that the build needs none of its headers. The functions in two parts, `_start` and `_cont`, never wait themselves.
// https://mariadb.com/kb/en/mariadb-connectorc-api-functions/
// https://mariadb.com/kb/en/using-the-non-blocking-library/

typedef struct st_mysql MYSQL;
typedef struct st_mysql_res MYSQL_RES;
typedef char **MYSQL_ROW;
typedef char my_bool;

typedef struct {
  char *name, *org_name, *table, *org_table, *db, *catalog, *def;
  unsigned long length, max_length;
  unsigned int name_length, org_name_length, table_length, org_table_length, db_length, catalog_length, def_length;
  unsigned int flags, decimals, charsetnr, type;
  void *extension;
} MYSQL_FIELD;

// What the caller waits for between the two parts.
enum { MYSQL_WAIT_READ = 1, MYSQL_WAIT_WRITE = 2, MYSQL_WAIT_EXCEPT = 4, MYSQL_WAIT_TIMEOUT = 8 };

enum {
  MYSQL_OPT_CONNECT_TIMEOUT = 0,
  MYSQL_READ_DEFAULT_FILE = 4,
  MYSQL_READ_DEFAULT_GROUP = 5,
  MYSQL_SET_CHARSET_NAME = 7,
  MYSQL_OPT_LOCAL_INFILE = 8,
  MYSQL_OPT_SSL_VERIFY_SERVER_CERT = 21,
  MYSQL_OPT_SSL_KEY = 25,
  MYSQL_OPT_SSL_CERT = 26,
  MYSQL_OPT_SSL_CA = 27,
  MYSQL_OPT_SSL_ENFORCE = 38,
  MYSQL_OPT_NONBLOCK = 6000,
};

enum { MYSQL_FLAG_UNSIGNED = 32 };
// The character set of columns without one.
enum { MYSQL_CHARSET_BINARY = 63 };

// NULL, or why the library cannot be used. May be called from any thread, any number of times; after NULL the functions below may be
// called.
const char *dlt_mariadb_load(void);

// X(result, name, parameters, arguments)
#define DLT_MARIADB_FUNCTIONS(X) \
  X(MYSQL *, mysql_init, (MYSQL *connection), (connection)) \
  X(int, mysql_options, (MYSQL *connection, int option, const void *value), (connection, option, value)) \
  X(int, mysql_real_connect_start, \
    (MYSQL **result, MYSQL *connection, const char *host, const char *user, const char *password, const char *database, unsigned int port, \
     const char *socket, unsigned long flags), \
    (result, connection, host, user, password, database, port, socket, flags)) \
  X(int, mysql_real_connect_cont, (MYSQL **result, MYSQL *connection, int ready), (result, connection, ready)) \
  X(int, mysql_real_query_start, (int *result, MYSQL *connection, const char *sql, unsigned long length), (result, connection, sql, length)) \
  X(int, mysql_real_query_cont, (int *result, MYSQL *connection, int ready), (result, connection, ready)) \
  X(MYSQL_RES *, mysql_use_result, (MYSQL *connection), (connection)) \
  X(int, mysql_fetch_row_start, (MYSQL_ROW *row, MYSQL_RES *result), (row, result)) \
  X(int, mysql_fetch_row_cont, (MYSQL_ROW *row, MYSQL_RES *result, int ready), (row, result, ready)) \
  X(unsigned long *, mysql_fetch_lengths, (MYSQL_RES *result), (result)) \
  X(MYSQL_FIELD *, mysql_fetch_fields, (MYSQL_RES *result), (result)) \
  X(unsigned int, mysql_num_fields, (MYSQL_RES *result), (result)) \
  X(unsigned int, mysql_get_timeout_value_ms, (const MYSQL *connection), (connection)) \
  X(int, mysql_get_socket, (MYSQL *connection), (connection)) \
  X(unsigned int, mysql_errno, (MYSQL *connection), (connection)) \
  X(const char *, mysql_error, (MYSQL *connection), (connection)) \
  X(const char *, mysql_sqlstate, (MYSQL *connection), (connection)) \
  X(const char *, mysql_get_server_info, (MYSQL *connection), (connection)) \
  X(unsigned long, mysql_thread_id, (MYSQL *connection), (connection))

#define DLT_MARIADB_PROCEDURES(X) \
  X(void, mysql_free_result, (MYSQL_RES *result), (result)) \
  X(void, mysql_close, (MYSQL *connection), (connection))

// Hidden, so that the library's calls of its own functions do not come back here.
#define DLT_MARIADB_DECLARE(result, name, parameters, arguments) __attribute__((visibility("hidden"))) result name parameters;
DLT_MARIADB_FUNCTIONS(DLT_MARIADB_DECLARE)
DLT_MARIADB_PROCEDURES(DLT_MARIADB_DECLARE)
#undef DLT_MARIADB_DECLARE

#endif
