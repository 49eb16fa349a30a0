#ifndef DLT_CZLIB_SHIM_H
#define DLT_CZLIB_SHIM_H
#include <zlib.h>

// inflateInit2 is a macro around a version check, which Swift does not import. https://zlib.net/manual.html
static inline int dlt_inflate_init(z_stream *stream, int window_bits) { return inflateInit2(stream, window_bits); }
#endif
