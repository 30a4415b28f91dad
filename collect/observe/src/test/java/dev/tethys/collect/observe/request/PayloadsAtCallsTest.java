package dev.tethys.collect.observe.request;

/** The tests of payloads with the programs for kernels that have no tracepoints of sockets. */
class PayloadsAtCallsTest extends PayloadCaptureTest {
  @Override
  String group() {
    return "payload_calls";
  }
}
