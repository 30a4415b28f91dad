package dev.tethys.model.profiles;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class SamplesTest {
  private static Map<Integer, Long> sums(Samples s) {
    Map<Integer, Long> out = new TreeMap<>();
    for (int i = 0; i < s.count; i++) {
      out.merge(s.stacks[i], s.values[i], Long::sum);
    }
    return out;
  }

  /** The order of one sample type is used for the next one, unless its stacks differ. */
  @Test
  void sortsAndSumsReusedSamples() {
    Samples s = new Samples();
    Random random = new Random(5);
    for (int round = 0; round < 500; round++) {
      int n = random.nextInt(300);
      int range = 1 + random.nextInt(400);
      int[] stacks = random.ints(n, 0, range).toArray();
      for (int type = 0; type < 3; type++) {
        if (type == 2 && n > 0) {
          stacks[random.nextInt(n)] = random.nextInt(range);
        }
        s.clear();
        for (int stack : stacks) {
          s.add(stack, 0, random.nextInt(10));
        }
        Map<Integer, Long> expected = sums(s);
        s.normalize();
        assertThat(sums(s)).isEqualTo(expected);
        assertThat(s.count).isEqualTo(expected.size());
        for (int i = 1; i < s.count; i++) {
          assertThat(s.stacks[i]).isGreaterThan(s.stacks[i - 1]);
        }
      }
    }
  }
}
