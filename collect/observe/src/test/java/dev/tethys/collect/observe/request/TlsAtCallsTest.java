package dev.tethys.collect.observe.request;

import org.junit.jupiter.api.Tag;

/** The test of TLS with the programs for kernels that have no tracepoints of sockets. */
@Tag("slow")
class TlsAtCallsTest extends TlsCaptureTest {
  @Override
  String group() {
    return "payload_calls_tls";
  }
}
