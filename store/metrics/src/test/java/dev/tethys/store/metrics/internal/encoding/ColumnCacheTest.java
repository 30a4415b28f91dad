package dev.tethys.store.metrics.internal.encoding;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Objects;
import org.junit.jupiter.api.Test;

class ColumnCacheTest {
  @Test
  void keepsWhatIsAskedForTwice() {
    ColumnCache c = new ColumnCache(1 << 20);
    long owner = ColumnCache.newOwner();
    assertThat(c.get(owner, 3)).isNull();
    assertThat(c.isWorthKeeping(owner, 3)).isFalse();
    assertThat(c.isWorthKeeping(owner, 3)).isTrue();
    double[] v = {1, 2};
    c.put(owner, 3, null, v, true);
    ColumnCache.Column kept = Objects.requireNonNull(c.get(owner, 3));
    assertThat(kept.values()).isSameAs(v);
    assertThat(kept.special()).isTrue();
    assertThat(c.get(owner, 4)).isNull();
    assertThat(c.get(ColumnCache.newOwner(), 3)).isNull();
  }

  @Test
  void isBoundedAndKeepsWhatIsUsed() {
    int max = 100 * (8 * 1000 + 64);
    ColumnCache c = new ColumnCache(max);
    long used = ColumnCache.newOwner();
    for (int k = 0; k < 20; k++) {
      c.put(used, k, null, new double[1000], false);
    }
    long owner = ColumnCache.newOwner();
    int kept = 0;
    for (int i = 0; i < 150; i++) {
      kept = 0;
      for (int k = 0; k < 20; k++) {
        kept += c.get(used, k) != null ? 1 : 0;
      }
      c.put(owner, i, null, new double[1000], false);
      assertThat(c.held()).isLessThanOrEqualTo(max);
      assertThat(c.get(owner, i)).isNotNull();
    }
    // A column has one place, which another one may take: that happens to few of twenty.
    assertThat(kept).isGreaterThanOrEqualTo(17);
  }
}
