package dev.tethys.pipeline.processor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.telemetry.DataPoint;
import dev.tethys.model.telemetry.DistributionDataPoint;
import dev.tethys.model.telemetry.Exemplar;
import dev.tethys.model.telemetry.ExponentialHistogramDataPoint;
import dev.tethys.model.telemetry.HistogramDataPoint;
import dev.tethys.model.telemetry.Metric;
import dev.tethys.model.telemetry.MetricData;
import dev.tethys.model.telemetry.NumberDataPoint;
import dev.tethys.model.telemetry.SummaryDataPoint;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.processor.filter.FilterFactory;
import dev.tethys.pipeline.processor.transform.TransformFactory;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Functions over metrics against the cases of the Collector's own tests. */
final class CollectorMetricEditorsTest {
  private final Rig rig = new Rig();

  /** Runs a statement on a metric. */
  private Metric edited(String statement, Metric m) {
    rig.send(
        rig.processor(
            new TransformFactory(InstantSource.system()),
            Signal.METRICS,
            "{error_mode: propagate, metric_statements: [{context: metric, statements: ['"
                + statement
                + "']}]}"),
        Rig.metrics("s", m));
    assertThat(rig.outcomes).containsExactly(Outcome.ACCEPTED);
    assertThat(rig.balanced()).isTrue();
    return Rig.all(rig.lastMetrics()).getFirst();
  }

  private static Metric metric(MetricData<?> data) {
    Metric m = new Metric();
    m.setName("m");
    m.setData(data);
    return m;
  }

  private static DataPoint only(Metric m) {
    assertThat(Objects.requireNonNull(m.data()).points()).hasSize(1);
    return m.data().points().getFirst();
  }

  private static NumberDataPoint real(double value, String of) {
    NumberDataPoint p = Rig.point(0, 1, "test", of);
    p.setDouble(value);
    return p;
  }

  @ParameterizedTest
  @CsvSource({
    "sum, even, 150", "mean, even, 75", "max, even, 100", "min, even, 50", "count, even, 2",
    "median, even, 75", "median, odd, 50", "sum, whole, 17", "mean, whole, 8", "count, whole, 2",
    "median, whole, 8", "median, whole odd, 5", "min, whole, 5", "max, whole, 12"
  })
  void groupsPointsByAttributeValues(String function, String of, double result) {
    NumberDataPoint[] points =
        switch (of) {
          case "even" -> new NumberDataPoint[] {real(100, "test1"), real(50, "test2")};
          case "odd" ->
              new NumberDataPoint[] {real(100, "test1"), real(50, "test1"), real(30, "test2")};
          case "whole" ->
              new NumberDataPoint[] {
                Rig.point(12, 1, "test", "test1"), Rig.point(5, 1, "test", "test2")
              };
          default ->
              new NumberDataPoint[] {
                Rig.point(12, 1, "test", "test1"),
                Rig.point(5, 1, "test", "test2"),
                Rig.point(3, 1, "test", "test1")
              };
        };
    boolean whole = of.startsWith("whole");
    Metric m =
        whole ? Rig.gauge("m", points) : Rig.sum("m", MetricData.TEMPORALITY_CUMULATIVE, points);
    NumberDataPoint p =
        (NumberDataPoint)
            only(
                edited(
                    "aggregate_on_attribute_value(\""
                        + function
                        + "\", \"test\", [\"test1\", \"test2\"], \"test_new\")",
                    m));
    assertThat(p.isInt()).isEqualTo(whole);
    assertThat(Points.value(p)).isEqualTo(result);
    assertThat(p.attributes()).hasToString("{test=test_new}");
  }

