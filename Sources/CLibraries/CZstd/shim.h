#ifndef DLT_CZSTD_SHIM_H
#define DLT_CZSTD_SHIM_H
#include <zstd.h>
#include <zstd_errors.h>
#endif
