package dev.tethys.codec.syslog;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Splits a stream into messages (RFC 6587). A frame that starts with a digit is preceded by its
 * length (octet counting, {@code 11 <13>message}); any other frame ends with a line feed or NUL. A
 * stream may mix both. Messages longer than the limit are truncated and the remainder is skipped.
 */
public final class SyslogFrames {
  private static final int MAX_LENGTH_DIGITS = 9;

  /** A message up to this length is not accounted for. */
  private static final int FREE_BYTES = 8192;

  /** Memory of a message byte while the message grows, is copied and is parsed. */
  private static final long FACTOR = 4;

  private final InputStream in;
  private final int maxLength;
  private final LongConsumer memory;
  private final byte[] buf = new byte[8192];
  private int at;
  private int limit;
  private boolean cut;

  /**
   * Reads from a stream, possibly ahead of the current message.
   *
   * @param maxLength maximum length of a message in bytes
   */
  public SyslogFrames(InputStream in, int maxLength) {
    this(in, maxLength, bytes -> {});
  }

  /**
   * Variant with an account of memory.
   *
   * @param memory receives the bytes that a long message is about to take, and may throw
   */
  public SyslogFrames(InputStream in, int maxLength, LongConsumer memory) {
    this.in = in;
    this.maxLength = maxLength;
    this.memory = memory;
  }

  /** Whether only the beginning of the last message was given. */
  public boolean isCut() {
    return cut;
  }

  /**
   * The next message, without its frame; null at the end of the stream. A last line need not end; a
   * last message with a length that does not exist as a whole is not given.
   */
  public byte @Nullable [] next() throws IOException {
    cut = false;
    int c = read();
    while (c == '\n' || c == '\r' || c == 0 || c == ' ') {
      c = read();
    }
    if (c < 0) {
      return null;
    }
    if (c >= '1' && c <= '9') {
      return counted(c);
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream(256);
    while (c >= 0 && c != '\n' && c != 0) {
      if (out.size() < maxLength) {
        if (out.size() > 0 && out.size() % FREE_BYTES == 0) {
          memory.accept(FACTOR * FREE_BYTES);
        }
        out.write(c);
      } else {
        cut = true;
      }
      c = read();
    }
    return out.toByteArray();
  }

  private byte @Nullable [] counted(int first) throws IOException {
    ByteArrayOutputStream prefix = new ByteArrayOutputStream(16);
    int length = 0;
    int c = first;
    int digits = 0;
    while (c >= '0' && c <= '9' && digits < MAX_LENGTH_DIGITS) {
      length = length * 10 + (c - '0');
      prefix.write(c);
      digits++;
      c = read();
    }
    if (c != ' ') {
      // No length after all: the line begins with a number.
      while (c >= 0 && c != '\n' && c != 0) {
        if (prefix.size() < maxLength) {
          if (prefix.size() > 0 && prefix.size() % FREE_BYTES == 0) {
            memory.accept(FACTOR * FREE_BYTES);
          }
          prefix.write(c);
        } else {
          cut = true;
        }
        c = read();
      }
      return prefix.toByteArray();
    }
    int most = Math.min(length, maxLength);
    byte[] out = new byte[Math.min(most, FREE_BYTES)]; // the rest once it comes: a length may lie
    for (int n = 0; n < length; ) {
      if (at == limit && !fill()) {
        return null;
      }
      int k = Math.min(limit - at, length - n);
      if (out.length < most && n + k > out.length) {
        int grown = (int) Math.min(most, Math.max(n + k, 2L * out.length));
        memory.accept(FACTOR * (grown - out.length));
        out = Arrays.copyOf(out, grown);
      }
      if (n < out.length) {
        System.arraycopy(buf, at, out, n, Math.min(k, out.length - n));
      }
      at += k;
      n += k;
    }
    cut = length > maxLength;
    return out;
  }

  private int read() throws IOException {
    return at < limit || fill() ? buf[at++] & 0xff : -1;
  }

  private boolean fill() throws IOException {
    int n = in.read(buf, 0, buf.length);
    at = 0;
    limit = Math.max(n, 0);
    return n > 0;
  }
}
