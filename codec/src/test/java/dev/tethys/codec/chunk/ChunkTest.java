package dev.tethys.codec.chunk;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.HistogramResolution;
import dev.tethys.codec.remote.Histograms;
import dev.tethys.model.Histogram;
import dev.tethys.model.Histogram.ResetHint;
import dev.tethys.model.HistogramCheck;
import dev.tethys.model.Samples;
import dev.tethys.model.storage.SampleBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("slow")
class ChunkTest {
  private record Chunk(ChunkEncoding encoding, long min, long max, byte[] data) {}

  private static List<Chunk> encode(SampleBuffer s) {
    List<Chunk> out = new ArrayList<>();
    new ChunkEncoder()
        .encode(
            s,
            (e, min, max, b, off, len) ->
                out.add(new Chunk(e, min, max, Arrays.copyOfRange(b, off, off + len))));
    return out;
  }

  private static SampleBuffer decode(List<Chunk> chunks) {
    SampleBuffer b = new SampleBuffer();
    ChunkDecoder d = new ChunkDecoder();
    for (Chunk c : chunks) {
      int before = b.size;
      d.decode(c.encoding, c.data, 0, c.data.length, b);
      assertThat(b.timestamps[before]).isEqualTo(c.min);
      assertThat(b.timestamps[b.size - 1]).isEqualTo(c.max);
      assertThat(ChunkDecoder.sampleCount(c.encoding, c.data, 0, c.data.length))
          .isEqualTo(b.size - before);
    }
    return b;
  }

  /** The meaning of a sample, regardless of the spans it is written with. */
  private static String meaning(SampleBuffer b, int i) {
    Histogram h = b.histograms == null ? null : b.histograms[i];
    if (h == null) {
      return b.timestamps[i] + " " + Long.toHexString(Double.doubleToRawLongBits(b.values[i]));
    }
    if (h.isStale()) {
      return b.timestamps[i] + " stale " + h.integer();
    }
    return b.timestamps[i]
        + " "
        + h.integer()
        + h.schema()
        + " "
        + h.zeroThreshold()
        + " "
        + h.zeroCount()
        + " "
        + h.count()
        + " "
        + Long.toHexString(Double.doubleToRawLongBits(h.sum()))
        + side(h.positiveSpans(), h.positive())
        + side(h.negativeSpans(), h.negative())
        + Arrays.toString(h.customBounds())
        + (h.resetHint() == ResetHint.GAUGE);
  }

  private static TreeMap<Integer, Double> side(int[] spans, double[] counts) {
    TreeMap<Integer, Double> out = new TreeMap<>();
    int index = 0;
    int k = 0;
    for (int i = 0; i < spans.length; i += 2) {
      index += spans[i];
      for (int j = 0; j < spans[i + 1]; j++, index++, k++) {
        if (counts[k] != 0) {
          out.put(index, counts[k]);
        }
      }
    }
    return out;
  }

  private static SampleBuffer random(Random r) {
    SampleBuffer s = new SampleBuffer();
    long t = r.nextLong(1L << 41);
    long step = 1 + r.nextInt(60_000);
    Histogram h = Histograms.random(r);
    double v = r.nextInt(100);
    int kind = r.nextInt(3);
    for (int i = r.nextInt(400); i >= 0; i--) {
      t += r.nextInt(10) == 0 ? 1 + r.nextLong(1L << r.nextInt(40)) : step;
      if (r.nextInt(50) == 0) {
        kind = r.nextInt(3);
      }
      if (kind == 0) {
        v = r.nextInt(3) == 0 ? v : r.nextInt(3) == 0 ? r.nextGaussian() : v + 1;
        s.add(0, t, r.nextInt(40) == 0 ? Samples.STALE : v);
      } else {
        if (r.nextInt(20) == 0) {
          h = Histograms.random(r);
        } else if (r.nextInt(30) == 0) {
          s.add(0, t, Histogram.stale());
          continue;
        } else {
          h = grown(r, h);
        }
        s.add(0, t, h);
      }
    }
    return s;
  }

