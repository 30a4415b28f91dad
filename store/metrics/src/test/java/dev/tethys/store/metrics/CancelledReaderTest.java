package dev.tethys.store.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import dev.tethys.model.cancellation.Cancellation;
import dev.tethys.model.file.FileAccess;
import dev.tethys.model.storage.Appender;
import dev.tethys.model.storage.SelectHints;
import dev.tethys.model.storage.Selection;
import dev.tethys.testkit.SimulatedFiles;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** A question that is called off at any moment releases the blocks it held. */
class CancelledReaderTest {
  private static final long HOUR = 3_600_000;
  private static final long T0 = 1_699_999_200_000L / (2 * HOUR) * (2 * HOUR);
  private static final List<Matcher> SOME =
      List.of(Matcher.of(Matcher.Type.REGEX, "i", ".*[1-3].*x"));

  private final List<Arena> mapped = new ArrayList<>();

  /** Called off at each of the moments at which it may be; then everything is closed. */
  private void callOff(Consumer<MetricsDatabase> question) {
    FileAccess disk =
        WatchedFiles.of(
            new SimulatedFiles(3),
            (operation, arguments) -> {
              if (operation.equals("map") && ((Path) arguments[0]).endsWith("chunks")) {
                mapped.add((Arena) arguments[1]);
              }
            });
    DatabaseOptions options =
        DatabaseOptions.DEFAULTS
            .withBackground(false)
            .withClock(InstantSource.fixed(Instant.ofEpochMilli(T0 + 6 * HOUR)));
    try (MetricsDatabase db = MetricsDatabase.open(Path.of("/data"), options, disk)) {
      for (long t = T0; t < T0 + 6 * HOUR; t += HOUR / 4) {
        try (Appender a = db.appender()) {
          for (int i = 0; i < 5; i++) {
            a.append(a.series(Labels.of("__name__", "m", "i", i + "x")), 0, t, i);
          }
          a.commit();
        }
      }
      db.maintain();
      assertThat(db.blockList()).isNotEmpty();
      int calledOff = 0;
      while (isCalledOff(db, question, calledOff + 1)) {
        calledOff++;
      }
      assertThat(calledOff).isGreaterThanOrEqualTo(3); // each part of the database asks
    }
    assertThat(mapped).isNotEmpty().noneMatch(a -> a.scope().isAlive());
  }

  private static boolean isCalledOff(
      MetricsDatabase db, Consumer<MetricsDatabase> question, int moment) {
    AtomicInteger asked = new AtomicInteger();
    try {
      return Cancellation.within(
          () -> {
            if (asked.incrementAndGet() == moment) {
              throw new IllegalStateException("enough");
            }
          },
          () -> {
            question.accept(db);
            return false;
          });
    } catch (IllegalStateException e) {
      assertThat(e).hasMessage("enough");
      return true;
    }
  }

  @Test
  void ofSamples() {
    callOff(
        db -> {
          try (Selection s = db.select(SelectHints.range(0, Long.MAX_VALUE - 1), SOME)) {
            assertThat(s.size()).isEqualTo(3);
          }
        });
  }

  @Test
  void ofSeries() {
    callOff(db -> assertThat(db.series(0, Long.MAX_VALUE - 1, List.of(SOME), 0)).hasSize(3));
  }

  @Test
  void ofLabelNames() {
    callOff(
        db ->
            assertThat(db.labelNames(0, Long.MAX_VALUE - 1, SOME, 0).values())
                .containsExactly("__name__", "i"));
  }

  @Test
  void ofLabelValues() {
    callOff(
        db -> assertThat(db.labelValues("i", 0, Long.MAX_VALUE - 1, SOME, 0).values()).hasSize(3));
  }

  @Test
  void ofCardinality() {
    callOff(
        db ->
            db.cardinality(new CardinalityQuery(0, Long.MAX_VALUE - 1, List.of(SOME), "i", "", 9)));
  }
}
