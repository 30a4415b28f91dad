package dev.tethys.store.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import dev.tethys.model.storage.Appender;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Names of labels of matching series, asked again and again. */
class LabelNamesTest {
  private static final List<Matcher> ALL = List.of(Matcher.equal("__name__", "m"));

  @TempDir Path folder;

  private static void add(MetricsDatabase database, String... labels) {
    try (Appender a = database.appender()) {
      a.append(a.series(Labels.of(labels)), 0, 1_000, 1);
      a.commit();
    }
  }

  private static List<String> names(MetricsDatabase database, List<Matcher> matchers) {
    return database.labelNames(0, 2_000, matchers, 0).values();
  }

  @Test
  void followsNewSeries() throws Exception {
    try (MetricsDatabase database = MetricsDatabase.open(folder, DatabaseOptions.DEFAULTS)) {
      add(database, "__name__", "m", "job", "a");
      add(database, "__name__", "other", "zone", "a");
      assertThat(names(database, ALL)).containsExactly("__name__", "job");
      assertThat(names(database, ALL)).containsExactly("__name__", "job");
      assertThat(names(database, List.of(Matcher.equal("__name__", "other"))))
          .containsExactly("__name__", "zone");
      add(database, "__name__", "m", "pod", "p");
      assertThat(names(database, ALL)).containsExactly("__name__", "job", "pod");
      assertThat(names(database, List.of())).containsExactly("__name__", "job", "pod", "zone");
    }
  }
}
