package dev.tethys.pipeline.processor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.telemetry.DataPoint;
import dev.tethys.model.telemetry.ExponentialHistogramDataPoint;
import dev.tethys.model.telemetry.HistogramDataPoint;
import dev.tethys.model.telemetry.Metric;
import dev.tethys.model.telemetry.MetricData;
import dev.tethys.model.telemetry.NumberDataPoint;
import dev.tethys.model.telemetry.SummaryDataPoint;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.Processor;
import dev.tethys.pipeline.processor.interval.IntervalFactory;
import dev.tethys.pipeline.processor.temporality.CumulativeToDelta;
import dev.tethys.pipeline.processor.temporality.DeltaToCumulative;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * {@code deltatocumulative}, {@code cumulativetodelta} and {@code interval} against the data of the
 * Collector's own tests.
 */
final class CollectorStreamsTest {
  private static final int CUMULATIVE = MetricData.TEMPORALITY_CUMULATIVE;
  private static final int DELTA = MetricData.TEMPORALITY_DELTA;

  private final Rig rig = new Rig();

  private static Metric temporality(Metric m, int temporality, boolean monotonic) {
    if (m.data() instanceof MetricData.Aggregated<?> a) {
      a.setTemporality(temporality);
    }
    if (m.data() instanceof MetricData.Sum s) {
      s.setMonotonic(monotonic);
    }
    return m;
  }

  private static Metric metric(String line, int temporality) {
    return temporality(MetricsTransformTest.metric(line), temporality, true);
  }

  private static ExponentialHistogramDataPoint exponential(
      long time, int scale, long zeros, int at, String positive, int negativeAt, String negative) {
    ExponentialHistogramDataPoint p = new ExponentialHistogramDataPoint();
    p.setTimeUnixNano(time);
    p.setScale(scale);
    p.setZeroCount(zeros);
    p.setPositiveOffset(at);
    p.setPositiveCounts(counts(positive));
    p.setNegativeOffset(negativeAt);
    p.setNegativeCounts(counts(negative));
    p.setCount(
        zeros + Arrays.stream(counts(positive)).sum() + Arrays.stream(counts(negative)).sum());
    p.attributes().put("aaa", "bbb");
    return p;
  }

  private static long[] counts(String s) {
    return s.isEmpty()
        ? new long[0]
        : Arrays.stream(s.split(" ")).mapToLong(Long::parseLong).toArray();
  }

  private static Metric exponential(
      String name, int temporality, ExponentialHistogramDataPoint... points) {
    Metric m = new Metric();
    m.setName(name);
    MetricData.ExponentialHistogram h = new MetricData.ExponentialHistogram();
    h.setTemporality(temporality);
    h.points().addAll(List.of(points));
    m.setData(h);
    return m;
  }

  private List<DataPoint> points() {
    List<DataPoint> all = new ArrayList<>();
    Rig.all(rig.lastMetrics()).forEach(m -> all.addAll(Objects.requireNonNull(m.data()).points()));
    return all;
  }

  /** Formats buckets with counts; buckets at the ends may be omitted. */
  private static String text(ExponentialHistogramDataPoint p) {
    return p.timeUnixNano()
        + " "
        + p.scale()
        + " "
        + p.zeroCount()
        + buckets(p.positiveOffset(), p.positiveCounts())
        + buckets(p.negativeOffset(), p.negativeCounts());
  }

  private static String buckets(int offset, long[] counts) {
    StringBuilder sb = new StringBuilder(" |");
    for (int i = 0; i < counts.length; i++) {
      sb.append(counts[i] == 0 ? "" : " " + (offset + i) + "=" + counts[i]);
    }
    return sb.toString();
  }

