package dev.tethys.store.metrics.internal.encoding;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ColumnCacheTest {
  private static final int VALUES = 1000;
  private static final int COLUMN_BYTES = 8 * VALUES + 64;

  private final AtomicLong nanos = new AtomicLong(1L << 40);

  /** Asks for a column and keeps it where it is worthwhile; whether it was there. */
  private static boolean ask(ColumnCache c, long owner, long part) {
    if (c.get(owner, part) != null) {
      return true;
    }
    if (c.isWorthKeeping(owner, part, null, VALUES)) {
      c.put(owner, part, null, new double[VALUES], false);
    }
    return false;
  }

  @Test
  void cachesAColumnOnItsSecondRequest() {
    ColumnCache c = new ColumnCache(1 << 20);
    long owner = ColumnCache.newOwner();
    assertThat(c.get(owner, 3)).isNull();
    assertThat(c.isWorthKeeping(owner, 3, null, 2)).isFalse();
    assertThat(c.isWorthKeeping(owner, 3, null, 2)).isTrue();
    double[] v = {1, 2};
    c.put(owner, 3, null, v, true);
    ColumnCache.Column kept = Objects.requireNonNull(c.get(owner, 3));
    assertThat(kept.values()).isSameAs(v);
    assertThat(kept.special()).isTrue();
    assertThat(c.get(owner, 4)).isNull();
    assertThat(c.get(ColumnCache.newOwner(), 3)).isNull();
  }

  @Test
  void evictsIdleColumnsForRequestedOnes() {
    ColumnCache c = new ColumnCache(100 * COLUMN_BYTES, nanos::get);
    long used = ColumnCache.newOwner();
    long remaining = ColumnCache.newOwner();
    for (int round = 0; round < 2; round++) {
      for (int k = 0; k < 50; k++) {
        ask(c, used, k);
        ask(c, remaining, k);
      }
    }
    long later = ColumnCache.newOwner();
    long kept = 0;
    for (int round = 0; round < 20; round++) {
      nanos.addAndGet(1_000_000_000);
      kept = 0;
      for (int k = 0; k < 50; k++) {
        kept += ask(c, used, k) ? 1 : 0;
      }
      for (int k = 0; k < 200; k++) {
        ask(c, later, k);
        assertThat(c.held()).isLessThanOrEqualTo(100 * COLUMN_BYTES);
      }
    }
    // A column has one place, which another one may have: that happens to few.
    assertThat(kept).isGreaterThanOrEqualTo(48);
    assertThat(count(c, remaining, 50)).isLessThanOrEqualTo(2);
    assertThat(count(c, later, 200)).isBetween(40L, 52L);
  }

  @Test
  void cachesAPartOfAnOversizedWorkingSet() {
    ColumnCache c = new ColumnCache(100 * COLUMN_BYTES, nanos::get);
    long owner = ColumnCache.newOwner();
    for (int round = 0; round < 30; round++) {
      nanos.addAndGet(500_000_000);
      int found = 0;
      for (int k = 0; k < 300; k++) {
        found += ask(c, owner, k) ? 1 : 0;
        assertThat(c.held()).isLessThanOrEqualTo(100 * COLUMN_BYTES);
      }
      assertThat(round < 2 || found >= 95).as("round %s found %s", round, found).isTrue();
    }
  }

  @Test
  void concurrentCachingStaysWithinTheBound() throws InterruptedException {
    ColumnCache c = new ColumnCache(20 * COLUMN_BYTES, () -> nanos.addAndGet(1_000_000));
    long owner = ColumnCache.newOwner();
    List<Thread> threads = new ArrayList<>();
    for (int t = 0; t < 4; t++) {
      threads.add(
          Thread.ofPlatform()
              .start(
                  () -> {
                    for (int i = 0; i < 50_000; i++) {
                      ask(c, owner, i % 100);
                    }
                  }));
    }
    for (Thread t : threads) {
      t.join();
    }
    assertThat(c.held()).isBetween(1L, 20L * COLUMN_BYTES);
    assertThat(c.held()).isEqualTo(count(c, owner, 100) * COLUMN_BYTES);
  }

  private static long count(ColumnCache c, long owner, int columns) {
    return IntStream.range(0, columns).filter(k -> c.get(owner, k) != null).count();
  }
}
