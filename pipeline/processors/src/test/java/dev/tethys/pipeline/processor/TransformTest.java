package dev.tethys.pipeline.processor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.config.ConfigException;
import dev.tethys.model.telemetry.ArrayValue;
import dev.tethys.model.telemetry.ExponentialHistogramDataPoint;
import dev.tethys.model.telemetry.HistogramDataPoint;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.Metric;
import dev.tethys.model.telemetry.MetricData;
import dev.tethys.model.telemetry.MetricsData;
import dev.tethys.model.telemetry.NumberDataPoint;
import dev.tethys.model.telemetry.Span;
import dev.tethys.model.telemetry.SpanLink;
import dev.tethys.model.telemetry.SummaryDataPoint;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.processor.transform.TransformFactory;
import java.time.InstantSource;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TransformTest {
  private final Rig rig = new Rig();
  private final TransformFactory factory = new TransformFactory(InstantSource.system());

  private void run(Signal signal, String yaml, dev.tethys.model.telemetry.Telemetry<?> data) {
    rig.send(rig.processor(factory, signal, yaml), data);
  }

  @Test
  void runsStatementsInTheirContexts() {
    run(
        Signal.LOGS,
        """
        log_statements:
          - set(resource.attributes["env"], "prod")
          - set(log.cache["x"], log.body)
          - set(log.attributes["was"], log.cache["x"])
          - context: log
            conditions: [severity_number > 12]
            statements:
              - set(attributes["bad"], true)
              - set(severity_text, "WARN+")
          - statements: ['set(scope.name, "s")']
        """,
        Rig.logs("shop", Rig.log(9, "a"), Rig.log(17, "b")));
    List<LogRecord> logs = Rig.all(rig.logs());
    assertThat(logs.get(0).attributes().toString()).isEqualTo("{was=a}");
    assertThat(logs.get(1).attributes().toString()).isEqualTo("{was=b, bad=true}");
    assertThat(logs.get(1).severityText()).isEqualTo("WARN+");
    assertThat(rig.logs().resources().getFirst().resource().attributes().get("env"))
        .isEqualTo("prod");
    assertThat(rig.logs().resources().getFirst().scopes().getFirst().scope().name()).isEqualTo("s");
    assertThat(rig.outcomes).containsExactly(Outcome.ACCEPTED);
    assertThat(rig.account(Signal.LOGS).balance().out()).isEqualTo(2);
    assertThat(rig.balanced()).isTrue();
    assertThat(rig.registry.gather().toString()).contains("tethys_ottl_matched_total");
  }

  @Test
  void settingNilClearsOptionalFieldsOnly() {
    Span s = Rig.span("a", "text", "x", "n", 5L, "l", ArrayValue.of("x"));
    s.links().add(new SpanLink());
    s.setStartTimeUnixNano(7);
    run(
        Signal.TRACES,
        """
        trace_statements:
          - set(span.links, nil)
          - set(span.name, span.attributes["missing"])
          - set(span.start_time_unix_nano, span.attributes["missing"])
          - set(span.attributes["text"], nil)
          - set(span.attributes["n"], nil)
        """,
        Rig.traces("s", s));
    Span after = Rig.all(rig.traces()).getFirst();
    assertThat(after.links()).isEmpty();
    assertThat(after.name()).isEqualTo("a");
    assertThat(after.startTimeUnixNano()).isEqualTo(7);
    assertThat(after.attributes().toString()).isEqualTo("{text=null, n=null, l=[x]}");
  }

  @Test
  void nilTimeFailsTheBatchUnlessErrorsAreIgnored() {
    run(
        Signal.LOGS,
        """
        error_mode: propagate
        log_statements:
          - set(log.time_unix_nano, log.attributes["ts"])
        """,
        Rig.logs("s", Rig.log(9, "x")));
    assertThat(rig.out).isEmpty();
    assertThat(rig.outcomes).allMatch(o -> o instanceof Outcome.Rejected);
  }

  @Test
  void reportsErrorsWithPosition() {
    assertThatThrownBy(
            () ->
                run(
                    Signal.LOGS,
                    """
                    log_statements:
                      - set(log.body, 1)
                      - sett(log.body, 1)
                    """,
                    Rig.logs("a")))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("c.yaml:3:5")
        .hasMessageContaining("did you mean set?");
    assertThatThrownBy(() -> run(Signal.LOGS, "log_statement: []", Rig.logs("a")))
        .hasMessageContaining("log_statements");
    assertThatThrownBy(
            () ->
                run(
                    Signal.LOGS,
                    "log_statements: [{context: span, statements: ['set(name, \"a\")']}]",
                    Rig.logs("a")))
        .hasMessageContaining("there is no context span here");
  }

  @Test
  void failureRejectsTheBatchWithPropagate() {
    run(
        Signal.LOGS,
        "error_mode: propagate\nlog_statements: ['set(log.body[\"a\"], 1)']",
        Rig.logs("shop", Rig.log(9, "a")));
    assertThat(rig.out).isEmpty();
    assertThat(rig.outcomes.getFirst()).isInstanceOf(Outcome.Rejected.class);
    assertThat(rig.account(Signal.LOGS).balance().dropped()).containsEntry("expression_failed", 1L);
    assertThat(rig.balanced()).isTrue();
  }

  @Test
  void convertsCopiesAndScalesMetrics() {
    run(
        Signal.METRICS,
        """
        metric_statements:
          - context: metric
            statements:
              - copy_metric(name = "b", unit = "s") where name == "a"
              - convert_sum_to_gauge() where name == "b"
              - scale_metric(10.0, "ms") where name == "a"
              - convert_gauge_to_sum("delta", true) where name == "g"
        """,
        Rig.metrics(
            "s",
            Rig.sum("a", MetricData.TEMPORALITY_CUMULATIVE, Rig.point(1.5, 2)),
            Rig.gauge("g", Rig.point(3, 2))));
    List<Metric> m = Rig.all(rig.lastMetrics());
    assertThat(m).extracting(Metric::name).containsExactly("a", "g", "b");
    assertThat(m.get(0).unit()).isEqualTo("ms");
    assertThat(number(m.get(0)).doubleValue()).isEqualTo(15);
    assertThat(m.get(1).data()).isInstanceOf(MetricData.Sum.class);
    assertThat(m.get(2).data()).isInstanceOf(MetricData.Gauge.class);
    assertThat(m.get(2).unit()).isEqualTo("s");
    assertThat(rig.account(Signal.METRICS).balance().created()).isEqualTo(1);
    assertThat(rig.balanced()).isTrue();
  }

  private static NumberDataPoint number(Metric m) {
    return (NumberDataPoint) Objects.requireNonNull(m.data()).points().getFirst();
  }

  @Test
  void copyingWithoutAConditionTerminates() {
    run(
        Signal.METRICS,
        "error_mode: propagate\nmetric_statements: [{context: metric, statements:"
            + " [copy_metric()]}]",
        Rig.metrics("s", Rig.gauge("g", Rig.point(3, 2))));
    assertThat(rig.outcomes.getFirst().toString()).contains("add a where");
  }

  private static MetricsData histogram() {
    Metric m = new Metric();
    m.setName("h");
    MetricData.Histogram h = new MetricData.Histogram();
    HistogramDataPoint p = new HistogramDataPoint();
    p.setCount(17);
    p.setSum(30);
    p.setMax(2);
    p.setExplicitBounds(new double[] {0.1, 0.5, 1.0});
    p.setBucketCounts(new long[] {5, 8, 3, 1});
    h.points().add(p);
    m.setData(h);
    return Rig.metrics("s", m);
  }

  @Test
  void extractsCountsSumsAndPercentilesFromHistograms() {
    run(
        Signal.METRICS,
        """
        metric_statements:
          - context: metric
            statements:
              - extract_count_metric(true, ".count") where type == METRIC_DATA_TYPE_HISTOGRAM
              - extract_sum_metric(false) where type == METRIC_DATA_TYPE_HISTOGRAM
              - extract_percentile_metric(50) where type == METRIC_DATA_TYPE_HISTOGRAM
              - merge_histogram_buckets(0.5)
        """,
        histogram());
    List<Metric> m = Rig.all(rig.lastMetrics());
    assertThat(m).extracting(Metric::name).containsExactly("h", "h.count", "h_sum", "h_p50");
    assertThat(number(m.get(1)).longValue()).isEqualTo(17);
    assertThat(number(m.get(2)).doubleValue()).isEqualTo(30);
    assertThat(number(m.get(3)).doubleValue())
        .isCloseTo(0.1 + 0.4 * 4 / 8, org.assertj.core.data.Offset.offset(1e-9));
    HistogramDataPoint p =
        (HistogramDataPoint) Objects.requireNonNull(m.get(0).data()).points().getFirst();
    assertThat(p.explicitBounds()).containsExactly(0.1, 1.0);
    assertThat(p.bucketCounts()).containsExactly(5, 11, 1);
  }

  private static double percentile(
      double percentile, double max, long count, double[] bounds, long... counts) {
    HistogramDataPoint p = new HistogramDataPoint();
    p.setCount(count);
    if (!Double.isNaN(max)) {
      p.setMax(max);
    }
    p.setExplicitBounds(bounds);
    p.setBucketCounts(counts);
    MetricData.Histogram h = new MetricData.Histogram();
    h.points().add(p);
    return percentile(percentile, h);
  }

  private static double percentile(double percentile, MetricData<?> data) {
    Metric m = new Metric();
    m.setName("h");
    m.setData(data);
    TransformTest t = new TransformTest();
    t.run(
        Signal.METRICS,
        "{error_mode: propagate, metric_statements: ['extract_percentile_metric("
            + percentile
            + ") where metric.name == \"h\"']}",
        Rig.metrics("s", m));
    if (t.rig.outcomes.getFirst() != Outcome.ACCEPTED) {
      throw new IllegalStateException(t.rig.outcomes.toString());
    }
    List<Metric> all = Rig.all(t.rig.lastMetrics());
    return all.size() == 1 ? Double.NaN : number(all.get(1)).doubleValue();
  }

  private static double percentile(
      double percentile,
      int scale,
      long count,
      long zero,
      double threshold,
      long[] negative,
      long... positive) {
    ExponentialHistogramDataPoint p = new ExponentialHistogramDataPoint();
    p.setScale(scale);
    p.setCount(count);
    p.setZeroCount(zero);
    p.setZeroThreshold(threshold);
    p.setNegativeCounts(negative);
    p.setPositiveCounts(positive);
    MetricData.ExponentialHistogram h = new MetricData.ExponentialHistogram();
    h.points().add(p);
    return percentile(percentile, h);
  }

  @Test
  void computesPercentilesLikeTheCollector() {
    double none = Double.NaN;
    var near = org.assertj.core.data.Offset.offset(1e-4);
    assertThat(percentile(50, none, 0, new double[] {1}, 0, 0)).isNaN();
    assertThat(percentile(50, none, 10, new double[0])).isNaN();
    assertThat(percentile(50, none, 100, new double[0], 100)).isNaN();
    assertThat(percentile(50, none, 100, new double[] {1}, 60, 40)).isCloseTo(0.83333, near);
    assertThat(percentile(99, none, 115, new double[] {1, 5}, 50, 35, 50)).isCloseTo(5, near);
    assertThat(percentile(95, none, 115, new double[] {1, 3, 5}, 50, 35, 50, 15))
        .isCloseTo(4, near);
    assertThat(percentile(99, 750, 100, new double[] {100, 500}, 25, 50, 25)).isCloseTo(740, near);
    assertThat(percentile(75, none, 41, new double[] {100}, 40, 1)).isCloseTo(77.5, near);
    assertThat(percentile(50, none, 100, new double[] {-5}, 100, 0)).isCloseTo(-5, near);
    assertThatThrownBy(() -> percentile(50, none, 10, new double[] {1, 2}, 5, 5))
        .hasMessageContaining("a histogram of 2 buckets has 2 bounds");
    assertThatThrownBy(() -> percentile(50, none, 100, new double[] {1}, 5, 5))
        .hasMessageContaining("the requested one is number 50");
    long[] no = {};
    assertThat(percentile(50, 0, 10, 0, 0, no)).isNaN();
    assertThat(percentile(50, 0, 100, 0, 0, no, 30, 40, 30)).isCloseTo(2.82843, near);
    assertThat(percentile(95, 2, 210, 0, 0, no, 20, 30, 40, 50, 30, 35, 5))
        .isCloseTo(2.75927, near);
    assertThat(percentile(99, -1, 500, 0, 0, no, 100, 200, 150, 40, 10)).isCloseTo(512, near);
    assertThat(percentile(75, 1, 120, 20, 0, no, 40, 60)).isCloseTo(1.68179, near);
    assertThat(percentile(50, 2, 95, 10, 0, new long[] {20, 30, 20}, 15)).isCloseTo(-1.20303, near);
    assertThat(percentile(25, 0, 100, 5, 0, new long[] {15, 35, 20, 10}, 15))
        .isCloseTo(-4.75683, near);
    assertThat(percentile(50, 0, 100, 80, 1, new long[] {10}, 10)).isCloseTo(0, near);
    assertThat(percentile(60, 0, 100, 80, 1, no, 20)).isCloseTo(0.75, near);
    assertThat(percentile(30, 0, 100, 80, 1, new long[] {20})).isCloseTo(-0.875, near);
    assertThatThrownBy(() -> percentile(50, 0, 100, 0, 0, no, 5, 5))
        .hasMessageContaining("the buckets have 10 observations");
    MetricData.Gauge gauge = new MetricData.Gauge();
    gauge.points().add(new NumberDataPoint());
    assertThat(percentile(50, gauge)).isNaN();
  }

  @Test
  void computesAveragesFromSumsAndCounts() {
    Metric m = new Metric();
    m.setName("s");
    m.setUnit("ms");
    MetricData.Summary summary = new MetricData.Summary();
    for (int i = 0; i < 3; i++) {
      SummaryDataPoint p = new SummaryDataPoint();
      p.setCount(i * 2);
      p.setSum(7);
      p.setQuantiles(new double[] {0, 0.5, 0.99, 1});
      p.setQuantileValues(new double[] {1, 2, 3, 4});
      summary.points().add(p);
    }
    m.setData(summary);
    run(
        Signal.METRICS,
        """
        metric_statements:
          - extract_avg_metric() where metric.name == "s"
          - extract_avg_metric("_mean") where metric.name == "s"
          - convert_summary_quantile_val_to_gauge() where metric.name == "s"
          - extract_avg_metric() where metric.name == "s_avg"
        """,
        Rig.metrics("a", m));
    List<Metric> all = Rig.all(rig.lastMetrics());
    assertThat(all).extracting(Metric::name).containsExactly("s", "s_avg", "s_mean", "s.quantiles");
    MetricData.Gauge g = (MetricData.Gauge) Objects.requireNonNull(all.get(1).data());
    assertThat(all.get(1).unit()).isEqualTo("ms");
    assertThat(g.points()).extracting(NumberDataPoint::doubleValue).containsExactly(3.5, 1.75);
    MetricData.Gauge q = (MetricData.Gauge) Objects.requireNonNull(all.get(3).data());
    assertThat(q.points().subList(0, 4))
        .extracting(p -> p.attributes().get("quantile"))
        .containsExactly("0", "0.50", "0.99", "1");
  }

  @Test
  void limitsBucketsInOnePass() {
    MetricsData d = histogram();
    HistogramDataPoint p =
        (HistogramDataPoint)
            Objects.requireNonNull(Rig.all(d).getFirst().data()).points().getFirst();
    p.setExplicitBounds(new double[] {0.1, 0.2, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0});
    p.setBucketCounts(new long[] {80, 4, 6, 120, 3, 2, 40, 10, 1});
    run(
        Signal.METRICS,
        "metric_statements: ['merge_histogram_buckets(5, method=\"limit_buckets\") where"
            + " metric.name == \"h\"']",
        d);
    HistogramDataPoint q =
        (HistogramDataPoint)
            Objects.requireNonNull(Rig.all(rig.lastMetrics()).getFirst().data())
                .points()
                .getFirst();
    assertThat(q.explicitBounds()).containsExactly(0.2, 1.0, 5.0, 30.0);
    assertThat(q.bucketCounts()).containsExactly(84, 126, 5, 50, 1);
  }

  @Test
  void aggregatesPoints() {
    run(
        Signal.METRICS,
        """
        metric_statements:
          - aggregate_on_attributes("sum", ["a"]) where metric.name == "x"
          - aggregate_on_attribute_value("max", "a", ["1", "2"], "other") where metric.name == "y"
        """,
        Rig.metrics(
            "s",
            Rig.gauge(
                "x",
                Rig.point(1, 2, "a", "1", "b", "1"),
                Rig.point(2, 2, "a", "1", "b", "2"),
                Rig.point(8, 3, "a", "1", "b", "2"),
                Rig.point(4, 2, "a", "2")),
            Rig.gauge("y", Rig.point(1.5, 2, "a", "1"), Rig.point(0.5, 2, "a", "2"))));
    List<Metric> m = Rig.all(rig.lastMetrics());
    assertThat(Objects.requireNonNull(m.get(0).data()).points())
        .extracting(p -> ((NumberDataPoint) p).longValue())
        .as("points of another time stay apart")
        .containsExactly(3L, 8L, 4L);
    assertThat(number(m.get(0)).timeUnixNano()).isEqualTo(2_000_000_000L);
    assertThat(number(m.get(1)).doubleValue()).isEqualTo(1.5);
    assertThat(number(m.get(1)).attributes().get("a")).isEqualTo("other");
    assertThat(rig.balanced()).isTrue();
  }

  @Test
  void convertsExponentialHistogramsToExplicit() {
    Metric m = new Metric();
    MetricData.ExponentialHistogram e = new MetricData.ExponentialHistogram();
    ExponentialHistogramDataPoint p = new ExponentialHistogramDataPoint();
    p.setScale(0);
    p.setCount(10);
    p.setPositiveOffset(0);
    p.setPositiveCounts(new long[] {1, 2, 7}); // (1,2] (2,4] (4,8]
    e.points().add(p);
    m.setData(e);
    run(
        Signal.METRICS,
        "metric_statements: [{context: metric, statements:"
            + " ['convert_exponential_histogram_to_histogram(\"upper\", [1.0, 2.0, 5.0])']}]",
        Rig.metrics("s", m));
    HistogramDataPoint h =
        (HistogramDataPoint)
            Objects.requireNonNull(Rig.all(rig.lastMetrics()).getFirst().data())
                .points()
                .getFirst();
    assertThat(h.bucketCounts()).containsExactly(0, 1, 2, 7);
    assertThat(h.count()).isEqualTo(10);
  }

  @Test
  void parsesLinesOfKnownFormats() {
    run(
        Signal.LOGS,
        """
        error_mode: propagate
        log_statements:
          - set(log.attributes["cef"], ParseCEF(log.attributes["a"]))
          - set(log.attributes["clf"], ParseCLF(log.attributes["b"], "combined"))
          - set(log.attributes["elf"], ParseELF(log.attributes["c"]))
        """,
        Rig.logs(
            "s",
            Rig.log(
                1,
                "",
                "a",
                "x CEF:0|Sec|thr\\|eat|1.0|100|worm stopped|10|src=10.0.0.1 msg=a b\\=c"
                    + " dst=2.1.2.2",
                "b",
                "127.0.0.1 - frank [10/Oct/2000:13:55:36 -0700] \"GET /a.gif HTTP/1.0\" 200 -"
                    + " \"http://r/\" \"Moz \\\"x\\\"\"",
                "c",
                "#Version: 1.0\n"
                    + "#Fields: time cs-method cs-uri\n"
                    + "00:34:23 GET \"/a b\"\n"
                    + "00:35 PUT")));
    LogRecord l = Rig.all(rig.logs()).getFirst();
    assertThat(String.valueOf(l.attributes().get("cef")))
        .contains("cef.device_product=thr|eat", "src=10.0.0.1", "msg=a b=c", "dst=2.1.2.2");
    assertThat(String.valueOf(l.attributes().get("clf")))
        .contains("clf.method=GET", "clf.status=200", "clf.user_agent=Moz \"x\"")
        .doesNotContain("clf.bytes");
    assertThat(String.valueOf(l.attributes().get("elf")))
        .contains("cs-uri=/a b", "{time=00:35, cs-method=PUT, cs-uri=-}");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "LEEF:1.0|Microsoft|MSExchange|4.0 SP1|15345|src=10.50.1.1~dst=2.10.20.20~sev=5;"
            + "{version=1.0, vendor=Microsoft, product_name=MSExchange, product_version=4.0 SP1,"
            + " event_id=15345, attributes={src=10.50.1.1, dst=2.10.20.20, sev=5}}",
        "<13>Jan 18 11:07:53 host LEEF:2.0|Lancope|StealthWatch|1.0|41|^|src=10.0.1.8^^url=/?a=b^x;"
            + "{version=2.0, vendor=Lancope, product_name=StealthWatch, product_version=1.0,"
            + " event_id=41, attributes={src=10.0.1.8, url=/?a=b}}",
        "LEEF:2.0|V|P|1|E|0X5e|k=^j=2;"
            + "{version=2.0, vendor=V, product_name=P, product_version=1, event_id=E,"
            + " attributes={k=, j=2}}",
        "LEEF:2.0|V|P|1|E||k=1~j=2;"
            + "{version=2.0, vendor=V, product_name=P, product_version=1, event_id=E,"
            + " attributes={k=1, j=2}}",
        "LEEF:1.0|V|P|1|E;"
            + "{version=1.0, vendor=V, product_name=P, product_version=1, event_id=E,"
            + " attributes={}}"
      })
  void parsesLeef(String line, String result) {
    run(
        Signal.LOGS,
        """
        error_mode: propagate
        log_statements: ['set(log.attributes["leef"], ParseLEEF(log.attributes["a"]))']
        """,
        Rig.logs("s", Rig.log(1, "", "a", line.replace('~', '\t'))));
    assertThat(Rig.all(rig.logs()).getFirst().attributes().get("leef")).hasToString(result);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "none",
        "LEEF:3.0|V|P|1|E|",
        "LEEF:1.0|V|P|1",
        "LEEF:2.0|V|P|1|E",
        "LEEF:2.0|V|P|1|E|0x5|a=b"
      })
  void rejectsInvalidLeef(String line) {
    run(
        Signal.LOGS,
        """
        error_mode: ignore
        log_statements: ['set(log.attributes["leef"], ParseLEEF(log.attributes["a"]))']
        """,
        Rig.logs("s", Rig.log(1, "", "a", line)));
    assertThat(Rig.all(rig.logs()).getFirst().attributes().contains("leef")).isFalse();
  }

  /** By the documents of OpenTelemetry's semantic conventions for spans. */
  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "2; http.request.method=GET http.route=/users/{id} url.path=/users/7; GET /users/{id}",
        "2; http.method=POST; POST",
        "3; http.request.method=GET url.template=/a/{b} http.route=/no; GET /a/{b}",
        "2; rpc.system=grpc rpc.service=shop.Cart rpc.method=Add; shop.Cart/Add",
        "3; rpc.system.name=grpc rpc.method=shop.Cart/Add; shop.Cart/Add",
        "3; rpc.system=grpc rpc.service=shop.Cart; shop.Cart/*",
        "3; rpc.system=grpc; grpc",
        "3; db.system.name=postgresql db.query.summary=SELECT_carts db.operation.name=no;"
            + " SELECT_carts",
        "3; db.system=mysql db.operation=SELECT db.name=shop db.collection.name=carts; SELECT"
            + " shop.carts",
        "3; db.system=redis db.operation.name=GET server.address=r1 server.port=6379; GET r1:6379",
        "3; db.system=mssql db.stored_procedure.name=sp; sp",
        "3; db.system=redis; redis",
        "4; messaging.system=kafka messaging.operation.name=send messaging.destination.name=orders;"
            + " send orders",
        "5; messaging.system=kafka messaging.operation=process messaging.destination.template=o-{n}"
            + " messaging.destination.name=o-1; process o-{n}",
        "5; messaging.system=rabbitmq messaging.operation=receive"
            + " messaging.destination.temporary=true messaging.destination.name=x; receive"
            + " (temporary)",
        "5; messaging.system=rabbitmq messaging.destination.anonymous=true; (anonymous)",
        "5; messaging.system=sqs; sqs",
        "1; http.request.method=GET http.route=/x; before",
        "2; other=1; before"
      })
  void namesSpansByConvention(int kind, String attributes, String name) {
    Span s = Rig.span("before");
    s.setKind(kind);
    for (String a : attributes.split(" ")) {
      String[] kv = a.split("=", 2);
      s.attributes().put(kv[0], kv[1].equals("true") ? Boolean.TRUE : kv[1]);
    }
    run(
        Signal.TRACES,
        "trace_statements: [{context: span, statements: ['set_semconv_span_name(\"1.37.0\","
            + " \"was\")']}]",
        Rig.traces("s", s));
    Span after = Rig.all(rig.traces()).getFirst();
    assertThat(after.name()).isEqualTo(name);
    assertThat(after.attributes().get("was")).isEqualTo(name.equals("before") ? null : "before");
  }

  @ParameterizedTest
  @ValueSource(strings = {"1.36.0", "1.44.0", "2.0.0", "latest"})
  void rejectsUnknownConventions(String version) {
    assertThatThrownBy(
            () ->
                run(
                    Signal.TRACES,
                    "trace_statements: ['set_semconv_span_name(\""
                        + version
                        + "\") where span.kind == 2']",
                    Rig.traces("s", Rig.span("a"))))
        .hasMessageContaining("1.37.0 to 1.43.0");
  }

  @ParameterizedTest
  @CsvSource({
    "'',1",
    "'x=y',1",
    "'ot=th:0',1",
    "'ot=th:8',2",
    "'ot=th:c;rv:d0000000000000,x=y',4",
    "'ot=th:c;rv:1,x=y',1",
    "'ot=rv:9',1"
  })
  void readsTheAdjustedCountOfSpans(String state, double count) {
    Span s = Rig.span("a");
    s.setTraceState(state);
    run(
        Signal.TRACES,
        "trace_statements: ['set(span.attributes[\"n\"], AdjustedCount())']",
        Rig.traces("s", s));
    assertThat(Rig.all(rig.traces()).getFirst().attributes().get("n")).isEqualTo(count);
  }
}
