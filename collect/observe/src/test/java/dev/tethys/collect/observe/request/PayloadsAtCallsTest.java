package dev.tethys.collect.observe.request;

import org.junit.jupiter.api.Tag;

/** The tests of payloads with the programs for kernels that have no tracepoints of sockets. */
@Tag("slow")
class PayloadsAtCallsTest extends PayloadCaptureTest {
  @Override
  String group() {
    return "payload_calls";
  }
}