  @Test
  void mergesHistogramsByAttribute() {
    MetricData.Histogram h = new MetricData.Histogram();
    h.setTemporality(MetricData.TEMPORALITY_DELTA);
    MetricData.ExponentialHistogram e = new MetricData.ExponentialHistogram();
    e.setTemporality(MetricData.TEMPORALITY_DELTA);
    for (int i = 1; i <= 2; i++) {
      HistogramDataPoint p = new HistogramDataPoint();
      p.setCount(5);
      p.setSum(i == 1 ? 12.34 : 12.66);
      p.setBucketCounts(new long[] {2, 3});
      p.setExplicitBounds(new double[] {1});
      p.attributes().put("test", "test" + i);
      h.points().add(p);
      ExponentialHistogramDataPoint x = new ExponentialHistogramDataPoint();
      x.setScale(1);
      x.setCount(5);
      x.setSum(i == 1 ? 12.34 : 12.66);
      x.attributes().put("test", "test" + i);
      e.points().add(x);
    }
    for (MetricData<?> data : List.of(h, e)) {
      CollectorMetricEditorsTest t = new CollectorMetricEditorsTest();
      DataPoint p =
          only(
              t.edited(
                  "aggregate_on_attribute_value(\"sum\", \"test\", [\"test1\", \"test2\"], \"new\")",
                  metric(data)));
      assertThat(p.attributes()).hasToString("{test=new}");
      DistributionDataPoint d = (DistributionDataPoint) p;
      assertThat(d.count()).isEqualTo(10);
      assertThat(d.sum()).isEqualTo(25);
      if (p instanceof HistogramDataPoint x) {
        assertThat(x.bucketCounts()).containsExactly(4, 6);
      } else {
        assertThat(((ExponentialHistogramDataPoint) p).scale()).isEqualTo(1);
      }
    }
  }

  @Test
  void scalesMetrics() {
    NumberDataPoint real = Rig.point(0, 1);
    real.setDouble(10);
    Metric m = edited("scale_metric(10.0, \"kWh\")", Rig.gauge("m", real));
    assertThat(m.unit()).isEqualTo("kWh");
    assertThat(((NumberDataPoint) only(m)).doubleValue()).isEqualTo(100);
    MetricData.Histogram h = new MetricData.Histogram();
    HistogramDataPoint p = new HistogramDataPoint();
    p.setCount(1);
    p.setSum(4);
    p.setMin(1);
    p.setMax(3);
    p.setExplicitBounds(new double[] {1, 10});
    p.setBucketCounts(new long[] {1, 2, 0});
    Exemplar e = new Exemplar();
    e.setDouble(1);
    p.exemplars().add(e);
    h.points().add(p);
    HistogramDataPoint q =
        (HistogramDataPoint)
            only(new CollectorMetricEditorsTest().edited("scale_metric(10.0)", metric(h)));
    assertThat(List.of(q.sum(), q.min(), q.max())).containsExactly(40.0, 10.0, 30.0);
    assertThat(q.count()).isEqualTo(1);
    assertThat(q.explicitBounds()).containsExactly(10, 100);
    assertThat(q.bucketCounts()).containsExactly(1, 2, 0);
    assertThat(q.exemplars().getFirst().doubleValue()).isEqualTo(10);
    MetricData.Summary s = new MetricData.Summary();
    SummaryDataPoint x = new SummaryDataPoint();
    x.setSum(10);
    x.setQuantiles(new double[] {0.5});
    x.setQuantileValues(new double[] {10});
    s.points().add(x);
    SummaryDataPoint y =
        (SummaryDataPoint)
            only(new CollectorMetricEditorsTest().edited("scale_metric(10.0)", metric(s)));
    assertThat(y.sum()).isEqualTo(100);
    assertThat(y.quantileValues()).containsExactly(100);
  }

  private static Metric timing(int scale, long zero, int offset, long... counts) {
    MetricData.ExponentialHistogram e = new MetricData.ExponentialHistogram();
    e.setTemporality(MetricData.TEMPORALITY_DELTA);
    ExponentialHistogramDataPoint p = new ExponentialHistogramDataPoint();
    p.setScale(scale);
    p.setCount(Arrays.stream(counts).sum());
    p.setSum(999);
    p.setMin(40);
    p.setMax(245);
    p.setZeroCount(zero);
    p.setPositiveOffset(offset);
    p.setPositiveCounts(counts);
    p.attributes().put("metric_type", "timing");
    e.points().add(p);
    return metric(e);
  }

