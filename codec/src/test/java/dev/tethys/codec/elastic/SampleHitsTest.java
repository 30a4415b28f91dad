package dev.tethys.codec.elastic;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.codec.CodecException;
import java.io.ByteArrayInputStream;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Sources as Elasticsearch puts them together for time series data streams. */
class SampleHitsTest {
  private static List<String> read(String... sources) {
    List<String> out = new ArrayList<>();
    StringBuilder hits = new StringBuilder();
    for (String s : sources) {
      hits.append(hits.isEmpty() ? "" : ",").append("{\"_source\":").append(s).append('}');
    }
    byte[] answer = ("{\"hits\":{\"hits\":[" + hits + "]}}").getBytes(UTF_8);
    new SampleHits()
        .read(
            new ByteArrayInputStream(answer),
            (labels, time, value) -> out.add(labels + " " + time + " " + value));
    return out;
  }

  @Test
  void readsSynthesizedSourceLikeStoredSource() {
    assertThat(
            read(
                "{\"@timestamp\":\"2023-11-14T22:13:20.000Z\",\"counter\":7,\"metric\":\"a_total\","
                    + "\"labels\":{\"k\":{\"8s\":{\"io/x\":\"v\"},\"b\":\"w\"},\"z\":\"1\"}}",
                "{\"@timestamp\":\"1700000000000\",\"metric\":\"up\",\"value\":-0.5}"))
        .containsExactly(
            "{__name__=\"a_total\", \"k.8s.io/x\"=\"v\", \"k.b\"=\"w\", z=\"1\"} 1700000000000 7.0",
            "{__name__=\"up\"} 1700000000000 -0.5");
  }

  /** Of a gauge, downsampling leaves the least, the greatest, the sum and how many there were. */
  @Test
  void downsampledGaugeIsTheAverage() {
    assertThat(
            read(
                "{\"@timestamp\":1000,\"metric\":\"up\",\"value\":{\"min\":1.0,\"max\":4.0,\"sum\":10.0,"
                    + "\"value_count\":4}}"))
        .containsExactly("{__name__=\"up\"} 1000 2.5");
  }

  @Test
  void rejectsInvalidTime() {
    assertThatThrownBy(() -> read("{\"@timestamp\":\"yesterday\",\"value\":1}"))
        .isInstanceOf(CodecException.class)
        .hasMessageContaining("yesterday");
  }
}
