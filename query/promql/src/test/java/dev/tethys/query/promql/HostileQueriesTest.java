package dev.tethys.query.promql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.model.Labels;
import dev.tethys.model.storage.Appender;
import dev.tethys.query.promql.parser.ParserOptions;
import dev.tethys.query.promql.parser.PromqlParseException;
import dev.tethys.testkit.HostileQueries;
import dev.tethys.testkit.MemoryMetricStore;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Hostile queries end with a response or a refusal, hold no more than they may, and affect no other
 * query.
 */
@Tag("slow")
class HostileQueriesTest {
  private static final long NOW = 100_000;
  private static final long MAX_BYTES = 24 << 20;
  private static final MemoryMetricStore STORE = new MemoryMetricStore();
  private static final PromqlEngine ENGINE = engine(300);

  /** For what ends by itself, however busy the machine is. */
  private static final PromqlEngine PATIENT = engine(120_000);

  private static PromqlEngine engine(long timeoutMillis) {
    return new PromqlEngine(
        EngineOptions.builder()
            .maxBytes(MAX_BYTES)
            .maxBytesPerQuery(MAX_BYTES / 2)
            .maxSamples(1_000_000)
            .timeoutMillis(timeoutMillis)
            .threads(2)
            .parser(ParserOptions.ALL)
            .build());
  }

  @BeforeAll
  static void fill() {
    try (Appender a = STORE.appender()) {
      for (int i = 0; i < 300; i++) {
        for (String name : new String[] {"h", "h_total"}) {
          long ref = a.series(Labels.of("__name__", name, "g", "g" + i % 7, "i", "i" + i));
          for (int k = 0; k < 40; k++) {
            a.append(ref, 0, (NOW - (40 - k) * 15L) * 1000, k * (i + 0.5));
          }
        }
      }
      a.commit();
    }
  }

  @AfterAll
  static void close() {
    ENGINE.close();
    PATIENT.close();
    STORE.close();
  }