  /**
   * The Collector's tests lack the first or the last bucket, so that a bucket there begins at the
   * bound of its place where the data model has it end; observations lie between the same bounds.
   */
  @ParameterizedTest
  @CsvSource({
    "upper, two, '1, 2, 3, 4, 5', 0 0 0 0 0 2",
    "upper, two, '1000, 2000, 3000, 4000, 5000', 2 0 0 0 0 0",
    "upper, two, '160, 170, 180, 190, 200', 0 1 0 0 1 0",
    "upper, two at 0, '160, 170, 180, 190, 200', 0 0 0 0 0 2",
    "midpoint, three, '1, 2, 3, 4, 5', 0 0 0 0 0 44",
    "midpoint, three, '1000, 2000, 3000, 4000, 5000', 44 0 0 0 0 0",
    "midpoint, three, '10, 20, 30, 40, 50, 60, 70, 80, 90, 100', 0 0 0 0 10 0 0 0 0 22 12",
    "midpoint, three with 5, '0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100',"
        + " 5 0 0 0 0 10 0 0 0 0 22 12",
    "uniform, three, '1, 2, 3, 4, 5', 0 0 0 0 0 44",
    "uniform, three, '1000, 2000, 3000, 4000, 5000', 44 0 0 0 0 0"
  })
  void convertsExponentialHistogramsToExplicit(
      String how, String of, String bounds, String counts) {
    long[] thirty = new long[30];
    thirty[0] = 1;
    thirty[29] = 1;
    Metric m =
        switch (of) {
          case "two" -> timing(7, 0, 944, thirty);
          case "two at 0" -> timing(0, 0, 944, thirty);
          case "three" -> timing(0, 0, 5, 10, 22, 12);
          default -> timing(0, 5, 5, 10, 22, 12);
        };
    String decimals = String.join(", ", Stream.of(bounds.split(", ")).map(b -> b + ".0").toList());
    Metric made =
        edited(
            "convert_exponential_histogram_to_histogram(\"" + how + "\", [" + decimals + "])", m);
    HistogramDataPoint p = (HistogramDataPoint) only(made);
    assertThat(p.bucketCounts())
        .containsExactly(Stream.of(counts.split(" ")).mapToLong(Long::parseLong).toArray());
    assertThat(List.of(p.sum(), p.min(), p.max())).containsExactly(999.0, 40.0, 245.0);
    assertThat(p.attributes()).hasToString("{metric_type=timing}");
    assertThat(((MetricData.Histogram) Objects.requireNonNull(made.data())).temporality())
        .isEqualTo(MetricData.TEMPORALITY_DELTA);
  }

  private static Metric one(String kind, @org.jspecify.annotations.Nullable Object value) {
    MetricData<?> data =
        switch (kind) {
          case "sum" -> new MetricData.Sum();
          case "gauge" -> new MetricData.Gauge();
          case "histogram" -> new MetricData.Histogram();
          case "exponential" -> new MetricData.ExponentialHistogram();
          default -> new MetricData.Summary();
        };
    DataPoint p =
        switch (data) {
          case MetricData.Sum s -> added(s, new NumberDataPoint());
          case MetricData.Gauge g -> added(g, new NumberDataPoint());
          case MetricData.Histogram h -> added(h, new HistogramDataPoint());
          case MetricData.ExponentialHistogram e -> added(e, new ExponentialHistogramDataPoint());
          case MetricData.Summary s -> added(s, new SummaryDataPoint());
        };
    if (value != null) {
      p.attributes().put("test", value);
    }
    return metric(data);
  }

  private static <P extends DataPoint> P added(MetricData<P> to, P point) {
    to.points().add(point);
    return point;
  }

