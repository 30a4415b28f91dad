/* Payloads for kernels before 6.3. */
#define AT_CALLS
#include "payload.c"
