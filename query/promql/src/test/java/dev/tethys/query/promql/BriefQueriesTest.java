package dev.tethys.query.promql;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import dev.tethys.model.access.Scope;
import dev.tethys.model.storage.Appender;
import dev.tethys.model.storage.MetricSource;
import dev.tethys.model.storage.SelectHints;
import dev.tethys.model.storage.Selection;
import dev.tethys.testkit.MemoryMetricStore;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Which thread computes a query that a virtual thread asks. */
class BriefQueriesTest {
  private final MemoryMetricStore store = new MemoryMetricStore();
  private final AtomicLong nanos = new AtomicLong(1);
  private final ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor();
  private PromqlEngine engine;
  private long takes;

  /** Whether the thread that selected was virtual, by selection. */
  private final List<Boolean> virtual = new ArrayList<>();

  @BeforeEach
  void start() {
    engine = new PromqlEngine(EngineOptions.defaults(), InstantSource.system(), nanos::get);
    try (Appender a = store.appender()) {
      for (int s = 0; s < 3; s++) {
        long ref = a.series(Labels.of("__name__", "m", "s", "" + s));
        for (int i = 0; i < 20; i++) {
          a.append(ref, 0, i * 60_000L, i);
        }
      }
      a.commit();
    }
  }

  @AfterEach
  void stop() {
    callers.close();
    engine.close();
  }

  private QueryResult ask(String query) throws Exception {
    return callers
        .submit(
            () ->
                engine
                    .range(source(), query, 0, 19 * 60_000, 60_000, QueryOptions.DEFAULT)
                    .execute())
        .get();
  }

  private MetricSource source() {
    return new MetricSource() {
      @Override
      public Selection select(SelectHints hints, List<Matcher> matchers) {
        virtual.add(Thread.currentThread().isVirtual());
        nanos.addAndGet(takes);
        return store.select(hints, matchers);
      }

      @Override
      public LabelResult labelNames(long min, long max, List<Matcher> matchers, int limit) {
        throw new UnsupportedOperationException();
      }

      @Override
      public LabelResult labelValues(
          String name, long min, long max, List<Matcher> matchers, int limit) {
        throw new UnsupportedOperationException();
      }

      @Override
      public List<Labels> series(long min, long max, List<List<Matcher>> sets, int limit) {
        throw new UnsupportedOperationException();
      }

      @Override
      public List<SeriesExemplars> exemplars(long min, long max, List<List<Matcher>> sets) {
        throw new UnsupportedOperationException();
      }
    };
  }

  /** Measured until it takes so little; a first run is slow because nothing is compiled. */
  private void becomeBrief(String query) throws Exception {
    for (int i = 0; i < 500; i++) {
      ask(query);
      if (virtual.getLast()) {
        return;
      }
    }
    throw new AssertionError("never brief");
  }

  @Test
  void computesBriefQueryOnCallingThread() throws Exception {
    ask("sum(m)");
    assertThat(virtual).containsExactly(false);
    becomeBrief("sum(m)");
    QueryResult here = ask("sum(m)");
    assertThat(virtual.getLast()).isTrue();
    assertThat(here.statistics().totalSamples()).isEqualTo(60);
    assertThat(engine.status().top(Scope.DEFAULT, QueryCosts.Order.CPU, 1).getFirst().cpuSeconds())
        .as("it is charged what it took on a thread of its own")
        .isPositive();
  }

  @Test
  void restartsQueryThatIsNoLongerBrief() throws Exception {
    becomeBrief("sum(m)");
    virtual.clear();
    takes = BriefQueries.GIVE_UP_NANOS + 1;
    QueryResult late = ask("sum(m)");
    assertThat(virtual).containsExactly(true, false);
    assertThat(late.statistics().totalSamples()).as("counted once").isEqualTo(60);
    assertThat(((Value.Matrix) late.value()).series().getFirst().values()[19]).isEqualTo(57);
    assertThat(engine.memoryUsed()).isZero();
    assertThat(engine.running().size()).isZero();
  }

  @Test
  void computesDeepTreesOnSeparateThread() throws Exception {
    String tall = "-(".repeat(80) + "m" + ")".repeat(80);
    for (int i = 0; i < 50; i++) {
      ask(tall);
    }
    assertThat(virtual).doesNotContain(true);
  }

  @Test
  void measuresRememberedQueriesAgain() {
    BriefQueries b = new BriefQueries();
    assertThat(b.expected("m", 1)).isEqualTo(-1);
    b.measured("m", 1, BriefQueries.MAX_NANOS);
    for (int i = 0; i < BriefQueries.RUNS; i++) {
      assertThat(b.expected("m", 1)).isEqualTo(BriefQueries.MAX_NANOS);
    }
    assertThat(b.expected("m", 1)).isEqualTo(-1);
    b.measured("m", 1, 5);
    assertThat(b.expected("m", 2)).isEqualTo(-1);
    assertThat(b.expected("m", 1)).isEqualTo(5);
    b.measured("m", 1, BriefQueries.MAX_NANOS + 1);
    assertThat(b.expected("m", 1)).isEqualTo(-1);
    b.measured("x".repeat(BriefQueries.MAX_TEXT + 1), 1, 5);
    assertThat(b.expected("x".repeat(BriefQueries.MAX_TEXT + 1), 1)).isEqualTo(-1);
  }
}
