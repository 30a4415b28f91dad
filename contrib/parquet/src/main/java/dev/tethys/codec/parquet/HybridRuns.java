package dev.tethys.codec.parquet;

import java.io.ByteArrayOutputStream;

/**
 * Small numbers as runs of equal ones and bit-packed groups of eight, the lowest first: Parquet's
 * "RLE / bit-packing hybrid", for levels and dictionary indices.
 */
final class HybridRuns {
  private static final int GROUP = 8;

  private HybridRuns() {}

  /** Returns the number of bits for numbers up to {@code most}. */
  static int width(int most) {
    return Integer.SIZE - Integer.numberOfLeadingZeros(most);
  }

  /** Numbers of an array; the last group of eight is filled with zeros. */
  static void write(int[] of, int from, int to, int width, ByteArrayOutputStream out) {
    int at = from;
    while (at < to) {
      int run = run(of, at, to);
      if (run >= GROUP) {
        varint((long) run << 1, out);
        for (int bits = 0; bits < width; bits += 8) {
          out.write(of[at] >>> bits);
        }
        at += run;
        continue;
      }
      int end = at;
      while (end < to && run(of, end, to) < GROUP) {
        end += GROUP; // beyond the end: filled
      }
      varint((long) ((end - at) / GROUP) << 1 | 1, out);
      pack(of, at, Math.min(end, to), end, width, out);
      at = end;
    }
  }

  private static int run(int[] of, int at, int to) {
    int end = at + 1;
    while (end < to && of[end] == of[at]) {
      end++;
    }
    return end - at;
  }

  private static void pack(
      int[] of, int from, int to, int filled, int width, ByteArrayOutputStream out) {
    long bits = 0;
    int held = 0;
    for (int i = from; i < filled; i++) {
      bits |= (i < to ? (long) of[i] : 0L) << held;
      held += width;
      while (held >= 8) {
        out.write((int) bits);
        bits >>>= 8;
        held -= 8;
      }
    }
  }

  private static void varint(long v, ByteArrayOutputStream out) {
    long remaining = v;
    while ((remaining & ~0x7fL) != 0) {
      out.write((int) (remaining & 0x7f | 0x80));
      remaining >>>= 7;
    }
    out.write((int) remaining);
  }
}
