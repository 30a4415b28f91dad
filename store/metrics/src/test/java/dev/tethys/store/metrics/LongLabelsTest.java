package dev.tethys.store.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.model.Labels;
import dev.tethys.model.LabelsBuilder;
import dev.tethys.model.Matcher;
import dev.tethys.model.storage.Appender;
import dev.tethys.model.storage.Appender.Outcome;
import dev.tethys.model.storage.SampleBuffer;
import dev.tethys.model.storage.SelectHints;
import dev.tethys.model.storage.Selection;
import dev.tethys.model.storage.StorageException;
import dev.tethys.model.storage.StorageException.Reason;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Series whose labels take more than the store keeps are refused alone and leave nothing behind.
 */
class LongLabelsTest {
  private static final long T0 = 1_700_000_000_000L;

  @TempDir Path folder;

  private MetricsDatabase open() {
    return MetricsDatabase.open(folder, DatabaseOptions.DEFAULTS.withBackground(false));
  }

  private static double read(MetricsDatabase db, String metric) {
    SampleBuffer b = new SampleBuffer();
    try (Selection s =
        db.select(SelectHints.range(T0, T0), List.of(Matcher.equal("__name__", metric)))) {
      assertThat(s.size()).isEqualTo(1);
      s.read(0, b);
      assertThat(b.size).isEqualTo(1);
      return b.values[0];
    }
  }

  private static int count(MetricsDatabase db, String metric) {
    try (Selection s =
        db.select(SelectHints.range(T0, T0), List.of(Matcher.equal("__name__", metric)))) {
      return s.size();
    }
  }

  private static void refused(Appender a, Labels labels, String... words) {
    assertThatThrownBy(() -> a.series(labels))
        .isInstanceOfSatisfying(
            StorageException.class,
            e -> {
              assertThat(e.reason()).isEqualTo(Reason.LIMIT);
              assertThat(e.getMessage()).contains(words).hasSizeLessThan(1000);
            });
  }

  /** A label whose bytes, those of its lengths among them, are so many. */
  private static Labels withLabel(String metric, String name, int bytes) {
    return Labels.of("__name__", metric, name, "x".repeat(bytes - 1 - name.length() - 3));
  }

  @Test
  void tooLongLabelRejectsOnlyItsSeries() {
    try (MetricsDatabase db = open()) {
      try (Appender a = db.appender()) {
        refused(
            a,
            withLabel("a", "sql", 262_145),
            "metric \"a\"",
            "label \"sql\" takes 262145 bytes with its value",
            "the most is 262144");
        assertThat(a.append(a.series(withLabel("fits", "sql", 262_144)), 0, T0, 3))
            .isEqualTo(Outcome.OK);
        assertThat(a.append(a.series(Labels.of("__name__", "b")), 0, T0, 7)).isEqualTo(Outcome.OK);
        a.commit();
      }
      assertThat(count(db, "a")).isZero();
      assertThat(read(db, "b")).isEqualTo(7);
      assertThat(read(db, "fits")).isEqualTo(3);
      db.delete(Long.MIN_VALUE, Long.MAX_VALUE, List.of(List.of(Matcher.equal("__name__", "a"))));
      assertThat(read(db, "b")).isEqualTo(7);
      assertThat(db.status().memory().refused()).isEqualTo(1);
    }
    try (MetricsDatabase db = open()) {
      assertThat(db.recovery().problems()).isEmpty();
      assertThat(count(db, "a")).isZero();
      assertThat(read(db, "b")).isEqualTo(7);
      assertThat(read(db, "fits")).isEqualTo(3);
    }
  }

  @Test
  void doesNotQuoteLongNameCompletely() {
    try (MetricsDatabase db = open();
        Appender a = db.appender()) {
      refused(a, Labels.of("__name__", "m".repeat(300_000)), "label \"__name__\"");
      refused(a, Labels.of("__name__", "m", "n".repeat(300_000), "v"), "metric \"m\"");
    }
  }

  @Test
  void tooLongLabelSetRejectsItsSeries() {
    LabelsBuilder most = new LabelsBuilder();
    most.set("__name__", "most");
    for (int i = 0; i < 5; i++) {
      most.set("long" + i, "x".repeat(200_000));
    }
    LabelsBuilder over = new LabelsBuilder();
    over.set("__name__", "over");
    for (int i = 0; i < 6; i++) {
      over.set("long" + i, "x".repeat(200_000));
    }
    try (MetricsDatabase db = open()) {
      try (Appender a = db.appender()) {
        refused(
            a,
            over.build(),
            "metric \"over\"",
            "its labels take 1200",
            "the most is 1048576",
            "longest is \"long0\"");
        a.append(a.series(most.build()), 0, T0, 5);
        // What stands before it in a piece of the snapshot.
        a.append(a.series(withLabel("before", "x", 200_000)), 0, T0, 6);
        a.commit();
      }
      assertThat(count(db, "over")).isZero();
    }
    try (MetricsDatabase db = open()) {
      assertThat(db.recovery().problems()).isEmpty();
      assertThat(read(db, "most")).isEqualTo(5);
      assertThat(read(db, "before")).isEqualTo(6);
    }
  }

  @Test
  void tooManyLabelsRejectTheirSeries() {
    LabelsBuilder many = new LabelsBuilder();
    many.set("__name__", "many");
    for (int i = 0; i < 60_000; i++) {
      many.set("l" + i, "v");
    }
    try (MetricsDatabase db = open();
        Appender a = db.appender()) {
      refused(a, many.build(), "metric \"many\"", "has 60001 labels", "the most is 52428");
    }
  }
}
