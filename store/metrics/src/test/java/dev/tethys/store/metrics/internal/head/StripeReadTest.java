package dev.tethys.store.metrics.internal.head;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.model.Samples;
import dev.tethys.model.storage.SampleBuffer;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Reading series of a stripe, first and again, against what was appended. */
@Tag("slow")
class StripeReadTest {
  private record Sample(long time, long bits) {}

  private static final long RANGE = 7_200_000;

  private static byte[] both(byte[] heads, int length, byte[] columns, int n) {
    byte[] b = Arrays.copyOf(heads, length + n);
    System.arraycopy(columns, 0, b, length, n);
    return b;
  }

  private static PageBytes keep(byte[] heads, int length, byte[] columns, int n) {
    return new PageBytes.InMemory(MemorySegment.ofArray(both(heads, length, columns, n)));
  }

  /** Pages of a head with so many series. */
  private static SealedPages pages(int series) {
    return new SealedPages(new ReentrantReadWriteLock(), () -> series);
  }

  @Test
  void everyReadReturnsAppendedData() throws IOException {
    SplittableRandom random = new SplittableRandom(21);
    TimeLists lists = new TimeLists(); // of all rounds, so that other lists are in their places
    for (int round = 0; round < 30; round++) {
      Stripe stripe = new Stripe();
      SealedPages gone = pages(random.nextInt(2_000_000));
      List<List<Sample>> expected = new ArrayList<>();
      for (int k = 0; k < 64; k++) {
        expected.add(new ArrayList<>());
      }
      boolean gaps = random.nextInt(3) == 0;
      RowPage.Scratch scratch = new RowPage.Scratch();
      long[] last = new long[64];
      long time = 1_000_000;
      for (int row = random.nextInt(900); row >= 0; row--) {
        time += 1 + random.nextInt(30_000);
        int[] slots = new int[64];
        long[] bits = new long[64];
        int n = 0;
        for (int k = 0; k < 64; k++) {
          if (gaps && random.nextInt(20) == 0) {
            continue;
          }
          last[k] = next(random, k, last[k]);
          slots[n] = k;
          bits[n++] = last[k];
          expected.get(k).add(new Sample(time, last[k]));
        }
        if (n > 0) {
          stripe.append(time, RANGE, slots, bits, 0, n, scratch, gone);
        }
        if (random.nextInt(200) == 0) {
          gone.storeAll(StripeReadTest::keep);
        }
      }
      Stripe.View before = stripe.view(NewestTimes.NEVER, Long.MAX_VALUE);
      gone.storeAll(StripeReadTest::keep);
      for (int k = 0; k < 64; k++) {
        check(
            before,
            k,
            NewestTimes.NEVER,
            Long.MAX_VALUE,
            expected.get(k)); // a reader who was there
      }
      for (int read = 0; read < 400; read++) {
        int k = random.nextInt(64);
        long min = random.nextInt(3) == 0 ? NewestTimes.NEVER : random.nextLong(time + 1_000);
        long max = random.nextInt(3) == 0 ? Long.MAX_VALUE : random.nextLong(time + 1_000);
        check(
            stripe.view(min, max, read % 2 == 0 ? new ReadAhead() : null, lists),
            k,
            min,
            max,
            expected.get(k));
      }
    }
  }

  @Test
  void seriesOfOneClassShareTheirTimes() {
    SplittableRandom random = new SplittableRandom(22);
    int told = 0;
    for (int round = 0; round < 60; round++) {
      Stripe stripe = new Stripe();
      RowPage.Scratch scratch = new RowPage.Scratch();
      // Targets that share a stripe are written one after another; some have series that come
      // late.
      long[] targets = new long[1 + random.nextInt(4)];
      for (int k = 0; k < 64; k++) {
        targets[random.nextInt(targets.length)] |= 1L << k;
      }
      long late = random.nextBoolean() ? 0 : random.nextLong();
      int rows = 1 + random.nextInt(200);
      long time = 1_000_000;
      for (int row = 0; row < rows; row++) {
        for (long target : targets) {
          long present = row < rows / 3 ? target & ~late : target;
          time += 1 + random.nextInt(3);
          append(stripe, time, present, row, scratch);
        }
        time += 15_000;
      }
      Stripe.View view = stripe.view(NewestTimes.NEVER, Long.MAX_VALUE);
      long[][] times = new long[64][];
      for (int k = 0; k < 64; k++) {
        SampleBuffer b = new SampleBuffer();
        view.readTimes(k, NewestTimes.NEVER, Long.MAX_VALUE, b);
        times[k] = Arrays.copyOf(b.timestamps, b.size);
        int mine = view.timesClass(k);
        for (int other = 0; other < k && mine != 0; other++) {
          if (view.timesClass(other) == mine) {
            assertThat(times[other]).isEqualTo(times[k]);
            told++;
          }
        }
      }
    }
    assertThat(told).isGreaterThan(20_000);
  }

