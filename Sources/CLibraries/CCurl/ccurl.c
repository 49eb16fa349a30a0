#define _GNU_SOURCE
// The type checks in libcurl's macros only work for direct calls.
#define CURL_DISABLE_TYPECHECK
#include "ccurl.h"
#include "../opened_library.h"

#define FUNCTIONS(f)                                                                                                 \
    f(curl_global_init) f(curl_easy_init) f(curl_easy_reset) f(curl_easy_cleanup) f(curl_easy_setopt)                \
    f(curl_easy_getinfo) f(curl_easy_strerror) f(curl_multi_init) f(curl_multi_cleanup) f(curl_multi_setopt)         \
    f(curl_multi_add_handle) f(curl_multi_remove_handle) f(curl_multi_perform) f(curl_multi_poll)                    \
    f(curl_multi_info_read) f(curl_slist_append) f(curl_slist_free_all)

static struct { FUNCTIONS(DLT_MEMBER) } library;

static void load(void) {
    // The second is Debian's build with another TLS library: it has the same functions.
    static const char *const files[] = {"libcurl.so.4", "libcurl-gnutls.so.4", 0};
    if (dlt_open("libcurl 7.66", files)) { FUNCTIONS(DLT_FIND) }
    if (!*dlt_failure && library.curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        snprintf(dlt_failure, sizeof dlt_failure, "libcurl refuses to start");
}

const char *ccurl_load(void) { return dlt_load_once(load); }

CURL *ccurl_easy_init(void) { return library.curl_easy_init(); }
void ccurl_easy_reset(CURL *easy) { library.curl_easy_reset(easy); }
void ccurl_easy_cleanup(CURL *easy) { library.curl_easy_cleanup(easy); }
CURLcode ccurl_set_long(CURL *easy, CURLoption option, long value) {
    return library.curl_easy_setopt(easy, option, value);
}
CURLcode ccurl_set_size(CURL *easy, CURLoption option, curl_off_t value) {
    return library.curl_easy_setopt(easy, option, value);
}
CURLcode ccurl_set_text(CURL *easy, CURLoption option, const char *text) {
    return library.curl_easy_setopt(easy, option, text);
}
CURLcode ccurl_set_pointer(CURL *easy, CURLoption option, void *pointer) {
    return library.curl_easy_setopt(easy, option, pointer);
}
CURLcode ccurl_set_receiver(CURL *easy, CURLoption option, ccurl_receiver receiver) {
    return library.curl_easy_setopt(easy, option, receiver);
}

CURLcode ccurl_allow_http_only(CURL *easy) {
    // The older option, so that libraries before 7.85 work too.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
    return library.curl_easy_setopt(easy, CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#pragma GCC diagnostic pop
}

long ccurl_get_long(CURL *easy, CURLINFO info) {
    long value = 0;
    library.curl_easy_getinfo(easy, info, &value);
    return value;
}

long ccurl_get_size(CURL *easy, CURLINFO info) {
    curl_off_t value = 0;
    library.curl_easy_getinfo(easy, info, &value);
    return (long)value;
}

CURLM *ccurl_multi_init(void) { return library.curl_multi_init(); }
void ccurl_multi_cleanup(CURLM *multi) { library.curl_multi_cleanup(multi); }
CURLMcode ccurl_multi_set_long(CURLM *multi, CURLMoption option, long value) {
    return library.curl_multi_setopt(multi, option, value);
}
CURLMcode ccurl_multi_add(CURLM *multi, CURL *easy) { return library.curl_multi_add_handle(multi, easy); }
CURLMcode ccurl_multi_remove(CURLM *multi, CURL *easy) { return library.curl_multi_remove_handle(multi, easy); }
CURLMcode ccurl_multi_perform(CURLM *multi, int *running) { return library.curl_multi_perform(multi, running); }

CURLMcode ccurl_multi_wait(CURLM *multi, int stop_fd, int milliseconds, int *stopped) {
    struct curl_waitfd stop = {.fd = stop_fd, .events = CURL_WAIT_POLLIN};
    CURLMcode code = library.curl_multi_poll(multi, &stop, stop_fd >= 0 ? 1 : 0, milliseconds, 0);
    *stopped = stop_fd >= 0 && stop.revents != 0;
    return code;
}

CURL *ccurl_multi_next_finished(CURLM *multi, CURLcode *result) {
    int left;
    CURLMsg *message;
    while ((message = library.curl_multi_info_read(multi, &left))) {
        if (message->msg != CURLMSG_DONE) continue;
        *result = message->data.result;
        return message->easy_handle;
    }
    return 0;
}

struct curl_slist *ccurl_list_append(struct curl_slist *list, const char *text) {
    return library.curl_slist_append(list, text);
}
void ccurl_list_free(struct curl_slist *list) { library.curl_slist_free_all(list); }
const char *ccurl_easy_message(CURLcode code) { return library.curl_easy_strerror(code); }
