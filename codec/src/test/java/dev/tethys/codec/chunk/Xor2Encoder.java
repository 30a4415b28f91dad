package dev.tethys.codec.chunk;

import dev.tethys.model.Samples;
import dev.tethys.model.storage.SampleBuffer;
import java.util.Arrays;

/** Writes XOR2 chunks as the format's description says, to have something to decode. */
final class Xor2Encoder {
  private Xor2Encoder() {}

  static byte[] encode(SampleBuffer s) {
    BitWriter w = new BitWriter();
    w.write(s.size, 16);
    w.write(0, 8);
    XorValue v = new XorValue();
    int header = 0;
    long delta = 0;
    long distance = 0;
    long lastStart = 0;
    for (int i = 0; i < s.size; i++) {
      long t = s.timestamps[i];
      long bits = Double.doubleToRawLongBits(s.values[i]);
      boolean stale = bits == Samples.STALE_BITS;
      long start = s.startTimestamps == null ? 0 : s.startTimestamps[i];
      if (i == 0) {
        w.varint(t);
        w.write(bits, 64);
        v.reset(stale ? 0 : bits);
        if (start != 0) {
          w.varint(t - start);
          header = 0x80;
        }
        lastStart = start;
        continue;
      }
      long now = t - s.timestamps[i - 1];
      if (i == 1) {
        w.uvarint(now);
        value(w, v, bits, stale);
      } else {
        long dod = now - delta;
        if (dod == 0) {
          if (stale) {
            w.write(0b11111, 5);
          } else if (bits == v.bits) {
            w.write(0, 1);
          } else {
            w.write(0b10, 2);
            v.writeChanged(w, bits);
          }
        } else {
          if (dod >= -4096 && dod < 4096) {
            w.write(0b110, 3);
            w.write(dod, 13);
          } else if (dod >= -524288 && dod < 524288) {
            w.write(0b1110, 4);
            w.write(dod, 20);
          } else {
            w.write(0b11110, 5);
            w.write(dod, 64);
          }
          value(w, v, bits, stale);
        }
      }
      delta = now;
      long d = s.timestamps[i - 1] - start;
      if ((header & 0x7f) > 0) {
        w.varbit(d - distance);
        distance = d;
      } else if (start != lastStart || i == 0x7f) {
        header |= i;
        w.varbit(d);
        distance = d;
      }
      lastStart = start;
    }
    w.byteAt(2, header);
    return Arrays.copyOf(w.buffer(), w.size());
  }

  private static void value(BitWriter w, XorValue v, long bits, boolean stale) {
    if (stale) {
      w.write(0b111, 3);
    } else if (bits == v.bits) {
      w.write(0, 1);
    } else {
      w.write(1, 1);
      v.writeChanged(w, bits, 2);
    }
  }
}
