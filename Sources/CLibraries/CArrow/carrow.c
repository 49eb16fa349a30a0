#include "carrow.h"
#include <assert.h>

// The sizes that other libraries expect.
static_assert(sizeof(struct ArrowSchema) == 72 && sizeof(struct ArrowArray) == 80, "layout of the C data interface");
static_assert(sizeof(struct ArrowArrayStream) == 40, "layout of the C stream interface");
