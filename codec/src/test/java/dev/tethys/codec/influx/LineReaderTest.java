package dev.tethys.codec.influx;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.codec.points.PointNames;
import dev.tethys.codec.points.PointSink;
import dev.tethys.model.Labels;
import dev.tethys.model.MetricMetadata;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.NotEmpty;
import net.jqwik.api.constraints.Size;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LineReaderTest {
  private static List<String> samples(String text, TimePrecision precision) {
    return samples(text, precision, TelegrafSchema.V2);
  }

  private static List<String> samples(String text, TimePrecision precision, TelegrafSchema schema) {
    List<String> out = new ArrayList<>();
    InfluxPoints p = new InfluxPoints(PointNames.UTF8, Labels.EMPTY, schema);
    byte[] b = text.getBytes(UTF_8);
    p.read(
        b,
        0,
        b.length,
        precision,
        777,
        new PointSink() {
          @Override
          public @Nullable String sample(Labels l, long t, double v) {
            out.add(l + " " + v + " @" + t);
            return null;
          }

          @Override
          public void metadata(String family, MetricMetadata m) {
            out.add(family + " " + m.type());
          }
        });
    p.refusals().kept().forEach(r -> out.add(r.number() + ": " + r.why()));
    return out;
  }

  @Test
  void fieldsAreSeries() {
    assertThat(
            samples(
                "cpu,host=a,core=0 idle=1.5,busy=3i,on=t,name=\"x, y=1\" 1700000000000000001\n",
                TimePrecision.NANOSECONDS))
        .containsExactly(
            "{__name__=\"cpu_idle\", core=\"0\", host=\"a\"} 1.5 @1700000000000",
            "{__name__=\"cpu_busy\", core=\"0\", host=\"a\"} 3.0 @1700000000000",
            "{__name__=\"cpu_on\", core=\"0\", host=\"a\"} 1.0 @1700000000000");
  }

  @Test
  void keepsNamesOfMetricsScrapedByTelegraf() {
    assertThat(samples("prometheus,job=a up=1 5", TimePrecision.SECONDS))
        .containsExactly("{__name__=\"up\", job=\"a\"} 1.0 @5000");
  }

  @Test
  void readsLinesOfTelegrafsFirstSchemaAsMetrics() {
    // Out of the documentation of Telegraf's input plugin, metric_version 1.
    assertThat(
            samples(
                """
                cpu_usage_user,cpu=cpu0 gauge=1.4112903225816156 1
                http_requests_total,code=200 counter=3,start_time="x" 1
                go_gc_duration_seconds,url=u 1=0.001336611,count=2,sum=0.004527551,0=0.000057965,0.5=0.0001 1
                prometheus_tsdb_chunk_range_seconds,url=u 100=0,400=1,count=3,sum=9,+Inf=3 1
                rpc 0.5=1,1=2,count=5,sum=9 1
                stats count=5,mean=2 1
                """,
                TimePrecision.SECONDS,
                TelegrafSchema.V1))
        .containsExactly(
            "cpu_usage_user GAUGE",
            "{__name__=\"cpu_usage_user\", cpu=\"cpu0\"} 1.4112903225816156 @1000",
            "http_requests_total COUNTER",
            "{__name__=\"http_requests_total\", code=\"200\"} 3.0 @1000",
            "go_gc_duration_seconds SUMMARY",
            "{__name__=\"go_gc_duration_seconds\", quantile=\"1\", url=\"u\"} 0.001336611 @1000",
            "{__name__=\"go_gc_duration_seconds_count\", url=\"u\"} 2.0 @1000",
            "{__name__=\"go_gc_duration_seconds_sum\", url=\"u\"} 0.004527551 @1000",
            "{__name__=\"go_gc_duration_seconds\", quantile=\"0\", url=\"u\"} 5.7965E-5 @1000",
            "{__name__=\"go_gc_duration_seconds\", quantile=\"0.5\", url=\"u\"} 1.0E-4 @1000",
            "prometheus_tsdb_chunk_range_seconds HISTOGRAM",
            "{__name__=\"prometheus_tsdb_chunk_range_seconds_bucket\", le=\"100\", url=\"u\"} 0.0"
                + " @1000",
            "{__name__=\"prometheus_tsdb_chunk_range_seconds_bucket\", le=\"400\", url=\"u\"} 1.0"
                + " @1000",
            "{__name__=\"prometheus_tsdb_chunk_range_seconds_count\", url=\"u\"} 3.0 @1000",
            "{__name__=\"prometheus_tsdb_chunk_range_seconds_sum\", url=\"u\"} 9.0 @1000",
            "{__name__=\"prometheus_tsdb_chunk_range_seconds_bucket\", le=\"+Inf\", url=\"u\"} 3.0"
                + " @1000",
            "rpc HISTOGRAM",
            "{__name__=\"rpc_bucket\", le=\"0.5\"} 1.0 @1000",
            "{__name__=\"rpc_bucket\", le=\"1\"} 2.0 @1000",
            "{__name__=\"rpc_count\"} 5.0 @1000",
            "{__name__=\"rpc_sum\"} 9.0 @1000",
            "{__name__=\"rpc_bucket\", le=\"+Inf\"} 5.0 @1000",
            "{__name__=\"stats_count\"} 5.0 @1000",
            "{__name__=\"stats_mean\"} 2.0 @1000");
  }

  @Test
  void lineWithoutATimestampGetsItsArrivalTime() {
    assertThat(samples("m v=1", TimePrecision.HOURS))
        .containsExactly("{__name__=\"m_v\"} 1.0 @777");
  }

  @Test
  void acceptsLinesAroundInvalidLine() {
    assertThat(
            samples(
                "# comment\n\na v=1 1\nb\n  c v=2 2\r\nd v=\"two\nlines\",w=3 3\ne,x v=1\nf v=4 4",
                TimePrecision.MILLISECONDS))
        .containsExactly(
            "{__name__=\"a_v\"} 1.0 @1",
            "{__name__=\"c_v\"} 2.0 @2",
            "{__name__=\"d_w\"} 3.0 @3",
            "{__name__=\"f_v\"} 4.0 @4",
            "4: missing fields",
            "8: missing tag value");
  }

  @Test
  void unterminatedStringAffectsOnlyItsLine() {
    assertThat(samples("a v=\"x\nb v=1 1\n", TimePrecision.MILLISECONDS))
        .containsExactly("{__name__=\"b_v\"} 1.0 @1", "1: unbalanced quotes");
  }

  @ParameterizedTest
  @CsvSource({
    "5000000000, 5000000000",
    "1700000000, 1700000000000",
    "1700000000000, 1700000000000",
    "1700000000000000, 1700000000000",
    "1700000000000000000, 1700000000000"
  })
  void aTimeWithoutAPrecisionIsKnownByItsSize(long time, long millis) {
    long expected = time == 5000000000L ? 5000000000L : millis;
    assertThat(TimePrecision.AUTO.millis(time)).isEqualTo(expected);
  }

  private static String escaped(String s, boolean equals) {
    String e = s.replace(",", "\\,").replace(" ", "\\ ");
    return equals ? e.replace("=", "\\=") : e;
  }

  /** What the format can carry of any text: no line ends, no backslashes, no comment. */
  private static String carried(String s) {
    String t = s.replaceAll("[\\x00-\\x1f\\\\#\\ud800-\\udfff\"]", "_");
    return t.startsWith(" ") ? "_" + t : t;
  }

  @Property(tries = 300)
  void namesAndTagsOfAnyCharactersComeBack(
      @ForAll @NotEmpty String measurement,
      @ForAll @NotEmpty String tag,
      @ForAll @NotEmpty String value,
      @ForAll @NotEmpty String field,
      @ForAll double number,
      @ForAll long time) {
    double v = Double.isFinite(number) ? number : 1;
    String m = carried(measurement);
    String line =
        escaped(m, false)
            + ","
            + escaped(carried(tag), true)
            + "="
            + escaped(carried(value), true)
            + " "
            + escaped(carried(field), true)
            + "="
            + v
            + " "
            + time;
    byte[] b = line.getBytes(UTF_8);
    LineReader r = new LineReader().reset(b, 0, b.length);
    assertThat(r.next()).isTrue();
    assertThat(r.problem()).as(line).isNull();
    assertThat(r.measurement()).isEqualTo(m);
    assertThat(r.tags()).containsExactly(carried(tag), carried(value));
    assertThat(r.field(0)).isEqualTo(carried(field));
    assertThat(r.value(0)).isEqualTo(v);
    assertThat(r.time()).isEqualTo(time);
    assertThat(r.next()).isFalse();
  }

  @Property(tries = 500)
  void readsArbitraryBytesToTheEnd(@ForAll @Size(max = 200) byte[] b) {
    LineReader r = new LineReader().reset(b, 0, b.length);
    int n = 0;
    while (r.next()) {
      n++;
      assertThat(r.lineTo()).isGreaterThan(r.lineFrom());
    }
    assertThat(n).isLessThanOrEqualTo(b.length);
  }
}
