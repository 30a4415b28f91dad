package dev.tethys.codec.imports;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.codec.points.PointSink;
import dev.tethys.model.Labels;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ImportLinesTest {
  private final List<String> seen = new ArrayList<>();
  private final PointSink sink =
      (l, t, v) -> {
        seen.add(l + " " + v + " @" + t);
        return null;
      };
  private final ImportLines lines = new ImportLines(Labels.of("job", "x"));

  private List<String> refused() {
    return lines.refusals().kept().stream().map(r -> r.number() + ": " + r.why()).toList();
  }

  @Test
  void readsTextLineByLine() {
    byte[] b =
        "# TYPE a counter\na{l=\"v\",job=\"y\"} 1 5\nbad{\nb 2\nc NaN 7\n\nd{x=\"1\"} 3"
            .getBytes(UTF_8);
    lines.text(b, 0, b.length, 99, sink);
    assertThat(seen)
        .containsExactly(
            "{__name__=\"a\", job=\"x\", l=\"v\"} 1.0 @5",
            "{__name__=\"b\", job=\"x\"} 2.0 @99",
            "{__name__=\"c\", job=\"x\"} NaN @7",
            "{__name__=\"d\", job=\"x\", x=\"1\"} 3.0 @99");
    assertThat(refused()).hasSize(1).allMatch(s -> s.startsWith("3: "));
  }

  @Test
  void readsJsonLines() {
    byte[] b =
        ("{\"metric\":{\"__name__\":\"a\",\"l\":\"v\"},\"values\":[1,null,\"Infinity\"],\"timestamps\":[1,2,3]}\n"
                + "{\"metric\":{\"__name__\":\"a\"},\"values\":[1],\"timestamps\":[1,2]}\n"
                + "{\"metric\":{\"l\":\"v\"},\"values\":[1],\"timestamps\":[1]}\n"
                + "{\"metric\":{\"__name__\":\"a\"},\"values\":[1],\"timestamps\":[null]}\n"
                + "[]\n"
                + "{\"metric\n"
                + "{\"other\":[{}],\"timestamps\":[9],\"values\":[4e2],\"metric\":{\"__name__\":\"z\"}}\r\n")
            .getBytes(UTF_8);
    lines.json(b, 0, b.length, sink);
    assertThat(seen)
        .containsExactly(
            "{__name__=\"a\", job=\"x\", l=\"v\"} 1.0 @1",
            "{__name__=\"a\", job=\"x\", l=\"v\"} NaN @2",
            "{__name__=\"a\", job=\"x\", l=\"v\"} Infinity @3",
            "{__name__=\"z\", job=\"x\"} 400.0 @9");
    assertThat(refused().subList(0, 4))
        .containsExactly(
            "2: 1 values with 2 timestamps",
            "3: the metric has no __name__",
            "4: timestamps must be numbers",
            "5: an object expected");
    assertThat(refused()).hasSize(5);
  }

  @Test
  void readsCsvByItsFormat() {
    CsvFormat f =
        CsvFormat.parse("2:metric:ask,3:metric:bid,1:label:ticker,4:label:market,5:time:unix_s");
    byte[] b =
        "GOOG,1.23,4.56,NYSE,1700000000\n\"A,\"\"B\"\"\",1,,'x y',1.5\nMSFT,x,1,NYSE,1\nshort,1\nz,1,2,m,never\n\"open,1\n"
            .getBytes(UTF_8);
    lines.csv(b, 0, b.length, f, 0, sink);
    assertThat(seen)
        .containsExactly(
            "{__name__=\"ask\", job=\"x\", market=\"NYSE\", ticker=\"GOOG\"} 1.23 @1700000000000",
            "{__name__=\"bid\", job=\"x\", market=\"NYSE\", ticker=\"GOOG\"} 4.56 @1700000000000",
            "{__name__=\"ask\", job=\"x\", market=\"x y\", ticker=\"A,\\\"B\\\"\"} 1.0 @1500");
    assertThat(refused())
        .containsExactly(
            "3: column 2 is not a number: x",
            "4: there is no column 3",
            "5: column 5 is not a valid time: never",
            "6: a quote is not closed, or something follows it");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "1:metric",
        "0:metric:a",
        "1:label:a",
        "1:value:a",
        "1:metric:a,2:time:iso",
        "1:metric:a,2:time:unix_s,3:time:unix_s",
        "1:metric:a,2:time:custom:"
      })
  void reportsInvalidFormats(String format) {
    assertThatThrownBy(() -> CsvFormat.parse(format))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("format: ");
  }

  /** By layouts of Go, as VictoriaMetrics takes them. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "2006-01-02 15:04:05 | 2024-05-06 07:08:09 | 1714979289000",
        "02/Jan/2006:15:04:05 -0700 | 06/May/2024:09:08:09 +0200 | 1714979289000",
        "2006-01-02T15:04:05.000Z | 2024-05-06T07:08:09.123Z | 1714979289123"
      })
  void parsesTimesWithCustomLayout(String layout, String text, long millis) {
    CsvFormat f = CsvFormat.parse("1:metric:a,2:time:custom:" + layout);
    List<Long> times = new ArrayList<>();
    PointSink sink =
        (labels, t, v) -> {
          times.add(t);
          return null;
        };
    assertThat(f.read("5," + text, 7, sink)).isNull();
    assertThat(times).containsExactly(millis);
    assertThat(f.read("5,yesterday", 7, sink)).contains("is not a valid time: yesterday");
    assertThat(times).hasSize(1);
  }

  /** "BST" is an hour ahead of UTC in London and six in Dhaka. */
  @Test
  void doesNotGuessTimeZoneNames() {
    CsvFormat f = CsvFormat.parse("1:metric:a,2:time:custom:2006-01-02 15:04:05 MST");
    List<Long> times = new ArrayList<>();
    PointSink sink =
        (labels, t, v) -> {
          times.add(t);
          return null;
        };
    assertThat(f.read("5,2024-05-06 07:08:09 UTC", 7, sink)).isNull();
    assertThat(f.read("5,2024-05-06 07:08:09 GMT", 7, sink)).isNull();
    assertThat(times).containsOnly(1714979289000L);
    assertThat(f.read("5,2024-05-06 07:08:09 BST", 7, sink))
        .contains("column 2")
        .contains("the zone BST has no offset");
    assertThat(times).hasSize(2);
  }

  @Property(tries = 300)
  void readsArbitraryBytesToTheEnd(@ForAll @Size(max = 80) byte[] b) {
    ImportLines l = new ImportLines(Labels.EMPTY);
    PointSink none = (labels, t, v) -> null;
    l.json(b, 0, b.length, none);
    l.text(b, 0, b.length, 1, none);
    l.csv(b, 0, b.length, CsvFormat.parse("1:metric:a,2:time:rfc3339"), 1, none);
  }
}
