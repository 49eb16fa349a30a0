#ifndef DLT_CCURL_H
#define DLT_CCURL_H
#include <curl/curl.h>
#include <stddef.h>

// libcurl needs some thirty other libraries, which would add 10 ms to every start of every program. So it is opened for the
// first client, and called through these functions, none of which may be called before ccurl_load has returned NULL.
// They also replace the variadic functions, which Swift cannot call.
// https://curl.se/libcurl/c/libcurl-easy.html, https://curl.se/libcurl/c/libcurl-multi.html

// NULL, or why the library cannot be used. Any thread may call it, any number of times.
const char *ccurl_load(void);

CURL *ccurl_easy_init(void);
void ccurl_easy_reset(CURL *easy);
void ccurl_easy_cleanup(CURL *easy);
CURLcode ccurl_set_long(CURL *easy, CURLoption option, long value);
CURLcode ccurl_set_size(CURL *easy, CURLoption option, curl_off_t value);
CURLcode ccurl_set_text(CURL *easy, CURLoption option, const char *text);
CURLcode ccurl_set_pointer(CURL *easy, CURLoption option, void *pointer);
typedef size_t (*ccurl_receiver)(char *bytes, size_t size, size_t count, void *context);
CURLcode ccurl_set_receiver(CURL *easy, CURLoption option, ccurl_receiver receiver);
// Allows only http and https, also for redirects of proxies.
CURLcode ccurl_allow_http_only(CURL *easy);
long ccurl_get_long(CURL *easy, CURLINFO info);
long ccurl_get_size(CURL *easy, CURLINFO info);

CURLM *ccurl_multi_init(void);
void ccurl_multi_cleanup(CURLM *multi);
CURLMcode ccurl_multi_set_long(CURLM *multi, CURLMoption option, long value);
CURLMcode ccurl_multi_add(CURLM *multi, CURL *easy);
CURLMcode ccurl_multi_remove(CURLM *multi, CURL *easy);
CURLMcode ccurl_multi_perform(CURLM *multi, int *running);
// Waits for the transfers, for stop_fd to become readable unless it is negative, or for the time.
CURLMcode ccurl_multi_wait(CURLM *multi, int stop_fd, int milliseconds, int *stopped);
// The next finished transfer, with its result; NULL when there is none.
CURL *ccurl_multi_next_finished(CURLM *multi, CURLcode *result);

struct curl_slist *ccurl_list_append(struct curl_slist *list, const char *text);
void ccurl_list_free(struct curl_slist *list);
const char *ccurl_easy_message(CURLcode code);
#endif