  /** The same histogram after more observations, perhaps with one bucket lost. */
  private static Histogram grown(Random r, Histogram h) {
    double[] p = h.positive().clone();
    double count = h.count();
    for (int i = 0; i < p.length; i++) {
      int more = r.nextInt(40) == 0 ? (int) -p[i] : r.nextInt(3);
      p[i] += more;
      count += more;
    }
    return new Histogram(
        h.integer(),
        h.resetHint() == ResetHint.GAUGE ? ResetHint.GAUGE : ResetHint.UNKNOWN,
        h.schema(),
        h.zeroThreshold(),
        h.zeroCount(),
        count,
        h.sum() + r.nextInt(5),
        h.positiveSpans(),
        p,
        h.negativeSpans(),
        h.negative(),
        h.customBounds());
  }

  @Property(tries = 500)
  void chunksRoundTrip(@ForAll long seed) {
    SampleBuffer s = random(new Random(seed));
    SampleBuffer back = decode(encode(s));
    assertThat(back.size).isEqualTo(s.size);
    for (int i = 0; i < s.size; i++) {
      assertThat(meaning(back, i)).isEqualTo(meaning(s, i));
    }
  }

  @Property(tries = 1000)
  void readsOrRejectsDamagedChunks(@ForAll long seed) {
    Random r = new Random(seed);
    for (Chunk c : encode(random(r))) {
      byte[] b =
          Arrays.copyOf(c.data, r.nextInt(5) == 0 ? r.nextInt(c.data.length) : c.data.length);
      for (int i = r.nextInt(5); i > 0 && b.length > 0; i--) {
        b[r.nextInt(b.length)] = (byte) r.nextInt(256);
      }
      ChunkEncoding e = ChunkEncoding.values()[r.nextInt(6)];
      try {
        SampleBuffer into = new SampleBuffer();
        new ChunkDecoder().decode(e, b, 0, b.length, into);
        assertThat(into.size).isLessThanOrEqualTo(65_535);
      } catch (CodecException expected) {
        assertThat(expected.getMessage()).isNotEmpty();
      }
    }
  }

  /** The encodings with start timestamps differ in the header alone while no sample has one. */
  @Property(tries = 100)
  void readsHistogramsWithStartTimes(@ForAll long seed) {
    for (Chunk c : encode(random(new Random(seed)))) {
      if (c.encoding == ChunkEncoding.XOR) {
        continue;
      }
      byte[] b = c.data.clone();
      b[0] |= (byte) (b[2] & 0xc0);
      b[2] = 0;
      ChunkEncoding st =
          c.encoding == ChunkEncoding.HISTOGRAM
              ? ChunkEncoding.HISTOGRAM_ST
              : ChunkEncoding.FLOAT_HISTOGRAM_ST;
      SampleBuffer want = new SampleBuffer();
      SampleBuffer got = new SampleBuffer();
      new ChunkDecoder().decode(c.encoding, c.data, 0, c.data.length, want);
      new ChunkDecoder().decode(st, b, 0, b.length, got);
      assertThat(ChunkDecoder.sampleCount(st, b, 0, b.length)).isEqualTo(want.size);
      assertThat(got.size).isEqualTo(want.size);
      for (int i = 0; i < want.size; i++) {
        assertThat(meaning(got, i)).isEqualTo(meaning(want, i));
      }
    }
  }

