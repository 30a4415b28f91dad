package dev.tethys.codec.chunk;

import dev.tethys.codec.CodecException;

/**
 * Column of doubles, each stored as the XOR with its predecessor. Prefixes: {@code 0} for an equal
 * value, {@code 10} for differing bits within the previous window, {@code 11} for a new window (5
 * bits leading zeros, 6 bits length with 0 for 64) and its bits.
 */
final class XorValue {
  private static final int NO_WINDOW = 0xff;

  long bits;
  private int leading = NO_WINDOW;
  private int trailing;

  void reset(long first) {
    bits = first;
    leading = NO_WINDOW;
    trailing = 0;
  }

  double value() {
    return Double.longBitsToDouble(bits);
  }

  void write(BitWriter w, long now) {
    if (now == bits) {
      w.write(0, 1);
      return;
    }
    w.write(1, 1);
    writeChanged(w, now);
  }

  /** Writes a changed value, without the "changed" bit. */
  void writeChanged(BitWriter w, long now) {
    writeChanged(w, now, 1);
  }

  /** A new window is encoded as {@code 1}, or, if {@code 11} means stale, as {@code 10}. */
  void writeChanged(BitWriter w, long now, int newWindowBits) {
    long delta = now ^ bits;
    bits = now;
    int l = Math.min(31, Long.numberOfLeadingZeros(delta));
    int t = Long.numberOfTrailingZeros(delta);
    if (leading != NO_WINDOW && l >= leading && t >= trailing) {
      w.write(0, 1);
      w.write(delta >>> trailing, 64 - leading - trailing);
      return;
    }
    leading = l;
    trailing = t;
    int n = 64 - l - t;
    w.write(newWindowBits, newWindowBits);
    w.write(l, 5);
    w.write(n, 6); // 64 becomes 0
    w.write(delta >>> t, n);
  }

  void read(BitReader r) {
    if (r.read(1) == 1) {
      readChanged(r);
    }
  }

  void readChanged(BitReader r) {
    if (r.read(1) == 1) {
      readWindow(r);
    } else {
      readBits(r);
    }
  }

  void readWindow(BitReader r) {
    int l = (int) r.read(5);
    int n = (int) r.read(6);
    if (n == 0) {
      n = 64;
    }
    if (l + n > 64) {
      throw new CodecException("a chunk holds a value of more than 64 bits");
    }
    leading = l;
    trailing = 64 - l - n;
    readBits(r);
  }

  void readBits(BitReader r) {
    if (leading == NO_WINDOW) {
      throw new CodecException("a chunk reuses a window that it has not set");
    }
    bits ^= r.read(64 - leading - trailing) << trailing;
  }
}
