package dev.tethys.collect.observe.protocol;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Bytes of one direction that no message has consumed yet.
 *
 * <p>A payload is read in place while it is fed; only an incomplete message at its end is copied.
 * If the capture of a payload is shorter than the payload, the missing bytes follow the visible
 * ones as a gap: a message of known length is consumed across the gap, and reading continues at the
 * right byte of a later payload. If a message may start inside a gap, the position is lost and the
 * next payload is assumed to start with a message, as writes nearly always do.
 */
public final class StreamBuffer {
  /** Maximum number of bytes that are kept for a message; a parser decides with these or fails. */
  public static final int LIMIT = 8192;

  private static final byte[] NONE = {};

  /** Receives body bytes as they are consumed; they may be overwritten afterwards. */
  public interface Tap {
    void bytes(byte[] bytes, int offset, int length);

    /** Called for bytes in between that were not captured. */
    void gap(long n);
  }

  private byte[] bytes = NONE;
  private int start;
  private int end;
  private boolean borrowed;
  private long gap;
  private long skip;
  private @Nullable Tap tap;
  private long tapped; // of the bytes still to come
  private long arrival;
  private long startTime;
  private int payloadLength;
  private boolean cut;

  /** Adds a payload; returns true if a message may have started in bytes that were not captured. */
  public boolean append(byte[] from, int offset, int length, long total, long timestamp) {
    int off = offset;
    int len = length;
    long remaining = Math.max(total, length);
    arrival = timestamp;
    if (skip > 0) {
      long n = Math.min(skip, remaining);
      skip -= n;
      remaining -= n;
      int visible = (int) Math.min(n, len);
      if (tapped > 0) {
        tap(from, off, visible, n);
      }
      off += visible;
      len -= visible;
      if (len == 0 && remaining > 0 && n > visible) {
        gap = 0;
        return true;
      }
    }
    gap = remaining - len;
    cut = false;
    payloadLength = len;
    if (len == 0) {
      boolean lost = gap > 0;
      if (lost) {
        clear();
      }
      return lost;
    }
    if (start == end) {
      bytes = from;
      start = off;
      end = off + len;
      borrowed = true;
      startTime = timestamp;
    } else {
      int kept = end - start;
      byte[] joined = new byte[kept + len];
      System.arraycopy(bytes, start, joined, 0, kept);
      System.arraycopy(from, off, joined, kept, len);
      bytes = joined;
      start = 0;
      end = joined.length;
      borrowed = false;
    }
    return false;
  }

  /**
   * Keeps the rest of the payload; returns true if visible bytes had to be dropped before a gap.
   */
  boolean settle() {
    boolean lost = gap > 0;
    if (lost || end - start > LIMIT) {
      clear();
      return lost;
    }
    if (start == end) {
      bytes = NONE;
      start = 0;
      end = 0;
    } else if (borrowed || start > 0) {
      bytes = Arrays.copyOfRange(bytes, start, end);
      end -= start;
      start = 0;
    }
    borrowed = false;
    return false;
  }

  /** Clears all state; the next payload starts with a message. */
  void clear() {
    bytes = NONE;
    start = 0;
    end = 0;
    gap = 0;
    skip = 0;
    untap();
    borrowed = false;
  }

  /** Skips the rest of this payload, including the gap. */
  public void takePayload() {
    start = end;
    cut = gap > 0;
    gap = 0;
    skip = 0;
    untap();
    startTime = arrival;
  }

  /** True if a message of the last payload may start in bytes that were not captured. */
  boolean isCut() {
    return cut || gap > 0;
  }

  /** Visible length of the payload added last. */
  int payloadLength() {
    return payloadLength;
  }

  /** The most recently added payload, without earlier data. */
  StreamBuffer lastPayload() {
    StreamBuffer b = new StreamBuffer();
    b.append(bytes, end - payloadLength, payloadLength, payloadLength + gap, arrival);
    return b;
  }

  /** Bytes visible without interruption. */
  public int available() {
    return end - start;
  }

  /** True while the end of a consumed message has not arrived yet. */
  public boolean skipping() {
    return skip > 0;
  }