  @Test
  void accumulatesExponentialDeltas() {
    rig.send(
        rig.processor(DeltaToCumulative.factory(), Signal.METRICS, "{}"),
        Rig.metrics(
            "s",
            exponential(
                "expo.simple",
                DELTA,
                exponential(10, 4, 5, 2, "4 7 9 6 25", 6, "2 13 7 12 4"),
                exponential(20, 4, 2, 2, "1 2 1 2 1", 6, "1 2 1 2 1")),
            exponential(
                "expo.downscale",
                DELTA,
                exponential(10, 2, 1, 0, "1 2 3 4 5", 0, ""),
                exponential(20, 1, 0, 0, "0 0 0 0 0", 0, ""))));
    assertThat(points())
        .extracting(p -> text((ExponentialHistogramDataPoint) p))
        .containsExactly(
            text(exponential(10, 4, 5, 2, "4 7 9 6 25", 6, "2 13 7 12 4")),
            text(exponential(20, 4, 7, 2, "5 9 10 8 26", 6, "3 15 8 14 5")),
            text(exponential(10, 2, 1, 0, "1 2 3 4 5", 0, "")),
            text(exponential(20, 1, 1, 0, "3 7 5 0 0", 0, "")));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        // other bounds: the sum restarts
        "histogram h [0..10: 15/0/0.01,0.1,1,10,100/1,2,3,4,5] [0..20:"
            + " 3/0/0.01,0.1,1,10,100/1,0,1,0,1] [0..30: 10/0/0.1,1,10,100/1,2,3,4] > histogram h"
            + " [0..10: 15/0/0.01,0.1,1,10,100/1,2,3,4,5] [0..20: 18/0/0.01,0.1,1,10,100/2,2,4,4,6]"
            + " [0..30: 10/0/0.1,1,10,100/1,2,3,4]",
        // a gap; out of order; of an older series
        "sum s [1000..1100: 0.0] [1100..1200: 0.0] [1300..1400: 0.0] [1200..1300: 0.0]"
            + " [500..550: 0.0] > sum s [1000..1100: 0.0] [1000..1200: 0.0] [1000..1400: 0.0]",
        "sum test.sum [0..1: 3] > sum test.sum [0..1: 3]",
        // of the generated series of its tracking test
        "sum a [1000..1100 10d=68c6: 124] [1000..1700 7861=3d13: 22] [1000..2400 7861=3d13: 27]"
            + " [1000..3100 10d=68c6: 115] [1000..4600 10d=68c6: 47] [1000..5200 10d=68c6: 34]"
            + " [1000..6400 10d=68c6: 98] [1000..6800 7861=3d13: 36]"
            + " > sum a [1000..1100 10d=68c6: 124] [1000..1700 7861=3d13: 22]"
            + " [1000..2400 7861=3d13: 49] [1000..3100 10d=68c6: 239] [1000..4600 10d=68c6: 286]"
            + " [1000..5200 10d=68c6: 320] [1000..6400 10d=68c6: 418] [1000..6800 7861=3d13: 85]",
      })
  void accumulatesDeltas(String aCase) {
    String[] parts = aCase.split(" > ");
    rig.send(
        rig.processor(DeltaToCumulative.factory(), Signal.METRICS, "{}"),
        Rig.metrics("s", metric(parts[0], DELTA)));
    Metric got = Rig.all(rig.lastMetrics()).getFirst();
    assertThat(MetricsTransformTest.text(got))
        .isEqualTo(MetricsTransformTest.text(metric(parts[1], CUMULATIVE)));
    assertThat(((MetricData.Aggregated<?>) Objects.requireNonNull(got.data())).temporality())
        .isEqualTo(CUMULATIVE);
    assertThat(rig.balanced()).isTrue();
  }

  @Test
  void passesPointsThatAreNotDeltas() {
    Metric summary = new Metric();
    summary.setName("test.summary");
    MetricData.Summary s = new MetricData.Summary();
    SummaryDataPoint p = new SummaryDataPoint();
    p.setTimeUnixNano(1);
    p.setCount(10);
    p.setSum(100);
    s.points().add(p);
    summary.setData(s);
    rig.send(
        rig.processor(DeltaToCumulative.factory(), Signal.METRICS, "{}"),
        Rig.metrics("s", summary, metric("gauge test.gauge [0..1: 1.0]", 0)));
    assertThat(Rig.all(rig.lastMetrics()))
        .extracting(Metric::name)
        .containsExactly("test.summary", "test.gauge");
  }

  @Test
  void dropsStreamsBeyondTheLimit() {
    Processor p = rig.processor(DeltaToCumulative.factory(), Signal.METRICS, "max_streams: 10");
    StringBuilder first = new StringBuilder("sum sum");
    StringBuilder second = new StringBuilder("sum sum");
    StringBuilder expected = new StringBuilder("sum sum");
    for (int i = 0; i < 10; i++) {
      first.append(" [0..1 series=" + i + ": 1.0]");
      second.append(" [0..2 series=" + i + ": 1.0]");
      expected.append(" [0..2 series=" + i + ": 2.0]");
    }
    rig.send(p, Rig.metrics("s", metric(first.toString(), DELTA)));
    assertThat(points()).hasSize(10);
    rig.send(p, Rig.metrics("s", metric(second.append(" [0..2 series=x: 1.0]").toString(), DELTA)));
    assertThat(MetricsTransformTest.text(Rig.all(rig.lastMetrics()).getFirst()))
        .isEqualTo(MetricsTransformTest.text(metric(expected.toString(), CUMULATIVE)));
  }

  private static Metric sum(String name, String values, boolean monotonic) {
    MetricData.Sum s = new MetricData.Sum();
    s.setTemporality(CUMULATIVE);
    s.setMonotonic(monotonic);
    for (String v : values.split(" ")) {
      NumberDataPoint p = new NumberDataPoint();
      p.setTimeUnixNano(10_000_000_000L);
      p.setDouble(v.equals("-") ? 0 : Double.parseDouble(v));
      p.setFlags(v.equals("-") ? DataPoint.NO_RECORDED_VALUE : 0);
      s.points().add(p);
    }
    Metric m = new Metric();
    m.setName(name);
    m.setData(s);
    return m;
  }

  private static Metric histogram(String name, String values, boolean sums, boolean extremes) {
    MetricData.Histogram h = new MetricData.Histogram();
    h.setTemporality(CUMULATIVE);
    for (String v : values.split(" ")) {
      HistogramDataPoint p = new HistogramDataPoint();
      p.setTimeUnixNano(10_000_000_000L);
      if (v.equals("-")) {
        p.setFlags(DataPoint.NO_RECORDED_VALUE);
        p.setBucketCounts(new long[3]);
      } else {
        long n = Long.parseLong(v);
        p.setCount(n);
        p.setBucketCounts(new long[] {n / 2, n / 4, n / 4});
        if (sums) {
          p.setSum(n);
        }
        if (extremes) {
          p.setMin(2);
          p.setMax(800);
        }
      }
      h.points().add(p);
    }
    Metric m = new Metric();
    m.setName(name);
    m.setData(h);
    return m;
  }

  private static String deltas(Metric m) {
    MetricData.Aggregated<?> a = (MetricData.Aggregated<?>) Objects.requireNonNull(m.data());
    StringBuilder sb = new StringBuilder(a.temporality() == DELTA ? "delta" : "cumulative");
    for (DataPoint p : a.points()) {
      sb.append(' ');
      switch (p) {
        case NumberDataPoint n -> sb.append((long) n.doubleValue());
        case HistogramDataPoint h -> {
          sb.append(h.count() + Arrays.toString(h.bucketCounts()).replace(" ", ""));
          sb.append(h.hasSum() ? "=" + (long) h.sum() : "").append(h.hasMin() ? "~" : "");
        }
        default -> throw new AssertionError();
      }
    }
    return sb.toString();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "exclude: {metrics: [.*], match_type: regexp} | 100 | cumulative 100 | 4 | cumulative 4",
        "include: {metrics: [metric_1], match_type: strict}"
            + " | 0 100 200 500 | delta 100 100 300 | 4 | cumulative 4",
        "{} | 0 100 - 200 400 | delta 100 100 200 | 0 100 - - 400 | delta 100 300",
        "{include: {metrics: [.*], match_type: regexp}, exclude: {metrics: [.*], match_type:"
            + " regexp}} | 100 | cumulative 100 | 4 | cumulative 4",
        "include: {metrics: [.*], match_type: regexp}"
            + " | 0 100 200 500 | delta 100 100 300 | 0 4 5 | delta 4 1",
        "{include: {metrics: [.*], match_type: regexp}, exclude: {metrics: [metric_1], match_type:"
            + " strict}} | 100 200 500 | cumulative 100 200 500 | 0 4 5 | delta 4 1",
        // counts since a restart of the source continue; the Collector drops them
        "{} | 100 105 120 100 110 | delta 5 15 100 10 | 0 1 | delta 1",
      })
  void convertsSumsToDeltas(String yaml, String one, String made, String two, String other) {
    rig.send(
        rig.processor(CumulativeToDelta.factory(), Signal.METRICS, yaml),
        Rig.metrics("s", sum("metric_1", one, true), sum("metric_2", two, true)));
    assertThat(Rig.all(rig.lastMetrics()))
        .extracting(CollectorStreamsTest::deltas)
        .containsExactly(made, other);
  }

  @Test
  void passesNonMonotonicSums() {
    rig.send(
        rig.processor(CumulativeToDelta.factory(), Signal.METRICS, "{}"),
        Rig.metrics("s", sum("metric_1", "0 100 200 500", true), sum("metric_2", "4 5", false)));
    assertThat(Rig.all(rig.lastMetrics()))
        .extracting(CollectorStreamsTest::deltas)
        .containsExactly("delta 100 100 300", "cumulative 4 5");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{} | true | true | 0 100 200 500"
            + " | delta 100[50,25,25]=100 100[50,25,25]=100 300[150,75,75]=300",
        "{} | false | false | 0 100 200 500"
            + " | delta 100[50,25,25] 100[50,25,25] 300[150,75,75]",
        "{} | true | false | 0 100 - 500 | delta 100[50,25,25]=100 400[200,100,100]=400",
        "exclude: {metric_types: [sum]} | true | true | 0 100 | delta 100[50,25,25]=100",
        "include: {metric_types: [histogram]} | true | true | 0 100 | delta 100[50,25,25]=100",
        "include: {metric_types: [sum]} | true | true | 100 | cumulative 100[50,25,25]=100~",
      })
  void convertsHistogramsToDeltas(
      String yaml, boolean sums, boolean extremes, String values, String made) {
    rig.send(
        rig.processor(CumulativeToDelta.factory(), Signal.METRICS, yaml),
        Rig.metrics("s", histogram("metric_2", values, sums, extremes)));
    assertThat(Rig.all(rig.lastMetrics()))
        .extracting(CollectorStreamsTest::deltas)
        .containsExactly(made);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        // mode, start, points in minutes after an hour from now, deltas with the minutes they begin
        "keep | -1 | 0:100 1:225 | -1:100 0:125",
        "drop | -1 | 0:100 1:225 | 0:125",
        "auto | none | 0:100 1:225 | 0:125",
        "auto | 0 | 0:100 1:225 | 0:125",
        "auto | 0 | 1:100 2:225 | 0:100 1:125",
        "auto | 0 | 1:100 2:225 3:75 4:300 5:325 | 0:100 1:125 2:75 3:225 4:25",
      })
  void handlesFirstPointsAsConfigured(String mode, String start, String came, String made) {
    for (boolean whole : new boolean[] {true, false}) {
      Processor p =
          rig.processor(
              CumulativeToDelta.factory(),
              Signal.METRICS,
              "{max_staleness: 0s, initial_value: %s}".formatted(mode));
      List<String> got = new ArrayList<>();
      long future = (rig.clock.millis() + 3_600_000) * 1_000_000;
      for (String c : came.split(" ")) {
        String[] at = c.split(":");
        NumberDataPoint n = new NumberDataPoint();
        if (whole) {
          n.setLong(Long.parseLong(at[1]));
        } else {
          n.setDouble(Double.parseDouble(at[1]));
        }
        n.setStartTimeUnixNano(
            start.equals("none") ? 0 : future + Long.parseLong(start) * 60_000_000_000L);
        n.setTimeUnixNano(future + Long.parseLong(at[0]) * 60_000_000_000L);
        rig.out.clear();
        rig.send(p, Rig.metrics("s", Rig.sum("m", CUMULATIVE, n)));
        for (DataPoint d : rig.out.isEmpty() ? List.<DataPoint>of() : points()) {
          got.add(
              (d.startTimeUnixNano() - future) / 60_000_000_000L
                  + ":"
                  + (long) Points.value((NumberDataPoint) d));
        }
      }
      assertThat(String.join(" ", got)).isEqualTo(made);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "sum test [0..50 aaa=bbb: 333.0] [0..20 aaa=bbb: 222.0] [0..80 aaa=bbb: 444.0]"
            + " > sum test [0..80 aaa=bbb: 444.0]",
        "gauge test [0..50 aaa=bbb: 345.0] [0..20 aaa=bbb: 258.0] [0..80 aaa=bbb: 178.0]"
            + " > gauge test [0..80 aaa=bbb: 178.0]",
        "histogram test [0..50 aaa=bbb: 51/0/0.01,0.1,1,10,100/4,7,9,6,25]"
            + " [0..20 aaa=bbb: 36/0/0.01,0.1,1,10,100/2,3,7,4,20]"
            + " [0..80 aaa=bbb: 80/0/0.01,0.1,1,10,100/9,12,17,8,34]"
            + " > histogram test [0..80 aaa=bbb: 80/0/0.01,0.1,1,10,100/9,12,17,8,34]",
        // of two points with the same time, the first wins
        "gauge test [0..50 aaa=bbb: 1.0] [0..50 aaa=bbb: 2.0] > gauge test [0..50 aaa=bbb: 1.0]",
      })
  void emitsTheNewestPointOfAnInterval(String aCase) throws IOException {
    String[] parts = aCase.split(" > ");
    Processor p = rig.processor(new IntervalFactory(), Signal.METRICS, "interval: 1s");
    p.start();
    rig.send(p, Rig.metrics("s", metric(parts[0], CUMULATIVE)));
    assertThat(rig.out).isEmpty();
    rig.clock.pass(Duration.ofSeconds(1));
    assertThat(MetricsTransformTest.text(Rig.all(rig.lastMetrics()).getFirst()))
        .isEqualTo(MetricsTransformTest.text(metric(parts[1], CUMULATIVE)));
    rig.clock.pass(Duration.ofSeconds(1));
    assertThat(rig.out).as("no data received since").hasSize(1);
    assertThat(rig.balanced()).isTrue();
  }

  @Test
  void emitsTheNewestExponentialHistogram() throws IOException {
    Processor p = rig.processor(new IntervalFactory(), Signal.METRICS, "interval: 1s");
    p.start();
    rig.send(
        p,
        Rig.metrics(
            "s",
            exponential(
                "cumulative.exphistogram.test",
                CUMULATIVE,
                exponential(50, 4, 5, 2, "4 7 9 6 25", 6, "2 13 7 12 4"),
                exponential(20, 4, 2, 2, "2 3 7 4 20", 7, "8 3 9 1"),
                exponential(80, 4, 5, 2, "9 12 17 8 34", 6, "6 21 9 19 7")),
            exponential(
                "delta.exphistogram.test",
                DELTA,
                exponential(80, 4, 5, 2, "9 12 17 8 34", 6, "6 21 9 19 7"),
                exponential(90, 4, 2, 2, "1 1 1 1 1", 6, "2 2 2 2 2"))));
    rig.clock.pass(Duration.ofSeconds(1));
    assertThat(points())
        .extracting(x -> text((ExponentialHistogramDataPoint) x))
        .containsExactly(
            text(exponential(80, 4, 5, 2, "9 12 17 8 34", 6, "6 21 9 19 7")),
            text(exponential(90, 4, 7, 2, "10 13 18 9 35", 6, "8 23 11 21 9")));
  }

  @Test
  void accumulatesDeltasOfAnInterval() throws IOException {
    Processor p = rig.processor(new IntervalFactory(), Signal.METRICS, "interval: 1s");
    p.start();
    rig.send(
        p,
        Rig.metrics(
            "s",
            metric("sum d [0..50 aaa=bbb: 100.0] [0..60 aaa=bbb: 233.0]", DELTA),
            metric(
                "histogram h [0..80 aaa=bbb: 80/0/0.01,0.1,1,10,100/9,12,17,8,34]"
                    + " [0..90 aaa=bbb: 15/0/0.01,0.1,1,10,100/1,2,3,4,5]",
                DELTA)));
    assertThat(rig.out).isEmpty();
    rig.clock.pass(Duration.ofSeconds(1));
    assertThat(Rig.all(rig.lastMetrics()))
        .extracting(MetricsTransformTest::text)
        .containsExactly(
            MetricsTransformTest.text(metric("sum d [0..60 aaa=bbb: 333.0]", DELTA)),
            MetricsTransformTest.text(
                metric(
                    "histogram h [0..90 aaa=bbb: 95/0/0.01,0.1,1,10,100/10,14,20,12,39]", DELTA)));
  }

  @Test
  void passesNonMonotonicAndUnselectedPointsImmediately() throws IOException {
    Processor p =
        rig.processor(
            new IntervalFactory(), Signal.METRICS, "{interval: 1s, pass_through: {gauge: true}}");
    p.start();
    String points = " [0..50 aaa=bbb: 333.0] [0..20 aaa=bbb: 222.0] [0..80 aaa=bbb: 111.0]";
    rig.send(
        p,
        Rig.metrics(
            "s",
            temporality(MetricsTransformTest.metric("sum s" + points), CUMULATIVE, false),
            metric("gauge g" + points, 0)));
    assertThat(points()).hasSize(6);
    rig.clock.pass(Duration.ofSeconds(1));
    assertThat(rig.out).hasSize(1);
  }
}