  private static void append(Stripe s, long time, long present, int v, RowPage.Scratch scratch) {
    int[] slots = new int[64];
    long[] bits = new long[64];
    int n = 0;
    for (long rest = present; rest != 0; rest &= rest - 1) {
      slots[n] = Long.numberOfTrailingZeros(rest);
      bits[n++] = Double.doubleToRawLongBits(v);
    }
    if (n > 0) {
      s.append(time, RANGE, slots, bits, 0, n, scratch, pages(1000));
    }
  }

  @Test
  void doesNotKeepPagesThatLeftWhileWaitingForAFile() {
    Stripe stripe = new Stripe();
    SealedPages gone = pages(2_000_000);
    RowPage.Scratch scratch = new RowPage.Scratch();
    int[] slots = new int[64];
    long[] bits = new long[64];
    SplittableRandom random = new SplittableRandom(3);
    for (int row = 0; row < 200; row++) {
      for (int k = 0; k < 64; k++) {
        slots[k] = k;
        bits[k] = random.nextLong();
      }
      stripe.append(1_000_000 + row, RANGE, slots, bits, 0, 64, scratch, gone);
    }
    assertThatThrownBy(
            () ->
                gone.storeAll(
                    (heads, length, columns, n) -> {
                      throw new IOException("the disk is full");
                    }))
        .hasMessage("the disk is full");
    int held = stripe.pageCount();
    assertThat(held).isGreaterThan(3);
    int[] offered = new int[1];
    stripe.sealedInMemory(p -> offered[0]++);
    assertThat(offered[0]).isEqualTo(held - 1);
    stripe.truncate(2_000_000);
    offered[0] = 0;
    stripe.sealedInMemory(p -> offered[0]++);
    assertThat(offered[0]).isZero();
  }

  /** Rows of all series of a stripe, each page stored as soon as it takes no more. */
  private static final class Filled {
    final Stripe stripe = new Stripe();
    final SealedPages gone = pages(2_000_000);
    final RowPage.Scratch scratch = new RowPage.Scratch();
    final List<List<Sample>> expected = new ArrayList<>();
    private final SplittableRandom random = new SplittableRandom(5);
    private final long[] bits = new long[64];
    private long time = RANGE;
    private long present = -1; // a bit a series that rows hold

    Filled() {
      for (int k = 0; k < 64; k++) {
        expected.add(new ArrayList<>());
      }
    }

    void append(int rows, SealedPages.Files files) throws IOException {
      int[] slots = new int[64];
      long[] row = new long[64];
      for (int r = 0; r < rows; r++, time += 1000) {
        int n = 0;
        for (int k = 0; k < 64; k++) {
          bits[k] = k % 3 == 0 ? random.nextInt(100) : next(random, k % 3, bits[k]);
          bits[k] = k % 3 == 0 ? Double.doubleToRawLongBits(bits[k]) : bits[k];
          if ((present >>> k & 1) != 0) {
            slots[n] = k;
            row[n++] = bits[k];
            expected.get(k).add(new Sample(time, bits[k]));
          }
        }
        stripe.append(time, RANGE, slots, row, 0, n, scratch, gone);
        gone.storeAll(files);
      }
    }

    /** Reads from a time on, by readers that come one after another. */
    void checkAgainAndAgain(long from) {
      for (int i = 0; i < 2; i++) {
        for (int k = 0; k < 64; k++) {
          Stripe.View view = stripe.view(from, Long.MAX_VALUE);
          StripeReadTest.check(view, k, from, Long.MAX_VALUE, expected.get(k));
        }
      }
    }

