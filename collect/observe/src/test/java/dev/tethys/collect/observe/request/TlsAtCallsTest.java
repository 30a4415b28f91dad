package dev.tethys.collect.observe.request;

/** The test of TLS with the programs for kernels that have no tracepoints of sockets. */
class TlsAtCallsTest extends TlsCaptureTest {
  @Override
  String group() {
    return "payload_calls_tls";
  }
}
