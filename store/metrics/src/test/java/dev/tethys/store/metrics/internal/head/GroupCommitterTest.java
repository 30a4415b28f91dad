package dev.tethys.store.metrics.internal.head;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import dev.tethys.model.storage.Appender;
import dev.tethys.model.storage.ChangeLog;
import dev.tethys.model.storage.SampleBuffer;
import dev.tethys.model.storage.StorageException;
import dev.tethys.store.metrics.internal.block.SourceSelection;
import dev.tethys.store.metrics.internal.index.Expressions;
import dev.tethys.testkit.Waiting;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

/** Groups of commits in which something unusual happens. */
class GroupCommitterTest {
  private static final long RANGE = 7_200_000;
  private static final long T0 = 1000 * RANGE;

  private final List<Integer> logged = new ArrayList<>();
  private Runnable atLog = () -> {};

  private final Head head =
      new Head(
          RANGE,
          new HeadSettings(RANGE, 1 << 20, Long.MAX_VALUE, 0, 0),
          frames -> {
            atLog.run();
            logged.add(frames.size);
          },
          InstantSource.fixed(Instant.ofEpochMilli(T0)),
          nanos -> {},
          new ChangeLog());

  private static Labels series(String name) {
    return Labels.of("__name__", name);
  }

  private Appender with(String name, long time) {
    Appender a = head.appender();
    a.append(a.series(series(name)), 0, time, 1);
    return a;
  }

  private List<Long> times(String name) {
    List<Matcher> m = List.of(Matcher.equal("__name__", name));
    List<Long> out = new ArrayList<>();
    SampleBuffer b = new SampleBuffer();
    try (SourceSelection s = head.select(0, Long.MAX_VALUE, m, Expressions.NONE)) {
      for (int i = 0; i < s.size(); i++) {
        b.clear();
        s.read(i, 0, Long.MAX_VALUE, b);
        for (int k = 0; k < b.size; k++) {
          out.add(b.timestamps[k]);
        }
      }
    }
    return out;
  }

  @Test
  void logErrorFailsOnlyItsGroup() {
    try (Appender a = with("a", T0);
        Appender b = with("b", T0)) {
      atLog =
          () -> {
            throw new OutOfMemoryError("of this test");
          };
      assertThatThrownBy(a::commit)
          .isInstanceOfSatisfying(
              StorageException.class,
              e -> assertThat(e.reason()).isEqualTo(StorageException.Reason.UNAVAILABLE))
          .hasMessageContaining("of this test");
      atLog = () -> {};
      b.commit();
    }
    assertThat(times("a")).isEmpty();
    assertThat(times("b")).containsExactly(T0);
    assertThat(logged).hasSize(1);
  }

  /** Batches that are one row, of which not all is newer than what came meanwhile. */
  @Test
  void treatsOvertakenSamplesOfARowAsLateAndTheRestAsInOrder() {
    try (Appender all = head.appender();
        Appender overtaking = head.appender();
        Appender equal = head.appender()) {
      for (int i = 0; i < 200; i++) {
        all.append(all.series(series("s" + i)), 0, T0, i);
      }
      overtaking.append(overtaking.series(series("s150")), 0, T0 + 5, 1);
      equal.append(equal.series(series("s20")), 0, T0, 20);
      overtaking.commit();
      equal.commit();
      all.commit();
    }
    for (int i = 0; i < 200; i++) {
      List<Long> expected = i == 150 ? List.of(T0, T0 + 5) : List.of(T0);
      assertThat(times("s" + i)).as("s%d", i).isEqualTo(expected);
    }
    assertThat(head.counters.late.sum()).isEqualTo(1);
    assertThat(head.counters.raced.sum()).isZero();
  }

  @Test
  void countsARowWhoseValueConflictsWithAnotherWriter() {
    try (Appender all = head.appender();
        Appender other = head.appender()) {
      for (int i = 0; i < 100; i++) {
        all.append(all.series(series("s" + i)), 0, T0, i);
      }
      other.append(other.series(series("s70")), 0, T0, -1);
      other.commit();
      all.commit();
    }
    assertThat(times("s70")).containsExactly(T0);
    assertThat(times("s71")).containsExactly(T0);
    assertThat(head.counters.raced.sum()).isEqualTo(1);
  }

  @Test
  void concurrentRestoresOfOneSeriesKeepItsOrder() throws InterruptedException {
    Appender first = with("gone", T0 + RANGE + 100);
    Appender second = with("gone", T0 + RANGE + 90);
    for (int i = 0; i < 64; i++) { // the series comes back among other neighbours
      try (Appender a = with("other" + i, T0 + RANGE)) {
        a.commit();
      }
    }
    try (SourceSelection s = head.selectOnce(0, T0 + RANGE - 1)) {
      head.truncation().close(T0 + RANGE);
      head.truncation().truncate(s, T0 + RANGE, true);
    }
    CountDownLatch reached = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    atLog =
        () -> {
          reached.countDown();
          try {
            go.await();
          } catch (InterruptedException e) {
            throw new IllegalStateException(e);
          }
        };
    Thread holding = new Thread(with("other0", T0 + RANGE + 1)::commit);
    holding.start();
    reached.await();
    List<Thread> threads = new ArrayList<>(List.of(holding));
    for (Appender a : List.of(first, second)) {
      Thread t = new Thread(a::commit);
      t.start();
      while (t.getState() != Thread.State.WAITING) { // in the queue, behind those before
        Waiting.pause();
      }
      threads.add(t);
    }
    go.countDown();
    for (Thread t : threads) {
      t.join();
    }
    assertThat(times("gone")).containsExactly(T0 + RANGE + 90, T0 + RANGE + 100);
    assertThat(head.counters.late.sum()).isEqualTo(1);
  }

  @Test
  void definitionsOfLongLabelsAreRecordsOfBoundedSize() {
    int count = 24;
    try (Appender a = head.appender()) {
      for (int i = 0; i < count; i++) {
        List<String> labels = new ArrayList<>(List.of("__name__", "long", "i", "" + i));
        for (int k = 0; k < 30; k++) {
          labels.add("label" + k);
          labels.add("v".repeat(30_000));
        }
        a.append(a.series(Labels.of(labels.toArray(String[]::new))), 0, T0, i);
      }
      a.commit();
    }
    assertThat(times("long")).hasSize(count);
    int all = logged.stream().mapToInt(Integer::intValue).sum();
    assertThat(all).isBetween(count * 900_000, count * 1_000_000);
    assertThat(logged).allSatisfy(n -> assertThat(n).isLessThan(5 << 20));
    assertThat(head.admission.unloggedBytes()).isZero();
  }
}
