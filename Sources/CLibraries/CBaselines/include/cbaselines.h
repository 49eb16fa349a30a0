#ifndef DLT_CBASELINES_H
#define DLT_CBASELINES_H
#include <stddef.h>

// The hot loops as plain C. Each returns a value that depends on all of its input, so that no compiler removes it.

// The number of nodes (values and keys) of NDJSON; 0 when it is not JSON.
size_t cbaselines_scan_json(const unsigned char *text, size_t count);
// 1 when the text is well-formed UTF-8.
int cbaselines_is_utf8(const unsigned char *text, size_t count);
// Microseconds since the epoch of `2024-01-15T10:00:00Z` or with a fraction; -1 for anything else.
long long cbaselines_timestamp(const unsigned char *text, size_t count);
// The kind of a JSON number: 0 an integer of 64 bits, 1 a larger one, 2 a real.
int cbaselines_number(const unsigned char *text, size_t count);
#endif
