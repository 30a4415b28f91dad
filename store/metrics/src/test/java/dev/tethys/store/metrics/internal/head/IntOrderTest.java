package dev.tethys.store.metrics.internal.head;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class IntOrderTest {
  @Test
  void insertsNewNumbersBetweenOthers() {
    Random r = new Random(7);
    int[] key = IntStream.range(0, 500).map(i -> r.nextInt(200)).toArray();
    int[] order = {};
    for (int n = 0; n <= key.length; n += r.nextInt(40)) {
      order = IntOrder.merged(order, n, (a, b) -> key[a] - key[b]);
      int[] expected =
          IntStream.range(0, n)
              .boxed()
              .sorted((a, b) -> key[a] - key[b])
              .mapToInt(i -> i)
              .toArray();
      assertThat(order).isEqualTo(expected);
    }
  }
}
