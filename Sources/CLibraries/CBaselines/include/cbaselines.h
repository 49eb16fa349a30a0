#ifndef DLT_CBASELINES_H
#define DLT_CBASELINES_H
#include <stddef.h>

// The hot loops as one would write them in C without tricks. Each returns something that depends on all it has seen, so that no
// compiler leaves it out.

// Nodes (values and keys) of NDJSON; 0 when it is no JSON.
size_t cbaselines_scan_json(const unsigned char *text, size_t count);
// 1 when the text is well-formed UTF-8.
int cbaselines_is_utf8(const unsigned char *text, size_t count);
// Microseconds since the epoch of `2024-01-15T10:00:00Z` or with a fraction; -1 for anything else.
long long cbaselines_timestamp(const unsigned char *text, size_t count);
// What a JSON number is: 0 an integer of 64 bits, 1 a larger one, 2 a real.
int cbaselines_number(const unsigned char *text, size_t count);
#endif
