package dev.tethys.bench;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.Stream;

/**
 * Damages files on disk, a million times: each later read must return data that was once written,
 * or fail with a {@code StorageException}. A failing round is repeated by its seed.
 */
final class Fuzz {
  /** One kind of file to damage. */
  interface Target extends AutoCloseable {
    /**
     * Damages and reads once.
     *
     * @return number of damaged files
     * @throws AssertionError if a response is invalid
     */
    long round(Random r) throws Exception;

    /** Summarizes the rounds so far. */
    String summary();

    @Override
    default void close() throws Exception {}
  }

  private static final Map<String, Function<Path, Target>> TARGETS = new LinkedHashMap<>();

  static {
    TARGETS.put("wal", WalFuzz::new);
    TARGETS.put("blocks", BlockFuzz::new);
    TARGETS.put("log-parts", LogPartFuzz::new);
  }

  /** A round that takes longer hangs. */
  private static final long LONGEST_SECONDS = 30;

  private Fuzz() {}

  /** Arguments are targets, {@code count=1000000} files and {@code seed=1}; 0 if all was well. */
  static int run(String[] args) throws Exception {
    Options options =
        new Options()
            .with("count", 1_000_000)
            .with("seed", 1)
            .withWords(String.join(", ", TARGETS.keySet()), TARGETS::containsKey)
            .read(args);
    List<String> what = options.words();
    int failed = 0;
    for (String name : what.isEmpty() ? List.copyOf(TARGETS.keySet()) : what) {
      failed += rounds(name, options.number("count"), options.number("seed"));
    }
    return failed == 0 ? 0 : 1;
  }

  private static int rounds(String name, long count, long seed) throws Exception {
    Function<Path, Target> make = TARGETS.get(name);
    if (make == null) {
      throw new IllegalArgumentException(name);
    }
    Path shm = Path.of("/dev/shm");
    Path dir =
        Files.isWritable(shm)
            ? Files.createTempDirectory(shm, "tethys-fuzz")
            : Files.createTempDirectory("tethys-fuzz");
    // Damage is logged, each time.
    Logger.getLogger("dev.tethys.store").setLevel(Level.OFF);
    int failed = 0;
    long files = 0;
    long began = System.nanoTime();
    long reportedAt = began;
    try (Target t = make.apply(dir)) {
      for (long i = 0; files < count && failed < 10; i++) {
        long start = System.nanoTime();
        try {
          files += t.round(new Random(seed + i));
          if (System.nanoTime() - start > TimeUnit.SECONDS.toNanos(LONGEST_SECONDS)) {
            throw new AssertionError("the round took more than " + LONGEST_SECONDS + " s");
          }
        } catch (Exception | Error e) {
          failed++;
          files++;
          System.out.printf("%s: seed=%d count=1 fails%n", name, seed + i);
          e.printStackTrace(System.out);
        }
        long now = System.nanoTime();
        if (now - reportedAt > TimeUnit.SECONDS.toNanos(10)) {
          reportedAt = now;
          System.out.printf(
              Locale.ROOT,
              "%s: %d files, %.0f a second, %s%n",
              name,
              files,
              files * 1e9 / (now - began),
              t.summary());
        }
      }
      System.out.printf(
          "%s: %s after %d files from seed %d: %s%n",
          name, failed == 0 ? "well" : failed + " FAILED", files, seed, t.summary());
    } finally {
      delete(dir);
    }
    return failed;
  }

  /** Removes a folder with its content. */
  static void delete(Path dir) throws java.io.IOException {
    if (!Files.exists(dir)) {
      return;
    }
    try (Stream<Path> all = Files.walk(dir)) {
      for (Path p : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(p);
      }
    }
  }
}
