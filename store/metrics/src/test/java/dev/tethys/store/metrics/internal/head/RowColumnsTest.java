package dev.tethys.store.metrics.internal.head;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.model.Samples;
import dev.tethys.model.storage.SampleBuffer;
import dev.tethys.store.files.ByteSink;
import dev.tethys.store.files.ByteSource;
import dev.tethys.store.files.CorruptionException;
import java.util.Random;
import java.util.random.RandomGenerator;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

/** A page that was turned into columns and back answers as it did. */
class RowColumnsTest {
  private static final long RANGE = 1_700_000_000_000L;

  private final RowColumns columns = new RowColumns();

  static RowPage page(long seed, int rows, boolean regular) {
    RandomGenerator r = new Random(seed);
    RowPage page = new RowPage(RANGE, 8, 64);
    RowPage.Scratch scratch = new RowPage.Scratch();
    long[] last = new long[64];
    double[] value = new double[64];
    int[] slots = new int[64];
    long[] bits = new long[64];
    long held = r.nextLong() | 1;
    long time = RANGE + r.nextInt(1000);
    for (int row = 0; row < rows && !page.full(); row++) {
      int n = 0;
      for (int k = 0; k < 64; k++) {
        if ((held & 1L << k) == 0 || !regular && k > 0 && r.nextInt(4) == 0) {
          continue;
        }
        value[k] =
            switch (k % 6) {
              case 0 -> value[k];
              case 1 -> value[k] + r.nextInt(1 + k * 100);
              case 2 -> r.nextDouble();
              case 3 -> r.nextInt(9) == 0 ? Samples.STALE : k;
              case 4 -> -0.0;
              default -> value[k] + 0.1;
            };
        slots[n] = k;
        bits[n++] = Double.doubleToRawLongBits(value[k]);
      }
      page.append(time, slots, bits, 0, n, last, scratch);
      time += regular ? 15_000 : 1 + r.nextInt(30_000);
    }
    return page;
  }

  @Property(tries = 300)
  void returns(
      @ForAll long seed, @ForAll @IntRange(min = 1, max = 512) int rows, @ForAll boolean regular) {
    RowPage want = page(seed, rows, regular);
    ByteSink out = new ByteSink();
    want.view().save(out, columns);
    ByteSource in = new ByteSource(out.toArray());
    RowPage got = (RowPage) RowPage.load(in, columns);
    assertThat(in.remaining()).isZero();
    assertThat(got.rangeStart).isEqualTo(want.rangeStart);
    assertThat(got.rows).isEqualTo(want.rows);
    assertThat(got.minTime).isEqualTo(want.minTime);
    assertThat(got.maxTime).isEqualTo(want.maxTime);
    assertSameSamples(want.view(), got.view());
  }

  /** Bit by bit. */
  static void assertSameSamples(Page.View want, Page.View got) {
    SampleBuffer a = new SampleBuffer();
    SampleBuffer b = new SampleBuffer();
    for (int k = 0; k < 64; k++) {
      a.clear();
      b.clear();
      want.read(k, Long.MIN_VALUE, Long.MAX_VALUE, a);
      got.read(k, Long.MIN_VALUE, Long.MAX_VALUE, b);
      assertThat(b.size).isEqualTo(a.size);
      assertThat(b.mayBeStale).isEqualTo(a.mayBeStale);
      for (int i = 0; i < a.size; i++) {
        assertThat(b.timestamps[i]).isEqualTo(a.timestamps[i]);
        assertThat(Double.doubleToRawLongBits(b.values[i]))
            .isEqualTo(Double.doubleToRawLongBits(a.values[i]));
      }
    }
  }

  @Test
  void truncationIsDamage() {
    ByteSink out = new ByteSink();
    page(3, 100, false).view().save(out, columns);
    byte[] all = out.toArray();
    for (int n = 0; n < all.length; n += 7) {
      ByteSource in = new ByteSource(all, 0, n);
      assertThatThrownBy(() -> RowPage.load(in, columns))
          .isInstanceOfAny(CorruptionException.class, IndexOutOfBoundsException.class);
    }
  }
}
