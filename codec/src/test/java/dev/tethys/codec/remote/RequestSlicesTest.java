package dev.tethys.codec.remote;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.codec.CodecException;
import dev.tethys.model.Exemplar;
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
  void joinedPiecesFormTheRequest() throws Exception {
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
  void rejectsTruncatedRequest() {
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

  @Test
  void halvesSeriesByTheirContent() throws Exception {
    WriteRequestWriter w = new WriteRequestWriter();
    w.beginSeries(Labels.of("__name__", "a", "job", "b"));
    for (int i = 0; i < 5; i++) {
      w.sample(i, 10 + i).exemplar(new Exemplar(Labels.of("trace_id", "t" + i), 1, i));
    }
    byte[] r = w.endSeries().toByteArray();
    List<RequestSlices.Piece> halves =
        RequestSlices.halves(r, new RequestSlices.Slice(0, r.length, 5));
    assertThat(halves).extracting(RequestSlices.Piece::samples).containsExactly(2, 3);
    List<String> read = new ArrayList<>();
    for (RequestSlices.Piece h : halves) {
      read.add(PromProto.parse(PromProto.V1, "WriteRequest", h.request()).toString());
    }
    assertThat(read.get(0))
        .contains("value: \"a\"", "value: \"b\"", "timestamp: 1", "\"t2\"")
        .doesNotContain("timestamp: 3", "\"t3\"");
    assertThat(read.get(1))
        .contains("value: \"a\"", "value: \"b\"", "timestamp: 2", "timestamp: 4", "\"t3\"")
        .doesNotContain("timestamp: 1\n", "\"t2\"");
    assertThat(RequestSlices.halves(r, new RequestSlices.Slice(0, r.length, 1))).isEmpty();
  }
}