  /** True if uncaptured bytes follow the visible ones. */
  public boolean truncated() {
    return gap > 0;
  }

  /** True if a message of n bytes is visible, or when no more of it will become visible. */
  public boolean ready(long n) {
    return available() >= n || gap > 0 || available() >= LIMIT;
  }

  /** Consumes n bytes: visible ones first, then the gap, then future ones. */
  public void take(long n) {
    long remaining = n;
    long visible = Math.min(remaining, available());
    start += (int) visible;
    remaining -= visible;
    long missing = Math.min(remaining, gap);
    gap -= missing;
    skip += remaining - missing;
    startTime = arrival;
  }

  /** Time when the first visible byte arrived. */
  public long startTime() {
    return startTime;
  }

  /** Ends the consumption of a message whose rest will not arrive. */
  void stopSkipping() {
    skip = 0;
    untap();
  }

  /** Like {@link #take(long)}, with a receiver of their visible part, now and later. */
  public void take(long n, @Nullable Tap to) {
    if (to != null && skip == 0) {
      int visible = (int) Math.min(n, available());
      to.bytes(bytes, start, visible);
      long missing = Math.min(n - visible, gap);
      if (missing > 0) {
        to.gap(missing);
      }
      tap = to;
      tapped = n - visible - missing;
    }
    take(n);
  }

  /** Shows a receiver the visible bytes without consuming them. */
  public void show(Tap to) {
    to.bytes(bytes, start, available());
  }

  /** Passes the bytes of a payload that belong to the body before. */
  private void tap(byte[] from, int offset, int visible, long consumed) {
    Tap to = tap;
    long wanted = Math.min(tapped, consumed);
    int shown = (int) Math.min(wanted, visible);
    if (to != null) {
      to.bytes(from, offset, shown);
      if (wanted > shown) {
        to.gap(wanted - shown);
      }
    }
    tapped -= wanted;
    if (tapped == 0) {
      tap = null;
    }
  }

  private void untap() {
    tap = null;
    tapped = 0;
  }

  public int u8(int i) {
    return bytes[start + i] & 0xff;
  }

  public int u16(int i) {
    return u8(i) << 8 | u8(i + 1);
  }

  public int i32(int i) {
    return u16(i) << 16 | u16(i + 2);
  }

  public int i32le(int i) {
    return Integer.reverseBytes(i32(i));
  }

  public long i64(int i) {
    return (long) i32(i) << 32 | i32(i + 4) & 0xffff_ffffL;
  }

  /** True if the visible bytes from i start with this ASCII text. */
  public boolean startsWith(int i, String ascii) {
    if (available() - i < ascii.length()) {
      return false;
    }
    for (int k = 0; k < ascii.length(); k++) {
      if (u8(i + k) != ascii.charAt(k)) {
        return false;
      }
    }
    return true;
  }

  /** Index of a byte at or after from and before to, or -1. */
  public int indexOf(int value, int from, int to) {
    int last = Math.min(to, available());
    for (int i = from; i < last; i++) {
      if (u8(i) == value) {
        return i;
      }
    }
    return -1;
  }

  /** Text of the bytes from to to, at most to the end of the visible ones. */
  public String text(int from, int to) {
    int last = Math.min(to, available());
    return last <= from ? "" : new String(bytes, start + from, last - from, StandardCharsets.UTF_8);
  }

  /** Copy of the bytes from to to, at most to the end of the visible ones. */
  public byte[] copy(int from, int to) {
    int last = Math.min(to, available());
    return last <= from ? NONE : Arrays.copyOfRange(bytes, start + from, start + last);
  }

  /** Number of bytes in memory. */
  int retained() {
    return bytes.length;
  }

  /** True for a TLS record of a handshake, an alert or application data at the start. */
  public boolean startsTlsRecord() {
    return available() >= 5
        && u8(0) >= 0x14
        && u8(0) <= 0x17
        && u8(1) == 3
        && u8(2) <= 4
        && u16(3) <= 16384 + 2048;
  }
}
