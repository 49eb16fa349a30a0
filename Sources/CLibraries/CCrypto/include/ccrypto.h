#ifndef DLT_CCRYPTO_H
#define DLT_CCRYPTO_H
#include <stddef.h>

// libcrypto of OpenSSL 3 is opened for the first signature; a program that signs nothing does not pay for it.
// https://docs.openssl.org/3.0/man7/crypto/

// NULL, or why the library cannot be used. Any thread may call it, any number of times.
const char *ccrypto_load(void);

typedef enum { CCRYPTO_RSA = 1, CCRYPTO_EC = 2, CCRYPTO_OTHER = 3 } ccrypto_kind;

// A private key in PEM; NULL when it cannot be read, with the reason in `failure`. The passphrase may be NULL.
// https://docs.openssl.org/3.0/man3/PEM_read_bio_PrivateKey/
void *ccrypto_key_read(const char *pem, size_t count, const char *passphrase, char *failure, size_t capacity);
void ccrypto_key_free(void *key);
ccrypto_kind ccrypto_key_kind(void *key);
int ccrypto_key_bits(void *key);

// Signs a SHA-2 digest of `digest_bits` bits: RSA with PKCS #1 padding, or ECDSA as two numbers side by side, each of
// `coordinate` bytes. Returns the number of bytes written, or -1 with the reason in `failure`.
// https://docs.openssl.org/3.0/man3/EVP_DigestSignInit/
long ccrypto_sign(void *key, int digest_bits, int coordinate, const void *data, size_t count, unsigned char *output,
                  size_t output_capacity, char *failure, size_t capacity);

// HMAC with SHA-2 of `digest_bits` bits; returns the number of bytes written, at most 64, or -1.
// https://docs.openssl.org/3.0/man3/HMAC/
long ccrypto_hmac(int digest_bits, const void *key, size_t key_count, const void *data, size_t count,
                  unsigned char *output);
#endif