  @Property(tries = 300)
  void xor2RoundTrips(@ForAll long seed) {
    Random r = new Random(seed);
    SampleBuffer s = new SampleBuffer();
    long t = r.nextLong(1L << 41);
    long start = r.nextBoolean() ? 0 : t - 1000;
    double v = 1;
    int startsVary = r.nextInt(100);
    for (int i = r.nextInt(300); i >= 0; i--) {
      t += r.nextInt(4) == 0 ? 1 + r.nextLong(1L << r.nextInt(40)) : 15_000;
      v = r.nextInt(3) == 0 ? v : r.nextInt(3) == 0 ? r.nextGaussian() : v + 1;
      start = r.nextInt(100) < startsVary / 4 ? t - r.nextInt(10_000) : start;
      s.add(start, t, r.nextInt(10) == 0 ? Samples.STALE : v);
    }
    byte[] chunk = Xor2Encoder.encode(s);
    SampleBuffer back = new SampleBuffer();
    new ChunkDecoder().decode(ChunkEncoding.XOR2, chunk, 0, chunk.length, back);
    assertThat(back.size).isEqualTo(s.size);
    for (int i = 0; i < s.size; i++) {
      assertThat(meaning(back, i)).isEqualTo(meaning(s, i));
      assertThat(back.startTimestamps == null ? 0 : back.startTimestamps[i])
          .isEqualTo(s.startTimestamps == null ? 0 : s.startTimestamps[i]);
    }
  }

  @Test
  void chunkOfTwoSamplesMatchesPrometheus() {
    SampleBuffer s = new SampleBuffer();
    s.add(0, 1000, 1.5);
    s.add(0, 2000, 1.5);
    // count 2, varint 1000, 1.5, uvarint 1000, one 0 bit
    assertThat(HexFormat.of().formatHex(encode(s).getFirst().data))
        .isEqualTo("0002" + "d00f" + "3ff8000000000000" + "e807" + "00");
  }

  @Test
  void splitsChunkAtCounterResetAndMarksIt() {
    Histogram a = simple(ResetHint.UNKNOWN, 10);
    Histogram b = simple(ResetHint.UNKNOWN, 3);
    SampleBuffer s = new SampleBuffer();
    s.add(0, 1, a);
    s.add(0, 2, a);
    s.add(0, 3, b);
    s.add(0, 4, simple(ResetHint.GAUGE, 3));
    List<Chunk> chunks = encode(s);
    assertThat(chunks).extracting(c -> c.data[2] & 0xff).containsExactly(0, 0x80, 0xc0);
    SampleBuffer back = decode(chunks);
    assertThat(java.util.Objects.requireNonNull(back.histograms))
        .startsWith(a, a.withResetHint(ResetHint.NOT_RESET), b, simple(ResetHint.GAUGE, 3));
  }

  @Test
  void splitsLongSeriesAtTheSampleLimit() {
    SampleBuffer s = new SampleBuffer();
    for (int i = 0; i < 3 * ChunkEncoder.MAX_SAMPLES + 1; i++) {
      s.add(0, i, simple(ResetHint.UNKNOWN, i + 1));
    }
    List<Chunk> chunks = encode(s);
    assertThat(chunks).hasSize(4);
    assertThat(chunks).extracting(c -> c.data[2] & 0xff).containsExactly(0, 0x40, 0x40, 0x40);
  }

  private static Histogram simple(ResetHint hint, int n) {
    return new Histogram(
        true,
        hint,
        0,
        0.001,
        0,
        n,
        n,
        new int[] {0, 1},
        new double[] {n},
        new int[0],
        new double[0],
        null);
  }

  @Property(tries = 200)
  void loweringResolutionKeepsAllObservations(@ForAll long seed) {
    Random r = new Random(seed);
    Histogram h = Histograms.random(r);
    if (h.hasCustomBuckets()) {
      return;
    }
    int to = -4 + r.nextInt(h.schema() + 5);
    Histogram low = HistogramResolution.reduce(h, to);
    assertThat(low.schema()).isEqualTo(to);
    if (h.integer()) {
      assertThat(HistogramCheck.problem(low)).isNull();
    }
    TreeMap<Integer, Double> expected = new TreeMap<>();
    side(h.positiveSpans(), h.positive())
        .forEach(
            (i, c) ->
                expected.merge((int) Math.ceil(i / Math.pow(2, h.schema() - to)), c, Double::sum));
    TreeMap<Integer, Double> got = side(low.positiveSpans(), low.positive());
    assertThat(got.keySet()).isEqualTo(expected.keySet());
    got.forEach(
        (i, c) ->
            assertThat(c).isCloseTo(expected.get(i), org.assertj.core.data.Offset.offset(1e-9)));
  }
}
