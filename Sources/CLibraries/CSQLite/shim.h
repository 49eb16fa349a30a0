#ifndef DLT_CSQLITE_SHIM_H
#define DLT_CSQLITE_SHIM_H
#include <sqlite3.h>

// SQLITE_TRANSIENT and SQLITE_STATIC are casts of integers to function pointers, which Swift does not import.
// https://sqlite.org/c3ref/c_static.html
static inline sqlite3_destructor_type dlt_sqlite_static(void) { return SQLITE_STATIC; }
static inline sqlite3_destructor_type dlt_sqlite_transient(void) { return SQLITE_TRANSIENT; }

// Where in a statement's text the last error was seen, in bytes; -1 where it is not known. New in 3.38.
static inline int dlt_sqlite_error_offset(sqlite3 *connection) {
#if SQLITE_VERSION_NUMBER >= 3038000
  return sqlite3_error_offset(connection);
#else
  (void)connection;
  return -1;
#endif
}
#endif
