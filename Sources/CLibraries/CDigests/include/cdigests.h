#ifndef CDIGESTS_H
#define CDIGESTS_H

#include <stddef.h>
#include <stdint.h>

/// The compression of SHA-256 (FIPS 180-4) over a block of 64 bytes, by the processor's own instructions where it has them.
void cdigests_sha256(uint32_t state[8], const uint8_t *block);

#endif