    void check() {
      for (int k = 0; k < 64; k++) {
        for (ReadAhead ahead : new ReadAhead[] {null, new ReadAhead()}) {
          StripeReadTest.check(
              stripe.view(NewestTimes.NEVER, Long.MAX_VALUE, ahead, new TimeLists()),
              k,
              NewestTimes.NEVER,
              Long.MAX_VALUE,
              expected.get(k));
        }
      }
    }
  }

  @Test
  void firstPageOfManySeriesIsAsSmallAsTheOthers() throws IOException {
    Filled filled = new Filled();
    while (filled.stripe.pageCount() < 2) {
      filled.append(1, StripeReadTest::keep);
    }
    assertThat(filled.expected.getFirst().size()).isBetween(4, 7); // the one after it has a row
  }

  /** As a file, whose bytes may be another's when they are read again. */
  private static PageBytes file(byte[] bytes) {
    PageBytes.InMemory all = new PageBytes.InMemory(MemorySegment.ofArray(bytes));
    return new PageBytes() {
      @Override
      public MemorySegment memory() {
        return all.memory();
      }

      @Override
      public boolean isFile() {
        return true;
      }

      @Override
      public void read(int at, byte[] into, int offset, int n) {
        all.read(at, into, offset, n);
      }
    };
  }

  @Test
  void smallPagesBecomeLargeOnes() throws IOException {
    Filled filled = new Filled();
    List<Stripe.View> noted = new ArrayList<>();
    for (int n = 1; n <= 400; n++) {
      filled.append(1, (heads, length, columns, rest) -> file(both(heads, length, columns, rest)));
      if (n == 100) {
        noted.add(filled.stripe.view(NewestTimes.NEVER, Long.MAX_VALUE));
      }
    }
    assertThat(filled.stripe.pageCount()).isBetween(2, 16); // of some fifty
    filled.check();
    for (int k = 0; k < 64; k++) { // a reader who was there
      check(
          noted.getFirst(),
          k,
          NewestTimes.NEVER,
          Long.MAX_VALUE,
          filled.expected.get(k).subList(0, 100));
    }
  }

  @Test
  void isolatesDamagedPage() throws IOException {
    Filled filled = new Filled();
    List<byte[]> files = new ArrayList<>();
    SealedPages.Files kept =
        (heads, length, columns, n) -> {
          files.add(both(heads, length, columns, n));
          return file(files.getLast());
        };
    while (files.isEmpty()) {
      filled.append(1, kept);
    }
    int rows = filled.stripe.page(0).rows();
    files.getFirst()[files.getFirst().length - 3] ^= 1;
    filled.append(300, kept);
    assertThat(filled.stripe.page(0).rows()).isEqualTo(rows);
    filled.expected.forEach(s -> s.subList(0, rows).clear());
    filled.check();
  }

  @Test
  void unreadablePageDoesNotKeepOthersInMemory() throws IOException {
    Filled filled = new Filled();
    filled.append(
        300,
        (heads, length, columns, n) -> {
          PageBytes kept = file(both(heads, length, columns, n));
          return new PageBytes() {
            @Override
            public MemorySegment memory() {
              return kept.memory();
            }

            @Override
            public boolean isFile() {
              return true;
            }

            @Override
            public void read(int at, byte[] into, int offset, int n) {
              throw new InternalError("a fault occurred in an unsafe memory access operation");
            }
          };
        });
    for (int i = 0; i < filled.stripe.pageCount() - 1; i++) {
      assertThat(filled.stripe.page(i).fileBytes()).isPositive();
    }
    for (int k = 0; k < 64; k++) {
      Stripe.View all = filled.stripe.view(NewestTimes.NEVER, Long.MAX_VALUE);
      check(all, k, NewestTimes.NEVER, Long.MAX_VALUE, filled.expected.get(k));
    }
  }

  @Test
  void samplesDeletedWhilePagesAreJoinedStayDeleted() throws IOException {
    Filled filled = new Filled();
    long from = RANGE + 20_000;
    long to = RANGE + 29_000;
    filled.append(
        400,
        (heads, length, columns, n) -> {
          // At any time: a page that was taken is another one when its file is written.
          filled.stripe.remove(9, from, to, new UnpackedRows(), filled.gone);
          return file(both(heads, length, columns, n));
        });
    filled.stripe.remove(9, from, to, new UnpackedRows(), filled.gone);
    filled.expected.get(9).removeIf(s -> s.time >= from && s.time <= to);
    filled.check();
    assertThat(filled.stripe.pageCount()).isBetween(2, 24);
  }

