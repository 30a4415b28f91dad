package dev.tethys.codec.graphite;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.codec.points.PointNames;
import dev.tethys.codec.text.PercentEscape;
import dev.tethys.model.Labels;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class GraphiteSeriesTest {
  @Test
  void dotsSeparateNodesOfAName() {
    assertThat(GraphiteSeries.path("http.server.duration")).isEqualTo("http.server.duration");
    assertThat(GraphiteSeries.path(".a..b.")).isEqualTo("%2Ea%2E.b%2E");
    assertThat(GraphiteSeries.path("..")).isEqualTo("%2E%2E");
    assertThat(GraphiteSeries.path("")).isEqualTo("%00");
    assertThat(GraphiteSeries.path("rate of/ä")).isEqualTo("rate%20of%2F%C3%A4");
    assertThat(GraphiteSeries.node("10.0.0.1:9100")).isEqualTo("10%2E0%2E0%2E1:9100");
  }

  @Test
  void tagsNeverContainGraphiteSyntax() {
    assertThat(GraphiteSeries.tag(new Labels.Label("instance", "a.b:9100")))
        .isEqualTo(";instance=a.b:9100");
    assertThat(GraphiteSeries.tag(new Labels.Label("name", "x"))).isEqualTo(";%6Eame=x");
    assertThat(GraphiteSeries.tag(new Labels.Label("a;!^=b", "~c;{d}")))
        .isEqualTo(";a%3B%21%5E%3Db=%7Ec%3B%7Bd%7D");
  }

  @Property
  void roundTripsEveryText(@ForAll String a, @ForAll String b) {
    if (!isUtf8(a) || !isUtf8(b)) {
      return;
    }
    assertThat(PercentEscape.decode(GraphiteSeries.node(a))).isEqualTo(a);
    String tag = GraphiteSeries.tag(new Labels.Label(a, b));
    int eq = tag.indexOf('=');
    assertThat(tag.lastIndexOf(';')).isZero();
    assertThat(PercentEscape.decode(tag.substring(1, eq))).isEqualTo(a);
    assertThat(PercentEscape.decode(tag.substring(eq + 1))).isEqualTo(b);
  }

  private static boolean isUtf8(String s) {
    return java.nio.charset.StandardCharsets.UTF_8.newEncoder().canEncode(s);
  }

  @Test
  void splitsAndReadsBackPickles() {
    PickleWriter w = new PickleWriter(200);
    double[] values = {0.0, -0.0, 1.5, Double.MAX_VALUE, Double.MIN_VALUE, Double.NaN};
    for (int i = 0; i < 30; i++) {
      w.point("path.%d;é=%d".formatted(i, i), 1_700_000_000L + i, values[i % values.length]);
    }
    byte[] all = w.take();
    List<String> read = new ArrayList<>();
    int lists = 0;
    for (int at = 0; at < all.length; lists++) {
      int n = java.nio.ByteBuffer.wrap(all, at, 4).getInt();
      assertThat(n).isLessThanOrEqualTo(200);
      new GraphitePoints(PathNaming.plain(PointNames.UTF8), () -> 0)
          .pickle(
              Arrays.copyOfRange(all, at + 4, at + 4 + n),
              0,
              n,
              (labels, time, value) -> {
                read.add(labels.metricName() + " " + time + " " + value);
                return null;
              },
              _ -> {});
      at += 4 + n;
    }
    assertThat(lists).isGreaterThan(5);
    assertThat(read).hasSize(30);
    assertThat(read.get(7)).isEqualTo("path.7 1700000007000 -0.0");
    assertThat(read.get(28)).isEqualTo("path.28 1700000028000 4.9E-324");
    assertThat(w.take()).isEmpty();
  }
}
