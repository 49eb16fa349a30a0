#ifndef DLT_CZLIB_SHIM_H
#define DLT_CZLIB_SHIM_H
#include <zlib.h>

// inflateInit2 is a macro around a version check, which Swift does not import. https://zlib.net/manual.html
static inline int dlt_inflate_init(z_stream *stream, int window_bits) { return inflateInit2(stream, window_bits); }

// Likewise deflateInit2.
static inline int dlt_deflate_init(z_stream *stream, int level, int window_bits) {
    return deflateInit2(stream, level, Z_DEFLATED, window_bits, 8, Z_DEFAULT_STRATEGY);
}
#endif
