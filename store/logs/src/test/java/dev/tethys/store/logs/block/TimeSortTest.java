package dev.tethys.store.logs.block;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Comparator;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class TimeSortTest {
  private static void check(long[] times, int from, int to) {
    int[] rows = IntStream.range(0, times.length).map(i -> times.length - 1 - i).toArray();
    for (boolean forward : new boolean[] {true, false}) {
      Comparator<Integer> byTime = Comparator.comparingLong(r -> times[r]);
      int[] expected = rows.clone();
      int[] middle =
          Arrays.stream(rows, from, to)
              .boxed()
              .sorted(forward ? byTime : byTime.reversed())
              .mapToInt(Integer::intValue)
              .toArray();
      System.arraycopy(middle, 0, expected, from, middle.length);
      int[] got = rows.clone();
      TimeSort.sort(times, got, from, to, forward);
      assertThat(got).isEqualTo(expected);
    }
  }

  @Test
  void rowsWithEqualTimesKeepTheirOrder() {
    Random random = new Random(3);
    for (int n : new int[] {0, 1, 2, 3, 50, 5000}) {
      check(random.longs(n, -20, 20).toArray(), 0, n);
      check(random.longs(n, 0, Long.MAX_VALUE).toArray(), 0, n);
      check(random.longs(n).toArray(), n / 4, n);
    }
  }

  @Test
  void sortsExtremeTimes() {
    check(new long[] {Long.MAX_VALUE, 0, Long.MIN_VALUE, -1, 1, Long.MIN_VALUE}, 0, 6);
    check(new long[] {5, Long.MAX_VALUE, 3, Long.MAX_VALUE - 1}, 1, 4);
  }
}
