package dev.tethys.pipeline.processor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.telemetry.DataPoint;
import dev.tethys.model.telemetry.Exemplar;
import dev.tethys.model.telemetry.ExponentialHistogramDataPoint;
import dev.tethys.model.telemetry.HistogramDataPoint;
import dev.tethys.model.telemetry.Metric;
import dev.tethys.model.telemetry.MetricData;
import dev.tethys.model.telemetry.MetricsData;
import dev.tethys.model.telemetry.NumberDataPoint;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Metadata;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.Processor;
import dev.tethys.pipeline.component.ProcessorFactory;
import dev.tethys.pipeline.processor.interval.IntervalFactory;
import dev.tethys.pipeline.processor.temporality.CumulativeToDelta;
import dev.tethys.pipeline.processor.temporality.DeltaToCumulative;
import java.io.IOException;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** Identity of streams, and how their points are added, subtracted and held. */
class TemporalityTest {
  private static final int CUMULATIVE = MetricData.TEMPORALITY_CUMULATIVE;
  private static final int DELTA = MetricData.TEMPORALITY_DELTA;
  private final Rig rig = new Rig();

  private static Metric histogram(
      int temporality, long seconds, double sum, double[] bounds, long... counts) {
    HistogramDataPoint p = new HistogramDataPoint();
    p.setStartTimeUnixNano(1_000_000_000L);
    p.setTimeUnixNano(seconds * 1_000_000_000L);
    long n = 0;
    for (long c : counts) {
      n += c;
    }
    p.setCount(n);
    p.setSum(sum);
    p.setExplicitBounds(bounds);
    p.setBucketCounts(counts);
    Metric m = new Metric();
    m.setName("h");
    MetricData.Histogram h = new MetricData.Histogram();
    h.setTemporality(temporality);
    h.points().add(p);
    m.setData(h);
    return m;
  }

  private static List<DataPoint> points(MetricsData d) {
    List<DataPoint> all = new ArrayList<>();
    Rig.all(d).forEach(m -> all.addAll(Objects.requireNonNull(m.data()).points()));
    return all;
  }

  private List<Double> values() {
    return points(rig.lastMetrics()).stream().map(p -> Points.value((NumberDataPoint) p)).toList();
  }

  /** One metric in two scopes that differ in an attribute only. */
  private static MetricsData twoScopes(int temporality, double a, double b, long seconds) {
    MetricsData d = Rig.metrics("s", Rig.sum("n", temporality, Rig.point(a, seconds)));
    ScopeGroup<Metric> other = new ScopeGroup<>();
    other.scope().setName("lib");
    other.scope().attributes().put("shard", "2");
    other.items().add(Rig.sum("n", temporality, Rig.point(b, seconds)));
    d.resources().getFirst().scopes().add(other);
    return d;
  }

  @Test
  void separatesStreamsByScopeAttributes() {
    Processor sums = rig.processor(DeltaToCumulative.factory(), Signal.METRICS, "{}");
    rig.send(sums, twoScopes(DELTA, 2, 50, 10));
    MetricsData later = twoScopes(DELTA, 3, 60, 20);
    points(later).forEach(p -> p.setStartTimeUnixNano(10_000_000_000L));
    rig.send(sums, later);
    assertThat(values()).containsExactly(5.0, 110.0);
    Processor deltas = rig.processor(CumulativeToDelta.factory(), Signal.METRICS, "{}");
    rig.send(deltas, twoScopes(CUMULATIVE, 2, 50, 10));
    rig.send(deltas, twoScopes(CUMULATIVE, 3, 60, 20));
    assertThat(values()).containsExactly(1.0, 10.0);
  }

