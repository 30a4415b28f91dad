package dev.tethys.codec.loki;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.points.RejectedItems;
import dev.tethys.codec.protobuf.ProtoWriter;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.LogsData;
import java.nio.charset.StandardCharsets;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.NotBlank;
import org.junit.jupiter.api.Test;

class PushReaderTest {
  private static LogsData json(String s) {
    byte[] b = s.getBytes(StandardCharsets.UTF_8);
    return PushReader.json(b, 0, b.length);
  }

  private static void check(LogsData logs) {
    assertThat(logs.itemCount()).isEqualTo(2);
    var group = logs.resources().getFirst();
    assertThat(group.resource().attributes().getString("app")).isEqualTo("a \"b\"");
    List<LogRecord> lines = group.scopes().getFirst().items();
    assertThat(lines.getFirst().timeUnixNano()).isEqualTo(1_700_000_000_000_000_007L);
    assertThat(lines.getFirst().body()).isEqualTo("one");
    assertThat(lines.getFirst().attributes().getString("trace")).isEqualTo("x");
    assertThat(lines.getLast().body()).isEqualTo("two");
    assertThat(lines.getLast().attributes().isEmpty()).isTrue();
  }

  /** The example of Loki's documentation, with more in it. */
  @Test
  void readsJson() {
    check(
        json(
            """
            {"streams":[{"stream":{"app":"a \\"b\\""},"values":[
            ["1700000000000000007","one",{"trace":"x"}],["1700000000000000008","two"]]}]}
            """));
  }

  @Test
  void readsProtobuf() {
    ProtoWriter w = new ProtoWriter();
    int stream = w.begin(1);
    w.string(1, "{app=\"a \\\"b\\\"\"}");
    entry(w, 7, "one", true);
    entry(w, 8, "two", false);
    w.int64(3, 99);
    w.end(stream);
    check(PushReader.protobuf(w.buffer(), 0, w.size()));
  }

  private static void entry(ProtoWriter w, int nanos, String line, boolean metadata) {
    int e = w.begin(2);
    int t = w.begin(1);
    w.int64(1, 1_700_000_000L).int64(2, nanos);
    w.end(t);
    w.string(2, line);
    if (metadata) {
      int m = w.begin(3);
      w.string(1, "trace").string(2, "x");
      w.end(m);
    }
    w.end(e);
  }

  @Test
  void describesErrors() {
    assertThatThrownBy(() -> json("{\"streams\":[{\"values\":[[\"x\",\"l\"]]}]}"))
        .isInstanceOf(CodecException.class)
        .hasMessage(
            "loki push: stream 1 {}, entry 1: streams[0].values[0][0] is \"x\"; it must be"
                + " nanoseconds since 1970 in a string");
    for (String time : List.of("\"1.5e18\"", "1.5e18", "\"1e3\"", "\"\"", "null", "[]")) {
      assertThatThrownBy(() -> json("{\"streams\":[{\"values\":[[" + time + ",\"l\"]]}]}"))
          .isInstanceOf(CodecException.class)
          .hasMessageContaining("it must be nanoseconds since 1970 in a string");
    }
    assertThatThrownBy(() -> json("{\"streams\":{}}"))
        .isInstanceOf(CodecException.class)
        .hasMessageContaining("a list of streams expected at line 1, column 12");
    assertThatThrownBy(() -> json("{")).isInstanceOf(CodecException.class);
  }

