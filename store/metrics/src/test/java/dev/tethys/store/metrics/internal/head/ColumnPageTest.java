package dev.tethys.store.metrics.internal.head;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.model.storage.SampleBuffer;
import dev.tethys.store.files.ByteSink;
import dev.tethys.store.files.ByteSource;
import dev.tethys.store.files.CorruptionException;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Random;
import java.util.random.RandomGenerator;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Columns of a page that takes no more rows, against its rows. */
@Tag("slow")
class ColumnPageTest {
  private static ColumnPage columns(RowPage rows) {
    ByteSink heads = new ByteSink();
    ByteSink columns = new ByteSink();
    heads.putByte(7); // it may begin anywhere
    new ColumnWriter().write(rows.view(), heads, columns);
    heads.putByte(9);
    int at = heads.size;
    heads.put(columns.buf, 0, columns.size);
    return new ColumnPage(
        rows.shape(),
        new PageBytes.InMemory(MemorySegment.ofArray(heads.toArray())),
        1,
        at,
        columns.size,
        PageBytes.sum(heads.buf, 1, at - 2, columns.buf, 0, columns.size));
  }

  private static byte[] saved(Page.View page) {
    ByteSink out = new ByteSink();
    page.save(out, null);
    return out.toArray();
  }

  @Property(tries = 300)
  void answersLikeItsRows(
      @ForAll long seed, @ForAll @IntRange(min = 1, max = 512) int rows, @ForAll boolean regular) {
    RowPage want = RowColumnsTest.page(seed, rows, regular);
    ColumnPage got = columns(want);
    for (int again = 0; again < 3; again++) { // the third finds what the second kept
      RowColumnsTest.assertSameSamples(want.view(), got);
    }
    long[] presents = want.view().presents();
    assertThat(got.presents())
        .isEqualTo(presents == null ? null : Arrays.copyOf(presents, want.rows));
    assertThat(got.minTime()).isEqualTo(want.minTime());
    assertThat(got.maxTime()).isEqualTo(want.maxTime());
  }

  @Property(tries = 200)
  void comesBackFromASnapshot(
      @ForAll long seed, @ForAll @IntRange(min = 1, max = 512) int rows, @ForAll boolean regular) {
    RowPage want = RowColumnsTest.page(seed, rows, regular);
    ByteSource in = new ByteSource(saved(columns(want)));
    Page got = RowPage.load(in, new RowColumns());
    assertThat(in.remaining()).isZero();
    RowColumnsTest.assertSameSamples(want.view(), got.view());
    assertThat(got.minTime()).isEqualTo(want.minTime());
    assertThat(got.maxTime()).isEqualTo(want.maxTime());
    for (int k = 0; k < 64; k++) {
      if ((want.seen & 1L << k) != 0) {
        assertThat(got.view().same().of(k)).isEqualTo(want.view().same().of(k));
      }
    }
    ByteSink small = new ByteSink();
    columns(want).save(small, new RowColumns());
    Page again = RowPage.load(new ByteSource(small.toArray()), new RowColumns());
    RowColumnsTest.assertSameSamples(want.view(), again.view());
  }

  @Test
  void doesNotReturnSamplesOfAChangedFile() {
    RowPage rows = RowColumnsTest.page(5, 100, true);
    ByteSink heads = new ByteSink();
    ByteSink columns = new ByteSink();
    new ColumnWriter().write(rows.view(), heads, columns);
    int sum = PageBytes.sum(heads.buf, 0, heads.size, columns.buf, 0, columns.size);
    int at = heads.size;
    heads.put(columns.buf, 0, columns.size);
    byte[] b = heads.toArray();
    b[at + 100] ^= 4;
    ColumnPage page =
        new ColumnPage(
            rows.shape(),
            new PageBytes.InMemory(MemorySegment.ofArray(b)),
            0,
            at,
            columns.size,
            sum);
    SampleBuffer into = new SampleBuffer();
    int k = Long.numberOfTrailingZeros(rows.seen);
    page.read(k, Long.MIN_VALUE, Long.MAX_VALUE, into);
    page.readTimes(k, Long.MIN_VALUE, Long.MAX_VALUE, into);
    page.sparingView(new ReadAhead()).read(k, Long.MIN_VALUE, Long.MAX_VALUE, into);
    assertThat(into.size).isZero();
    for (RowColumns small : new RowColumns[] {null, new RowColumns()}) {
      ByteSink out = new ByteSink();
      page.save(out, small);
      ByteSource in = new ByteSource(out.toArray());
      assertThat(RowPage.load(in, new RowColumns()).hasRows()).isFalse();
      assertThat(in.remaining()).isZero();
    }
  }

  @Test
  void withoutSamplesOfASeriesKeepsTheOthers() {
    RowPage rows = RowColumnsTest.page(5, 100, true);
    int k = Long.numberOfTrailingZeros(rows.seen);
    long from = rows.minTime + 10 * 15_000;
    long to = rows.minTime + 19 * 15_000;
    RowPage less = new UnpackedRows().without(columns(rows), k, from, to);
    RowPage same = new UnpackedRows().without(rows, k, from, to);
    RowColumnsTest.assertSameSamples(same.view(), less.view());
    SampleBuffer b = new SampleBuffer();
    less.view().read(k, Long.MIN_VALUE, Long.MAX_VALUE, b);
    assertThat(b.size).isEqualTo(rows.rows - 10);
  }

  @Test
  void truncationIsDamage() {
    byte[] all = saved(columns(RowColumnsTest.page(3, 100, false)));
    for (int n = 0; n < all.length; n += 7) {
      ByteSource in = new ByteSource(all, 0, n);
      assertThatThrownBy(() -> RowPage.load(in, new RowColumns()))
          .isInstanceOfAny(CorruptionException.class, IndexOutOfBoundsException.class);
    }
  }

  @Property(tries = 2000)
  void reportsOrReadsADamagedPage(@ForAll long seed) {
    RandomGenerator r = new Random(seed);
    byte[] all =
        saved(columns(RowColumnsTest.page(r.nextInt(20), 1 + r.nextInt(150), r.nextBoolean())));
    for (int n = 1 + r.nextInt(4); n > 0; n--) {
      all[r.nextInt(all.length)] ^= (byte) (1 << r.nextInt(8));
    }
    Page page;
    try {
      page = RowPage.load(new ByteSource(all), new RowColumns());
    } catch (CorruptionException | IndexOutOfBoundsException e) {
      return;
    }
    SampleBuffer b = new SampleBuffer();
    for (int k = 0; k < 64; k++) {
      page.view().read(k, Long.MIN_VALUE, Long.MAX_VALUE, b);
    }
    assertThat(b.size).isLessThanOrEqualTo(64 * page.view().rows());
  }
}
