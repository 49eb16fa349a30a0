#ifndef CDIGESTS_H
#define CDIGESTS_H

#include <stddef.h>
#include <stdint.h>

/// The compression function of SHA-256 over a block of 64 bytes, with the processor's own instructions where it has them.
/// https://csrc.nist.gov/pubs/fips/180-4/upd1/final
void cdigests_sha256(uint32_t state[8], const uint8_t *block);

#endif
