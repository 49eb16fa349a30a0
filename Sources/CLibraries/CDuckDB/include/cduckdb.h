#ifndef DLT_CDUCKDB_H
#define DLT_CDUCKDB_H
#include <stdint.h>

// The part of DuckDB's C API that this project uses, under its own names, from 1.5 on. It is opened at the first use, since no system
// has it installed, and declared here, so that the build needs none of its headers.
// https://duckdb.org/docs/stable/clients/c/api

typedef uint64_t idx_t;
typedef void *duckdb_database, *duckdb_connection, *duckdb_config, *duckdb_prepared_statement, *duckdb_pending_result;
typedef void *duckdb_data_chunk, *duckdb_vector, *duckdb_logical_type, *duckdb_appender, *duckdb_error_data;
// Microseconds since 1970; a struct of one such integer, which is passed in the same way.
typedef int64_t duckdb_timestamp;

// Only internal_data is in use; the library has deprecated the others.
typedef struct {
  idx_t column_count, row_count, rows_changed;
  void *columns;
  char *error_message;
  void *internal_data;
} duckdb_result;

enum { DUCKDB_SUCCESS = 0 };
enum { DUCKDB_PENDING_READY = 0, DUCKDB_PENDING_NOT_READY = 1, DUCKDB_PENDING_ERROR = 2, DUCKDB_PENDING_NO_TASKS = 3 };
enum { DUCKDB_TYPE_VARCHAR = 17 };

// NULL, or why the library cannot be used: that which the variable DLT_LIBDUCKDB names, else the libduckdb.so that the loader
// finds. May be called from any thread, any number of times; after NULL the functions below may be called.
const char *dlt_duckdb_load(void);

