package dev.tethys.pipeline.processor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.model.telemetry.Metric;
import dev.tethys.model.telemetry.MetricData;
import dev.tethys.model.telemetry.MetricsData;
import dev.tethys.model.telemetry.NumberDataPoint;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.processor.generation.MetricsGeneration;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code metricsgeneration} against the cases of the Collector's own tests. */
final class CollectorGenerationTest {
  private static final String NEW = "name: new, unit: percent, type: ";

  private final Rig rig = new Rig();

  private List<Metric> run(String yaml, Metric... metrics) {
    rig.send(
        rig.processor(MetricsGeneration.factory(), Signal.METRICS, yaml),
        Rig.metrics("s", metrics));
    assertThat(rig.balanced()).isTrue();
    MetricsData d = rig.lastMetrics();
    return Rig.all(d);
  }

  private static String text(Metric m) {
    MetricData<?> data = Objects.requireNonNull(m.data());
    return m.name()
        + "["
        + m.unit()
        + "] "
        + (data instanceof MetricData.Sum ? "sum" : "gauge")
        + data.points().stream()
            .map(p -> " " + Points.value((NumberDataPoint) p) + p.attributes())
            .collect(Collectors.joining());
  }

  @ParameterizedTest
  @CsvSource({
    "'type: scale, metric1: metric_1, operation: multiply, scale_by: 5', 100, 4, 500",
    "'type: scale, metric1: none, operation: multiply, scale_by: 5', 100, 4, -",
    "'type: calculate, metric1: metric_1, metric2: metric_2, operation: divide', 100, 4, 25",
    "'type: calculate, metric1: metric_1, metric2: metric_2, operation: multiply', 100, 4, 400",
    "'type: calculate, metric1: metric_1, metric2: metric_2, operation: add', 100, 4, 104",
    "'type: calculate, metric1: metric_1, metric2: metric_2, operation: subtract', 100, 4, 96",
    "'type: calculate, metric1: metric_1, metric2: metric_2, operation: percent', 20, 200, 10",
    "'type: calculate, metric1: metric_1, metric2: none, operation: multiply', 100, 4, -",
    "'type: calculate, metric1: none, metric2: metric_2, operation: multiply', 100, 4, -",
    "'type: calculate, metric1: metric_1, metric2: metric_2, operation: divide', 100, 0, -",
    "'type: calculate, metric1: metric_1, metric2: metric_2, operation: percent', 100, 0, -",
    "'type: calculate, metric1: metric_1, metric2: metric_2, operation: add', 100, 0, 100",
    "'type: calculate, metric1: metric_1, metric2: metric_2, operation: subtract', 100, 0, 100",
    "'type: calculate, metric1: metric_1, metric2: metric_2, operation: multiply', 100, 0, 0"
  })
  void derivesMetrics(String rule, double a, double b, String result) {
    for (String match : List.of("true", "false")) {
      List<Metric> all =
          run(
              "{match_attributes: " + match + ", rules: [{name: new, " + rule + "}]}",
              Rig.gauge("metric_1", Rig.point(a, 10)),
              Rig.gauge("metric_2", Rig.point(b, 10)));
      if (result.equals("-")) {
        assertThat(all).hasSize(2);
      } else {
        assertThat(text(all.getLast())).isEqualTo("new[] gauge " + Double.valueOf(result) + "{}");
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "sum, add, sum, sum 2000.0{}",
    "gauge, add, gauge, gauge 100.0{}",
    "gauge, add, sum, gauge 1050.0{}",
    "sum, add, gauge, sum 1050.0{}",
    "gauge, multiply, sum, gauge 50000.0{}",
    "sum, multiply, gauge, sum 50000.0{}",
    "gauge, divide, sum, gauge 0.05{}",
    "sum, divide, gauge, sum 20.0{}",
    "gauge, subtract, sum, gauge -950.0{}",
    "sum, subtract, gauge, sum 950.0{}",
    "sum, percent, gauge, sum 2000.0{}",
    "gauge, percent, sum, gauge 5.0{}"
  })
  void resultHasTheTypeOfTheFirstMetric(String a, String operation, String b, String result) {
    List<Metric> all =
        run(
            "{match_attributes: true, rules: [{"
                + NEW
                + "calculate, metric1: "
                + a
                + ", metric2: "
                + b
                + ", operation: "
                + operation
                + "}]}",
            Rig.sum("sum", MetricData.TEMPORALITY_CUMULATIVE, Rig.point(1000, 2)),
            Rig.gauge("gauge", Rig.point(50, 2)));
    assertThat(text(all.get(2))).isEqualTo("new[percent] " + result);
    if (all.get(2).data() instanceof MetricData.Sum s) {
      assertThat(s.temporality()).isEqualTo(MetricData.TEMPORALITY_CUMULATIVE);
      assertThat(s.isMonotonic()).isTrue();
    }
  }

  private static Metric[] capacities() {
    return new Metric[] {
      Rig.sum(
          "total",
          MetricData.TEMPORALITY_CUMULATIVE,
          Rig.point(1000, 2),
          Rig.point(2000, 2, "device", "disk1"),
          Rig.point(3000, 2, "device", "disk2", "encrypted", "true")),
      Rig.gauge(
          "used",
          Rig.point(10, 2),
          Rig.point(20, 2, "device", "disk1"),
          Rig.point(30, 2, "device", "disk4"),
          Rig.point(40, 2, "device", "disk2", "encrypted", "true"),
          Rig.point(50, 2, "device", "disk2", "encrypted", "false"),
          Rig.point(60, 2, "device", "disk1", "encrypted", "true", "owner", "foo"))
    };
  }

  @Test
  void combinesPointsWithoutConflictingAttributes() {
    String rule = "rules: [{" + NEW + "calculate, metric1: total, metric2: used, operation: add}]";
    assertThat(text(run("{match_attributes: true, " + rule + "}", capacities()).get(2)).split(" "))
        .contains("1010.0{}", "2010.0{device=disk1}", "1030.0{device=disk4}");
    MetricData<?> data =
        Objects.requireNonNull(
            run("{match_attributes: true, " + rule + "}", capacities()).get(2).data());
    assertThat(data.points())
        .extracting(p -> Points.value((NumberDataPoint) p))
        .containsExactlyInAnyOrder(
            1010.0, 1020.0, 2010.0, 2020.0, 1030.0, 1050.0, 1040.0, 3010.0, 3040.0, 1060.0, 2060.0);
    assertThat(text(run("{" + rule + "}", capacities()).get(2)))
        .isEqualTo(
            "new[percent] sum 1010.0{} 2010.0{device=disk1}"
                + " 3010.0{device=disk2, encrypted=true}");
  }

  @Test
  void generatedMetricsAreNotOperands() {
    assertThat(
            run(
                "rules: [{name: b, type: scale, metric1: a, operation: add, scale_by: 1},"
                    + " {name: c, type: scale, metric1: b, operation: add, scale_by: 1}]",
                Rig.gauge("a", Rig.point(1, 1))))
        .extracting(Metric::name)
        .containsExactly("a", "b");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '~',
      value = {
        "type: scale, metric1: a, operation: add, scale_by: 1 ; name",
        "name: '', type: scale, metric1: a, operation: add, scale_by: 1 ; name",
        "name: n, metric1: a, operation: add ; type",
        "name: n, type: invalid, metric1: a, operation: add ; calculate",
        "name: n, type: scale, operation: add, scale_by: 1 ; metric1",
        "name: n, type: calculate, metric1: a, operation: add ; metric2 is missing",
        "name: n, type: scale, metric1: a, operation: add ; scale_by must be a number greater than 0",
        "name: n, type: scale, metric1: a, operation: add, scale_by: -1 ; scale_by",
        "name: n, type: calculate, metric1: a, metric2: b, operation: power ; subtract",
        "name: n, type: calculate, metric1: n, metric2: b, operation: add ; is that of metric1",
        "name: n, type: calculate, metric1: a, metric2: n, operation: add ; is that of metric2"
      })
  void rejectsSettingsThatTheCollectorRejects(String rule, String error) {
    assertThatThrownBy(() -> run("rules: [{" + rule + "}]")).hasMessageContaining(error);
  }
}