  private static boolean dropped(String condition, Metric m) {
    Rig rig = new Rig();
    rig.send(
        rig.processor(
            new FilterFactory(InstantSource.system()),
            Signal.METRICS,
            "{error_mode: propagate, metrics: {metric: ['" + condition + "']}}"),
        Rig.metrics("s", m));
    assertThat(rig.outcomes).containsExactly(Outcome.ACCEPTED);
    return rig.out.isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"sum", "gauge", "histogram", "exponential", "summary"})
  void matchesAttributesOfPoints(String kind) {
    String key = "HasAttrKeyOnDatapoint(\"test\")";
    assertThat(dropped(key, one(kind, "pass"))).isTrue();
    assertThat(dropped(key, one(kind, null))).isFalse();
    String pass = "HasAttrOnDatapoint(\"test\", \"pass\")";
    assertThat(dropped(pass, one(kind, "pass"))).isTrue();
    assertThat(dropped(pass, one(kind, "fail"))).isFalse();
    String empty = "HasAttrOnDatapoint(\"test\", \"\")";
    assertThat(dropped(empty, one(kind, ""))).isTrue();
    assertThat(dropped(empty, one(kind, true))).isTrue();
    assertThat(dropped(empty, one(kind, null))).isFalse();
  }

  private static Metric summary(int points) {
    MetricData.Summary s = new MetricData.Summary();
    for (int i = 0; i < points; i++) {
      SummaryDataPoint p = new SummaryDataPoint();
      p.setCount(100 + i);
      p.setSum(12.34);
      p.setQuantiles(new double[] {0.99, 0.95, 0.5, 0.00000001});
      p.setQuantileValues(new double[] {1, 2, 3, 4});
      p.attributes().put("n", (long) i);
      s.points().add(p);
    }
    Metric m = metric(s);
    m.setDescription("d");
    m.setUnit("s");
    return m;
  }

  private List<Metric> summarised(String context, String statement, Metric m) {
    rig.send(
        rig.processor(
            new TransformFactory(InstantSource.system()),
            Signal.METRICS,
            "{error_mode: propagate, metric_statements: [{context: "
                + context
                + ", statements: ['"
                + statement
                + "']}]}"),
        Rig.metrics("s", m));
    assertThat(rig.outcomes).containsExactly(Outcome.ACCEPTED);
    assertThat(rig.balanced()).isTrue();
    return Rig.all(rig.lastMetrics());
  }

  @ParameterizedTest
  @CsvSource({
    "metric, count, delta, false, m_count, 100",
    "metric, count, delta, true, m_count, 100",
    "metric, count, cumulative, false, m_count, 100",
    "datapoint, count, delta, true, m_count, 100",
    "metric, sum, delta, false, m_sum, 12.34",
    "datapoint, sum, cumulative, true, m_sum, 12.34"
  })
  void convertsSummariesToSums(
      String context,
      String what,
      String temporality,
      boolean monotonic,
      String name,
      double value) {
    List<Metric> all =
        summarised(
            context,
            "convert_summary_" + what + "_val_to_sum(\"" + temporality + "\", " + monotonic + ")",
            summary(2));
    assertThat(all).extracting(Metric::name).containsExactly("m", name);
    MetricData.Sum s = (MetricData.Sum) Objects.requireNonNull(all.get(1).data());
    assertThat(s.isMonotonic()).isEqualTo(monotonic);
    assertThat(s.temporality())
        .isEqualTo(
            temporality.equals("delta")
                ? MetricData.TEMPORALITY_DELTA
                : MetricData.TEMPORALITY_CUMULATIVE);
    assertThat(s.points()).extracting(p -> p.attributes().get("n")).containsExactly(0L, 1L);
    assertThat(Points.value(s.points().getFirst())).isEqualTo(value);
  }

  @ParameterizedTest
  @CsvSource({"metric, ''", "datapoint, ''", "metric, custom_quantile"})
  void convertsQuantilesToGauges(String context, String key) {
    List<Metric> all =
        summarised(
            context,
            "convert_summary_quantile_val_to_gauge(" + (key.isEmpty() ? "" : '"' + key + '"') + ")",
            summary(2));
    assertThat(all).extracting(Metric::name).containsExactly("m", "m.quantiles");
    MetricData.Gauge g = (MetricData.Gauge) Objects.requireNonNull(all.get(1).data());
    assertThat(g.points()).hasSize(8);
    assertThat(g.points().subList(0, 4))
        .extracting(p -> p.attributes().get(key.isEmpty() ? "quantile" : key))
        .containsExactly("0.99", "0.95", "0.50", "0.00000001");
  }

  @Test
  void whereSelectsSinglePointsOfASummary() {
    List<Metric> all =
        summarised(
            "datapoint",
            "convert_summary_count_val_to_sum(\"delta\", true) where attributes[\"n\"] == 1",
            summary(2));
    assertThat(Objects.requireNonNull(all.get(1).data()).points()).hasSize(1);
  }

  @ParameterizedTest
  @CsvSource({"metric", "datapoint"})
  void leavesOtherMetricsUnchanged(String context) {
    assertThat(
            summarised(
                context,
                "convert_summary_sum_val_to_sum(\"delta\", true)",
                Rig.gauge("g", Rig.point(1, 1))))
        .hasSize(1);
  }

  @ParameterizedTest
  @CsvSource({
    "'name = \"n\"', name, n test test",
    "'description = \"d\"', description, test d test",
    "'unit = \"u\"', unit, test test u",
    "'name = \"n\", description = \"d\", unit = \"u\"', name, n d u"
  })
  void copiesMetrics(String arguments, String field, String copy) {
    Metric m = Rig.sum("test", MetricData.TEMPORALITY_CUMULATIVE, Rig.point(1, 1));
    m.setDescription("test");
    m.setUnit("test");
    List<Metric> all =
        summarised("metric", "copy_metric(" + arguments + ") where " + field + " == \"test\"", m);
    assertThat(all)
        .extracting(x -> x.name() + " " + x.description() + " " + x.unit())
        .containsExactly("test test test", copy);
    assertThat(Points.value((NumberDataPoint) only(all.get(1)))).isEqualTo(1);
  }
}