  /**
   * A million windows of a million samples each over one series: hours, unless the query is
   * stopped. Sums of integers would be there in a moment.
   */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "stddev_over_time(%s)",
        "quantile_over_time(0.5, %s)",
        "mad_over_time(%s)",
        "sum_over_time(%s)",
        "avg_over_time(%s)",
        "deriv(%s)",
        "predict_linear(%s, 60)",
        "double_exponential_smoothing(%s, 0.5, 0.5)",
        "ts_of_max_over_time(%s)",
        "rate(%s)"
      })
  @Timeout(60)
  void stopsWithinTimeLimitOverSingleSeries(String function) {
    try (PromqlEngine e =
        new PromqlEngine(
            EngineOptions.builder()
                .timeoutMillis(300)
                .threads(1)
                .parser(ParserOptions.ALL)
                .build())) {
      String windows = function.formatted("vector(time() % 7 + 0.1)[1000000s:1s]");
      Query q =
          e.instant(
              STORE,
              "max_over_time(" + windows + "[1000000s:1s])",
              3_000_000_000L,
              QueryOptions.DEFAULT);
      assertThatThrownBy(q::execute)
          .isInstanceOf(QueryException.class)
          .hasMessage("query timed out in expression evaluation");
    }
  }

  private static String outcome(HostileQueries.HostileQuery q) {
    try {
      Query made =
          q.step() == 0
              ? ENGINE.instant(STORE, q.query(), q.start() * 1000, QueryOptions.DEFAULT)
              : ENGINE.range(
                  STORE,
                  q.query(),
                  q.start() * 1000,
                  q.end() * 1000,
                  q.step() * 1000,
                  QueryOptions.DEFAULT);
      made.explain();
      made.execute();
      return "answered";
    } catch (PromqlParseException e) {
      return "not valid";
    } catch (QueryException e) {
      assertThat(e.kind()).as(q.query()).isNotEqualTo(QueryException.Kind.INTERNAL);
      return e.kind().toString();
    }
  }

  @Test
  void endWithAResultOrARejection() {
    HostileQueries hostile = new HostileQueries(1);
    Map<String, Integer> outcomes = new TreeMap<>();
    for (int i = 0; i < 400; i++) {
      HostileQueries.HostileQuery q = hostile.next(NOW);
      outcomes.merge(outcome(q), 1, Integer::sum);
      assertThat(ENGINE.memoryUsed()).as(q.query()).isZero();
      assertThat(ENGINE.running().size()).isZero();
    }
    assertThat(outcomes).containsKeys("answered", "not valid", "LIMIT");
  }

  private static final String LONG_VALUE =
      "label_replace(".repeat(15) + "topk(1, h)" + ", \"i\", \"$1$1\", \"i\", \"(.*)\")".repeat(15);

  /** Finding the groups of a single match would take minutes. */
  @Test
  void regexOverALongTextStopsAtTheDeadline() {
    String q = "label_replace(%s, \"b\", \"$1\", \"i\", \"(%s[0-9])\")";
    assertThatThrownBy(
            () ->
                ENGINE
                    .instant(
                        STORE,
                        q.formatted(LONG_VALUE, ".*".repeat(1_000)),
                        NOW * 1000 - 15_000,
                        QueryOptions.DEFAULT)
                    .execute())
        .isInstanceOfSatisfying(
            QueryException.class, e -> assertThat(e.kind()).isEqualTo(QueryException.Kind.TIMEOUT));
  }

  /** Groups of long values take their time for each call and series. */
  @Test
  void rejectsGroupsOfManyLongValues() {
    String q =
        "label_replace(".repeat(270)
            + LONG_VALUE
            + ", \"b\", \"$1\", \"i\", \"(.).*\")".repeat(270);
    assertThatThrownBy(
            () -> PATIENT.instant(STORE, q, NOW * 1000 - 15_000, QueryOptions.DEFAULT).execute())
        .isInstanceOfSatisfying(
            QueryException.class, e -> assertThat(e.kind()).isEqualTo(QueryException.Kind.LIMIT))
        .hasMessageContaining("long label values of more than 33554432 characters");
    assertThat(PATIENT.memoryUsed()).isZero();
  }

  /** What does not match is answered in no time, as are matchers with any number of groups. */
  @Test
  void skipsGroupsThatAreNotUsed() {
    String q = "label_replace(%s, \"b\", \"$1\", \"i\", \"(%sx)\")";
    PATIENT
        .instant(
            STORE,
            q.formatted(LONG_VALUE, ".*".repeat(1_000)),
            NOW * 1000 - 15_000,
            QueryOptions.DEFAULT)
        .execute();
    PATIENT
        .instant(
            STORE,
            "h{i=~\"i1" + "(1)?".repeat(20_000) + "\"}",
            NOW * 1000 - 15_000,
            QueryOptions.DEFAULT)
        .execute();
    assertThat(PATIENT.memoryUsed()).isZero();
  }

  @Test
  void rejectsGroupsOverTheMemoryLimit() {
    assertThatThrownBy(
            () ->
                PATIENT
                    .instant(
                        STORE,
                        "label_replace(h, \"a\", \"$1\", \"i\", \"" + "(.?)".repeat(8_000) + "\")",
                        NOW * 1000 - 15_000,
                        QueryOptions.DEFAULT)
                    .execute())
        .isInstanceOf(QueryException.class)
        .hasMessageContaining("more than the " + MAX_BYTES + " of query.max-memory-bytes");
    assertThat(PATIENT.memoryUsed()).isZero();
  }

  @Test
  void comparesMatchedAndIncludedLabelsQuickly() {
    String many =
        IntStream.range(0, 30_000).mapToObj(i -> "l" + i).collect(Collectors.joining(", "));
    String others = many.replace("l", "m");
    String q = "h * on (" + many + ") group_left (" + others + ") topk(1, h)";
    assertThatThrownBy(
            () ->
                PATIENT.instant(
                    STORE,
                    q.replace("m29999", "l29999"),
                    NOW * 1000 - 15_000,
                    QueryOptions.DEFAULT))
        .hasMessageContaining("label \"l29999\" must not occur in ON and GROUP clause at once");
  }

  @Test
  void rejectsHugeQueryWithoutAffectingOthers() throws Exception {
    // 600 series at 10,000 steps, a thousand copies of each: far above a hundred gigabytes.
    String huge =
        "count_values by (i) (\"v\", time() * h) or count_values by (g, i) (\"w\", h_total *"
            + " time())";
    Thread hostile =
        Thread.ofVirtual()
            .start(
                () -> {
                  for (int i = 0; i < 5; i++) {
                    assertThatThrownBy(
                            () ->
                                PATIENT
                                    .range(
                                        STORE,
                                        "{__name__=~\"h.*\"} @ " + NOW + " or " + huge,
                                        0,
                                        NOW * 1000,
                                        9_100,
                                        QueryOptions.DEFAULT)
                                    .execute())
                        .isInstanceOf(QueryException.class);
                  }
                });
    int answered = 0;
    while (hostile.isAlive() || answered == 0) {
      QueryResult r =
          PATIENT.instant(STORE, "count(h)", NOW * 1000 - 15_000, QueryOptions.DEFAULT).execute();
      assertThat(ResultText.of(r.value())).contains("300.0/");
      answered++;
    }
    hostile.join();
    assertThat(PATIENT.memoryUsed()).isZero();
  }
}
