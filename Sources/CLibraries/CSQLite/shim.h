#ifndef DLT_CSQLITE_SHIM_H
#define DLT_CSQLITE_SHIM_H
#include <sqlite3.h>

// SQLITE_TRANSIENT and SQLITE_STATIC are casts of integers to function pointers, which Swift does not import.
// https://sqlite.org/c3ref/c_static.html
static inline sqlite3_destructor_type dlt_sqlite_static(void) { return SQLITE_STATIC; }
static inline sqlite3_destructor_type dlt_sqlite_transient(void) { return SQLITE_TRANSIENT; }
#endif
