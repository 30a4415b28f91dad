package dev.tethys.codec.opentsdb;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.points.PointNames;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class PutReaderTest {
  private static List<String> read(String json) {
    List<String> out = new ArrayList<>();
    byte[] b = json.getBytes(UTF_8);
    PutReader.json(b, 0, b.length, p -> out.add(put(p)));
    return out;
  }

  private static String put(DataPoint p) {
    List<String> out = new ArrayList<>();
    String reason =
        p.put(
            PointNames.UNDERSCORES,
            (l, t, v) -> {
              out.add(l + " " + v + " @" + t);
              return null;
            });
    return reason == null ? out.getFirst() : reason;
  }

  /** The examples of OpenTSDB's documentation of /api/put. */
  @Test
  void readsObjectsAndArrays() {
    assertThat(
            read(
                "{\"metric\": \"sys.cpu.nice\",\"timestamp\": 1346846400,\"value\": 18,\"tags\":"
                    + " {\"host\": \"web01\",\"dc\": \"lga\"}}"))
        .containsExactly(
            "{__name__=\"sys_cpu_nice\", dc=\"lga\", host=\"web01\"} 18.0 @1346846400000");
    assertThat(
            read(
                "[{\"metric\":\"a\",\"timestamp\":1346846400123,\"value\":\"1.5\",\"tags\":{\"h\":\"1\"},"
                    + "\"extra\":[1,{}]},{\"metric\":\"b\",\"timestamp\":1,\"tags\":{\"h\":\"1\"}},"
                    + "{\"metric\":\"c\",\"timestamp\":1,\"value\":\"NaN\",\"tags\":{\"h\":\"1\"}},"
                    + "{\"metric\":\"d\",\"timestamp\":1,\"value\":1}]"))
        .containsExactly(
            "{__name__=\"a\", h=\"1\"} 1.5 @1346846400123",
            "Empty value",
            "Unable to parse value to a number",
            "Missing tags");
  }

  @Test
  void rejectsInvalidJson() {
    for (String s : new String[] {"", "7", "[1]", "{\"metric\":", "{} {}"}) {
      assertThatThrownBy(() -> read(s)).as(s).isInstanceOf(CodecException.class);
    }
  }

  @Test
  void readsLines() {
    assertThat(put(PutReader.line("put sys.cpu.nice 1346846400.250 18 host=web01")))
        .isEqualTo("{__name__=\"sys_cpu_nice\", host=\"web01\"} 18.0 @1346846400250");
    assertThatThrownBy(() -> PutReader.line("put a 1"))
        .hasMessage("not enough arguments (need least 4, got 2)");
    assertThatThrownBy(() -> PutReader.line("put a 1 1 b=c b=d")).hasMessageContaining("duplicate");
    assertThatThrownBy(() -> PutReader.line("put a 1 1 b=")).hasMessage("invalid tag: b=");
  }
}