  /** Returns one delta of each kind, with one exemplar whose value is the time in seconds. */
  private static Metric[] deltasWithExemplars(long seconds) {
    NumberDataPoint n = Rig.point(1, seconds);
    n.exemplars().add(exemplar(seconds));
    Metric h = histogram(DELTA, seconds, 1, new double[] {1}, 1, 0);
    ((HistogramDataPoint) Objects.requireNonNull(h.data()).points().getFirst())
        .exemplars()
        .add(exemplar(seconds));
    ExponentialHistogramDataPoint e = Points.like(n, new ExponentialHistogramDataPoint());
    e.setCount(1);
    e.setPositiveCounts(new long[] {1});
    e.exemplars().add(exemplar(seconds));
    MetricData.ExponentialHistogram data = new MetricData.ExponentialHistogram();
    data.setTemporality(DELTA);
    data.points().add(e);
    Metric exponential = new Metric();
    exponential.setName("e");
    exponential.setData(data);
    return new Metric[] {Rig.sum("n", DELTA, n), h, exponential};
  }

  private static Exemplar exemplar(long value) {
    Exemplar e = new Exemplar();
    e.setLong(value);
    return e;
  }

  private static List<Long> exemplars(DataPoint p) {
    List<Exemplar> of =
        switch (p) {
          case NumberDataPoint n -> n.exemplars();
          case HistogramDataPoint h -> h.exemplars();
          case ExponentialHistogramDataPoint e -> e.exemplars();
          default -> List.of();
        };
    return of.stream().map(Exemplar::longValue).toList();
  }

  @Test
  void sumsHaveTheExemplarsOfTheirLastDelta() {
    Processor sums = rig.processor(DeltaToCumulative.factory(), Signal.METRICS, "{}");
    for (long seconds : new long[] {10, 20, 30}) {
      rig.send(sums, Rig.metrics("s", deltasWithExemplars(seconds)));
    }
    assertThat(points(rig.lastMetrics()))
        .hasSize(3)
        .allSatisfy(p -> assertThat(exemplars(p)).containsExactly(30L));
  }

  @Test
  void intervalHasTheExemplarsOfTheLatestDelta() throws IOException {
    Processor p = rig.processor(new IntervalFactory(), Signal.METRICS, "interval: 10s");
    p.start();
    for (long seconds : new long[] {10, 30, 20}) {
      rig.send(p, Rig.metrics("s", deltasWithExemplars(seconds)));
    }
    rig.clock.pass(Duration.ofSeconds(10));
    assertThat(points(rig.lastMetrics()))
        .hasSize(3)
        .allSatisfy(x -> assertThat(exemplars(x)).containsExactly(30L));
  }

  private Processor deltas(String yaml) {
    return rig.processor(CumulativeToDelta.factory(), Signal.METRICS, yaml);
  }

  @Test
  void emitsNoDeltaForOtherBuckets() {
    Processor p = deltas("{initial_value: drop}");
    rig.send(p, Rig.metrics("s", histogram(CUMULATIVE, 10, 9, new double[] {1, 2}, 4, 5, 6)));
    rig.send(p, Rig.metrics("s", histogram(CUMULATIVE, 20, 9, new double[] {1}, 20, 30)));
    rig.send(p, Rig.metrics("s", histogram(CUMULATIVE, 30, 9, new double[] {5}, 21, 32)));
    assertThat(rig.out).as("neither another number nor other bounds").isEmpty();
    rig.send(p, Rig.metrics("s", histogram(CUMULATIVE, 40, 10, new double[] {5}, 22, 34)));
    HistogramDataPoint h = (HistogramDataPoint) points(rig.lastMetrics()).getFirst();
    assertThat(h.bucketCounts()).containsExactly(1, 2);
    assertThat(h.count()).isEqualTo(3);
    assertThat(rig.account(Signal.METRICS).balance().dropped()).containsEntry("no_delta", 3L);
  }

