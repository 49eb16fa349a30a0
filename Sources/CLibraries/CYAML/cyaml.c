#include "cyaml.h"
#include "../opened_library.h"

#define FUNCTIONS(f)                                                                                                 \
    f(yaml_parser_initialize) f(yaml_parser_delete) f(yaml_parser_set_encoding) f(yaml_parser_set_input_string)      \
    f(yaml_parser_parse) f(yaml_event_delete)

static struct { FUNCTIONS(DLT_MEMBER) } library;

static void load(void) {
    static const char *const files[] = {"libyaml-0.so.2", 0};
    if (dlt_open("libyaml 0.1", files)) { FUNCTIONS(DLT_FIND) }
}

const char *cyaml_load(void) { return dlt_load_once(load); }

int cyaml_parser_initialize(yaml_parser_t *parser) { return library.yaml_parser_initialize(parser); }
void cyaml_parser_delete(yaml_parser_t *parser) { library.yaml_parser_delete(parser); }
int cyaml_parser_parse(yaml_parser_t *parser, yaml_event_t *event) { return library.yaml_parser_parse(parser, event); }
void cyaml_event_delete(yaml_event_t *event) { library.yaml_event_delete(event); }

void cyaml_parser_set_input(yaml_parser_t *parser, const unsigned char *bytes, size_t count) {
    library.yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING);
    library.yaml_parser_set_input_string(parser, bytes, count);
}
