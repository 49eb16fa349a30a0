#include "cduckdb.h"
#include "../opened_library.h"
#include <stdlib.h>

#define MEMBER(result, name, parameters, arguments) DLT_MEMBER(name)
static struct { DLT_DUCKDB_FUNCTIONS(MEMBER) } library;

static void load(void) {
  const char *named = getenv("DLT_LIBDUCKDB");
  const char *const files[] = {named && *named ? named : "libduckdb.so", 0};
#define FIND(result, name, parameters, arguments) DLT_FIND(name)
  if (dlt_open("DuckDB 1.5", files)) { DLT_DUCKDB_FUNCTIONS(FIND) }
}

const char *dlt_duckdb_load(void) { return dlt_load_once(load); }

#define FORWARD(result, name, parameters, arguments) \
  result name parameters { return library.name arguments; }
DLT_DUCKDB_FUNCTIONS(FORWARD)
