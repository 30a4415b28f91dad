package dev.tethys.store.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import dev.tethys.model.Matcher.Type;
import dev.tethys.model.cancellation.Cancellation;
import dev.tethys.model.storage.Appender;
import dev.tethys.model.storage.SelectHints;
import dev.tethys.model.storage.Selection;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Expressions that take long over many values delay only their own query. */
@Timeout(60) // a writer that has to wait would wait for ever
class LongExpressionsTest {
  private static final long T0 = 1_700_000_000_000L;
  private static final int VALUES = 3_000;
  private static final List<Matcher> SLOW = List.of(Matcher.of(Type.REGEX, "i", ".*.*.*9"));

  @TempDir Path folder;
  private MetricsDatabase db;

  @BeforeEach
  void open() {
    db = MetricsDatabase.open(folder, DatabaseOptions.DEFAULTS.withBackground(false));
    for (int i = 0; i < VALUES; i++) {
      write("m", "v" + i, T0);
    }
  }

  @AfterEach
  void close() {
    db.close();
  }

  private void write(String name, String i, long time) {
    try (Appender a = db.appender()) {
      a.append(a.series(Labels.of("__name__", name, "i", i)), 0, time, 1);
      a.commit();
    }
  }

  private int select(List<Matcher> matchers) {
    try (Selection s = db.select(SelectHints.range(T0, T0 + 60_000), matchers)) {
      return s.size();
    }
  }

  @Test
  void stopsACancelledQuery() {
    AtomicInteger asked = new AtomicInteger();
    assertThatThrownBy(
            () ->
                Cancellation.within(
                    () -> {
                      if (asked.incrementAndGet() == 30) {
                        throw new IllegalStateException("enough");
                      }
                    },
                    () -> select(SLOW)))
        .hasMessage("enough");
    assertThat(asked).hasValue(30);
    assertThat(select(SLOW)).as("asked again").isEqualTo(VALUES / 10);
    write("m", "w9", T0);
    assertThat(select(SLOW)).as("a series is new").isEqualTo(VALUES / 10 + 1);
  }

  @Test
  void testsValuesOnce() {
    assertThat(select(SLOW)).isEqualTo(VALUES / 10);
    write("m", "w9", T0);
    AtomicInteger asked = new AtomicInteger();
    int found = Cancellation.within(asked::incrementAndGet, () -> select(SLOW));
    assertThat(found).isEqualTo(VALUES / 10 + 1);
    assertThat(asked).hasValueLessThan(5);
    assertThat(select(List.of(Matcher.of(Type.NOT_REGEX, "i", ".*.*.*9"))))
        .isEqualTo(VALUES - VALUES / 10);
  }

  @Test
  void writesAndFindsConcurrentlyAddedSeries() throws Exception {
    CountDownLatch running = new CountDownLatch(1);
    CountDownLatch written = new CountDownLatch(1);
    AtomicInteger found = new AtomicInteger();
    Thread asks =
        Thread.ofPlatform()
            .start(
                () ->
                    found.set(
                        Cancellation.within(
                            () -> {
                              running.countDown();
                              await(written);
                            },
                            () -> select(SLOW))));
    running.await();
    write("m", "new-9", T0);
    write("m", "new-8", T0);
    written.countDown();
    asks.join();
    assertThat(found).hasValue(VALUES / 10 + 1);
  }

  @Test
  void looksUpLabelsInTheSameWay() throws Exception {
    CountDownLatch running = new CountDownLatch(1);
    CountDownLatch written = new CountDownLatch(1);
    AtomicInteger found = new AtomicInteger();
    Thread asks =
        Thread.ofPlatform()
            .start(
                () ->
                    found.set(
                        Cancellation.within(
                            () -> {
                              running.countDown();
                              await(written);
                            },
                            () -> db.labelValues("i", T0, T0 + 60_000, SLOW, 0).values().size())));
    running.await();
    write("m", "new-9", T0);
    written.countDown();
    asks.join();
    assertThat(found).hasValue(VALUES / 10 + 1);
  }

  /** Asks while another action runs to its end before the first value is tested. */
  private static <T> T askWhile(Runnable done, Supplier<T> asks) {
    AtomicBoolean first = new AtomicBoolean(true);
    return Cancellation.within(
        () -> {
          if (first.getAndSet(false)) {
            try {
              Thread.ofPlatform().start(done).join();
            } catch (InterruptedException e) {
              throw new IllegalStateException(e);
            }
          }
        },
        asks);
  }

  @Test
  void exchangesBlocksConcurrently() {
    write("m", "later", T0 + 4 * 3_600_000); // so that the range before is complete
    assertThat(askWhile(db::maintain, () -> select(SLOW))).isEqualTo(VALUES / 10);
    assertThat(db.stats(1).blocks()).isPositive();
  }

  @Test
  void exchangesBlocksDuringLabelLookups() {
    write("m", "later", T0 + 4 * 3_600_000);
    int found =
        askWhile(db::maintain, () -> db.labelValues("i", T0, T0 + 60_000, SLOW, 0).values().size());
    assertThat(found).isEqualTo(VALUES / 10);
    assertThat(db.stats(1).blocks()).isPositive();
  }

  @Test
  void deletionDoesNotDelayWriters() {
    askWhile(
        () -> write("m", "v8", T0 + 1_000),
        () -> {
          db.delete(T0, T0 + 60_000, List.of(SLOW));
          return 0;
        });
    assertThat(select(SLOW)).isZero();
    assertThat(select(List.of(Matcher.of(Type.REGEX, "i", "v.*")))).isEqualTo(VALUES - VALUES / 10);
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
