package dev.tethys.query.logql.exec;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.query.logql.exec.StepGrid.Steps;
import java.util.Random;
import org.junit.jupiter.api.Test;

class StepGridTest {
  @Test
  void multiTimeStepsMatchSingleOnes() {
    Random random = new Random(5);
    int found = 0;
    for (int k = 0; k < 5_000; k++) {
      long step = 1 + (random.nextLong() >>> 1 + random.nextInt(60)) % 86_400_000_000_000L;
      int count = 1 + random.nextInt(400);
      long start = 1_795_759_200_000_000_000L + random.nextInt(1000);
      boolean one = random.nextInt(5) == 0;
      StepGrid grid = one ? StepGrid.instant(start) : new StepGrid(start, step, count);
      long range = one ? 1 + random.nextInt(1_000_000) : step;
      Steps steps = new Steps(grid, range, random.nextInt(3) * step);
      assertThat(steps.isSingle()).isTrue();
      long[] times = new long[100];
      for (int i = 0; i < times.length; i++) {
        long near = random.nextInt(count + 4) * step + random.nextInt(5) - 2;
        long any = (long) (random.nextDouble() * 1.2 * count * step);
        times[i] = start - 3 * step + (random.nextBoolean() ? near : any);
      }
      times[98] = 0;
      times[99] = Long.MAX_VALUE / 2;
      int[] into = new int[times.length];
      steps.findSingle(times, times.length, into);
      for (int i = 0; i < times.length; i++) {
        boolean has = steps.find(times[i]);
        assertThat(into[i]).isEqualTo(has ? steps.first : -1);
        assertThat(!has || steps.first == steps.last).isTrue();
        found += has ? 1 : 0;
      }
    }
    assertThat(found).isGreaterThan(100_000);
  }

  @Test
  void overlappingWindowsAreNotSingle() {
    assertThat(new Steps(new StepGrid(0, 10, 5), 20, 0).isSingle()).isFalse();
  }
}
