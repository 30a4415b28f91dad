package dev.tethys.codec.loki;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.codec.CodecException;
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
  void saysWhatIsWrong() {
    assertThatThrownBy(() -> json("{\"streams\":[{\"values\":[[\"x\",\"l\"]]}]}"))
        .isInstanceOf(CodecException.class)
        .hasMessage("loki push: a time wants nanoseconds since 1970, not \"x\"");
    assertThatThrownBy(() -> json("{\"streams\":{}}"))
        .isInstanceOf(CodecException.class)
        .hasMessageContaining("a list of streams expected at line 1, column 12");
    assertThatThrownBy(() -> json("{")).isInstanceOf(CodecException.class);
  }

  @Property(tries = 300)
  void labelsComeBackAsTheyWereWritten(@ForAll @NotBlank String value, @ForAll String other) {
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
  void noiseIsRefusedAndNeverBreaks(@ForAll byte[] noise) {
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
