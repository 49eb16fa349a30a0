#ifndef DLT_CYAML_SHIM_H
#define DLT_CYAML_SHIM_H
#include <yaml.h>
#endif
