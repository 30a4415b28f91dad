package dev.tethys.store.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import dev.tethys.model.storage.Appender;
import dev.tethys.model.storage.SampleBuffer;
import dev.tethys.model.storage.SelectHints;
import dev.tethys.model.storage.Selection;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Ends a real process by SIGKILL while it writes, again and again on the same folder. The process
 * prints the number of each batch after its commit returned: all printed batches must be there.
 */
@Tag("slow")
class KillTest {
  private static final long T0 = 1_699_999_200_000L;
  private static final int SERIES = 150;
  private static final int KILLS = 10;

  @TempDir Path folder;

  private static DatabaseOptions options() {
    return DatabaseOptions.DEFAULTS
        .withRetention(Duration.ofDays(1000), 0)
        .withBlockDuration(Duration.ofMinutes(10))
        .withLog(DatabaseOptions.Fsync.EACH_SECOND, 1 << 18, 1 << 18);
  }

  /** The process that is killed: arguments folder, number of the first batch. */
  static final class Writer {
    @SuppressWarnings("SystemOut")
    public static void main(String[] args) {
      MetricsDatabase db = MetricsDatabase.open(Path.of(args[0]), options());
      for (int step = Integer.parseInt(args[1]); ; step++) {
        try (Appender a = db.appender()) {
          for (int i = 0; i < SERIES; i++) {
            long ref = a.series(Labels.of("__name__", "m", "i", "" + i));
            a.append(ref, 0, T0 + step * 1000L, step * 0.5 + i);
          }
          a.commit();
        }
        System.out.println(step);
        System.out.flush();
      }
    }
  }

  @Test
  void killedAgainAndAgain() throws IOException, InterruptedException {
    Random r = new Random(5);
    int next = 0;
    for (int kill = 0; kill < KILLS; kill++) {
      ProcessBuilder b =
          new ProcessBuilder(
              ProcessHandle.current().info().command().orElse("java"),
              "-Xmx128m",
              "-XX:TieredStopAtLevel=1",
              "-XX:+UseSerialGC",
              "--enable-native-access=ALL-UNNAMED",
              "-cp",
              System.getProperty("java.class.path"),
              Writer.class.getName(),
              folder.toString(),
              Integer.toString(next));
      b.redirectError(ProcessBuilder.Redirect.DISCARD);
      Process p = b.start();
      int last = next - 1;
      int until = next + 100 + r.nextInt(700);
      try (BufferedReader in =
          new BufferedReader(new InputStreamReader(p.getInputStream(), StandardCharsets.UTF_8))) {
        String line;
        while ((line = in.readLine()) != null && !line.isEmpty()) {
          last = Integer.parseInt(line);
          if (last >= until) {
            p.toHandle().destroyForcibly(); // unlike the process's own, it leaves the pipe open
            break;
          }
        }
        // What it printed until it ended was acknowledged, too; a line cut short was not.
        while ((line = in.readLine()) != null) {
          if (line.equals(Integer.toString(last + 1))) {
            last++;
          }
        }
      } finally {
        p.destroyForcibly();
        assertThat(p.waitFor(30, TimeUnit.SECONDS)).isTrue();
      }
      assertThat(last).as("the process worked").isGreaterThanOrEqualTo(until);
      next = check(last);
    }
  }

  /** All batches up to {@code last} are there, and after them at most whole batches. */
  private int check(int last) {
    try (MetricsDatabase db = MetricsDatabase.open(folder, options().withBackground(false))) {
      assertThat(db.recovery().problems()).isEmpty();
      SampleBuffer b = new SampleBuffer();
      int size = -1;
      try (Selection s =
          db.select(
              SelectHints.range(0, Long.MAX_VALUE), List.of(Matcher.equal("__name__", "m")))) {
        assertThat(s.size()).isEqualTo(SERIES);
        for (int i = 0; i < SERIES; i++) {
          s.read(i, b);
          int number = Integer.parseInt(s.labels(i).get("i"));
          size = size < 0 ? b.size : size;
          assertThat(b.size).as("series of one batch").isEqualTo(size);
          for (int k = 0; k < b.size; k++) {
            if (b.timestamps[k] != T0 + k * 1000L || b.values[k] != k * 0.5 + number) {
              throw new AssertionError(
                  "batch " + k + " of series " + number + " is " + b.values[k]);
            }
          }
        }
      }
      assertThat(size).isGreaterThan(last);
      return size;
    }
  }
}
