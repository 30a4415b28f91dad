package dev.tethys.runtime;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.guard.SupervisedLoop;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The end of a process that only collects, and the rule behind it. */
@Tag("slow")
class GcOverheadLimitTest {
  private static final long WINDOW = 5_000_000_000L;

  private static boolean isExceeded(boolean isFull, int errorsEach, int... millis) {
    GcOverheadLimit.Rule r = new GcOverheadLimit.Rule();
    boolean exceeded = false;
    long spent = 0;
    for (int i = 0; i < millis.length; i++) {
      spent += millis[i];
      exceeded |= r.isExceeded(i * WINDOW, spent, (long) i * errorsEach, isFull);
    }
    return exceeded;
  }

  @Test
  void collectionsWithFullHeapEndTheProcess() {
    assertThat(isExceeded(true, 0, 9_000_000, 4900, 4900, 4900, 4900, 4900, 4900)).isTrue();
  }

  @Test
  void failuresWithFullHeapEndTheProcess() {
    assertThat(isExceeded(true, 1, 0, 0, 0, 0, 0, 0, 0)).isTrue();
    assertThat(isExceeded(true, 0, 0, 0, 0, 0, 0, 0, 0)).isFalse();
  }

  @Test
  void timeBeforeTheFirstWindowDoesNotCount() {
    assertThat(isExceeded(true, 0, 9_000_000, 4900, 4900, 4900, 4900, 4900)).isFalse();
  }

  @Test
  void freeMemoryKeepsTheProcess() {
    assertThat(isExceeded(false, 9, 0, 4900, 4900, 4900, 4900, 4900, 4900, 4900)).isFalse();
    assertThat(GcOverheadLimit.isFull(970, 1000)).isFalse();
    assertThat(GcOverheadLimit.isFull(971, 1000)).isTrue();
    assertThat(GcOverheadLimit.isFull(971, -1)).as("no maximum").isFalse();
  }

  @Test
  void workBetweenCollectionsKeepsTheProcess() {
    assertThat(isExceeded(true, 0, 0, 4900, 4900, 4900, 4900, 4900, 3700, 4900, 4900, 3700))
        .isFalse();
  }

  @Test
  void processWithFullHeapEndsWithReasonAndExitCode() throws Exception {
    Process p =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-Xmx48m",
                "-cp",
                System.getProperty("java.class.path"),
                FullHeap.class.getName())
            .redirectErrorStream(true)
            .start();
    String out = new String(p.getInputStream().readAllBytes(), UTF_8);
    assertThat(p.waitFor()).as(out).isEqualTo(SupervisedLoop.EXIT_CODE);
    assertThat(out)
        .contains("the heap of 4")
        .contains("MB was full")
        .contains("-Xmx in TETHYS_JAVA_OPTS");
  }

  /** Fills its heap and goes on at its end, as a server does that catches errors of requests. */
  static final class FullHeap {
    private static final long END = System.nanoTime() + 240_000_000_000L;

    public static void main(String[] args) {
      GcOverheadLimit limit = GcOverheadLimit.ofProcess(Duration.ofSeconds(1)).orElseThrow();
      Thread.ofPlatform().daemon().start(SupervisedLoop.of("test", limit::watch));
      ArrayDeque<byte[]> held = new ArrayDeque<>(1 << 20);
      while (System.nanoTime() - END < 0) {
        try {
          held.add(new byte[100]);
        } catch (OutOfMemoryError e) {
          for (int i = 0; i < 100; i++) {
            held.poll();
          }
        }
      }
      System.out.println("still running with " + held.size());
      System.exit(0);
    }
  }
}
