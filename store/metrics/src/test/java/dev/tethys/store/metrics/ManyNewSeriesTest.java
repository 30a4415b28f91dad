package dev.tethys.store.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import dev.tethys.model.file.FileAccess;
import dev.tethys.model.file.FileAccess.WritableFile;
import dev.tethys.model.file.RealFiles;
import dev.tethys.model.storage.Appender;
import dev.tethys.model.storage.SelectHints;
import dev.tethys.model.storage.Selection;
import dev.tethys.model.storage.StorageException;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Series that many scrapes at once have made before the first of them is committed. */
@Tag("slow")
class ManyNewSeriesTest {
  private static final long T0 = 1_700_000_000_000L;
  private static final int MANY = 60_000;
  private static final String LONG = "a value as long as those that people use for paths and pods";

  @TempDir Path folder;

  private final AtomicInteger largest = new AtomicInteger();
  private final AtomicBoolean full = new AtomicBoolean();

  /** Records the largest piece that is written at once. */
  private FileAccess files() {
    return proxy(FileAccess.class, new RealFiles());
  }

  private <T> T proxy(Class<T> type, T real) {
    return type.cast(
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (p, method, args) -> {
              if (type == WritableFile.class && method.getName().equals("write")) {
                if (full.get()) {
                  throw new IOException("no space left on device");
                }
                largest.accumulateAndGet((int) args[2], Math::max);
              }
              try {
                Object out = method.invoke(real, args);
                return out instanceof WritableFile f ? proxy(WritableFile.class, f) : out;
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            }));
  }

  private MetricsDatabase open(Path at) {
    return MetricsDatabase.open(at, DatabaseOptions.DEFAULTS.withBackground(false), files());
  }

  private static void append(Appender a, String job, int n) {
    for (int i = 0; i < n; i++) {
      Labels l = Labels.of("__name__", "m", "job", job, "n", Integer.toString(i), "x", LONG);
      a.append(a.series(l), 0, T0, i);
    }
  }

  private static int count(MetricsDatabase db, String job) {
    try (Selection s = db.select(SelectHints.range(T0, T0), List.of(Matcher.equal("job", job)))) {
      return s.size();
    }
  }

  private void copyTo(Path to) throws IOException {
    try (Stream<Path> all = Files.walk(folder.resolve("db"))) {
      for (Path p : (Iterable<Path>) all::iterator) {
        if (!p.endsWith("lock")) {
          Files.copy(p, to.resolve(folder.resolve("db").relativize(p)));
        }
      }
    }
  }

  @Test
  void definesSeriesInRecordsOfBoundedSize() throws IOException {
    try (MetricsDatabase db = open(folder.resolve("db"));
        Appender first = db.appender();
        Appender second = db.appender()) {
      append(first, "first", MANY);
      append(second, "second", 1);
      second.commit();
      assertThat(largest.get()).isBetween(100_000, 2_000_000);
      copyTo(folder.resolve("killed"));
      first.commit();
    }
    try (MetricsDatabase db = open(folder.resolve("killed"))) {
      assertThat(db.recovery().problems()).isEmpty();
      assertThat(count(db, "second")).isEqualTo(1);
    }
    try (MetricsDatabase db = open(folder.resolve("db"))) {
      assertThat(count(db, "first")).isEqualTo(MANY);
      assertThat(count(db, "second")).isEqualTo(1);
    }
  }

  @Test
  void definesSeriesLaterAfterAFullDisk() {
    try (MetricsDatabase db = open(folder.resolve("db"))) {
      try (Appender first = db.appender()) {
        append(first, "first", MANY);
        try (Appender second = db.appender()) {
          append(second, "second", 1);
          full.set(true);
          assertThatThrownBy(second::commit)
              .isInstanceOf(StorageException.class)
              .hasMessageContaining("no space left on device");
        }
        full.set(false);
        first.commit();
      }
      assertThat(count(db, "second")).isZero();
    }
    try (MetricsDatabase db = open(folder.resolve("db"))) {
      assertThat(db.recovery().problems()).isEmpty();
      assertThat(count(db, "first")).isEqualTo(MANY);
    }
  }
}
