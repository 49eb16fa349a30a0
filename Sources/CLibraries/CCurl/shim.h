#ifndef DLT_CCURL_SHIM_H
#define DLT_CCURL_SHIM_H
#include <curl/curl.h>

// Functions with variable arguments are not imported into Swift.
typedef size_t (*dlt_curl_receiver)(char *bytes, size_t size, size_t count, void *context);

static inline CURLcode dlt_curl_set_long(CURL *handle, CURLoption option, long value) {
    return curl_easy_setopt(handle, option, value);
}
static inline CURLcode dlt_curl_set_size(CURL *handle, CURLoption option, curl_off_t value) {
    return curl_easy_setopt(handle, option, value);
}
static inline CURLcode dlt_curl_set_text(CURL *handle, CURLoption option, const char *value) {
    return curl_easy_setopt(handle, option, value);
}
static inline CURLcode dlt_curl_set_pointer(CURL *handle, CURLoption option, void *value) {
    return curl_easy_setopt(handle, option, value);
}
static inline CURLcode dlt_curl_set_receiver(CURL *handle, CURLoption option, dlt_curl_receiver receiver) {
    return curl_easy_setopt(handle, option, receiver);
}
static inline CURLcode dlt_curl_get_long(CURL *handle, CURLINFO info, long *value) {
    return curl_easy_getinfo(handle, info, value);
}
#endif
