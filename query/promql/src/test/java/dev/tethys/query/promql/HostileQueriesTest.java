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
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Hostile queries end with an answer or a refusal, hold no more than they may, and harm nobody. */
class HostileQueriesTest {
  private static final long NOW = 100_000;
  private static final long MAX_BYTES = 24 << 20;
  private static final MemoryMetricStore STORE = new MemoryMetricStore();
  private static final PromqlEngine ENGINE =
      new PromqlEngine(
          EngineOptions.builder()
              .maxBytes(MAX_BYTES)
              .maxBytesPerQuery(MAX_BYTES / 2)
              .maxSamples(1_000_000)
              .timeoutMillis(300)
              .threads(2)
              .parser(ParserOptions.ALL)
              .build());

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
    STORE.close();
  }

  private static String outcome(HostileQueries.Asked q) {
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
  void theyEndWithAnAnswerOrARefusal() {
    HostileQueries hostile = new HostileQueries(1);
    Map<String, Integer> outcomes = new TreeMap<>();
    for (int i = 0; i < 400; i++) {
      HostileQueries.Asked q = hostile.next(NOW);
      outcomes.merge(outcome(q), 1, Integer::sum);
      assertThat(ENGINE.memoryUsed()).as(q.query()).isZero();
      assertThat(ENGINE.running().size()).isZero();
    }
    assertThat(outcomes).containsKeys("answered", "not valid", "LIMIT");
  }

  @Test
  void aQueryOfAHundredGigabytesIsRefusedWhileOthersGoOn() throws Exception {
    // 600 series at 10,000 steps, a thousand copies of each: far above a hundred gigabytes.
    String huge =
        "count_values by (i) (\"v\", time() * h) or count_values by (g, i) (\"w\", h_total * time())";
    Thread hostile =
        Thread.ofVirtual()
            .start(
                () -> {
                  for (int i = 0; i < 5; i++) {
                    assertThatThrownBy(
                            () ->
                                ENGINE
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
          ENGINE.instant(STORE, "count(h)", NOW * 1000 - 15_000, QueryOptions.DEFAULT).execute();
      assertThat(ResultText.of(r.value())).contains("300.0/");
      answered++;
    }
    hostile.join();
    assertThat(ENGINE.memoryUsed()).isZero();
  }
}
