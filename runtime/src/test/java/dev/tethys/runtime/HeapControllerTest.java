package dev.tethys.runtime;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("slow")
class HeapControllerTest {
  private static final Duration LOOK = Duration.ofMillis(500);
  private static final long MIB = 1L << 20;

  @Test
  void waitsUntilTheOldGenerationHasDoubled() {
    HeapController.Rule r = HeapController.DOUBLING;
    assertThat(r.due(0, 0, 0, 0)).isFalse();
    assertThat(r.due(16 * MIB, 0, 0, 0)).isFalse();
    assertThat(r.due(16 * MIB + 1, 0, 0, 0)).isTrue();
    assertThat(r.due(216 * MIB, 100 * MIB, 0, 0)).isFalse();
    assertThat(r.due(216 * MIB + 1, 100 * MIB, 0, 0)).isTrue();
  }

  @Test
  void smallerGrowthIsRelativeToLiveData() {
    HeapController.Rule r =
        new HeapController.Rule(0.25, 0.25, 8 * MIB, Duration.ofSeconds(1), 0, LOOK);
    assertThat(r.due(58 * MIB, 40 * MIB, 0, 0)).isFalse();
    assertThat(r.due(58 * MIB + 1, 40 * MIB, 0, 0)).isTrue();
    assertThat(r.due(8 * MIB + 1, 0, 0, 0)).isTrue();
  }

  @Test
  void collectsSmallGrowthAfterALongTime() {
    HeapController.Rule r =
        new HeapController.Rule(0.25, 0.25, 8 * MIB, Duration.ofSeconds(1), 0, LOOK);
    assertThat(r.due(41 * MIB, 40 * MIB, 1_000_000_000, 0)).isFalse();
    assertThat(r.due(41 * MIB, 40 * MIB, 1_000_000_001, 0)).isTrue();
    assertThat(r.due(40 * MIB + HeapController.LITTLE_BYTES, 40 * MIB, Long.MAX_VALUE, 0))
        .isFalse();
  }

  @Test
  void slowCollectionsAreRare() {
    HeapController.Rule r =
        new HeapController.Rule(0.25, 0.25, 8 * MIB, Duration.ofSeconds(60), 0.1, LOOK);
    long second = 1_000_000_000;
    assertThat(r.due(45 * MIB, 40 * MIB, 61 * second, second / 10)).isTrue();
    assertThat(r.due(44 * MIB, 40 * MIB, 61 * second, second / 10)).isFalse(); // a little
    assertThat(r.due(45 * MIB, 40 * MIB, 99 * second, second / 5)).isFalse();
    assertThat(r.due(45 * MIB, 40 * MIB, 101 * second, second / 5)).isTrue();
  }

  @Test
  void limitsCollectionFrequency() {
    HeapController.Rule r =
        new HeapController.Rule(0.25, 0.25, 8 * MIB, Duration.ofSeconds(60), 0, LOOK);
    assertThat(r.due(200 * MIB, 100 * MIB, 399, 100)).isFalse();
    assertThat(r.due(200 * MIB, 100 * MIB, 400, 100)).isTrue();
    long second = 1_000_000_000;
    assertThat(r.due(200 * MIB, 100 * MIB, 10 * second - 1, 3600 * second)).isFalse();
    assertThat(r.due(200 * MIB, 100 * MIB, 10 * second, 3600 * second)).isTrue();
  }

  @Test
  void cheapCollectionsNeedLessGrowth() {
    HeapController.Rule r =
        new HeapController.Rule(0.75, 0.25, 8 * MIB, Duration.ofSeconds(60), 0, LOOK);
    assertThat(r.due(134 * MIB, 100 * MIB, 199, 10)).isFalse();
    assertThat(r.due(134 * MIB, 100 * MIB, 200, 10)).isTrue();
    assertThat(r.due(133 * MIB, 100 * MIB, 1000, 10)).isFalse();
    assertThat(r.due(184 * MIB, 100 * MIB, 40, 10)).isTrue();
  }

  @Test
  void unproductiveCollectionCountsAsOne() {
    long second = 1_000_000_000;
    HeapController.RuleState pace =
        new HeapController.RuleState(
            new HeapController.Rule(0.25, 0.25, 8 * MIB, Duration.ofSeconds(10), 0, LOOK));
    assertThat(pace.isDue(41 * MIB, 40 * MIB, 5 * second)).isFalse();
    assertThat(pace.isDue(41 * MIB, 40 * MIB, 15 * second)).isFalse();
    assertThat(pace.isDue(41 * MIB, 40 * MIB, 15 * second + 1)).isTrue();
    assertThat(pace.isDue(41 * MIB, 40 * MIB, 16 * second)).isFalse();
    assertThat(pace.isDue(41 * MIB, 40 * MIB, 25 * second + 2)).isTrue();
    // one that the virtual machine began itself is seen by what it left
    assertThat(pace.isDue(41 * MIB, 39 * MIB, 35 * second + 2)).isFalse();
    assertThat(pace.isDue(41 * MIB, 39 * MIB, 45 * second + 2)).isFalse();
    assertThat(pace.isDue(41 * MIB, 39 * MIB, 45 * second + 3)).isTrue();
  }

  @Test
  void waitingCallerNoticesEveryCollection() throws Exception {
    HeapController.YoungCollections young = new HeapController.YoungCollections();
    young.next();
    System.gc();
    assertThat(young.await(Duration.ofMinutes(1))).isTrue();
    young.next();
    System.gc();
    assertThat(young.await(Duration.ofMinutes(1))).as("a second one").isTrue();
  }

  @Test
  void findsOldGarbageBeforeTheHeapIsFull() throws Exception {
    Process p =
        new ProcessBuilder(
                System.getProperty("java.home") + "/bin/java",
                "-XX:+UseSerialGC",
                "-Xms16m",
                "-Xmx1g",
                "-XX:MinHeapFreeRatio=10",
                "-XX:MaxHeapFreeRatio=25",
                "-XX:-ShrinkHeapInSteps",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                Churn.class.getName())
            .redirectErrorStream(true)
            .start();
    String out = new String(p.getInputStream().readAllBytes(), UTF_8);
    assertThat(p.waitFor()).as(out).isZero();
    assertThat(Long.parseLong(out.trim())).as("most heap in use, bytes").isLessThan(200 * MIB);
  }

  /**
   * Drops 400 MiB, piece by piece, each after it has grown old; prints the most heap that it had.
   */
  static final class Churn {
    public static void main(String[] args) throws InterruptedException {
      HeapController.keep();
      byte[][] ring = new byte[20][];
      long most = 0;
      for (int i = 0; i < 400; i++) {
        ring[i % ring.length] = new byte[(int) MIB];
        most = Math.max(most, Runtime.getRuntime().totalMemory());
        Thread.sleep(15); // slow enough for the pacing thread to run on a busy machine
      }
      System.out.println(most);
    }
  }
}
