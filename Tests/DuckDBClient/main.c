// dlt-test-duckdb FILE: opens a DuckDB file, says so, reads SQL to the end of its input, and runs it up to the first error.
//
// What DuckDB's own program does beside the tests, which need another process: the library splits the text into statements, and has
// the file from the first line of output to the end. Without any code of ours.
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

struct result { uint64_t counts[3]; void *columns; char *error; void *data; };

static void *library;

static void *find(const char *name) {
  void *found = dlsym(library, name);
  if (found) return found;
  fprintf(stderr, "dlt-test-duckdb: %s\n", dlerror());
  exit(69);
}

int main(int count, char **arguments) {
  if (count != 2) return fputs("usage: dlt-test-duckdb FILE < SQL\n", stderr), 64;
  const char *named = getenv("DLT_LIBDUCKDB");
  library = dlopen(named && *named ? named : "libduckdb.so", RTLD_NOW);
  if (!library) return fprintf(stderr, "dlt-test-duckdb: %s\n", dlerror()), 69;
  int (*open)(const char *, void **, void *, char **) = find("duckdb_open_ext");
  int (*connect)(void *, void **) = find("duckdb_connect");
  int (*query)(void *, const char *, struct result *) = find("duckdb_query");
  void (*close)(void **) = find("duckdb_close");
  void (*disconnect)(void **) = find("duckdb_disconnect");

  void *database = 0, *connection = 0;
  char *error = 0;
  if (open(arguments[1], &database, 0, &error)) return fprintf(stderr, "dlt-test-duckdb: %s\n", error ? error : "?"), 1;
  if (connect(database, &connection)) return 1;
  puts("open");
  fflush(stdout);

  char *text = 0;
  size_t size = 0, capacity = 0;
  do {
    if (capacity - size < 2 && !(text = realloc(text, capacity = capacity * 2 + 65536))) return 1;
    size += fread(text + size, 1, capacity - size - 1, stdin);
  } while (!feof(stdin) && !ferror(stdin));
  text[size] = 0;

  struct result result = {0};
  // Nothing is no statement, which the library holds to be an error.
  int failed = size ? query(connection, text, &result) : 0;
  if (failed) fprintf(stderr, "dlt-test-duckdb: %s\n", result.error ? result.error : "?");
  disconnect(&connection);
  close(&database);
  return failed ? 1 : 0;
}
