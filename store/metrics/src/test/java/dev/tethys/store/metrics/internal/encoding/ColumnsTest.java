package dev.tethys.store.metrics.internal.encoding;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.Histogram;
import dev.tethys.model.Samples;
import dev.tethys.store.files.ByteSink;
import dev.tethys.store.files.ByteSource;
import dev.tethys.store.files.CorruptionException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Any column comes back bit for bit; any bytes are read without harm. */
@Tag("slow")
class ColumnsTest {
  private final IntColumn ints = new IntColumn();
  private final ValueColumn values = new ValueColumn();
  private final ValueColumn.Reader reader = new ValueColumn.Reader();

  /** A seed and a kind of series: values are made from both. */
  record Shape(long seed, int kind, int length) {}

  @Provide
  Arbitrary<Shape> shapes() {
    return Combinators.combine(
            Arbitraries.longs(),
            Arbitraries.integers().between(0, 15),
            Arbitraries.frequencyOf(
                net.jqwik.api.Tuple.of(5, Arbitraries.integers().between(1, 40)),
                net.jqwik.api.Tuple.of(3, Arbitraries.integers().between(41, 600)),
                net.jqwik.api.Tuple.of(1, Arbitraries.integers().between(601, 2048))))
        .as(Shape::new);
  }

  private static double[] doubles(Shape s) {
    Random r = new Random(s.seed);
    double[] v = new double[s.length];
    double x = r.nextInt(1000);
    long base = r.nextLong() >> r.nextInt(60);
    double scale = Math.pow(10, r.nextInt(9));
    for (int i = 0; i < v.length; i++) {
      v[i] =
          switch (s.kind) {
            case 0 -> x;
            case 1 -> x += r.nextInt(100);
            case 2 -> r.nextInt(40) == 0 ? (x = 0) : (x += r.nextInt(1000)); // resets
            case 3 -> Math.rint((x += r.nextGaussian()) * scale) / scale; // decimals
            case 4 -> x += 0.1 * r.nextInt(30); // sums
            case 5 -> r.nextGaussian() * scale;
            case 6 -> Double.longBitsToDouble(r.nextLong());
            case 7 -> base + (r.nextLong() >> r.nextInt(64));
            case 8 -> new double[] {0.0, -0.0, 1, Samples.STALE, Double.NaN}[r.nextInt(5)];
            case 9 -> r.nextInt(20) == 0 ? Samples.STALE : (x += 4096 * r.nextInt(50));
            case 10 -> r.nextInt(50) == 0 ? -0.0 : r.nextInt(3);
            case 11 ->
                r.nextInt(100) == 0
                    ? Double.longBitsToDouble(0x7ff0000000000000L | r.nextInt(9))
                    : x + i * 0.25;
            case 12 -> i * 1e-3 + (i % 256 == 100 ? 1e9 : 0); // a spike a block
            case 13 -> r.nextInt(30) == 0 ? (x = r.nextInt(9)) : x; // rarely moves
            case 14 ->
                new double[] {Double.MAX_VALUE, Double.MIN_VALUE, 1e22, 9007199254740993.0}
                    [r.nextInt(4)];
            default -> i < v.length / 2 ? i : i * 0.5 + r.nextDouble();
          };
    }
    return v;
  }

  @Property(tries = 20_000)
  void doublesRoundTrip(@ForAll("shapes") Shape s) {
    double[] v = doubles(s);
    ByteSink out = new ByteSink();
    out.putByte(77);
    values.encode(v, v.length, out);
    assertThat(out.size).isLessThanOrEqualTo(12 + 9 * v.length);
    ByteSource in = new ByteSource(out.toArray());
    in.getByte();
    double[] got = new double[v.length + 3];
    boolean special = reader.decode(in, got, 3, v.length);
    assertThat(in.remaining()).isZero();
    for (int i = 0; i < v.length; i++) {
      if (Double.doubleToRawLongBits(v[i]) != Double.doubleToRawLongBits(got[i + 3])) {
        throw new AssertionError(s + " at " + i + ": " + v[i] + " came back as " + got[i + 3]);
      }
      if (!Double.isFinite(v[i]) && !special) {
        throw new AssertionError(s + " has " + v[i] + " and does not say so");
      }
    }
  }

  @Property(tries = 20_000)
  void wantedDoublesRoundTrip(@ForAll("shapes") Shape s) {
    double[] v = doubles(s);
    Random r = new Random(s.seed);
    Slices wanted = new Slices();
    List<Double> expected = new ArrayList<>();
    int reach = 1 << r.nextInt(11);
    for (int from = r.nextInt(reach); from < v.length; ) {
      int to = Math.min(v.length, from + 1 + r.nextInt(reach));
      wanted.add(from, to);
      for (int i = from; i < to; i++) {
        expected.add(v[i]);
      }
      from = to + r.nextInt(reach);
    }
    ByteSink out = new ByteSink();
    values.encode(v, v.length, out);
    ByteSource in = new ByteSource(out.toArray());
    double[] got = new double[expected.size() + 3];
    boolean special = reader.decode(in, got, 3, v.length, wanted);
    assertThat(in.remaining()).isZero();
    for (int i = 0; i < expected.size(); i++) {
      double x = expected.get(i);
      if (Double.doubleToRawLongBits(x) != Double.doubleToRawLongBits(got[i + 3])) {
        throw new AssertionError(s + " at " + i + ": " + x + " came back as " + got[i + 3]);
      }
      if (!Double.isFinite(x) && !special) {
        throw new AssertionError(s + " has " + x + " and does not say so");
      }
    }
  }