  @Test
  void namesInvalidStreamAndEntryAndKeepsOthers() {
    byte[] b =
        """
        {"streams":[
         {"values":[["1","a"],["1.5","b"],["2",{}],7,["3","c",{"k":{}}],["4","d"]],"stream":{"app":"x"}},
         {"labels":"{a=b}","entries":[{"ts":"2023-11-14T22:13:20Z","line":"e"},{"line":"f"}]},
         {"labels":"{\\"service.name\\"=\\"s\\"}","entries":[{"ts":"now","line":"g"},{"line":"h"}]},
         5, {"stream":7}, {"stream":{"last":"1"},"values":[["9","i"]]}]}
        """
            .getBytes(StandardCharsets.UTF_8);
    PushReader.Result r = PushReader.json(b, 0, b.length, new RejectedItems());
    assertThat(r.logs().resources())
        .extracting(
            g ->
                g.resource().attributes()
                    + " "
                    + g.scopes().getFirst().items().stream().map(LogRecord::body).toList())
        .containsExactly("{app=x} [a, d]", "{service.name=s} [h]", "{last=1} [i]");
    assertThat(r.text().lines())
        .containsExactly(
            "loki push: stream 1 {app=\"x\"}, entry 2: streams[0].values[1][0] is \"1.5\"; it must be"
                + " nanoseconds since 1970 in a string",
            "loki push: stream 1 {app=\"x\"}, entry 3: streams[0].values[2][1] is an object; it must"
                + " be a string",
            "loki push: stream 1 {app=\"x\"}, entry 4: streams[0].values[3] is 7; it must be a list"
                + " of time, line and structured metadata",
            "loki push: stream 1 {app=\"x\"}, entry 5: streams[0].values[4][2].k is an object; it"
                + " must be a string",
            "loki push: stream 2 {a=b}, entry 1: labels of a stream: a quote expected at character"
                + " 3 of {a=b}",
            "loki push: stream 2 {a=b}, entry 2: labels of a stream: a quote expected at character"
                + " 3 of {a=b}",
            "loki push: stream 3 {\"service.name\"=\"s\"}, entry 1: streams[2].entries[0].ts is"
                + " \"now\"; it must be an RFC 3339 time from 1677 to 2262",
            "loki push: stream 4: streams[3] is 5; it must be a stream, an object",
            "loki push: stream 5: streams[4].stream is 7; it must be labels, an object");
  }

  @Test
  void rejectsOnlyTheInvalidProtobufStream() {
    ProtoWriter w = new ProtoWriter();
    for (String labels : new String[] {"{a=\"1\"}", "{a", "{\"k8s.pod\"=\"2\", b=\"3\"}"}) {
      int stream = w.begin(1);
      w.string(1, labels);
      entry(w, 7, "one", false);
      int e = w.begin(2);
      int t = w.begin(1);
      w.int64(1, Long.MAX_VALUE);
      w.end(t);
      w.string(2, "far");
      w.end(e);
      w.end(stream);
    }
    PushReader.Result r = PushReader.protobuf(w.buffer(), 0, w.size(), new RejectedItems());
    assertThat(r.logs().itemCount()).isEqualTo(2);
    assertThat(r.logs().resources().getLast().resource().attributes().toString())
        .isEqualTo("{k8s.pod=2, b=3}");
    assertThat(r.refusals().count()).isEqualTo(4);
    assertThat(r.text())
        .contains("stream 1 {a=\"1\"}, entry 2: its time of 9223372036854775807 s is out of range")
        .contains("stream 2 {a, entry 1: labels of a stream: ");
  }

  @Test
  void loneSurrogatesBecomeReplacementCharacters() {
    Attributes a = new Attributes();
    assertThatThrownBy(() -> StreamLabels.read("{a=\"\\ud800\"}", a))
        .isInstanceOf(CodecException.class);
    StreamLabels.read("{a=\"\\u00fc\"}", a);
    assertThat(a.getString("a")).isEqualTo("ü");
  }

  @Property(tries = 300)
  void labelsRoundTrip(@ForAll @NotBlank String value, @ForAll String other) {
    Attributes a = new Attributes();
    a.put("app", value);
    a.put("k8s.pod", other);
    Attributes back = new Attributes();
    StreamLabels.read(StreamLabels.write(a), back);
    assertThat(back.size()).isEqualTo(2);
    if (!value.chars().anyMatch(c -> Character.isSurrogate((char) c))) {
      assertThat(back.getString("app")).isEqualTo(value);
    }
    assertThat(back.contains("k8s_pod")).isTrue();
  }

  @Property(tries = 300)
  void rejectsRandomBytes(@ForAll byte[] noise) {
    try {
      PushReader.protobuf(noise, 0, noise.length);
    } catch (CodecException e) {
      assertThat(e.getMessage()).isNotEmpty();
    }
    try {
      PushReader.json(noise, 0, noise.length);
    } catch (CodecException e) {
      assertThat(e).hasMessageStartingWith("loki push");
    }
  }
}
