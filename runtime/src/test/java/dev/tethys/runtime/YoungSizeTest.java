package dev.tethys.runtime;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.HotSpotDiagnosticMXBean;
import dev.tethys.runtime.YoungSize.Change;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("slow")
class YoungSizeTest {
  private static final long SECOND = 1_000_000_000;
  private static final long MIB = 1L << 20;

  @Test
  void growsWhileCollectionsTakeTooMuchTime() {
    YoungSize.Rule r = new YoungSize.Rule();
    assertThat(r.next(0, 5, 10, 1)).isEqualTo(Change.NONE);
    assertThat(r.next(SECOND / 2, 50, 500, 1)).as("too early to say").isEqualTo(Change.NONE);
    assertThat(r.next(SECOND, 55, 150, 1)).as("a little less").isEqualTo(Change.NONE);
    assertThat(r.next(2 * SECOND, 60, 301, 1)).isEqualTo(Change.ENLARGE);
    assertThat(r.next(3 * SECOND, 70, 700, 8)).as("is large").isEqualTo(Change.NONE);
  }

  @Test
  void shrinksAfterLowAllocation() {
    YoungSize.Rule r = new YoungSize.Rule();
    r.next(0, 0, 0, 1);
    assertThat(r.next(SECOND, 100, 500, 1)).isEqualTo(Change.ENLARGE);
    int count = 100;
    for (int s = 2; s <= 20; s++) {
      assertThat(r.next(s * SECOND, count += 1, 500, 8)).isEqualTo(Change.NONE);
    }
    for (int s = 21; s < 40; s++) {
      assertThat(r.next(s * SECOND, count, 500, 8)).as("calm").isEqualTo(Change.NONE);
    }
    assertThat(r.next(40 * SECOND, count, 500, 8)).isEqualTo(Change.REDUCE);
    assertThat(r.next(80 * SECOND, count, 500, 1)).isEqualTo(Change.NONE);
  }

  @Test
  void freeShareDeterminesTheSize() {
    for (long used : new long[] {50 * MIB, 100 * MIB, 1000 * MIB}) {
      int percent = YoungSize.percentFree(used, 32);
      double young = 100.0 * used / (100 - percent) / 32;
      assertThat(young).isBetween(24.0 * MIB, 45.0 * MIB);
    }
    assertThat(YoungSize.percentFree(1, 32)).isEqualTo(98);
    assertThat(YoungSize.percentFree(100_000 * MIB, 32)).isEqualTo(5);
  }

  @Test
  void youngGenerationGrowsUnderLoad() throws Exception {
    Process p =
        new ProcessBuilder(
                System.getProperty("java.home") + "/bin/java",
                "-XX:+UseSerialGC",
                "-Xms16m",
                "-Xmx2g",
                "-XX:NewSize=8m",
                "-XX:NewRatio=32",
                "-XX:MinHeapFreeRatio=4",
                "-XX:MaxHeapFreeRatio=6",
                "-XX:-ShrinkHeapInSteps",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                Load.class.getName())
            .redirectErrorStream(true)
            .start();
    String out = new String(p.getInputStream().readAllBytes(), UTF_8);
    assertThat(p.waitFor()).as(out).isZero();
    List<String> sizes = Arrays.asList(out.strip().split(" "));
    assertThat(Long.parseLong(sizes.getFirst())).as("at first").isLessThan(9 * MIB);
    assertThat(Long.parseLong(sizes.getLast())).as("under load").isGreaterThan(20 * MIB);
  }

  /** Allocates, with any share of the time in collections counting as too much. */
  static final class Load {
    private static final long END = System.nanoTime() + 120 * SECOND;

    private static long eden() {
      return ManagementFactory.getMemoryPoolMXBeans().stream()
          .filter(b -> b.getName().startsWith("Eden"))
          .mapToLong(b -> b.getUsage().getCommitted())
          .sum();
    }

    public static void main(String[] args) {
      System.out.print(eden() + " ");
      List<byte[]> old = new ArrayList<>();
      for (int i = 0; i < 40; i++) {
        old.add(new byte[(int) MIB]);
      }
      YoungSize size = YoungSize.ofProcess(new YoungSize.Rule(0)).orElseThrow();
      byte[][] ring = new byte[1000][];
      for (int i = 0; eden() <= 20 * MIB && System.nanoTime() - END < 0; i++) {
        ring[i % ring.length] = new byte[40];
        if (size.changes(System.nanoTime(), 40 * MIB)) {
          System.gc();
        }
      }
      System.out.print(eden());
      System.exit(old.isEmpty() ? 1 : 0);
    }
  }

  @Test
  void freeSharesChangeBothWays() {
    HotSpotDiagnosticMXBean vm = ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class);
    int least = flag(vm, "MinHeapFreeRatio");
    int most = flag(vm, "MaxHeapFreeRatio");
    try {
      for (int percent : new int[] {40, 5, 98, 60, 5, 90}) {
        YoungSize.free(vm, percent, percent + 2);
        assertThat(flag(vm, "MinHeapFreeRatio")).isEqualTo(percent);
        assertThat(flag(vm, "MaxHeapFreeRatio")).isEqualTo(percent + 2);
      }
    } finally {
      YoungSize.free(vm, least, most);
    }
    assertThat(flag(vm, "MinHeapFreeRatio")).isEqualTo(least);
    assertThat(flag(vm, "MaxHeapFreeRatio")).isEqualTo(most);
  }

  private static int flag(HotSpotDiagnosticMXBean vm, String name) {
    return Integer.parseInt(vm.getVMOption(name).getValue());
  }
}
