package dev.tethys.codec.statsd;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.codec.text.PercentEscape;
import dev.tethys.codec.text.TextBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;
import net.jqwik.api.constraints.NotEmpty;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

/** Any name or tag, and the number of events, comes back out of the lines. */
class StatsdWriterTest {
  private static byte[] line(
      StatsdKind kind,
      StatsdTagStyle style,
      String name,
      Map<String, String> tags,
      double v,
      long n) {
    TextBuffer to = new TextBuffer();
    StatsdTagStyle.Tags t = style.tags();
    tags.forEach(t::add);
    new StatsdWriter(to).line(kind, StatsdTagStyle.name(name), t, v, n, null);
    return to.take();
  }

  private static StatsdSample read(byte[] line) {
    List<StatsdSample> samples = new ArrayList<>();
    List<String> refused = new ArrayList<>();
    new StatsdReader(StatsdReader.Tags.ALL)
        .read(
            line,
            0,
            line.length,
            new StatsdReader.Sink() {
              @Override
              public void sample(StatsdSample sample) {
                samples.add(sample);
              }

              @Override
              public void refused(String text, String reason) {
                refused.add(reason + ": " + text);
              }

              @Override
              public void badTag(String text) {
                refused.add("tag: " + text);
              }
            });
    assertThat(refused).isEmpty();
    assertThat(samples).hasSize(1);
    return samples.getFirst();
  }

  @Property(tries = 300)
  void readsBackItsOutput(
      @ForAll @NotEmpty String name,
      @ForAll @Size(max = 4) Map<@NotEmpty String, @NotEmpty String> tags,
      @ForAll @LongRange(min = 1, max = 100_000) long times) {
    for (StatsdTagStyle style :
        List.of(
            StatsdTagStyle.DOGSTATSD,
            StatsdTagStyle.INFLUXDB,
            StatsdTagStyle.LIBRATO,
            StatsdTagStyle.SIGNALFX)) {
      StatsdSample s = read(line(StatsdKind.HISTOGRAM, style, name, tags, 1.5, times));
      assertThat(PercentEscape.decode(s.name())).isEqualTo(whole(name));
      Map<String, String> found = new LinkedHashMap<>();
      s.tags().forEach((k, v) -> found.put(PercentEscape.decode(k), PercentEscape.decode(v)));
      Map<String, String> wanted = new LinkedHashMap<>();
      tags.forEach((k, v) -> wanted.put(whole(k), whole(v)));
      assertThat(found).as(style.name()).isEqualTo(wanted);
      assertThat(s.value()).isEqualTo(1.5);
      assertThat(s.times()).isEqualTo(times);
    }
  }

  /** Halves of characters have no UTF-8. */
  private static String whole(String text) {
    return new String(text.getBytes(UTF_8), UTF_8);
  }

  @Test
  void stylesWriteTagsWhereTheirReadersExpectThem() {
    Map<String, String> tags = new LinkedHashMap<>();
    tags.put("name", "a:b");
    tags.put("empty", "");
    tags.put("k", "v;w");
    assertThat(List.of(StatsdTagStyle.values()))
        .extracting(s -> new String(line(StatsdKind.COUNTER, s, "http.hits", tags, 3, 4), UTF_8))
        .containsExactly(
            "http.hits:3|c|@0.25|#name:a:b,k:v%3Bw\n",
            "http.hits;%6Eame=a%3Ab;k=v%3Bw:3|c|@0.25\n",
            "http.hits,name=a%3Ab,k=v%3Bw:3|c|@0.25\n",
            "http.hits#name=a%3Ab,k=v%3Bw:3|c|@0.25\n",
            "http.hits[name=a%3Ab,k=v%3Bw]:3|c|@0.25\n",
            "http.hits.name.a%3Ab.k.v%3Bw:3|c|@0.25\n");
  }

  @Test
  void timesFollowTags() {
    TextBuffer to = new TextBuffer();
    new StatsdWriter(to)
        .line(
            StatsdKind.GAUGE,
            "up",
            StatsdTagStyle.DOGSTATSD.tags().add("job", "node"),
            -0.0,
            1,
            1_700_000_000L);
    assertThat(new String(to.take(), UTF_8)).isEqualTo("up:-0|g|#job:node|T1700000000\n");
  }

  /** StatsD's own server takes a rate of digits and a point alone. */
  @Test
  void ratesHaveNoExponents() {
    assertThat(
            new String(
                line(StatsdKind.TIMING, StatsdTagStyle.NONE, "t", Map.of(), 1, 4_000_000), UTF_8))
        .isEqualTo("t:1|ms|@0.00000025\n");
  }
}
