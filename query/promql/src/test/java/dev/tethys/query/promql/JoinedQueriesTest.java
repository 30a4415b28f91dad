package dev.tethys.query.promql;

import static dev.tethys.testkit.Waiting.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import dev.tethys.model.storage.Appender;
import dev.tethys.model.storage.MetricSource;
import dev.tethys.model.storage.SelectHints;
import dev.tethys.model.storage.Selection;
import dev.tethys.model.storage.StorageException;
import dev.tethys.model.storage.TimeRanges;
import dev.tethys.query.promql.exec.Execution;
import dev.tethys.testkit.MemoryMetricStore;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Queries that ask the same at the same time. */
@Timeout(60)
class JoinedQueriesTest {
  private static final String TEXT = "sum(m)";
  private static final long STEP = 10_000;
  private static final long END = 400_000;

  /** Lets readers in one by one, as the test says. */
  private static final class Gate implements MetricSource {
    final MemoryMetricStore store = new MemoryMetricStore();
    final Semaphore open = new Semaphore(0);
    final AtomicInteger waiting = new AtomicInteger();
    final AtomicInteger reads = new AtomicInteger();
    volatile boolean broken;

    @Override
    public Selection select(SelectHints hints, List<Matcher> matchers) {
      reads.incrementAndGet();
      waiting.incrementAndGet();
      open.acquireUninterruptibly();
      waiting.decrementAndGet();
      if (broken) {
        throw new StorageException(StorageException.Reason.UNAVAILABLE, "the disk is gone");
      }
      return store.select(hints, matchers);
    }

    @Override
    public long changeMark() {
      return store.changeMark();
    }

    @Override
    public TimeRanges changedSince(long mark) {
      return store.changedSince(mark);
    }

    @Override
    public LabelResult labelNames(long from, long to, List<Matcher> matchers, int limit) {
      return store.labelNames(from, to, matchers, limit);
    }

    @Override
    public LabelResult labelValues(
        String name, long from, long to, List<Matcher> matchers, int limit) {
      return store.labelValues(name, from, to, matchers, limit);
    }

    @Override
    public List<Labels> series(long from, long to, List<List<Matcher>> sets, int limit) {
      return store.series(from, to, sets, limit);
    }

    @Override
    public List<SeriesExemplars> exemplars(long from, long to, List<List<Matcher>> sets) {
      return store.exemplars(from, to, sets);
    }
  }

  private final Gate gate = new Gate();
  private final PromqlEngine engine =
      new PromqlEngine(
          EngineOptions.builder().cacheBytes(1 << 20).maxConcurrent(20).threads(1).build());
  private final ExecutorService viewers = Executors.newCachedThreadPool();

  @BeforeEach
  void load() {
    write(0, END, 1);
  }

  @AfterEach
  void stop() {
    gate.open.release(1000);
    viewers.shutdownNow();
    engine.close();
  }

  private void write(long from, long to, double value) {
    try (Appender a = gate.store.appender()) {
      for (int i = 0; i < 5; i++) {
        long ref = a.series(Labels.of("__name__", "m", "i", "" + i));
        for (long t = from; t <= to; t += STEP) {
          a.append(ref, 0, t, value);
        }
      }
      a.commit();
    }
  }

  private Query query(long start) {
    return engine.range(gate, TEXT, start, END, STEP, QueryOptions.DEFAULT);
  }

  private List<Future<QueryResult>> ask(int n, long start) {
    List<Future<QueryResult>> out = new ArrayList<>();
    for (int i = 0; i < n; i++) {
      out.add(viewers.submit(() -> query(start).execute()));
    }
    return out;
  }

  /** One reads; the others wait for it. */
  private void awaitOneOf(int n) {
    await(() -> gate.waiting.get() == 1 && joined() == n - 1);
  }

  private static long joined() {
    return Thread.getAllStackTraces().values().stream()
        .filter(
            stack ->
                Stream.of(stack)
                    .anyMatch(
                        f ->
                            f.getClassName().equals(Execution.class.getName())
                                && f.getMethodName().equals("await")))
        .count();
  }

  @Test
  void identicalQueriesShareOneComputation() throws Exception {
    List<Future<QueryResult>> first = ask(1, STEP * 3);
    awaitOneOf(1);
    List<Future<QueryResult>> others = ask(9, STEP * 3);
    awaitOneOf(10);
    gate.open.release(1000);
    String want = ResultText.of(first.getFirst().get());
    assertThat(want).contains("5");
    int hits = 0;
    for (Future<QueryResult> f : others) {
      assertThat(ResultText.of(f.get())).isEqualTo(want);
      hits += f.get().statistics().reuse().outcome() == CacheReuse.Outcome.HIT ? 1 : 0;
    }
    assertThat(hits).isEqualTo(9);
    assertThat(gate.reads.get()).isEqualTo(1);
  }

  @Test
  void seesSamplesWrittenMeanwhile() throws Exception {
    List<Future<QueryResult>> first = ask(1, STEP * 3);
    awaitOneOf(1);
    write(END + STEP, END + STEP, 7); // beyond what is asked: nothing changes
    write(STEP * 30 + 1, STEP * 30 + 1, 7); // late, in the middle
    Future<QueryResult> later = ask(1, STEP * 3).getFirst();
    awaitOneOf(2);
    gate.open.release(1000);
    first.getFirst().get();
    assertThat(ResultText.of(later.get()))
        .isEqualTo(
            ResultText.of(
                engine
                    .range(gate.store, TEXT, STEP * 3, END, STEP, QueryOptions.DEFAULT)
                    .execute()));
  }

  @Test
  void othersComputeThemselvesWhenTheFirstFails() throws Exception {
    gate.broken = true;
    List<Future<QueryResult>> all = ask(1, 0);
    awaitOneOf(1);
    all.addAll(ask(3, 0));
    awaitOneOf(4);
    gate.open.release(1);
    assertThatThrownBy(() -> all.getFirst().get())
        .isInstanceOf(ExecutionException.class)
        .hasMessageContaining("the disk is gone");
    await(() -> gate.waiting.get() == 3);
    gate.broken = false;
    gate.open.release(1000);
    for (Future<QueryResult> f : all.subList(1, 4)) {
      assertThat(ResultText.of(f.get())).contains("5");
    }
  }

  @Test
  void waitingQueryCanBeCanceled() throws Exception {
    ask(1, 0);
    awaitOneOf(1);
    Query q = query(0);
    Future<QueryResult> waits = viewers.submit(q::execute);
    awaitOneOf(2);
    q.cancel();
    assertThatThrownBy(waits::get)
        .isInstanceOf(ExecutionException.class)
        .hasMessageContaining("canceled");
    assertThat(gate.reads.get()).isEqualTo(1);
  }

  @Test
  void differentQueriesDoNotWait() throws Exception {
    ask(1, 0);
    awaitOneOf(1);
    ask(1, STEP);
    await(() -> gate.waiting.get() == 2);
  }
}
