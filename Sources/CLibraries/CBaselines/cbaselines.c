#include "cbaselines.h"
#include <stdlib.h>
#include <string.h>

typedef struct {
    const unsigned char *at, *end;
    size_t nodes;
} scanner;

static void skip_space(scanner *s) {
    while (s->at < s->end && (*s->at == ' ' || *s->at == '\n' || *s->at == '\r' || *s->at == '\t')) s->at++;
}

static int scan_string(scanner *s) {
    s->nodes++;
    for (s->at++; s->at < s->end; s->at++) {
        if (*s->at == '"') {
            s->at++;
            return 1;
        }
        if (*s->at == '\\') s->at++;
        else if (*s->at < 0x20) return 0;
    }
    return 0;
}

static int is_digit(const scanner *s) { return s->at < s->end && *s->at >= '0' && *s->at <= '9'; }

static int scan_digits(scanner *s) {
    if (!is_digit(s)) return 0;
    while (is_digit(s)) s->at++;
    return 1;
}

static int scan_number(scanner *s) {
    s->nodes++;
    if (*s->at == '-') s->at++;
    if (!scan_digits(s)) return 0;
    if (s->at < s->end && *s->at == '.') {
        s->at++;
        if (!scan_digits(s)) return 0;
    }
    if (s->at < s->end && (*s->at | 0x20) == 'e') {
        s->at++;
        if (s->at < s->end && (*s->at == '+' || *s->at == '-')) s->at++;
        if (!scan_digits(s)) return 0;
    }
    return 1;
}

static int scan_word(scanner *s, const char *word) {
    size_t count = strlen(word);
    s->nodes++;
    if ((size_t)(s->end - s->at) < count || memcmp(s->at, word, count) != 0) return 0;
    s->at += count;
    return 1;
}

static int scan_value(scanner *s) {
    skip_space(s);
    if (s->at == s->end) return 0;
    switch (*s->at) {
    case '"': return scan_string(s);
    case 't': return scan_word(s, "true");
    case 'f': return scan_word(s, "false");
    case 'n': return scan_word(s, "null");
    case '{':
    case '[': {
        int is_object = *s->at == '{';
        unsigned char close = is_object ? '}' : ']';
        s->nodes++;
        s->at++;
        skip_space(s);
        if (s->at < s->end && *s->at == close) {
            s->at++;
            return 1;
        }
        for (;;) {
            if (is_object) {
                skip_space(s);
                if (s->at == s->end || *s->at != '"' || !scan_string(s)) return 0;
                skip_space(s);
                if (s->at == s->end || *s->at != ':') return 0;
                s->at++;
            }
            if (!scan_value(s)) return 0;
            skip_space(s);
            if (s->at == s->end) return 0;
            if (*s->at == close) {
                s->at++;
                return 1;
            }
            if (*s->at != ',') return 0;
            s->at++;
        }
    }
    default: return scan_number(s);
    }
}

size_t cbaselines_scan_json(const unsigned char *text, size_t count) {
    scanner s = {text, text + count, 0};
    for (skip_space(&s); s.at < s.end; skip_space(&s)) {
        if (!scan_value(&s)) return 0;
    }
    return s.nodes;
}

int cbaselines_is_utf8(const unsigned char *text, size_t count) {
    size_t i = 0;
    while (i < count) {
        unsigned char first = text[i];
        size_t more = first < 0x80 ? 0 : first < 0xC2 ? 9 : first < 0xE0 ? 1 : first < 0xF0 ? 2 : first < 0xF5 ? 3 : 9;
        if (more == 9 || count - i <= more) return 0;
        for (size_t k = 1; k <= more; k++) {
            if ((text[i + k] & 0xC0) != 0x80) return 0;
        }
        if (first == 0xE0 && text[i + 1] < 0xA0) return 0;
        if (first == 0xED && text[i + 1] > 0x9F) return 0;
        if (first == 0xF0 && text[i + 1] < 0x90) return 0;
        if (first == 0xF4 && text[i + 1] > 0x8F) return 0;
        i += more + 1;
    }
    return 1;
}

static int two(const unsigned char *text) { return (text[0] - '0') * 10 + text[1] - '0'; }

long long cbaselines_timestamp(const unsigned char *text, size_t count) {
    if (count < 20 || text[4] != '-' || text[7] != '-' || text[10] != 'T' || text[13] != ':' || text[16] != ':') return -1;
    if (text[count - 1] != 'Z') return -1;
    long long year = two(text) * 100 + two(text + 2), month = two(text + 5), day = two(text + 8);
    long long micro = 0, unit = 100000;
    for (size_t i = 20; i + 1 < count; i++) {
        micro += (text[i] - '0') * unit;
        unit /= 10;
    }
    year -= month <= 2;
    long long era = year / 400, of_era = year - era * 400;
    long long of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    long long days = era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
    return (((days * 24 + two(text + 11)) * 60 + two(text + 14)) * 60 + two(text + 17)) * 1000000 + micro;
}

int cbaselines_number(const unsigned char *text, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (text[i] == '.' || (text[i] | 0x20) == 'e') return 2;
    }
    if (count <= 18) return 0;
    size_t sign = text[0] == '-';
    const char *limit = sign ? "9223372036854775808" : "9223372036854775807";
    if (count - sign != 19) return count - sign > 19;
    return memcmp(text + sign, limit, 19) > 0;
}