  /** The source restarted and counted more than before, in other buckets. */
  @Test
  void treatsADecreasingBucketAsAReset() {
    Processor p = rig.processor(CumulativeToDelta.factory(), Signal.METRICS, "{}");
    double[] bounds = {1, 2};
    rig.send(p, Rig.metrics("s", histogram(CUMULATIVE, 10, 9, bounds, 4, 5, 6)));
    rig.send(p, Rig.metrics("s", histogram(CUMULATIVE, 20, 12, bounds, 9, 2, 8)));
    HistogramDataPoint h = (HistogramDataPoint) points(rig.lastMetrics()).getFirst();
    assertThat(h.count()).isEqualTo(19);
    assertThat(h.sum()).isEqualTo(12);
    assertThat(h.bucketCounts()).containsExactly(9, 2, 8);
    rig.send(p, Rig.metrics("s", histogram(CUMULATIVE, 30, 15, bounds, 10, 2, 9)));
    h = (HistogramDataPoint) points(rig.lastMetrics()).getFirst();
    assertThat(h.count()).isEqualTo(2);
    assertThat(h.sum()).isEqualTo(3);
    assertThat(h.bucketCounts()).containsExactly(1, 0, 1);
  }

  @Test
  void toleratesValuesThatAreNotNumbers() {
    Processor p = deltas("{initial_value: drop}");
    for (double v : new double[] {1.5, Double.NaN, 4.0}) {
      NumberDataPoint n = Rig.point(1.5, 10 + rig.outcomes.size());
      n.setDouble(v);
      rig.send(p, Rig.metrics("s", Rig.sum("a", CUMULATIVE, n)));
    }
    assertThat(values()).containsExactly(2.5);
    assertThat(rig.out).hasSize(1);
    double[] bounds = {1};
    rig.send(p, Rig.metrics("s", histogram(CUMULATIVE, 10, 7, bounds, 1, 1)));
    rig.send(p, Rig.metrics("s", histogram(CUMULATIVE, 20, Double.NaN, bounds, 1, 2)));
    assertThat(((HistogramDataPoint) points(rig.lastMetrics()).getFirst()).sum()).isZero();
    rig.send(p, Rig.metrics("s", histogram(CUMULATIVE, 30, 9, bounds, 1, 3)));
    assertThat(((HistogramDataPoint) points(rig.lastMetrics()).getFirst()).sum()).isEqualTo(2);
  }

  @Test
  void removesStreamsAfterAnHour() {
    Processor p = deltas("{initial_value: drop}");
    rig.send(p, Rig.metrics("s", Rig.sum("a", CUMULATIVE, Rig.point(1, 10))));
    rig.send(p, Rig.metrics("s", Rig.sum("a", CUMULATIVE, Rig.point(9, 10 + 3601))));
    assertThat(rig.out).isEmpty();
  }

  @Test
  void removesStreamsWithoutPointsForAnHour() {
    Processor p = deltas("{initial_value: drop}");
    rig.send(p, Rig.metrics("s", Rig.sum("a", CUMULATIVE, Rig.point(1, 10))));
    rig.clock.pass(Duration.ofMinutes(61));
    rig.send(p, Rig.metrics("s", Rig.sum("a", CUMULATIVE, Rig.point(9, 20))));
    assertThat(rig.out).as("its last point is held no longer").isEmpty();
    Processor never = deltas("{initial_value: drop, max_staleness: 0s}");
    rig.send(never, Rig.metrics("s", Rig.sum("a", CUMULATIVE, Rig.point(1, 10))));
    rig.clock.pass(Duration.ofDays(2));
    rig.send(never, Rig.metrics("s", Rig.sum("a", CUMULATIVE, Rig.point(9, 20))));
    assertThat(values()).containsExactly(8.0);
  }

  /** A point of a counter that began ten seconds after the processor. */
  private static NumberDataPoint young(double value, long seconds, String... attributes) {
    long began = 1_700_000_010L;
    NumberDataPoint n = Rig.point(value, began + seconds, attributes);
    n.setStartTimeUnixNano(began * 1_000_000_000L);
    return n;
  }

