package dev.tethys.store.metrics.internal.head;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.model.Histogram;
import dev.tethys.model.Histogram.ResetHint;
import dev.tethys.model.storage.SampleBuffer;
import dev.tethys.store.files.ByteSink;
import dev.tethys.store.files.ByteSource;
import dev.tethys.store.files.CorruptionException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Histograms of a series, in rows and chunks, against what was added. */
class HistogramLogTest {
  private record Added(long start, long time, Histogram histogram) {}

  private final HistogramChunk.Encoder encoder = new HistogramChunk.Encoder();
  private final HistogramLog log = new HistogramLog();
  private final List<Added> added = new ArrayList<>();

  private final SealedPages sealed = new SealedPages(new ReentrantReadWriteLock(), () -> 1);
  private final List<byte[]> files = new ArrayList<>();

  private void add(long start, long time, Histogram h) {
    int waiting = log.add(start, time, h, encoder);
    if (waiting > 0) {
      sealed.add(log, waiting);
    }
    added.add(new Added(start, time, h));
  }

  /** What a file has; read where it is, so that a change of it shows. */
  private record File(byte[] b) implements PageBytes {
    @Override
    public MemorySegment memory() {
      return MemorySegment.ofArray(b);
    }

    @Override
    public boolean isFile() {
      return true;
    }

    @Override
    public void read(int at, byte[] into, int offset, int n) {
      System.arraycopy(b, at, into, offset, n);
    }
  }

  private void leaveMemory() throws IOException {
    sealed.storeAll(
        (heads, length, columns, n) -> {
          byte[] b = Arrays.copyOf(heads, length + n);
          System.arraycopy(columns, 0, b, length, n);
          files.add(b);
          return new File(b);
        });
    assertThat(log.inMemory()).isEmpty();
  }

  private List<Added> read(HistogramLog.View view, long min, long max) {
    SampleBuffer b = new SampleBuffer();
    view.read(min, max, b);
    List<Added> out = new ArrayList<>();
    for (int i = 0; i < b.size; i++) {
      @Nullable Histogram h = b.histograms == null ? null : b.histograms[i];
      assertThat(h).isNotNull();
      if (h != null) {
        out.add(
            new Added(b.startTimestamps == null ? 0 : b.startTimestamps[i], b.timestamps[i], h));
      }
    }
    return out;
  }

  private List<Added> between(long min, long max) {
    return added.stream().filter(a -> a.time >= min && a.time <= max).toList();
  }

  private void check() {
    assertThat(read(log.view(), Long.MIN_VALUE, Long.MAX_VALUE)).isEqualTo(added);
    if (!added.isEmpty()) {
      assertThat(log.oldest()).isEqualTo(added.getFirst().time);
    }
  }

  private static double[] counts(Random r, int n, boolean integer) {
    double[] c = new double[n];
    for (int i = 0; i < n; i++) {
      c[i] =
          switch (r.nextInt(integer ? 4 : 8)) {
            case 0 -> 0;
            case 1 -> r.nextInt(10);
            case 2 -> r.nextInt();
            case 3 -> r.nextLong() >>> r.nextInt(1, 60);
            case 4 -> r.nextDouble();
            case 5 -> -0.0;
            case 6 -> 0x1p63;
            default -> Double.POSITIVE_INFINITY;
          };
    }
    return c;
  }

