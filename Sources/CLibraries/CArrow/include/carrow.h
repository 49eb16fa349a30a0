#ifndef DLT_CARROW_H
#define DLT_CARROW_H
#include <stdint.h>

// Arrow's C data and C stream interfaces: the structs by which columns of values pass from one library to another in one process, in
// memory that their sender releases. No library is needed.
// https://arrow.apache.org/docs/format/CDataInterface.html
// https://arrow.apache.org/docs/format/CStreamInterface.html

enum { ARROW_FLAG_DICTIONARY_ORDERED = 1, ARROW_FLAG_NULLABLE = 2, ARROW_FLAG_MAP_KEYS_SORTED = 4 };

// The type and the name of a column; of a batch, a struct whose children are the columns.
struct ArrowSchema {
  const char *format;
  const char *name;
  // A count, then for each pair a length and bytes twice; counts and lengths are int32_t.
  const char *metadata;
  int64_t flags;
  int64_t n_children;
  struct ArrowSchema **children;
  // The type of the values, where the column holds places in a dictionary.
  struct ArrowSchema *dictionary;
  // NULL once it was called.
  void (*release)(struct ArrowSchema *);
  void *private_data;
};

// The values of a column, in buffers whose sizes follow from its type and length.
struct ArrowArray {
  int64_t length;
  // -1 when they are not counted.
  int64_t null_count;
  int64_t offset;
  int64_t n_buffers;
  int64_t n_children;
  const void **buffers;
  struct ArrowArray **children;
  struct ArrowArray *dictionary;
  void (*release)(struct ArrowArray *);
  void *private_data;
};

// Batches of one schema. The first two functions return 0, or an errno; a batch that is released already is the end.
struct ArrowArrayStream {
  int (*get_schema)(struct ArrowArrayStream *, struct ArrowSchema *out);
  int (*get_next)(struct ArrowArrayStream *, struct ArrowArray *out);
  const char *(*get_last_error)(struct ArrowArrayStream *);
  void (*release)(struct ArrowArrayStream *);
  void *private_data;
};
#endif
