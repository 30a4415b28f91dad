package dev.tethys.store.metrics.internal.head;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.Labels;
import dev.tethys.model.guard.SupervisedLoop;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The end of memory within the index of series. */
@Tag("slow")
class FullHeapIndexTest {
  @Test
  void outOfMemoryEndsTheProcessInsteadOfLeavingABrokenIndex() throws Exception {
    Process p =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-Xmx40m",
                "-cp",
                System.getProperty("java.class.path"),
                Series.class.getName())
            .redirectErrorStream(true)
            .start();
    String out = new String(p.getInputStream().readAllBytes(), UTF_8);
    assertThat(p.waitFor()).as(out).isEqualTo(SupervisedLoop.EXIT_CODE);
    assertThat(out).contains("cannot be left half done");
  }

  /** Adds series until there is no memory, and goes on as a server does. */
  static final class Series {
    public static void main(String[] args) {
      SupervisedLoop.task("test", () -> {}).run(); // is loaded in each server
      SeriesTable table = new SeriesTable(new Fingerprint());
      for (int i = 0; i < 10_000_000; i++) {
        byte[] labels;
        try {
          labels = Labels.of("__name__", "m", "i", "value-" + i).canonicalBytes();
        } catch (OutOfMemoryError e) {
          continue; // memory ended elsewhere
        }
        try {
          table.create(labels);
        } catch (Error e) {
          System.out.println("went on after " + e);
          System.exit(1);
        }
      }
      System.exit(0);
    }
  }
}
