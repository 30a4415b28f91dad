package dev.tethys.codec.datadog;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.codec.protobuf.ProtoWriter;
import dev.tethys.model.guard.RequestMemory;
import dev.tethys.model.telemetry.Attributes;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class TraceMemoryTest {
  private static final int SPANS = 10_000;

  @Test
  void chargesEmptySpansToTheRequest() throws Exception {
    ProtoWriter w = new ProtoWriter();
    int payload = w.begin(5);
    int chunk = w.begin(6);
    for (int i = 0; i < SPANS; i++) {
      w.end(w.begin(3));
    }
    w.end(chunk);
    w.end(payload);
    byte[] b = w.toByteArray();
    long[] charged = new long[1];
    RequestMemory.<@Nullable Object, Exception>during(
        bytes -> charged[0] += bytes,
        () -> {
          new TraceReader(new TraceIdUpperHalves(0)).agent(b, new Attributes());
          return null;
        });
    assertThat(charged[0]).isGreaterThanOrEqualTo(2L * RequestMemory.ITEM_BYTES * SPANS);
  }
}
