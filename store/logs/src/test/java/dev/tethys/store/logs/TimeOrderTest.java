package dev.tethys.store.logs;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

class TimeOrderTest {
  @Property(tries = 200)
  void groupsMatchAllRowsSorted(@ForAll long seed, @ForAll boolean forward) {
    Random random = new Random(seed);
    long[] times = new long[1 + random.nextInt(2000)];
    for (int i = 0; i < times.length; i++) {
      times[i] =
          switch ((int) (seed & 3)) {
            case 0 -> random.nextLong();
            case 1 -> random.nextInt(5);
            case 2 -> 1_795_608_000_000_000_000L + random.nextInt(1 << 30);
            default -> 7;
          };
    }
    int[] rows =
        random.ints(0, times.length).limit(random.nextInt(3000)).distinct().sorted().toArray();
    long bound =
        random.nextBoolean()
            ? forward ? Long.MAX_VALUE : Long.MIN_VALUE
            : times[random.nextInt(times.length)];
    List<Long> expected = new ArrayList<>();
    for (int r : rows) {
      if (forward ? times[r] <= bound : times[r] >= bound) {
        expected.add(times[r]);
      }
    }
    expected.sort(forward ? null : Comparator.reverseOrder());

    TimeOrder order = new TimeOrder(times, rows.clone(), forward);
    List<Long> found = new ArrayList<>();
    int[] group = new int[100];
    for (int n = order.next(group, 100, bound); n > 0; n = order.next(group, 100, bound)) {
      int[] sorted = Arrays.copyOf(group, n);
      assertThat(sorted).isSorted();
      List<Long> of = new ArrayList<>();
      for (int r : sorted) {
        of.add(times[r]);
      }
      of.sort(forward ? null : Comparator.reverseOrder());
      found.addAll(of);
    }
    assertThat(found).isEqualTo(expected);
  }
}