  @Test
  void emitsEachTotalOnce() {
    Processor p = deltas("{}");
    rig.send(p, Rig.metrics("s", Rig.sum("a", CUMULATIVE, young(5, 10))));
    assertThat(values()).containsExactly(5.0);
    rig.send(p, Rig.metrics("s", Rig.sum("a", CUMULATIVE, young(7, 10 + 3601))));
    assertThat(values()).as("a gap in what comes late").containsExactly(2.0);
    rig.clock.pass(Duration.ofMinutes(61));
    rig.send(p, Rig.metrics("s", Rig.sum("a", CUMULATIVE, young(10, 10 + 7300))));
    assertThat(rig.out).as("forgotten, but it was there").hasSize(2);
    rig.send(p, Rig.metrics("s", Rig.sum("a", CUMULATIVE, young(14, 10 + 7400))));
    assertThat(values()).containsExactly(4.0);
    rig.send(p, Rig.metrics("s", Rig.sum("a", CUMULATIVE, young(3, 10 + 7400, "k", "new"))));
    assertThat(values()).as("one that was never there").containsExactly(3.0);
    rig.clock.pass(Duration.ofMinutes(61));
    NumberDataPoint restarted = young(6, 10 + 11000);
    restarted.setStartTimeUnixNano(1_700_009_000L * 1_000_000_000L);
    rig.send(p, Rig.metrics("s", Rig.sum("a", CUMULATIVE, restarted)));
    assertThat(values()).as("its source began anew").containsExactly(6.0);
  }

  @Test
  void acceptsTheRegexpCacheSetting() {
    Processor p =
        deltas(
            "{initial_value: drop, include: {match_type: regexp, metrics: ['^a'],"
                + " regexp: {cacheenabled: true, cachemaxnumentries: 100}}}");
    rig.send(p, Rig.metrics("s", Rig.sum("b", CUMULATIVE, Rig.point(1, 10))));
    assertThat(values()).containsExactly(1.0);
  }

  @Test
  void addsDeltasOfAnInterval() throws IOException {
    Processor p = rig.processor(new IntervalFactory(), Signal.METRICS, "interval: 10s");
    p.start();
    double[] bounds = {1};
    rig.send(p, Rig.metrics("s", Rig.sum("d", DELTA, Rig.point(7, 20))));
    NumberDataPoint second = Rig.point(5, 30);
    second.setStartTimeUnixNano(20_000_000_000L);
    rig.send(p, Rig.metrics("s", Rig.sum("d", DELTA, second)));
    rig.send(p, Rig.metrics("s", histogram(DELTA, 20, 4, bounds, 1, 2)));
    rig.send(p, Rig.metrics("s", histogram(DELTA, 30, 5, bounds, 3, 4)));
    assertThat(rig.out).isEmpty();
    rig.send(p, Rig.metrics("s", histogram(DELTA, 30, 5, new double[] {9}, 1, 1)));
    assertThat(rig.out).as("other buckets cannot be added").hasSize(1);
    rig.clock.pass(Duration.ofSeconds(10));
    List<DataPoint> made = points(rig.lastMetrics());
    NumberDataPoint n = (NumberDataPoint) made.get(0);
    assertThat(n.longValue()).isEqualTo(12);
    assertThat(n.startTimeUnixNano()).isEqualTo(1_000_000_000L);
    assertThat(n.timeUnixNano()).isEqualTo(30_000_000_000L);
    HistogramDataPoint h = (HistogramDataPoint) made.get(1);
    assertThat(h.bucketCounts()).containsExactly(4, 6);
    assertThat(h.sum()).isEqualTo(9);
    assertThat(rig.account(Signal.METRICS).balance().dropped()).containsEntry("added", 2L);
    assertThat(rig.balanced()).isTrue();
  }

  /** Consumer after the processor that rejects everything until allowed. */
  private <S> Processor before(List<Batch> got, boolean[] takes, ProcessorFactory<S> f, S s) {
    return f.create(
        s,
        Signal.METRICS,
        (batch, ack) -> {
          if (takes[0]) {
            got.add(batch);
          }
          ack.complete(
              takes[0] ? Outcome.ACCEPTED : new Outcome.Unavailable("full", Duration.ZERO));
        },
        rig);
  }

