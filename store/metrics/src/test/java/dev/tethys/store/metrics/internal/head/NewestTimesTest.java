package dev.tethys.store.metrics.internal.head;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class NewestTimesTest {
  private static final long FIRST_HALF = 0xffffffffL;

  @Test
  void eachSeriesHasItsOwnTimes() {
    for (int seed = 0; seed < 200; seed++) {
      Random r = new Random(seed);
      NewestTimes times = new NewestTimes();
      long[] expected = new long[64];
      Arrays.fill(expected, NewestTimes.NEVER);
      for (int step = 0; step < 300; step++) {
        long t = r.nextInt(8) == 0 ? NewestTimes.NEVER : r.nextInt(5);
        if (r.nextInt(3) == 0) {
          int k = r.nextInt(64);
          times.set(k, t);
          expected[k] = t;
        } else {
          long mask = r.nextInt(4) == 0 ? -1 : r.nextLong() & -1L << r.nextInt(64);
          times.setAll(mask, t);
          for (int k = 0; k < 64; k++) {
            expected[k] = (mask >>> k & 1) != 0 ? t : expected[k];
          }
        }
        NewestTimes copy = times.copy();
        long[] got = new long[64];
        Arrays.setAll(got, copy::get);
        assertThat(got).describedAs("seed %d, step %d", seed, step).isEqualTo(expected);
        long newest = Arrays.stream(expected).max().orElseThrow();
        assertThat(times.latest()).isGreaterThanOrEqualTo(newest);
      }
    }
  }

  @Test
  void concurrentSeriesShareOneTime() {
    NewestTimes times = new NewestTimes();
    for (int step = 0; step < 10; step++) {
      times.setAll(-1, step);
    }
    assertThat(times.bytes()).isLessThan(64);

    times.set(3, 4);
    assertThat(times.get(3)).isEqualTo(4);
    assertThat(times.get(4)).isEqualTo(9);
    assertThat(times.bytes()).isGreaterThan(64 * 8);

    times.setAll(-1, 10);
    assertThat(times.latest()).isEqualTo(10);
    assertThat(times.get(3)).isEqualTo(10);
    assertThat(times.bytes()).isLessThan(64);
  }

  /** Series of two targets in one place: no reader gets a time of the other series. */
  @Test
  void concurrentReaderGetsATimeOfTheRequestedSeries() throws InterruptedException {
    NewestTimes times = new NewestTimes();
    AtomicBoolean done = new AtomicBoolean();
    AtomicLong reads = new AtomicLong();
    AtomicLong wrong = new AtomicLong();
    Thread reader =
        Thread.ofPlatform()
            .start(
                () -> {
                  long n = 0;
                  for (int k = 0; !done.get(); k = k + 1 & 63) {
                    long t = times.get(k);
                    if (t != NewestTimes.NEVER && (t & 1) != k >> 5) {
                      wrong.incrementAndGet();
                    }
                    reads.lazySet(++n);
                  }
                });
    for (long t = 0; t < 2_000_000 || reads.get() < 100_000; t += 2) {
      times.setAll(FIRST_HALF, t);
      times.setAll(~FIRST_HALF, t + 1);
      if (t % 64 == 0) {
        times.set((int) (t / 64 & 31), t + 2);
      }
    }
    done.set(true);
    reader.join();
    assertThat(wrong.get()).isZero();
  }
}
