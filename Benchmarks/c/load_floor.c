// load_floor PLAN DATABASE json|bound: the rows of a load package into a new SQLite file, by as plain a C loop as can be.
//
//   json    reads the decompressed job files before the clock starts; parses, binds and steps while it runs
//   bound   has the rows parsed before, too; while the clock runs it only binds (SQLITE_STATIC) and steps
//
// It makes the same tables by the same statements in one transaction with the same settings as dlt-load, with as many rows a
// statement, and commits to the disk. It leaves out what dlt-load does besides: decompression, checks of the package and of
// types, dlt's system tables, the spool. Bad input is not noticed.
//
// PLAN is lines: `X sql` to be run first, then for each table `S sql` (insert one row), `B rows sql` (insert many),
// `F path`, and `C form name` for each column, form being text, integer, real, bool, raw (a number as text, or JSON), time.
// Prints "seconds cpu rows".
#include <sqlite3.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

enum { max_columns = 2000 };
typedef struct {
    char *key;  // "name":
    size_t length;
    char form;
    int next;
} Column;
typedef struct {
    int column;
    char kind;  // i integer, d double, t text
    uint32_t length;
    union {
        int64_t integer;
        double real;
        const char *text;
    } value;
} Cell;
typedef struct {
    char *single, *batch, *path;
    int batch_rows, columns;
    Column column[max_columns];
    char *bytes;
    size_t size;
    Cell *cells;
    size_t *row_ends, rows;
} Table;

static Table *tables[1000];
static int table_count;
static char *setup[1000];
static int setup_count;

static void fail(const char *what, const char *why) {
    fprintf(stderr, "load_floor: unable to %s: %s\n", what, why);
    exit(1);
}

static void read_plan(const char *path) {
    FILE *file = fopen(path, "r");
    char *line = NULL;
    size_t room = 0;
    ssize_t length;
    Table *table = NULL;
    if (!file) fail("open", path);
    while ((length = getline(&line, &room, file)) > 0) {
        line[length - 1] = 0;
        char *rest = line + 2;
        switch (line[0]) {
        case 'X': setup[setup_count++] = strdup(rest); break;
        case 'S':
            table = tables[table_count++] = calloc(1, sizeof(Table));
            table->single = strdup(rest);
            break;
        case 'B':
            table->batch_rows = (int)strtol(rest, &rest, 10);
            table->batch = strdup(rest + 1);
            break;
        case 'F': table->path = strdup(rest); break;
        case 'C': {
            char *name = strchr(rest, ' ') + 1;
            Column *column = &table->column[table->columns++];
            column->form = rest[0];
            column->key = malloc(strlen(name) + 4);
            column->length = (size_t)sprintf(column->key, "\"%s\":", name);
            column->next = table->columns;
        }
        }
    }
    free(line);
    fclose(file);
}

static void read_file(Table *table) {
    FILE *file = fopen(table->path, "rb");
    if (!file) fail("open", table->path);
    fseek(file, 0, SEEK_END);
    table->size = (size_t)ftell(file);
    rewind(file);
    table->bytes = calloc(1, table->size + 64);
    if (fread(table->bytes, 1, table->size, file) != table->size) fail("read", table->path);
    fclose(file);
    table->column[table->columns - 1].next = 0;
}

