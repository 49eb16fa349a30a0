#include "cyaml.h"
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>

#define FUNCTIONS(f)                                                                                                 \
    f(yaml_parser_initialize) f(yaml_parser_delete) f(yaml_parser_set_encoding) f(yaml_parser_set_input_string)      \
    f(yaml_parser_parse) f(yaml_event_delete)

#define MEMBER(name) __typeof__(name) *name;
static struct { FUNCTIONS(MEMBER) } library;

static char failure[512];
static const char *reason;

static void load(void) {
    void *handle = dlopen("libyaml-0.so.2", RTLD_NOW | RTLD_LOCAL);
    if (!handle) {
        snprintf(failure, sizeof failure, "%s", dlerror());
        reason = failure;
        return;
    }
#define FIND(name)                                                                                                   \
    if (!(library.name = (__typeof__(name) *)dlsym(handle, #name))) {                                                \
        reason = "the installed libyaml lacks " #name;                                                               \
        return;                                                                                                      \
    }
    FUNCTIONS(FIND)
}

const char *cyaml_load(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, load);
    return reason;
}

int cyaml_parser_initialize(yaml_parser_t *parser) { return library.yaml_parser_initialize(parser); }
void cyaml_parser_delete(yaml_parser_t *parser) { library.yaml_parser_delete(parser); }
int cyaml_parser_parse(yaml_parser_t *parser, yaml_event_t *event) { return library.yaml_parser_parse(parser, event); }
void cyaml_event_delete(yaml_event_t *event) { library.yaml_event_delete(event); }

void cyaml_parser_set_input(yaml_parser_t *parser, const unsigned char *bytes, size_t count) {
    library.yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING);
    library.yaml_parser_set_input_string(parser, bytes, count);
}
