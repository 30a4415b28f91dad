/* Payloads for kernels before 6.3, and what TLS libraries encrypt and decrypt. */
#define AT_CALLS
#include "payload_tls.c"
