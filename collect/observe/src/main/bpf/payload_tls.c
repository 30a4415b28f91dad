/* The capture of payloads with probes of TLS libraries: the same ring, so that both arrive in order. */
#define WITH_TLS
#include "payload.c"