  private static Histogram random(Random r, int buckets) {
    boolean integer = r.nextBoolean();
    boolean custom = r.nextInt(4) == 0;
    int negatives = custom ? 0 : r.nextInt(3);
    double[] bounds = new double[buckets];
    for (int i = 0; i < buckets; i++) {
      bounds[i] = i + 0.5;
    }
    return new Histogram(
        integer,
        ResetHint.values()[r.nextInt(4)],
        custom ? Histogram.CUSTOM_BUCKETS : r.nextInt(3),
        custom ? 0 : 0.001,
        r.nextInt(3),
        r.nextInt(5) == 0 ? 0x1p62 : r.nextInt(),
        r.nextInt(5) == 0 ? Double.NaN : r.nextDouble(),
        new int[] {r.nextInt(2), buckets},
        counts(r, buckets, integer),
        negatives == 0 ? new int[0] : new int[] {0, negatives},
        counts(r, negatives, integer),
        custom ? bounds : null);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12})
  void readsTheAddedHistograms(long seed) throws IOException {
    Random r = new Random(seed);
    long time = r.nextInt();
    Histogram before = Histogram.stale();
    for (int i = 0; i < 200; i++) {
      time += 1 + r.nextInt(30_000);
      Histogram h =
          switch (r.nextInt(12)) {
            case 0 -> Histogram.stale();
            case 1 -> random(r, r.nextInt(6));
            default -> grown(before, r);
          };
      add(r.nextInt(3) == 0 ? time - r.nextInt(100_000) : 0, time, h);
      before = h;
      assertThat(log.newest()).isEqualTo(h);
      assertThat(log.newestTime()).isEqualTo(time);
      if (seed % 2 == 0 && r.nextInt(30) == 0) {
        leaveMemory();
      }
      if (i % 40 == 39) {
        long min = added.get(r.nextInt(added.size())).time;
        long max = min + r.nextInt(1_000_000);
        assertThat(read(log.view(), min, max)).isEqualTo(between(min, max));
      }
    }
    check();
    long cut = added.get(r.nextInt(150)).time;
    log.truncate(cut, encoder);
    added.removeIf(a -> a.time < cut);
    check();
    long min = added.get(r.nextInt(20)).time;
    long max = added.get(20 + r.nextInt(added.size() - 20)).time;
    log.remove(min, max, encoder);
    added.removeIf(a -> a.time >= min && a.time <= max);
    check();
    assertThat(log.newestTime()).isEqualTo(added.isEmpty() ? Long.MIN_VALUE : added.getLast().time);
    assertThat(log.newest()).isEqualTo(added.isEmpty() ? null : added.getLast().histogram);
    sealed.add(log);
    leaveMemory();
    check();
    log.truncate(Long.MAX_VALUE, encoder);
    assertThat(log.isEmpty()).isTrue();
    added.clear();
    add(0, 5, random(r, 3));
    check();
  }

  /** One of the same layout. */
  private static Histogram grown(Histogram h, Random r) {
    double[] p = h.positive().clone();
    double[] n = h.negative().clone();
    for (int i = 0; i < p.length; i++) {
      p[i] += r.nextInt(5) - 1;
    }
    for (int i = 0; i < n.length; i++) {
      n[i] += r.nextInt(3);
    }
    return new Histogram(
        h.integer(),
        r.nextInt(10) == 0 ? ResetHint.RESET : h.resetHint(),
        h.schema(),
        h.zeroThreshold(),
        h.zeroCount() + r.nextInt(2),
        h.count() + r.nextInt(9),
        h.sum() + r.nextDouble(),
        h.positiveSpans(),
        p,
        h.negativeSpans(),
        n,
        h.customBounds());
  }

  @Test
  void viewIsImmutable() {
    Random r = new Random(7);
    List<HistogramLog.View> views = new ArrayList<>();
    Histogram h = random(r, 4);
    for (int i = 0; i < 100; i++) {
      h = grown(h, r);
      add(0, i, h);
      views.add(log.view());
    }
    for (int i = 0; i < 100; i++) {
      assertThat(read(views.get(i), Long.MIN_VALUE, Long.MAX_VALUE))
          .isEqualTo(added.subList(0, i + 1));
    }
  }

  @Test
  void filesTakeNoMemoryAndAViewKeepsThem() throws IOException {
    Histogram h = random(new Random(3), 20);
    for (int i = 0; i < 320; i++) {
      add(0, i, grown(h, new Random(i)));
    }
    long before = log.bytes();
    HistogramLog.View view = log.view();
    leaveMemory();
    assertThat(files).hasSize(1);
    assertThat(log.fileBytes()).isEqualTo(files.getFirst().length);
    assertThat(log.bytes()).isLessThan(before - files.getFirst().length);
    check();
    log.truncate(Long.MAX_VALUE, encoder);
    assertThat(read(view, Long.MIN_VALUE, Long.MAX_VALUE)).isEqualTo(added);
  }

  @Test
  void damagedChunkAffectsOnlyItself() throws IOException {
    Histogram h = random(new Random(4), 6);
    for (int i = 0; i < 100; i++) {
      add(0, i, grown(h, new Random(i)));
    }
    leaveMemory();
    files.getFirst()[files.getFirst().length / 2] ^= 1; // of the second of three
    List<Added> left = new ArrayList<>(added.subList(0, 32));
    left.addAll(added.subList(64, 100));
    assertThat(read(log.view(), Long.MIN_VALUE, Long.MAX_VALUE)).isEqualTo(left);
    log.remove(40, 70, encoder);
    left.removeIf(a -> a.time >= 40 && a.time <= 70);
    assertThat(read(log.view(), Long.MIN_VALUE, Long.MAX_VALUE)).isEqualTo(left);
  }

  @Test
  void damagedChunkExpires() throws IOException {
    Histogram h = random(new Random(4), 6);
    for (int i = 0; i < 100; i++) {
      add(0, i, grown(h, new Random(i)));
    }
    leaveMemory();
    files.getFirst()[files.getFirst().length / 2] ^= 1; // of the second of three
    log.truncate(64, encoder);
    assertThat(log.oldest()).isEqualTo(64);
    assertThat(read(log.view(), Long.MIN_VALUE, Long.MAX_VALUE)).isEqualTo(added.subList(64, 100));
  }

  @Test
  void verifiesChunkSnapshot() {
    Histogram h = random(new Random(5), 6);
    long[] times = {1, 2, 3};
    Histogram[] all = {h, grown(h, new Random(1)), Histogram.stale()};
    ByteSink out = new ByteSink();
    encoder.encode(times, new long[3], all, 3).save(out);
    SampleBuffer b = new SampleBuffer();
    HistogramChunk.load(new ByteSource(out.toArray())).read(2, 3, b);
    assertThat(b.histograms).startsWith(all[1], all[2]);
    byte[] other = out.toArray();
    other[1] ^= 2; // its newest time
    assertThatThrownBy(() -> HistogramChunk.load(new ByteSource(other)))
        .isInstanceOf(CorruptionException.class);
  }

  @Test
  void memoryMatchesTheContent() {
    Histogram h = random(new Random(1), 20);
    long empty = log.bytes();
    for (int i = 0; i < 31; i++) {
      add(0, i * 15_000L, grown(h, new Random(i)));
    }
    assertThat(log.bytes()).isBetween(empty + 500, empty + 31 * 400);
  }
}
