package dev.tethys.codec.datadog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.tethys.codec.protobuf.ProtoReader;
import dev.tethys.codec.protobuf.ProtoWriter;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;

class DogSketchTest {
  /** Keys that datadog-agent's pkg/quantile has: its tests and its documentation of key 1338. */
  @Test
  void keysMatchTheAgent() {
    assertThat(DogSketch.key(0)).isZero();
    assertThat(DogSketch.key(1)).isEqualTo(1338);
    assertThat(DogSketch.key(-1)).isEqualTo(-1338);
    assertThat(DogSketch.key(1e-10)).isZero();
    assertThat(DogSketch.key(1e-9)).isBetween(1, 2);
    assertThat(DogSketch.key(Double.MAX_VALUE)).isBetween(1338, 50_000);
  }

  @Property
  void keyIsWithinItsError(@ForAll @DoubleRange(min = -18, max = 480) double exponent) {
    double v = Math.exp(exponent);
    int k = DogSketch.key(v);
    assertThat(DogSketch.middle(k) / v).isCloseTo(1, within(1.0 / 128 + 1e-9));
    assertThat(DogSketch.lower(k)).isLessThanOrEqualTo(v * (1 + 1e-12));
    assertThat(DogSketch.lower(k + 1)).isGreaterThanOrEqualTo(v * (1 - 1e-12));
    assertThat(DogSketch.key(-v)).isEqualTo(-k);
  }

  @Property(tries = 200)
  void spreadingLosesNoObservation(
      @ForAll @DoubleRange(min = -1000, max = 1000) double from,
      @ForAll @DoubleRange(min = 0, max = 1000) double width,
      @ForAll @LongRange(min = 1, max = 1_000_000) long count) {
    DogSketch s = new DogSketch();
    s.add(from, from + width, count);
    assertThat(s.count()).isEqualTo(count);
    assertThat(s.min()).isGreaterThanOrEqualTo(from - Math.abs(from) * 0.02 - 1e-8);
    assertThat(s.max()).isLessThanOrEqualTo(from + width + Math.abs(from + width) * 0.02 + 1e-8);
  }

  @Test
  void evenlySpreadValuesKeepTheirMean() {
    DogSketch s = new DogSketch();
    s.add(10, 20, 100_000);
    assertThat(s.sum() / s.count()).isCloseTo(15, within(0.05));
  }

  @Test
  void writesLargeCountsAndManyKeysLikeTheAgent() {
    DogSketch s = new DogSketch();
    s.add(1, 100_000);
    for (int k = 1; k <= 5000; k++) {
      s.add(DogSketch.middle(k), 1);
    }
    ProtoWriter w = new ProtoWriter();
    s.write(w, 7, 17, 0.5, 2, 42);
    List<Long> keys = new ArrayList<>();
    List<Long> counts = new ArrayList<>();
    ProtoReader r = new ProtoReader().reset(w.buffer(), 0, w.size());
    assertThat(r.next()).isTrue();
    assertThat(r.field()).isEqualTo(7);
    r.enter();
    while (r.next()) {
      switch (r.field()) {
        case 1 -> assertThat(r.readLong()).isEqualTo(17);
        case 2 -> assertThat(r.readLong()).isEqualTo(105_000);
        case 7, 8 -> packed(r.readBytes(), r.field() == 7 ? keys : counts, r.field() == 7);
        default -> r.skip();
      }
    }
    assertThat(keys).hasSameSizeAs(counts).isSorted();
    assertThat(keys.stream().distinct().count()).isLessThanOrEqualTo(DogSketch.MAX_BINS);
    assertThat(counts.stream().mapToLong(Long::longValue).sum()).isEqualTo(105_000);
    assertThat(counts).allMatch(n -> n <= DogSketch.MAX_BIN);
    assertThat(keys.getFirst()).isEqualTo(5000 - DogSketch.MAX_BINS + 1);
  }

  private static void packed(byte[] b, List<Long> to, boolean signed) {
    for (int at = 0; at < b.length; ) {
      long v = 0;
      int shift = 0;
      do {
        v |= (b[at] & 0x7fL) << shift;
        shift += 7;
      } while (b[at++] < 0);
      to.add(signed ? v >>> 1 ^ -(v & 1) : v);
    }
  }
}
