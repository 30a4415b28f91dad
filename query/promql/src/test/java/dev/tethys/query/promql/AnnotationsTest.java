package dev.tethys.query.promql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.model.Histogram;
import dev.tethys.model.Histogram.ResetHint;
import dev.tethys.model.Labels;
import dev.tethys.model.storage.Appender;
import dev.tethys.query.promql.parser.ParserOptions;
import dev.tethys.testkit.MemoryMetricStore;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Annotations of responses, and which of several errors is reported; all as Prometheus 3.14 answers
 * to the same queries.
 */
class AnnotationsTest {
  private static final long MINUTE = 60_000;
  private static final String TYPES =
      "PromQL info: incompatible sample types encountered for binary operator ";
  private static final String SORT =
      "PromQL warning: sort is ineffective for range queries since results are always ordered by"
          + " labels";

  private final PromqlEngine engine =
      new PromqlEngine(EngineOptions.builder().parser(ParserOptions.ALL).build());

  /** A float, then a histogram, in the order of labels; infos of two versions. */
  private final MemoryMetricStore store = new MemoryMetricStore();

  AnnotationsTest() {
    try (Appender a = store.appender()) {
      long one = a.series(Labels.of("__name__", "kinds", "instance", "1"));
      long two = a.series(Labels.of("__name__", "kinds", "instance", "2"));
      long old = a.series(Labels.of("__name__", "target_info", "instance", "1", "version", "old"));
      long now = a.series(Labels.of("__name__", "target_info", "instance", "1", "version", "new"));
      for (int i = 0; i < 20; i++) {
        a.append(one, 0, i * MINUTE, i);
        a.append(two, 0, i * MINUTE, histogram(i));
        a.append(i < 10 ? old : now, 0, i * MINUTE, 1);
      }
      a.commit();
    }
  }

  private static Histogram histogram(int n) {
    return new Histogram(
        true,
        ResetHint.UNKNOWN,
        0,
        0.001,
        0,
        n,
        n,
        new int[] {0, 1},
        new double[] {n},
        new int[0],
        new double[0],
        null);
  }

  @AfterEach
  void close() {
    engine.close();
  }

  private QueryResult range(String query) {
    return engine
        .range(store, query, 5 * MINUTE, 15 * MINUTE, MINUTE, QueryOptions.DEFAULT)
        .execute();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "kinds % kinds | \"%\": histogram % histogram (1:1)",
        "kinds % fill(1) kinds | \"%\": float % histogram (1:1)",
        "kinds{instance=\"2\"} >= bool fill_right(1) kinds | \">=\": histogram >= histogram (1:1)",
        "kinds / on () group_left kinds{instance=\"2\"} | \"/\": histogram / histogram (1:1)",
        "absent(1 != bool kinds) | \"!=\": float != histogram (1:8)",
      })
  void reportsOneAnnotationAtAStep(String query, String info) {
    assertThat(range(query).infos()).containsExactly(TYPES + info);
  }

  @Test
  void namesTheOuterOfNestedSorts() {
    assertThat(range("sort_desc(sort_by_label(kinds, \"instance\"))").warnings())
        .containsExactly(SORT + " (1:1)");
  }

  @Test
  void looksUpInfoSeriesAtEachStep() {
    assertThat(range("sort(info(kinds @ end(), {version=~\".+\"}))").warnings())
        .containsExactly(SORT + " (1:1)");
    Value.Matrix m =
        (Value.Matrix) range("info(kinds{instance=\"1\"} @ 600, {version=~\".+\"})").value();
    assertThat(m.series()).extracting(s -> s.labels().get("version")).isEqualTo(List.of("new"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "rate(x[min_of(10m, 2 * step())]) | 14:29: duration must be greater than 0",
        "x offset ((3m - 1m) * 2) ^ 5m | 11:29: duration is NaN or infinite",
        "max_over_time(x[min_of(10m, 2 * step()):step()]) | 40:46: duration must be greater than 0",
        "min_over_time(x[1m] smoothed) + rate(x[step()]) | 39:45: duration must be greater than 0",
        "(x * on (a) group_left ) | 1:24: parse error: unexpected \")\" in grouping opts, expected"
            + " \"(\"",
        "x * on (a) group_left bool x | 1:23: parse error: unexpected <bool> in grouping opts,"
            + " expected \"(\"",
        "x * on (a) group_left [5m] | 1:23: parse error: unexpected \"[\" in grouping opts,"
            + " expected \"(\"",
      })
  void reportsFirstErrorWithItsPosition(String query, String error) {
    assertThatThrownBy(() -> engine.instant(store, query, MINUTE, QueryOptions.DEFAULT).execute())
        .hasMessage(error);
  }

  /** Prometheus gives series a label without a name there. */
  @Test
  void labelRequiresAName() {
    assertThatThrownBy(() -> range("histogram_quantiles(kinds, '', 0.5)"))
        .isInstanceOf(QueryException.class)
        .hasMessage("invalid destination label name in histogram_quantiles(): ");
  }
}
