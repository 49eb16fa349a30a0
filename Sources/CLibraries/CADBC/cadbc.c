#include "cadbc.h"
#include <assert.h>
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

// 29 pointers up to 1.0, and 29 since 1.1.
static_assert(offsetof(struct AdbcDriver, ErrorGetDetailCount) == 29 * sizeof(void *), "layout of ADBC 1.0");
static_assert(sizeof(struct AdbcDriver) == 58 * sizeof(void *), "layout of ADBC 1.1");

static _Thread_local char failure[1024];

typedef AdbcStatusCode (*Init)(int version, void *driver, struct AdbcError *error);

const char *dlt_adbc_open(const char *path, const char *entry, struct AdbcDriver *driver) {
  memset(driver, 0, sizeof *driver);
  // Never closed: a driver may have threads of its own, and state that outlives its databases.
  void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (!library) {
    const char *reason = dlerror();
    // For a library of another processor, the linker reports that the file does not exist.
    if (strchr(path, '/') && strstr(reason, "No such file") && access(path, F_OK) == 0) reason = "not a library for this machine";
    snprintf(failure, sizeof failure, "%s", reason);
    return failure;
  }
  if (!entry) entry = "AdbcDriverInit";
  Init init = (Init)dlsym(library, entry);
  if (!init) {
    snprintf(failure, sizeof failure, "%s has no function %s", path, entry);
    return failure;
  }
  struct AdbcError error = {.vendor_code = INT32_MIN};
  AdbcStatusCode status = init(ADBC_VERSION_1_1, driver, &error);
  if (status == ADBC_STATUS_NOT_IMPLEMENTED) {
    if (error.release) error.release(&error);
    error = (struct AdbcError){.vendor_code = INT32_MIN};
    memset(driver, 0, sizeof *driver);
    status = init(ADBC_VERSION_1_0, driver, &error);
  }
  if (status == ADBC_STATUS_OK) return 0;
  memset(driver, 0, sizeof *driver);
  snprintf(failure, sizeof failure, "%s", error.message ? error.message : "it knows neither version 1.0 nor 1.1 of ADBC");
  if (error.release) error.release(&error);
  return failure;
}