  @Property(tries = 20_000)
  void longsRoundTrip(@ForAll("shapes") Shape s) {
    Random r = new Random(s.seed);
    long[] x = new long[s.length];
    long v = r.nextLong() >> r.nextInt(64);
    int shift = r.nextInt(64);
    for (int i = 0; i < x.length; i++) {
      x[i] =
          switch (s.kind) {
            case 0 -> v;
            case 1 -> v + 15_000L * i;
            case 2 -> v + 15_000L * i + r.nextInt(11) - 5; // jitter
            case 3 -> v += r.nextInt(20) == 0 ? 30_000 : 15_000; // gaps
            case 4 -> r.nextLong();
            case 5 -> r.nextLong() >> shift;
            case 6 -> new long[] {Long.MIN_VALUE, Long.MAX_VALUE, 0, -1}[r.nextInt(4)];
            case 7 -> v + (r.nextInt(50) == 0 ? r.nextLong() : r.nextInt(16));
            case 8 -> (long) r.nextInt(100) << shift;
            case 9 -> r.nextInt(40) == 0 ? ++v : v;
            case 10 -> i % 256 == 0 ? Long.MIN_VALUE : i;
            default -> (long) i * i * s.kind + r.nextInt(3);
          };
    }
    ByteSink out = new ByteSink();
    ints.encode(x, x.length, out);
    ByteSource in = new ByteSource(out.toArray());
    long[] got = new long[x.length];
    IntColumn.decode(in, got, x.length);
    assertThat(in.remaining()).isZero();
    if (!Arrays.equals(x, got)) {
      throw new AssertionError(s + " came back otherwise");
    }
  }

  @Property(tries = 2_000)
  void histogramsRoundTrip(@ForAll("shapes") Shape s) {
    Random r = new Random(s.seed);
    int n = Math.min(s.length, 120);
    Histogram[] h = new Histogram[n];
    int buckets = 1 + r.nextInt(12);
    for (int i = 0; i < n; i++) {
      if (r.nextInt(25) == 0) {
        buckets = 1 + r.nextInt(12);
      }
      double[] p = new double[buckets];
      for (int k = 0; k < buckets; k++) {
        p[k] = s.kind < 10 ? r.nextInt(1000) : r.nextDouble();
      }
      h[i] =
          r.nextInt(30) == 0
              ? Histogram.stale()
              : new Histogram(
                  s.kind < 10,
                  Histogram.ResetHint.values()[s.kind == 3 ? r.nextInt(4) : 0],
                  s.kind == 5 ? Histogram.CUSTOM_BUCKETS : s.kind % 8,
                  0.001,
                  s.kind == 5 ? 0 : r.nextInt(5),
                  r.nextInt(),
                  r.nextGaussian(),
                  new int[] {r.nextInt(3) - 1, buckets},
                  p,
                  new int[0],
                  new double[0],
                  s.kind == 5 ? new double[] {0.1, 0.5, 1} : null);
    }
    ByteSink out = new ByteSink();
    new HistogramColumn().encode(h, n, out);
    ByteSource in = new ByteSource(out.toArray());
    assertThat(HistogramColumn.decode(in, n)).containsExactly(h);
    assertThat(in.remaining()).isZero();
  }

  @Property(tries = 10_000)
  void damagedBytesNeverCrashAReader(@ForAll("shapes") Shape s) {
    Random r = new Random(s.seed);
    double[] v = doubles(s);
    ByteSink out = new ByteSink();
    values.encode(v, v.length, out);
    byte[] b = out.toArray();
    for (int i = 0; i < 1 + r.nextInt(3); i++) {
      b[r.nextInt(b.length)] = (byte) r.nextInt();
    }
    if (r.nextBoolean()) {
      b = Arrays.copyOf(b, r.nextInt(b.length + 1));
    }
    try {
      reader.decode(new ByteSource(b), new double[v.length], 0, v.length);
      HistogramColumn.decode(new ByteSource(b), 10);
    } catch (CorruptionException e) {
      assertThat(e).hasMessageNotContaining("null");
    }
  }

  @Test
  void choosesTheCheapestForm() {
    Random r = new Random(3);
    double[] constant = new double[480];
    Arrays.fill(constant, 42);
    double[] counter = new double[480];
    double[] pages = new double[480];
    double[] seconds = new double[480];
    double[] sums = new double[480];
    double[] rare = new double[480];
    double s = 0;
    for (int i = 1; i < 480; i++) {
      counter[i] = counter[i - 1] + 1000 + r.nextInt(16);
      pages[i] = (100_000 + r.nextInt(64)) * 4096.0;
      seconds[i] = Math.rint(seconds[i - 1] * 100 + r.nextInt(8)) / 100;
      sums[i] = sums[i - 1] + 0.01 * r.nextInt(8);
      rare[i] = i % 100 == 0 ? rare[i - 1] + 1 : rare[i - 1];
      s += sums[i];
    }
    assertThat(s).isPositive();
    assertThat(size(constant)).isLessThanOrEqualTo(3);
    assertThat(size(counter)).isLessThan(480 * 5 / 8);
    assertThat(size(pages)).isLessThan(480 * 7 / 8);
    assertThat(size(seconds)).isLessThan(480 * 4 / 8);
    assertThat(size(sums)).isLessThan(480 * 10 / 8);
    assertThat(size(rare)).isLessThan(20);
  }

  private int size(double[] v) {
    ByteSink out = new ByteSink();
    values.encode(v, v.length, out);
    return out.size;
  }
}
