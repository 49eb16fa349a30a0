#include "cmariadb.h"
#include "../opened_library.h"

#define MEMBER(result, name, parameters, arguments) DLT_MEMBER(name)
static struct { DLT_MARIADB_FUNCTIONS(MEMBER) DLT_MARIADB_PROCEDURES(MEMBER) } library;

static void load(void) {
  static const char *const files[] = {"libmariadb.so.3", 0};
#define FIND(result, name, parameters, arguments) DLT_FIND(name)
  if (dlt_open("MariaDB Connector/C 3.0", files)) { DLT_MARIADB_FUNCTIONS(FIND) DLT_MARIADB_PROCEDURES(FIND) }
}

const char *dlt_mariadb_load(void) { return dlt_load_once(load); }

#define FORWARD(result, name, parameters, arguments) \
  result name parameters { return library.name arguments; }
#define FORWARD_PROCEDURE(result, name, parameters, arguments) \
  result name parameters { library.name arguments; }
DLT_MARIADB_FUNCTIONS(FORWARD)
DLT_MARIADB_PROCEDURES(FORWARD_PROCEDURE)
