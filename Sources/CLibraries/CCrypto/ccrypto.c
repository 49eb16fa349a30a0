#define _GNU_SOURCE
#include "ccrypto.h"
#include "../opened_library.h"
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <string.h>

#define FUNCTIONS(f)                                                                                                 \
    f(BIO_new_mem_buf) f(BIO_free) f(PEM_read_bio_PrivateKey) f(EVP_PKEY_free) f(EVP_PKEY_get_base_id)               \
    f(EVP_PKEY_get_bits) f(EVP_MD_CTX_new) f(EVP_MD_CTX_free) f(EVP_DigestSignInit) f(EVP_DigestSign) f(EVP_sha256)  \
    f(EVP_sha384) f(EVP_sha512) f(HMAC) f(d2i_ECDSA_SIG) f(ECDSA_SIG_get0) f(ECDSA_SIG_free) f(BN_bn2binpad)         \
    f(ERR_get_error) f(ERR_error_string_n) f(ERR_clear_error)

static struct { FUNCTIONS(DLT_MEMBER) } library;

static void load(void) {
    static const char *const files[] = {"libcrypto.so.3", 0};
    if (dlt_open("OpenSSL 3", files)) { FUNCTIONS(DLT_FIND) }
}

const char *ccrypto_load(void) { return dlt_load_once(load); }

static void explain(char *failure, size_t capacity, const char *otherwise) {
    unsigned long code = library.ERR_get_error();
    if (code) library.ERR_error_string_n(code, failure, capacity);
    else snprintf(failure, capacity, "%s", otherwise);
    library.ERR_clear_error();
}

// Without a callback of ours, the library would ask for a passphrase on the terminal.
static int passphrase_callback(char *buffer, int size, int writing, void *passphrase) {
    (void)writing;
    if (!passphrase) return -1;
    size_t count = strlen(passphrase);
    if (count > (size_t)size) return -1;
    memcpy(buffer, passphrase, count);
    return (int)count;
}

void *ccrypto_key_read(const char *pem, size_t count, const char *passphrase, char *failure, size_t capacity) {
    BIO *input = library.BIO_new_mem_buf(pem, (int)count);
    if (!input) return 0;
    EVP_PKEY *key = library.PEM_read_bio_PrivateKey(input, 0, passphrase_callback, (void *)passphrase);
    library.BIO_free(input);
    if (!key) explain(failure, capacity, "no private key");
    return key;
}

void ccrypto_key_free(void *key) { library.EVP_PKEY_free(key); }

ccrypto_kind ccrypto_key_kind(void *key) {
    switch (library.EVP_PKEY_get_base_id(key)) {
    case EVP_PKEY_RSA: return CCRYPTO_RSA;
    case EVP_PKEY_EC: return CCRYPTO_EC;
    default: return CCRYPTO_OTHER;
    }
}

int ccrypto_key_bits(void *key) { return library.EVP_PKEY_get_bits(key); }

static const EVP_MD *digest(int bits) {
    switch (bits) {
    case 256: return library.EVP_sha256();
    case 384: return library.EVP_sha384();
    case 512: return library.EVP_sha512();
    default: return 0;
    }
}

// Converts the library's DER to the two numbers.
static long raw_signature(const unsigned char *der, size_t count, int coordinate, unsigned char *output) {
    ECDSA_SIG *signature = library.d2i_ECDSA_SIG(0, &der, (long)count);
    if (!signature) return -1;
    const BIGNUM *r, *s;
    library.ECDSA_SIG_get0(signature, &r, &s);
    int good = library.BN_bn2binpad(r, output, coordinate) == coordinate &&
               library.BN_bn2binpad(s, output + coordinate, coordinate) == coordinate;
    library.ECDSA_SIG_free(signature);
    return good ? 2 * coordinate : -1;
}

long ccrypto_sign(void *key, int digest_bits, int coordinate, const void *data, size_t count, unsigned char *output,
                  size_t output_capacity, char *failure, size_t capacity) {
    unsigned char signature[2048];
    size_t length = sizeof signature;
    long written = -1;
    EVP_MD_CTX *context = library.EVP_MD_CTX_new();
    if (context && library.EVP_DigestSignInit(context, 0, digest(digest_bits), 0, key) == 1 &&
        library.EVP_DigestSign(context, signature, &length, data, count) == 1) {
        if (coordinate > 0) {
            if ((size_t)coordinate * 2 <= output_capacity) written = raw_signature(signature, length, coordinate, output);
        } else if (length <= output_capacity) {
            memcpy(output, signature, length);
            written = (long)length;
        }
    }
    library.EVP_MD_CTX_free(context);
    if (written < 0) explain(failure, capacity, "the key does not fit the algorithm");
    return written;
}

long ccrypto_hmac(int digest_bits, const void *key, size_t key_count, const void *data, size_t count,
                  unsigned char *output) {
    unsigned int length = 0;
    if (!library.HMAC(digest(digest_bits), key, (int)key_count, data, count, output, &length)) return -1;
    return length;
}
