#ifndef DLT_CADBC_H
#define DLT_CADBC_H
#include <stddef.h>
#include <stdint.h>

// Arrow Database Connectivity, version 1.1: one table of functions, which any database's driver fills in. A driver is a library that
// is opened by its path; several may be open at once, so the table is a value, and nothing is linked.
// https://arrow.apache.org/adbc/current/format/specification.html

// Of Arrow's C interfaces, whose structs are CArrow's.
struct ArrowArrayStream;
struct ArrowSchema;

typedef uint8_t AdbcStatusCode;
enum {
  ADBC_STATUS_OK = 0,
  ADBC_STATUS_UNKNOWN,
  ADBC_STATUS_NOT_IMPLEMENTED,
  ADBC_STATUS_NOT_FOUND,
  ADBC_STATUS_ALREADY_EXISTS,
  ADBC_STATUS_INVALID_ARGUMENT,
  ADBC_STATUS_INVALID_STATE,
  ADBC_STATUS_INVALID_DATA,
  ADBC_STATUS_INTEGRITY,
  ADBC_STATUS_INTERNAL,
  ADBC_STATUS_IO,
  ADBC_STATUS_CANCELLED,
  ADBC_STATUS_TIMEOUT,
  ADBC_STATUS_UNAUTHENTICATED,
  ADBC_STATUS_UNAUTHORIZED,
};
enum { ADBC_VERSION_1_0 = 1000000, ADBC_VERSION_1_1 = 1001000 };
enum { ADBC_DEPTH_ALL = 0, ADBC_DEPTH_CATALOGS = 1, ADBC_DEPTH_SCHEMAS = 2, ADBC_DEPTH_TABLES = 3 };

struct AdbcError {
  char *message;
  // INT32_MIN before a call says that the last two members are there.
  int32_t vendor_code;
  char sqlstate[5];
  void (*release)(struct AdbcError *error);
  void *private_data;
  void *private_driver;
};

struct AdbcDatabase { void *private_data, *private_driver; };
struct AdbcConnection { void *private_data, *private_driver; };
struct AdbcStatement { void *private_data, *private_driver; };

// The functions that this project calls have their types; of the others only the places count.
struct AdbcDriver {
  void *private_data, *private_manager;
  AdbcStatusCode (*release)(struct AdbcDriver *, struct AdbcError *);
  AdbcStatusCode (*DatabaseInit)(struct AdbcDatabase *, struct AdbcError *);
  AdbcStatusCode (*DatabaseNew)(struct AdbcDatabase *, struct AdbcError *);
  AdbcStatusCode (*DatabaseSetOption)(struct AdbcDatabase *, const char *key, const char *value, struct AdbcError *);
  AdbcStatusCode (*DatabaseRelease)(struct AdbcDatabase *, struct AdbcError *);
  void *ConnectionCommit, *ConnectionGetInfo;
  AdbcStatusCode (*ConnectionGetObjects)(
    struct AdbcConnection *, int depth, const char *catalog, const char *schema, const char *table, const char **types, const char *column,
    struct ArrowArrayStream *, struct AdbcError *);
  AdbcStatusCode (*ConnectionGetTableSchema)(
    struct AdbcConnection *, const char *catalog, const char *schema, const char *table, struct ArrowSchema *, struct AdbcError *);
  void *ConnectionGetTableTypes;
  AdbcStatusCode (*ConnectionInit)(struct AdbcConnection *, struct AdbcDatabase *, struct AdbcError *);
  AdbcStatusCode (*ConnectionNew)(struct AdbcConnection *, struct AdbcError *);
  AdbcStatusCode (*ConnectionSetOption)(struct AdbcConnection *, const char *key, const char *value, struct AdbcError *);
  void *ConnectionReadPartition;
  AdbcStatusCode (*ConnectionRelease)(struct AdbcConnection *, struct AdbcError *);
  void *ConnectionRollback;
  void *StatementBind, *StatementBindStream;
  AdbcStatusCode (*StatementExecuteQuery)(struct AdbcStatement *, struct ArrowArrayStream *, int64_t *rows, struct AdbcError *);
  void *StatementExecutePartitions, *StatementGetParameterSchema;
  AdbcStatusCode (*StatementNew)(struct AdbcConnection *, struct AdbcStatement *, struct AdbcError *);
  void *StatementPrepare;
  AdbcStatusCode (*StatementRelease)(struct AdbcStatement *, struct AdbcError *);
  void *StatementSetOption;
  AdbcStatusCode (*StatementSetSqlQuery)(struct AdbcStatement *, const char *sql, struct AdbcError *);
  void *StatementSetSubstraitPlan;
  // Since 1.1.
  void *ErrorGetDetailCount, *ErrorGetDetail;
  const struct AdbcError *(*ErrorFromArrayStream)(struct ArrowArrayStream *, AdbcStatusCode *status);
  void *DatabaseGetOption, *DatabaseGetOptionBytes, *DatabaseGetOptionDouble, *DatabaseGetOptionInt;
  void *DatabaseSetOptionBytes, *DatabaseSetOptionDouble, *DatabaseSetOptionInt;
  void *ConnectionCancel;
  AdbcStatusCode (*ConnectionGetOption)(struct AdbcConnection *, const char *key, char *value, size_t *length, struct AdbcError *);
  void *ConnectionGetOptionBytes, *ConnectionGetOptionDouble, *ConnectionGetOptionInt;
  void *ConnectionGetStatistics, *ConnectionGetStatisticNames;
  void *ConnectionSetOptionBytes, *ConnectionSetOptionDouble, *ConnectionSetOptionInt;
  AdbcStatusCode (*StatementCancel)(struct AdbcStatement *, struct AdbcError *);
  AdbcStatusCode (*StatementExecuteSchema)(struct AdbcStatement *, struct ArrowSchema *, struct AdbcError *);
  void *StatementGetOption, *StatementGetOptionBytes, *StatementGetOptionDouble, *StatementGetOptionInt;
  void *StatementSetOptionBytes, *StatementSetOptionDouble, *StatementSetOptionInt;
};

// Opens a driver and has it fill in the table, for the newest version that it knows. NULL; or why it cannot be used, a text which lives
// until the thread's next call.
//
// entry: the name of the function that fills in the table; NULL: AdbcDriverInit.
const char *dlt_adbc_open(const char *path, const char *entry, struct AdbcDriver *driver);

#endif
