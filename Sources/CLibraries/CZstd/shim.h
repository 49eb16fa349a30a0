#ifndef DLT_CZSTD_SHIM_H
#define DLT_CZSTD_SHIM_H
// https://facebook.github.io/zstd/zstd_manual.html
#include <zstd.h>
#include <zstd_errors.h>
#endif