  @Test
  void keepsRejectedIntervals() throws IOException {
    List<Batch> got = new ArrayList<>();
    boolean[] takes = {false};
    Processor p =
        before(
            got,
            takes,
            new IntervalFactory(),
            new IntervalFactory.Settings(Duration.ofSeconds(10), false, false));
    p.start();
    rig.send(p, Rig.metrics("s", Rig.gauge("g", Rig.point(1, 20))));
    rig.clock.pass(Duration.ofSeconds(11));
    rig.send(p, Rig.metrics("s", Rig.gauge("g", Rig.point(2, 30))));
    rig.clock.pass(Duration.ofSeconds(10));
    assertThat(rig.account(Signal.METRICS).balance().held()).isEqualTo(2);
    takes[0] = true;
    rig.clock.pass(Duration.ofSeconds(20));
    assertThat(got).hasSize(2);
    assertThat(((NumberDataPoint) points(Rig.metrics(got.get(0))).getFirst()).longValue())
        .isEqualTo(1);
    assertThat(((NumberDataPoint) points(Rig.metrics(got.get(1))).getFirst()).longValue())
        .isEqualTo(2);
    assertThat(rig.account(Signal.METRICS).balance().out()).isEqualTo(2);
    takes[0] = false;
    rig.send(p, Rig.metrics("s", Rig.gauge("g", Rig.point(3, 40))));
    rig.clock.pass(Duration.ofSeconds(10));
    p.stop(Duration.ofSeconds(1));
    assertThat(rig.account(Signal.METRICS).balance().dropped()).containsEntry("unavailable", 1L);
    assertThat(rig.balanced()).isTrue();
  }

  @Test
  void survivesADownstreamFailure() throws IOException {
    List<Batch> got = new ArrayList<>();
    boolean[] fails = {true};
    Processor p =
        new IntervalFactory()
            .create(
                new IntervalFactory.Settings(Duration.ofSeconds(10), false, false),
                Signal.METRICS,
                (batch, ack) -> {
                  if (fails[0]) {
                    throw new IllegalStateException("a fault");
                  }
                  got.add(batch);
                  ack.complete(Outcome.ACCEPTED);
                },
                rig);
    p.start();
    rig.send(p, Rig.metrics("s", Rig.gauge("g", Rig.point(1, 20))));
    try {
      rig.clock.pass(Duration.ofSeconds(11));
    } catch (IllegalStateException e) {
      // even if it is not caught, later intervals must follow
    }
    fails[0] = false;
    rig.clock.pass(Duration.ofSeconds(20));
    assertThat(got).hasSize(1);
    assertThat(rig.account(Signal.METRICS).balance().held()).isZero();
    assertThat(rig.balanced()).isTrue();
  }

  @Test
  void holdsNoReferencesToPassingPoints() {
    Processor p = rig.processor(new IntervalFactory(), Signal.METRICS, "interval: 10s");
    WeakReference<Metric> passed = sendWithOneThatPasses(p);
    rig.out.clear();
    System.gc();
    assertThat(passed.get()).isNull();
    assertThat(rig.account(Signal.METRICS).balance().held()).isEqualTo(1);
  }

  /** Sends a gauge, which is held, and a non-monotonic sum, which is not. */
  private WeakReference<Metric> sendWithOneThatPasses(Processor p) {
    Metric falling = Rig.sum("f", CUMULATIVE, Rig.point(2, 20));
    ((MetricData.Sum) Objects.requireNonNull(falling.data())).setMonotonic(false);
    MetricsData data = Rig.metrics("s", Rig.gauge("g", Rig.point(1, 20)), falling);
    p.consume(Batch.of(Signal.METRICS, data, 0, Metadata.NONE), rig.outcomes::add);
    assertThat(Rig.all(rig.lastMetrics())).extracting(Metric::name).containsExactly("f");
    return new WeakReference<>(falling);
  }
}
