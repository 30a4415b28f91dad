package dev.tethys.codec.datadog;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.protobuf.ProtoReader;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads a distribution as DataDog's libraries called sketches write it in protobuf: counts by index
 * of logarithmic buckets. Mappings that interpolate between powers of two by a polynomial of second
 * or third degree are read as logarithmic: they differ by less than one percent. Source: {@code
 * DDSketch.proto} of DataDog/sketches-go.
 */
final class DdSketch {
  private static final int LENGTH = ProtoReader.LENGTH;
  private static final int FIXED64 = ProtoReader.FIXED64;
  private static final int LINEAR = 1;
  private static final double LN_2 = Math.log(2);

  /** Receives the values of a distribution. */
  interface Sink {
    /** Adds a number of observations of approximately this value. */
    void add(double value, long count);
  }

  private record Bin(long index, double count) {}

  private final List<Bin> positive = new ArrayList<>();
  private final List<Bin> negative = new ArrayList<>();
  private double gamma;
  private double offset;
  private long interpolation;
  private double zero;

  private DdSketch() {}

  /**
   * Passes a distribution on, bucket by bucket.
   *
   * @throws CodecException if it is malformed
   */
  static void each(byte[] message, Sink to) {
    DdSketch s = new DdSketch();
    s.read(message);
    if (!(s.gamma > 1) || !Double.isFinite(s.gamma) || !Double.isFinite(s.offset)) {
      throw new CodecException("a sketch whose gamma is " + s.gamma);
    }
    for (Bin b : s.negative) {
      s.emit(-s.value(b.index), b.count, to);
    }
    s.emit(0, s.zero, to);
    for (Bin b : s.positive) {
      s.emit(s.value(b.index), b.count, to);
    }
  }

  private void emit(double value, double count, Sink to) {
    long n = Math.round(count);
    if (n < 0 || count > 1e15 || !Double.isFinite(value)) {
      throw new CodecException("a sketch with " + count + " observations of " + value);
    }
    if (n > 0) {
      to.add(value, n);
    }
  }

  /** Returns the midpoint of a bucket. */
  private double value(long index) {
    double power = (index + 0.5 - offset) * Math.log(gamma) / LN_2;
    if (interpolation == LINEAR) {
      double whole = Math.floor(power);
      return Math.scalb(1 + power - whole, (int) whole);
    }
    return Math.exp(power * LN_2);
  }

  private void read(byte[] message) {
    ProtoReader r = new ProtoReader(message);
    while (r.next()) {
      switch (r.tag()) {
        case 1 << 3 | LENGTH -> mapping(r);
        case 2 << 3 | LENGTH -> store(r, positive);
        case 3 << 3 | LENGTH -> store(r, negative);
        case 4 << 3 | FIXED64 -> zero = r.readDouble();
        default -> r.skip();
      }
    }
  }

  private void mapping(ProtoReader r) {
    int outer = r.enter();
    while (r.next()) {
      switch (r.tag()) {
        case 1 << 3 | FIXED64 -> gamma = r.readDouble();
        case 2 << 3 | FIXED64 -> offset = r.readDouble();
        case 3 << 3 -> interpolation = r.readLong();
        default -> r.skip();
      }
    }
    r.leave(outer);
  }

  private static void store(ProtoReader r, List<Bin> to) {
    int first = to.size();
    List<Double> row = new ArrayList<>();
    long from = 0;
    int outer = r.enter();
    while (r.next()) {
      switch (r.tag()) {
        case 1 << 3 | LENGTH -> to.add(bin(r));
        case 2 << 3 | LENGTH, 2 << 3 | FIXED64 -> {
          for (int o = r.beginRepeated(FIXED64); r.moreRepeated(o); ) {
            row.add(r.rawDouble());
          }
        }
        case 3 << 3 -> from = r.readSignedLong();
        default -> r.skip();
      }
    }
    r.leave(outer);
    for (int i = 0; i < row.size(); i++) {
      to.add(first + i, new Bin(from + i, row.get(i)));
    }
  }

  private static Bin bin(ProtoReader r) {
    long index = 0;
    double count = 0;
    int outer = r.enter();
    while (r.next()) {
      switch (r.tag()) {
        case 1 << 3 -> index = r.readSignedLong();
        case 2 << 3 | FIXED64 -> count = r.readDouble();
        default -> r.skip();
      }
    }
    r.leave(outer);
    return new Bin(index, count);
  }
}
