// copy_lines URL STREAM TABLE COLUMN:TYPE...: reads a table by COPY in the binary format and writes the RECORD lines that dlt-extract writes,
// with nothing else around: no catalog, no state, no checks. The floor below `dlt-extract sql`.
//
// Linked to libpq.so.5 without its headers, which a machine that only runs programs does not have.
#include <endian.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct pg_conn PGconn;
typedef struct pg_result PGresult;
PGconn *PQconnectdb(const char *);
int PQstatus(const PGconn *);
char *PQerrorMessage(const PGconn *);
PGresult *PQexec(PGconn *, const char *);
int PQresultStatus(const PGresult *);
int PQgetCopyData(PGconn *, char **, int);
void PQfreemem(void *);
void PQfinish(PGconn *);

static char *out, *end, *limit;

static void flush_lines(void) {
    fwrite(out, 1, end - out, stdout);
    end = out;
}

static void need(size_t count) {
    if (end + count <= limit) return;
    flush_lines();
    if (out + count > limit) {
        free(out);
        out = end = malloc(count * 2);
        limit = out + count * 2;
    }
}

static void put(const char *text, size_t count) { memcpy(end, text, count), end += count; }

static void put_integer(int64_t value) {
    char digits[24];
    int place = 24;
    uint64_t rest = value < 0 ? -(uint64_t)value : (uint64_t)value;
    do digits[--place] = '0' + rest % 10, rest /= 10;
    while (rest);
    if (value < 0) digits[--place] = '-';
    put(digits + place, 24 - place);
}

static void put_digits(unsigned value, int count) {
    for (int place = count - 1; place >= 0; place--) end[place] = '0' + value % 10, value /= 10;
    end += count;
}

// The fewest digits that are read as the same number.
static void put_real(double value, int isFloat) {
    char text[40];
    for (int digits = isFloat ? 6 : 15; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, value);
        if (isFloat ? strtof(text, NULL) == (float)value : strtod(text, NULL) == value) break;
    }
    size_t count = strlen(text);
    put(text, count);
    // A whole number of a column of reals keeps its point.
    if (!strpbrk(text, ".e")) put(".0", 2);
}

static void put_numeric(const unsigned char *value) {
    uint16_t groups = value[0] << 8 | value[1];
    int16_t weight = (int16_t)(value[2] << 8 | value[3]);
    int scale = (value[6] << 8 | value[7]) & 0x3FFF;
    if (value[4] == 0x40) *end++ = '-';
    int place = 0;
    if (weight < 0) *end++ = '0';
    for (; place <= weight; place++) {
        unsigned group = place < groups ? value[8 + place * 2] << 8 | value[9 + place * 2] : 0;
        if (place == 0) put_integer(group);
        else put_digits(group, 4);
    }
    if (!scale) return;
    *end++ = '.';
    for (int index = weight + 1, left = scale; left > 0; index++, left -= 4) {
        unsigned group = index >= 0 && index < groups ? value[8 + index * 2] << 8 | value[9 + index * 2] : 0;
        char four[4] = {'0' + group / 1000, '0' + group / 100 % 10, '0' + group / 10 % 10, '0' + group % 10};
        put(four, left < 4 ? left : 4);
    }
}

static void put_text(const unsigned char *text, int count) {
    *end++ = '"';
    for (int index = 0; index < count; index++) {
        unsigned char byte = text[index];
        if (byte >= 0x20 && byte != '"' && byte != '\\') *end++ = byte;
        else if (byte == '"' || byte == '\\') *end++ = '\\', *end++ = byte;
        else if (byte == '\n') put("\\n", 2);
        else if (byte == '\t') put("\\t", 2);
        else if (byte == '\r') put("\\r", 2);
        else end += sprintf(end, "\\u%04x", byte);
    }
    *end++ = '"';
}

static void put_bytes(const unsigned char *bytes, int count) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    *end++ = '"';
    // Base64 that would begin with 0x is read as hexadecimal digits.
    if (count >= 2 && bytes[0] == 0xD3 && bytes[1] >> 4 == 1) {
        put("0x", 2);
        for (int index = 0; index < count; index++) end += sprintf(end, "%02x", bytes[index]);
        *end++ = '"';
        return;
    }
    for (int index = 0; index < count; index += 3) {
        uint32_t group = bytes[index] << 16 | (index + 1 < count ? bytes[index + 1] << 8 : 0) | (index + 2 < count ? bytes[index + 2] : 0);
        end[0] = digits[group >> 18], end[1] = digits[group >> 12 & 63];
        end[2] = index + 1 < count ? digits[group >> 6 & 63] : '=', end[3] = index + 2 < count ? digits[group & 63] : '=';
        end += 4;
    }
    *end++ = '"';
}

// http://howardhinnant.github.io/date_algorithms.html
static void put_date(int64_t days) {
    int64_t shifted = days + 719468 + 10957, era = shifted / 146097, day = shifted % 146097;
    int64_t year = (day - day / 1460 + day / 36524 - day / 146096) / 365, of_year = day - (365 * year + year / 4 - year / 100);
    int64_t month = (5 * of_year + 2) / 153;
    put_digits(year + era * 400 + (month >= 10), 4), *end++ = '-';
    put_digits(month < 10 ? month + 3 : month - 9, 2), *end++ = '-';
    put_digits(of_year - (153 * month + 2) / 5 + 1, 2);
}