  @Test
  void cachedColumnsMatchTheCurrentPages() throws IOException {
    Filled filled = new Filled();
    filled.append(300, StripeReadTest::keep);
    filled.checkAgainAndAgain(NewestTimes.NEVER);
    long from = RANGE + 20_000;
    long to = RANGE + 29_000;
    filled.stripe.remove(9, from, to, new UnpackedRows(), filled.gone);
    filled.expected.get(9).removeIf(s -> s.time >= from && s.time <= to);
    filled.checkAgainAndAgain(NewestTimes.NEVER);
    filled.append(300, StripeReadTest::keep);
    filled.checkAgainAndAgain(NewestTimes.NEVER);
    filled.checkAgainAndAgain(RANGE + 25_000);
    long gone = RANGE + 200_000;
    filled.stripe.truncate(gone);
    filled.append(300, StripeReadTest::keep);
    filled.checkAgainAndAgain(gone);
  }

  @Test
  void cachedTimesMatchEachSeriesOfDifferentRows() throws IOException {
    SplittableRandom random = new SplittableRandom(23);
    Filled filled = new Filled();
    for (int i = 0; i < 10; i++) {
      filled.present = random.nextLong() | 1L << i;
      filled.append(40, StripeReadTest::keep);
      filled.checkAgainAndAgain(NewestTimes.NEVER);
    }
  }

  @Test
  void reportsNoTimesClassBeyondTheLimit() {
    Stripe stripe = new Stripe();
    RowPage.Scratch scratch = new RowPage.Scratch();
    for (int row = 0; row < 64; row++) {
      append(stripe, 1_000_000 + row, row < 15 ? 1L << row : -1, row, scratch);
    }
    assertThat(stripe.view(NewestTimes.NEVER, Long.MAX_VALUE).timesClass(20)).isNotZero();
    append(stripe, 1_000_100, 1L << 20, 7, scratch);
    assertThat(stripe.view(NewestTimes.NEVER, Long.MAX_VALUE).timesClass(20)).isZero();
  }

  private static long next(SplittableRandom random, int k, long before) {
    double v = Double.longBitsToDouble(before);
    return switch (k % 8) {
      case 0 -> before;
      case 1 -> Double.doubleToRawLongBits(v + random.nextInt(1_000_000));
      case 2 -> Double.doubleToRawLongBits(v + random.nextInt(100) / 100.0);
      case 3 -> random.nextLong();
      case 4 -> random.nextInt(9) == 0 ? Samples.STALE_BITS : Double.doubleToRawLongBits(7);
      case 5 -> Double.doubleToRawLongBits(random.nextBoolean() ? -0.0 : 0.0);
      case 6 -> Double.doubleToRawLongBits(random.nextInt(4) == 0 ? 0.5 : random.nextInt(9) - 4);
      default -> Double.doubleToRawLongBits((double) (random.nextLong() >> random.nextInt(64)));
    };
  }

  private static void check(Stripe.View view, int k, long min, long max, List<Sample> all) {
    List<Sample> expected = all.stream().filter(s -> s.time >= min && s.time <= max).toList();
    for (int again = 0; again < 3; again++) { // the third finds what the second kept
      SampleBuffer b = new SampleBuffer();
      view.read(k, min, max, b);
      List<Sample> got = new ArrayList<>();
      boolean finite = true;
      for (int i = 0; i < b.size; i++) {
        got.add(new Sample(b.timestamps[i], Double.doubleToRawLongBits(b.values[i])));
        finite &= Double.isFinite(b.values[i]);
      }
      assertThat(got).isEqualTo(expected);
      assertThat(b.mayBeStale || finite).isTrue();
      SampleBuffer times = new SampleBuffer();
      view.readTimes(k, min, max, times);
      assertThat(times.size).isEqualTo(expected.size());
      for (int i = 0; i < times.size; i++) {
        assertThat(times.timestamps[i]).isEqualTo(expected.get(i).time);
      }
    }
  }
}
