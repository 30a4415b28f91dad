package dev.tethys.query.promql.differential;

import dev.tethys.model.Histogram;
import dev.tethys.model.Labels;
import dev.tethys.model.Labels.Label;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;

/** Remote write 1.0 by hand: just enough of protobuf and of snappy (literals only) for tests. */
final class RemoteWrite {
  private final ByteArrayOutputStream request = new ByteArrayOutputStream();

  /** Adds samples of one series. */
  void series(Labels labels, long[] times, double[] values, int from, int to) {
    ByteArrayOutputStream ts = labels(labels);
    for (int i = from; i < to; i++) {
      double v = values[i];
      long t = times[i];
      message(
          ts,
          2,
          s -> {
            fixed(s, 1, v);
            s.write(2 << 3);
            varint(s, t);
          });
    }
    bytes(request, 1, ts.toByteArray());
  }

  /** Adds histograms of one series. */
  void histograms(Labels labels, long[] times, Histogram[] values, int from, int to) {
    ByteArrayOutputStream ts = labels(labels);
    for (int i = from; i < to; i++) {
      Histogram h = values[i];
      long t = times[i];
      message(ts, 4, s -> histogram(s, h, t));
    }
    bytes(request, 1, ts.toByteArray());
  }

  private static void histogram(ByteArrayOutputStream s, Histogram h, long t) {
    fixed(s, 2, h.count());
    fixed(s, 3, h.sum());
    s.write(4 << 3);
    varint(s, (long) h.schema() << 1 ^ h.schema() >> 31);
    fixed(s, 5, h.zeroThreshold());
    fixed(s, 7, h.zeroCount());
    side(s, 8, 10, h.negativeSpans(), h.negative());
    side(s, 11, 13, h.positiveSpans(), h.positive());
    s.write(14 << 3);
    varint(s, h.resetHint().ordinal());
    s.write(15 << 3);
    varint(s, t);
  }

  private static void side(
      ByteArrayOutputStream s, int spanField, int countField, int[] spans, double[] counts) {
    for (int i = 0; i < spans.length; i += 2) {
      int offset = spans[i];
      int length = spans[i + 1];
      message(
          s,
          spanField,
          b -> {
            b.write(1 << 3);
            varint(b, ((long) offset << 1 ^ offset >> 31) & 0xffffffffL);
            b.write(2 << 3);
            varint(b, length);
          });
    }
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    for (double c : counts) {
      little(packed, Double.doubleToRawLongBits(c));
    }
    bytes(s, countField, packed.toByteArray());
  }

  private static ByteArrayOutputStream labels(Labels labels) {
    ByteArrayOutputStream ts = new ByteArrayOutputStream();
    for (Label l : labels.toList()) {
      message(
          ts,
          1,
          s -> {
            bytes(s, 1, l.name().getBytes(StandardCharsets.UTF_8));
            bytes(s, 2, l.value().getBytes(StandardCharsets.UTF_8));
          });
    }
    return ts;
  }

  /** The request as it is sent. */
  byte[] body() {
    byte[] raw = request.toByteArray();
    ByteArrayOutputStream out = new ByteArrayOutputStream(raw.length + 16);
    varint(out, raw.length);
    for (int i = 0; i < raw.length; ) {
      int n = Math.min(65_536, raw.length - i);
      out.write(61 << 2); // a literal whose length takes two bytes
      out.write(n - 1);
      out.write(n - 1 >> 8);
      out.write(raw, i, n);
      i += n;
    }
    return out.toByteArray();
  }

  private static void message(
      ByteArrayOutputStream out, int field, Consumer<ByteArrayOutputStream> content) {
    ByteArrayOutputStream b = new ByteArrayOutputStream();
    content.accept(b);
    bytes(out, field, b.toByteArray());
  }

  private static void bytes(ByteArrayOutputStream out, int field, byte[] b) {
    varint(out, (long) field << 3 | 2);
    varint(out, b.length);
    out.writeBytes(b);
  }

  private static void fixed(ByteArrayOutputStream out, int field, double v) {
    varint(out, (long) field << 3 | 1);
    little(out, Double.doubleToRawLongBits(v));
  }

  private static void little(ByteArrayOutputStream out, long bits) {
    for (int i = 0; i < 64; i += 8) {
      out.write((int) (bits >>> i));
    }
  }

  private static void varint(ByteArrayOutputStream out, long v) {
    while ((v & ~0x7fL) != 0) {
      out.write((int) (v & 0x7f | 0x80));
      v >>>= 7;
    }
    out.write((int) v);
  }
}
