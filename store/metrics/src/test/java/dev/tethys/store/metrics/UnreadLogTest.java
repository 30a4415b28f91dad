package dev.tethys.store.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import dev.tethys.model.file.FileAccess;
import dev.tethys.model.file.RealFiles;
import dev.tethys.model.storage.Appender;
import dev.tethys.model.storage.SelectHints;
import dev.tethys.model.storage.Selection;
import dev.tethys.model.storage.StorageException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A log that the disk does not give at a start. */
class UnreadLogTest {
  private static final DatabaseOptions OPTIONS = DatabaseOptions.DEFAULTS.withBackground(false);
  private static final long T0 = 1_700_000_000_000L;

  @TempDir Path folder;

  /** Files of which the log is cut after it was mapped: reading it faults as on a broken disk. */
  private static FileAccess faulty() {
    return WatchedFiles.after(
        new RealFiles(),
        (operation, arguments) -> {
          if (operation.equals("map") && isLog((Path) arguments[0])) {
            cut((Path) arguments[0]);
          }
        });
  }

  private static boolean isLog(Path p) {
    Path parent = p.getParent();
    return parent != null && parent.endsWith("wal");
  }

  private static void cut(Path p) throws IOException {
    try (FileChannel c = FileChannel.open(p, StandardOpenOption.WRITE)) {
      c.truncate(0);
    }
  }

  @Test
  void failedStartReportsTheCauseAndALaterOneFindsAllSamples() throws Exception {
    try (MetricsDatabase db = MetricsDatabase.open(folder, OPTIONS);
        Appender a = db.appender()) {
      for (int i = 0; i < 2000; i++) {
        a.append(a.series(Labels.of("__name__", "m", "n", "" + i)), 0, T0, i);
      }
      a.commit();
      copy(folder.resolve("wal"), folder.resolve("kept"));
    }
    delete(folder.resolve("head"));
    delete(folder.resolve("wal"));
    copy(folder.resolve("kept"), folder.resolve("wal")); // as after a kill
    assertThatThrownBy(() -> MetricsDatabase.open(folder, OPTIONS, faulty()))
        .isInstanceOf(StorageException.class)
        .hasMessageContaining("write-ahead log")
        .hasMessageContaining(folder.toString())
        .hasMessageContaining("check the disk");
    delete(folder.resolve("wal"));
    copy(folder.resolve("kept"), folder.resolve("wal")); // what the disk has, in truth
    try (MetricsDatabase db = MetricsDatabase.open(folder, OPTIONS);
        Selection s =
            db.select(SelectHints.range(T0, T0), List.of(Matcher.equal("__name__", "m")))) {
      assertThat(s.size()).isEqualTo(2000);
    }
  }

  private static void copy(Path from, Path to) throws IOException {
    Files.createDirectories(to);
    try (var all = Files.list(from)) {
      for (Path p : all.toList()) {
        Files.copy(p, to.resolve(p.getFileName()));
      }
    }
  }

  private static void delete(Path folder) throws IOException {
    if (Files.exists(folder)) {
      try (var all = Files.list(folder)) {
        for (Path p : all.toList()) {
          Files.delete(p);
        }
      }
    }
  }
}
