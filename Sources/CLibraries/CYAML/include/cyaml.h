#ifndef DLT_CYAML_H
#define DLT_CYAML_H
#include <stddef.h>
#include <yaml.h>

// libyaml is opened for the first YAML document; a program that reads none does not pay for it. None of these functions may
// be called before cyaml_load has returned NULL. https://pyyaml.org/wiki/LibYAML

// NULL, or why the library cannot be used. Any thread may call it, any number of times.
const char *cyaml_load(void);

// The functions of libyaml, under their own names; 0 means failure.
int cyaml_parser_initialize(yaml_parser_t *parser);
void cyaml_parser_delete(yaml_parser_t *parser);
int cyaml_parser_parse(yaml_parser_t *parser, yaml_event_t *event);
void cyaml_event_delete(yaml_event_t *event);

// The input is UTF-8, whatever its first bytes look like, and must stay in place.
void cyaml_parser_set_input(yaml_parser_t *parser, const unsigned char *bytes, size_t count);
#endif