static char *unescape(char *from, char *end) {
    char *to = from;
    while (from < end) {
        if (*from != '\\') {
            *to++ = *from++;
            continue;
        }
        char kind = from[1];
        from += 2;
        switch (kind) {
        case 'b': *to++ = '\b'; break;
        case 'f': *to++ = '\f'; break;
        case 'n': *to++ = '\n'; break;
        case 'r': *to++ = '\r'; break;
        case 't': *to++ = '\t'; break;
        case 'u': {
            char digits[5] = {from[0], from[1], from[2], from[3], 0};
            unsigned long scalar = strtoul(digits, NULL, 16);
            from += 4;
            if ((scalar & 0xFC00) == 0xD800 && from[0] == '\\') {
                char low[5] = {from[2], from[3], from[4], from[5], 0};
                scalar = 0x10000 + ((scalar - 0xD800) << 10) + (strtoul(low, NULL, 16) - 0xDC00);
                from += 6;
            }
            if (scalar < 0x80) *to++ = (char)scalar;
            else if (scalar < 0x800) *to++ = (char)(0xC0 | scalar >> 6), *to++ = (char)(0x80 | (scalar & 63));
            else if (scalar < 0x10000)
                *to++ = (char)(0xE0 | scalar >> 12), *to++ = (char)(0x80 | (scalar >> 6 & 63)), *to++ = (char)(0x80 | (scalar & 63));
            else
                *to++ = (char)(0xF0 | scalar >> 18), *to++ = (char)(0x80 | (scalar >> 12 & 63)),
                *to++ = (char)(0x80 | (scalar >> 6 & 63)), *to++ = (char)(0x80 | (scalar & 63));
            break;
        }
        default: *to++ = kind;
        }
    }
    return to;
}

// One row: `cells` gets what it has, in its order. Returns behind the newline.
static char *parse(Table *table, char *position, Cell *cells, int *count) {
    int expected = 0;
    *count = 0;
    position++;
    while (*position == '"') {
        Column *column = &table->column[expected];
        if (strncmp(position, column->key, column->length) != 0) {
            int previous = *count > 0 ? cells[*count - 1].column : -1;
            for (expected = 0; strncmp(position, table->column[expected].key, table->column[expected].length) != 0;) expected++;
            column = &table->column[expected];
            if (previous >= 0) table->column[previous].next = expected;
        }
        position += column->length;
        Cell *cell = &cells[(*count)++];
        cell->column = expected;
        expected = column->next;
        char *start = position;
        switch (column->form) {
        case 'i':
            cell->kind = 'i';
            cell->value.integer = strtoll(start, &position, 10);
            break;
        case 'r':
            // strtod's own rounding needs no shortcut to be a fair twin: most reals are short, but so is this loop.
            cell->kind = 'd';
            cell->value.real = strtod(start, &position);
            break;
        case 'b':
            cell->kind = 'i';
            cell->value.integer = *start == 't';
            position += *start == 't' ? 4 : 5;
            break;
        default: {
            cell->kind = 't';
            if (*start != '"') {
                // Numbers as text and JSON end where brackets and quotes say so.
                int depth = 0, quoted = 0;
                while (quoted || depth > 0 || (*position != ',' && *position != '}')) {
                    if (*position == '\\') position++;
                    else if (*position == '"') quoted = !quoted;
                    else if (!quoted && (*position == '{' || *position == '[')) depth++;
                    else if (!quoted && (*position == '}' || *position == ']')) depth--;
                    position++;
                }
                cell->value.text = start;
                cell->length = (uint32_t)(position - start);
                break;
            }
            int escapes = 0;
            position++;
            while (*position != '"') {
                if (*position == '\\') escapes = 1, position++;
                position++;
            }
            char *end = position++;
            if (column->form == '?') start--, end++;  // a JSON string keeps its quotes
            cell->value.text = start + 1;
            if (column->form == 't') {
                if (escapes) end = unescape(start + 1, end);
            } else if (column->form == '@') {
                start[11] = ' ';
                end = start + 27;
            }
            cell->length = (uint32_t)(end - start - 1);
        }
        }
        if (*position == ',') position++;
    }
    while (*position++ != '\n') {}
    return position;
}

static void bind(sqlite3_stmt *statement, int offset, char *bound, const Cell *cells, int count, int columns) {
    static char here[max_columns];
    memset(here, 0, (size_t)columns);
    for (int index = 0; index < count; index++) {
        const Cell *cell = &cells[index];
        int parameter = offset + cell->column + 1;
        here[cell->column] = 1;
        switch (cell->kind) {
        case 'i': sqlite3_bind_int64(statement, parameter, cell->value.integer); break;
        case 'd': sqlite3_bind_double(statement, parameter, cell->value.real); break;
        default: sqlite3_bind_text(statement, parameter, cell->value.text, (int)cell->length, SQLITE_STATIC);
        }
    }
    for (int column = 0; column < columns; column++) {
        if (!here[column] && bound[offset + column]) sqlite3_bind_null(statement, offset + column + 1);
        bound[offset + column] = here[column];
    }
}

