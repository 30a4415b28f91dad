package dev.tethys.bench;

import dev.tethys.model.Labels;
import dev.tethys.model.logs.LogBatch;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Log entries of sixteen applications for {@link LogStoreRuns}: text, logfmt, JSON and access lines
 * with identifiers, numbers and times. Batch n is the same each time.
 */
final class LogStoreLines {
  /** Unix nanoseconds of the first entry. */
  static final long BEGIN = 1_795_586_400_000_000_000L;

  /** Nanoseconds between two batches. */
  static final long BATCH_NANOS = 10_000_000L;

  private static final int APPS = 16;
  private static final int PODS = 3;
  private static final String[] LEVELS = {"info", "info", "info", "debug", "warn", "error"};
  private static final String[] WORDS = words();

  private final List<Labels> streams = new ArrayList<>();
  private final long seed;

  LogStoreLines(long seed) {
    this.seed = seed;
    for (int a = 0; a < APPS; a++) {
      for (int p = 0; p < PODS; p++) {
        streams.add(
            Labels.of("app", "app" + a, "namespace", "ns" + a % 3, "pod", "app" + a + "-" + p));
      }
    }
  }

  private static String[] words() {
    SplittableRandom r = new SplittableRandom(7);
    String[] out = new String[20_000];
    for (int i = 0; i < out.length; i++) {
      StringBuilder b = new StringBuilder();
      for (int k = 4 + r.nextInt(7); k > 0; k--) {
        b.append((char) ('a' + r.nextInt(26)));
      }
      out[i] = b.toString();
    }
    return out;
  }

  private static String word(SplittableRandom r) {
    double d = r.nextDouble();
    return WORDS[(int) (WORDS.length * d * d * d)];
  }

  private static String hex(SplittableRandom r, int digits) {
    String s = "0000000000000000" + Long.toHexString(r.nextLong());
    return s.substring(s.length() - Math.min(digits, 16));
  }

  /** Fills a batch with the entries of a number. */
  void fill(long number, int rows, LogBatch into) {
    SplittableRandom r = new SplittableRandom(seed * 1_000_003 + number);
    into.clear();
    int level = into.name("level");
    int trace = into.name("trace_id");
    int[] indexes = new int[streams.size()];
    for (int i = 0; i < indexes.length; i++) {
      indexes[i] = into.stream(streams.get(i));
    }
    for (int i = 0; i < rows; i++) {
      int app = r.nextInt(APPS);
      String severity = LEVELS[r.nextInt(LEVELS.length)];
      long time = BEGIN + number * BATCH_NANOS + i * (BATCH_NANOS / rows);
      byte[] body = line(app, severity, number, r).getBytes(StandardCharsets.UTF_8);
      into.add(time, indexes[app * PODS + r.nextInt(PODS)], body, 0, body.length);
      byte[] value = severity.getBytes(StandardCharsets.UTF_8);
      into.metadata(level, value, 0, value.length);
      if (i % 10 == 0) {
        byte[] id = (hex(r, 16) + hex(r, 16)).getBytes(StandardCharsets.UTF_8);
        into.metadata(trace, id, 0, id.length);
      }
    }
  }

  private static String line(int app, String level, long number, SplittableRandom r) {
    int template = r.nextInt(40) + app * 40;
    SplittableRandom t = new SplittableRandom(template);
    String text = word(t) + " " + word(t) + " " + word(t);
    return switch (app & 3) {
      case 0 ->
          text
              + " for user "
              + r.nextInt(1_000_000)
              + " in "
              + r.nextInt(9000) / 10.0
              + "ms, "
              + word(r)
              + " batch "
              + number;
      case 1 ->
          "level="
              + level
              + " msg=\""
              + text
              + "\" id="
              + hex(r, 16)
              + " took="
              + r.nextInt(5000)
              + " worker="
              + r.nextInt(32)
              + " source="
              + word(r)
              + " batch="
              + number;
      case 2 ->
          "{\"level\":\""
              + level
              + "\",\"msg\":\""
              + text
              + "\",\"status\":"
              + (r.nextInt(20) == 0 ? 500 : 200)
              + ",\"request\":\""
              + hex(r, 8)
              + "-"
              + hex(r, 12)
              + "\",\"size\":"
              + r.nextInt(100_000)
              + ",\"batch\":"
              + number
              + "}";
      default ->
          "10.0."
              + r.nextInt(256)
              + "."
              + r.nextInt(256)
              + " - - \"GET /"
              + word(t)
              + "/"
              + r.nextInt(100_000)
              + "/"
              + word(r)
              + " HTTP/1.1\" 200 "
              + r.nextInt(50_000)
              + " "
              + number;
    };
  }
}