// X(result, name, parameters, arguments)
#define DLT_DUCKDB_FUNCTIONS(X) \
  X(const char *, duckdb_library_version, (void), ()) \
  X(int, duckdb_create_config, (duckdb_config *config), (config)) \
  X(int, duckdb_set_config, (duckdb_config config, const char *name, const char *value), (config, name, value)) \
  X(int, duckdb_open_ext, (const char *path, duckdb_database *database, duckdb_config config, char **error), (path, database, config, error)) \
  X(int, duckdb_connect, (duckdb_database database, duckdb_connection *connection), (database, connection)) \
  X(int, duckdb_query, (duckdb_connection connection, const char *sql, duckdb_result *result), (connection, sql, result)) \
  X(int, duckdb_prepare, (duckdb_connection connection, const char *sql, duckdb_prepared_statement *statement), (connection, sql, statement)) \
  X(const char *, duckdb_prepare_error, (duckdb_prepared_statement statement), (statement)) \
  X(int, duckdb_bind_null, (duckdb_prepared_statement statement, idx_t index), (statement, index)) \
  X(int, duckdb_bind_int64, (duckdb_prepared_statement statement, idx_t index, int64_t value), (statement, index, value)) \
  X(int, duckdb_bind_timestamp_tz, (duckdb_prepared_statement statement, idx_t index, duckdb_timestamp value), (statement, index, value)) \
  X(int, duckdb_bind_varchar_length, (duckdb_prepared_statement statement, idx_t index, const char *text, idx_t count), (statement, index, text, count)) \
  X(int, duckdb_prepared_statement_type, (duckdb_prepared_statement statement), (statement)) \
  X(idx_t, duckdb_prepared_statement_column_count, (duckdb_prepared_statement statement), (statement)) \
  X(const char *, duckdb_prepared_statement_column_name, (duckdb_prepared_statement statement, idx_t index), (statement, index)) \
  X(duckdb_logical_type, duckdb_prepared_statement_column_logical_type, (duckdb_prepared_statement statement, idx_t index), (statement, index)) \
  X(int, duckdb_pending_prepared_streaming, (duckdb_prepared_statement statement, duckdb_pending_result *pending), (statement, pending)) \
  X(const char *, duckdb_column_name, (duckdb_result *result, idx_t column), (result, column)) \
  X(duckdb_logical_type, duckdb_column_logical_type, (duckdb_result *result, idx_t column), (result, column)) \
  X(int, duckdb_pending_prepared, (duckdb_prepared_statement statement, duckdb_pending_result *pending), (statement, pending)) \
  X(int, duckdb_pending_execute_task, (duckdb_pending_result pending), (pending)) \
  X(const char *, duckdb_pending_error, (duckdb_pending_result pending), (pending)) \
  X(int, duckdb_execute_pending, (duckdb_pending_result pending, duckdb_result *result), (pending, result)) \
  X(const char *, duckdb_result_error, (duckdb_result *result), (result)) \
  X(idx_t, duckdb_rows_changed, (duckdb_result *result), (result)) \
  X(idx_t, duckdb_column_count, (duckdb_result *result), (result)) \
  X(duckdb_data_chunk, duckdb_fetch_chunk, (duckdb_result result), (result)) \
  X(duckdb_data_chunk, duckdb_create_data_chunk, (duckdb_logical_type *types, idx_t count), (types, count)) \
  X(idx_t, duckdb_data_chunk_get_size, (duckdb_data_chunk chunk), (chunk)) \
  X(duckdb_vector, duckdb_data_chunk_get_vector, (duckdb_data_chunk chunk, idx_t column), (chunk, column)) \
  X(idx_t, duckdb_vector_size, (void), ()) \
  X(void *, duckdb_vector_get_data, (duckdb_vector vector), (vector)) \
  X(uint64_t *, duckdb_vector_get_validity, (duckdb_vector vector), (vector)) \
  X(duckdb_logical_type, duckdb_create_logical_type, (int type), (type)) \
  X(int, duckdb_get_type_id, (duckdb_logical_type type), (type)) \
  X(char *, duckdb_logical_type_get_alias, (duckdb_logical_type type), (type)) \
  X(uint8_t, duckdb_decimal_width, (duckdb_logical_type type), (type)) \
  X(uint8_t, duckdb_decimal_scale, (duckdb_logical_type type), (type)) \
  X(duckdb_logical_type, duckdb_list_type_child_type, (duckdb_logical_type type), (type)) \
  X(duckdb_logical_type, duckdb_array_type_child_type, (duckdb_logical_type type), (type)) \
  X(idx_t, duckdb_array_type_array_size, (duckdb_logical_type type), (type)) \
  X(idx_t, duckdb_struct_type_child_count, (duckdb_logical_type type), (type)) \
  X(char *, duckdb_struct_type_child_name, (duckdb_logical_type type, idx_t index), (type, index)) \
  X(duckdb_logical_type, duckdb_struct_type_child_type, (duckdb_logical_type type, idx_t index), (type, index)) \
  X(duckdb_logical_type, duckdb_map_type_key_type, (duckdb_logical_type type), (type)) \
  X(duckdb_logical_type, duckdb_map_type_value_type, (duckdb_logical_type type), (type)) \
  X(duckdb_vector, duckdb_list_vector_get_child, (duckdb_vector vector), (vector)) \
  X(duckdb_vector, duckdb_array_vector_get_child, (duckdb_vector vector), (vector)) \
  X(duckdb_vector, duckdb_struct_vector_get_child, (duckdb_vector vector, idx_t index), (vector, index)) \
  X(int, duckdb_appender_create_ext, \
    (duckdb_connection connection, const char *catalog, const char *schema, const char *table, duckdb_appender *appender), (connection, catalog, schema, table, appender)) \
  X(int, duckdb_appender_add_column, (duckdb_appender appender, const char *name), (appender, name)) \
  X(duckdb_logical_type, duckdb_appender_column_type, (duckdb_appender appender, idx_t column), (appender, column)) \
  X(int, duckdb_append_data_chunk, (duckdb_appender appender, duckdb_data_chunk chunk), (appender, chunk)) \
  X(int, duckdb_appender_flush, (duckdb_appender appender), (appender)) \
  X(int, duckdb_appender_clear, (duckdb_appender appender), (appender)) \
  X(duckdb_error_data, duckdb_appender_error_data, (duckdb_appender appender), (appender)) \
  X(const char *, duckdb_error_data_message, (duckdb_error_data error), (error)) \
  X(int, duckdb_error_data_error_type, (duckdb_error_data error), (error)) \
  X(int, duckdb_appender_destroy, (duckdb_appender *appender), (appender)) \
  X(void, duckdb_destroy_config, (duckdb_config *config), (config)) \
  X(void, duckdb_free, (void *memory), (memory)) \
  X(void, duckdb_destroy_error_data, (duckdb_error_data *error), (error)) \
  X(void, duckdb_interrupt, (duckdb_connection connection), (connection)) \
  X(void, duckdb_disconnect, (duckdb_connection *connection), (connection)) \
  X(void, duckdb_close, (duckdb_database *database), (database)) \
  X(void, duckdb_destroy_prepare, (duckdb_prepared_statement *statement), (statement)) \
  X(void, duckdb_destroy_pending, (duckdb_pending_result *pending), (pending)) \
  X(void, duckdb_destroy_result, (duckdb_result *result), (result)) \
  X(void, duckdb_destroy_logical_type, (duckdb_logical_type *type), (type)) \
  X(void, duckdb_destroy_data_chunk, (duckdb_data_chunk *chunk), (chunk)) \
  X(void, duckdb_data_chunk_reset, (duckdb_data_chunk chunk), (chunk)) \
  X(void, duckdb_data_chunk_set_size, (duckdb_data_chunk chunk, idx_t rows), (chunk, rows)) \
  X(void, duckdb_vector_ensure_validity_writable, (duckdb_vector vector), (vector))

// Hidden, so that the library's calls of its own functions do not come back here.
#define DLT_DUCKDB_DECLARE(result, name, parameters, arguments) __attribute__((visibility("hidden"))) result name parameters;
DLT_DUCKDB_FUNCTIONS(DLT_DUCKDB_DECLARE)
#undef DLT_DUCKDB_DECLARE

#endif