static double seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static double cpu(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) + (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static void run(sqlite3 *database, const char *sql) {
    char *error = NULL;
    if (sqlite3_exec(database, sql, NULL, NULL, &error) != SQLITE_OK) fail(sql, error);
}

static sqlite3_stmt *prepare(sqlite3 *database, const char *sql) {
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v3(database, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL) != SQLITE_OK)
        fail(sql, sqlite3_errmsg(database));
    return statement;
}

static void step(sqlite3 *database, sqlite3_stmt *statement) {
    if (sqlite3_step(statement) != SQLITE_DONE) fail("insert", sqlite3_errmsg(database));
    sqlite3_reset(statement);
}

int main(int count, char **arguments) {
    if (count != 4) fail("start", "usage: load_floor PLAN DATABASE json|bound");
    int is_bound = strcmp(arguments[3], "bound") == 0;
    read_plan(arguments[1]);
    static Cell row[max_columns];
    for (int index = 0; index < table_count; index++) {
        Table *table = tables[index];
        read_file(table);
        if (!is_bound) continue;
        size_t cells = 0, room = 1 << 16, rows_room = 1 << 12;
        table->cells = malloc(room * sizeof(Cell));
        table->row_ends = malloc(rows_room * sizeof(size_t));
        for (char *position = table->bytes; position < table->bytes + table->size;) {
            int found;
            position = parse(table, position, row, &found);
            if (cells + (size_t)found > room) table->cells = realloc(table->cells, (room *= 2) * sizeof(Cell));
            memcpy(table->cells + cells, row, (size_t)found * sizeof(Cell));
            cells += (size_t)found;
            if (table->rows == rows_room) table->row_ends = realloc(table->row_ends, (rows_room *= 2) * sizeof(size_t));
            table->row_ends[table->rows++] = cells;
        }
    }
    double began = seconds(), used = cpu();
    size_t rows = 0;
    sqlite3 *database;
    if (sqlite3_open_v2(arguments[2], &database, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK)
        fail("open", arguments[2]);
    for (int index = 0; index < setup_count; index++) run(database, setup[index]);
    for (int index = 0; index < table_count; index++) {
        Table *table = tables[index];
        sqlite3_stmt *single = prepare(database, table->single), *batch = prepare(database, table->batch);
        char *single_bound = calloc(1, (size_t)table->columns);
        char *batch_bound = calloc(1, (size_t)(table->columns * table->batch_rows));
        if (is_bound) {
            for (size_t first = 0; first < table->rows;) {
                int many = table->rows - first >= (size_t)table->batch_rows;
                int lines = many ? table->batch_rows : 1;
                for (int line = 0; line < lines; line++, first++) {
                    size_t from = first ? table->row_ends[first - 1] : 0;
                    bind(many ? batch : single, line * table->columns, many ? batch_bound : single_bound, table->cells + from,
                         (int)(table->row_ends[first] - from), table->columns);
                }
                step(database, many ? batch : single);
                rows += (size_t)lines;
            }
        } else {
            char *position = table->bytes, *end = table->bytes + table->size;
            while (position < end) {
                // As many lines as one statement takes, when that many are left.
                char *look = position;
                int lines = 0, found;
                while (lines < table->batch_rows && look < end && (look = memchr(look, '\n', (size_t)(end - look)))) look++, lines++;
                int many = lines == table->batch_rows;
                for (int line = 0; line < (many ? lines : 1); line++, rows++) {
                    position = parse(table, position, row, &found);
                    bind(many ? batch : single, line * table->columns, many ? batch_bound : single_bound, row, found, table->columns);
                }
                step(database, many ? batch : single);
            }
        }
        sqlite3_finalize(single);
        sqlite3_finalize(batch);
    }
    run(database, "COMMIT");
    if (sqlite3_close(database) != SQLITE_OK) fail("close", arguments[2]);
    printf("%.6f %.6f %zu\n", seconds() - began, cpu() - used, rows);
    return 0;
}