static void put_time(int64_t time) {
    int64_t second = time / 1000000;
    put_digits(second / 3600, 2), *end++ = ':', put_digits(second / 60 % 60, 2), *end++ = ':', put_digits(second % 60, 2);
    *end++ = '.', put_digits(time % 1000000, 6);
}

static void put_timestamp(int64_t time, int hasZone) {
    int64_t days = time / 86400000000, rest = time % 86400000000;
    if (rest < 0) days--, rest += 86400000000;
    *end++ = '"', put_date(days), *end++ = 'T', put_time(rest);
    if (hasZone) *end++ = 'Z';
    *end++ = '"';
}

static void put_value(char type, const unsigned char *value, int count) {
    uint64_t wide;
    uint32_t word;
    switch (type) {
    case 'l': memcpy(&wide, value, 8), put_integer(be64toh(wide)); break;
    case 'i': memcpy(&word, value, 4), put_integer((int32_t)be32toh(word)); break;
    case 's': put_integer((int16_t)(value[0] << 8 | value[1])); break;
    case 'b': *value ? put("true", 4) : put("false", 5); break;
    case 'n': put_numeric(value); break;
    case 'd': memcpy(&wide, value, 8), wide = be64toh(wide); double real; memcpy(&real, &wide, 8), put_real(real, 0); break;
    case 'f': memcpy(&word, value, 4), word = be32toh(word); float single; memcpy(&single, &word, 4), put_real(single, 1); break;
    case 't': put_text(value, count); break;
    case 'Z': memcpy(&wide, value, 8), put_timestamp(be64toh(wide), 1); break;
    case 'T': memcpy(&wide, value, 8), put_timestamp(be64toh(wide), 0); break;
    case 'D': memcpy(&word, value, 4), *end++ = '"', put_date((int32_t)be32toh(word)), *end++ = '"'; break;
    case 'c': memcpy(&wide, value, 8), *end++ = '"', put_time(be64toh(wide)), *end++ = '"'; break;
    case 'u':
        *end++ = '"';
        for (int index = 0; index < 16; index++) {
            if (index == 4 || index == 6 || index == 8 || index == 10) *end++ = '-';
            *end++ = "0123456789abcdef"[value[index] >> 4], *end++ = "0123456789abcdef"[value[index] & 15];
        }
        *end++ = '"';
        break;
    case 'j': put((const char *)value + 1, count - 1); break;
    case 'y': put_bytes(value, count); break;
    }
}

int main(int count, char **arguments) {
    if (count < 5) return fprintf(stderr, "usage: copy_lines URL STREAM TABLE COLUMN:TYPE...\n"), 64;
    PGconn *connection = PQconnectdb(arguments[1]);
    if (PQstatus(connection) != 0) return fprintf(stderr, "copy_lines: %s", PQerrorMessage(connection)), 69;
    int columns = count - 4;
    char query[4096] = "COPY (SELECT ", head[256];
    char *keys[64], types[64];
    for (int column = 0; column < columns; column++) {
        char *name = arguments[4 + column], *colon = strchr(name, ':');
        *colon = 0, types[column] = colon[1];
        keys[column] = malloc(strlen(name) + 8);
        sprintf(keys[column], "%c\"%s\":", column ? ',' : '{', name);
        sprintf(query + strlen(query), "%s\"%s\"", column ? ", " : "", name);
    }
    sprintf(query + strlen(query), " FROM %s) TO STDOUT (FORMAT binary)", arguments[3]);
    sprintf(head, "{\"type\":\"RECORD\",\"stream\":\"%s\",\"record\":", arguments[2]);
    PGresult *result = PQexec(connection, query);
    if (PQresultStatus(result) != 3) return fprintf(stderr, "copy_lines: %s", PQerrorMessage(connection)), 65;
    out = end = malloc(1 << 18), limit = out + (1 << 18);
    char *message;
    int size, isFirst = 1;
    while ((size = PQgetCopyData(connection, &message, 0)) > 0) {
        const unsigned char *value = (unsigned char *)message;
        if (isFirst) {
            value += 19, size -= 19, isFirst = 0;
            if (size == 0) { PQfreemem(message); continue; }
        }
        if (value[0] == 0xFF) { PQfreemem(message); continue; }
        value += 2;
        need(size * 6 + 4096);
        put(head, strlen(head));
        for (int column = 0; column < columns; column++) {
            put(keys[column], strlen(keys[column]));
            uint32_t word;
            memcpy(&word, value, 4), value += 4;
            int32_t length = be32toh(word);
            if (length < 0) put("null", 4);
            else put_value(types[column], value, length), value += length;
        }
        put("}}\n", 3);
        PQfreemem(message);
    }
    flush_lines();
    PQfinish(connection);
    return size == -1 && fflush(stdout) == 0 ? 0 : 74;
}
