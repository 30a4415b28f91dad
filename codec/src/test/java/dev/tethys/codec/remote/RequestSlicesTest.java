package dev.tethys.codec.remote;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.codec.CodecException;
import dev.tethys.model.Labels;
import dev.tethys.model.MetricMetadata;
import dev.tethys.model.MetricType;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class RequestSlicesTest {
  private static byte[] request() {
    WriteRequestWriter w = new WriteRequestWriter();
    w.beginSeries(Labels.of("__name__", "a")).sample(1, 1).sample(2, 2).endSeries();
    w.beginSeries(Labels.of("__name__", "b", "x", "y".repeat(300))).sample(1, 1).endSeries();
    w.metadata("a", new MetricMetadata(MetricType.COUNTER, "help", ""));
    w.beginSeries(Labels.of("__name__", "a")).sample(3, 7).endSeries();
    return w.toByteArray();
  }

  @Test
  void piecesJoinedAreTheRequest() throws Exception {
    byte[] r = request();
    RequestSlices in = new RequestSlices().reset(r, 0, r.length);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    List<Integer> samples = new ArrayList<>();
    List<Long> hashes = new ArrayList<>();
    while (in.next()) {
      out.write(r, in.offset(), in.length());
      if (in.isSeries()) {
        samples.add(in.samples());
        hashes.add(in.hash());
      }
    }
    assertThat(out.toByteArray()).isEqualTo(r);
    assertThat(samples).containsExactly(2, 1, 1);
    assertThat(hashes.get(0)).isEqualTo(hashes.get(2)).isNotEqualTo(hashes.get(1));
  }

  @Test
  void aRequestThatEndsTooSoonIsRefused() {
    byte[] r = request();
    byte[] cut = Arrays.copyOf(r, r.length - 1);
    assertThatThrownBy(
            () -> {
              RequestSlices in = new RequestSlices().reset(cut, 0, cut.length);
              while (in.next()) {
                assertThat(in.length()).isPositive();
              }
            })
        .isInstanceOf(CodecException.class);
  }
}
