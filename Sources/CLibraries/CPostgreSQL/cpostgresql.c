#include "cpostgresql.h"
#include "../opened_library.h"

#define MEMBER(result, name, parameters, arguments) DLT_MEMBER(name)
static struct { DLT_PQ_FUNCTIONS(MEMBER) DLT_PQ_PROCEDURES(MEMBER) } library;

static void load(void) {
  static const char *const files[] = {"libpq.so.5", 0};
#define FIND(result, name, parameters, arguments) DLT_FIND(name)
  if (dlt_open("PostgreSQL 9.2", files)) { DLT_PQ_FUNCTIONS(FIND) DLT_PQ_PROCEDURES(FIND) }
}

const char *dlt_pq_load(void) { return dlt_load_once(load); }

#define FORWARD(result, name, parameters, arguments) \
  result name parameters { return library.name arguments; }
#define FORWARD_PROCEDURE(result, name, parameters, arguments) \
  result name parameters { library.name arguments; }
DLT_PQ_FUNCTIONS(FORWARD)
DLT_PQ_PROCEDURES(FORWARD_PROCEDURE)
