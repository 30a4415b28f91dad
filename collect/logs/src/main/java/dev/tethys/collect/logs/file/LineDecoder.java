package dev.tethys.collect.logs.file;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Finds line ends in encoded bytes and decodes the lines. A line ends with a line feed in code
 * units of the encoding: in UTF-16 two bytes, at an even position. Encodings of one or more bytes a
 * character all have the line feed for itself.
 */
final class LineDecoder {
  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final long FEEDS = 0x0a0a0a0a0a0a0a0aL;
  private static final long ONES = 0x0101010101010101L;
  private static final long TOPS = 0x8080808080808080L;

  private final Charset charset;
  private final int unit;
  private final int feedAt; // which byte of the unit holds the line feed
  private final boolean ascii; // whether bytes below 128 are ASCII

  private @Nullable RecordEnds records;

  private LineDecoder(Charset charset, int unit, int feedAt) {
    this.charset = charset;
    this.unit = unit;
    this.feedAt = feedAt;
    this.ascii =
        charset.equals(StandardCharsets.UTF_8)
            || charset.equals(StandardCharsets.US_ASCII)
            || charset.equals(StandardCharsets.ISO_8859_1);
  }

  /**
   * For a file that begins with some bytes.
   *
   * @param head first bytes, whose byte order mark decides for encodings that leave it open
   */
  static LineDecoder of(Charset charset, byte[] head, int length) {
    return switch (charset.name().toUpperCase(Locale.ROOT)) {
      case "UTF-16LE", "X-UTF-16LE-BOM" -> new LineDecoder(StandardCharsets.UTF_16LE, 2, 0);
      case "UTF-16BE" -> new LineDecoder(charset, 2, 1);
      case "UTF-16" ->
          length >= 2 && head[0] == (byte) 0xff && head[1] == (byte) 0xfe
              ? new LineDecoder(StandardCharsets.UTF_16LE, 2, 0)
              : new LineDecoder(StandardCharsets.UTF_16BE, 2, 1);
      case "UTF-32LE" -> new LineDecoder(charset, 4, 0);
      case "UTF-32BE" -> new LineDecoder(charset, 4, 3);
      case "UTF-32" ->
          length >= 4 && head[0] == (byte) 0xff && head[1] == (byte) 0xfe
              ? new LineDecoder(StandardCharsets.UTF_32LE, 4, 0)
              : new LineDecoder(StandardCharsets.UTF_32BE, 4, 3);
      default -> new LineDecoder(charset, 1, 0);
    };
  }

  /**
   * Sets how records end, if not at line breaks. Only for encodings whose line feed is one byte.
   */
  LineDecoder with(@Nullable RecordEnds ends) {
    records = ends;
    return this;
  }

  /** Start of a record's text. */
  int textFrom(byte[] b, int from, int end) {
    return records == null ? from : records.textFrom(b, from, end);
  }

  /** End of a record's text. */
  int textTo(byte[] b, int from, int end) {
    return records == null ? end - unit : records.textTo(b, from, end);
  }

  /** Returns the end of a part of an overlong record, never inside a Unicode character. */
  int cut(byte[] b, int from, int most) {
    int end = from + Math.max(most / unit, 1) * unit;
    if (unit == 2 && end - from > unit && (b[end - 1 - feedAt] & 0xfc) == 0xd8) {
      return end - unit; // between two surrogates
    }
    if (!charset.equals(StandardCharsets.UTF_8)) {
      return end;
    }
    int least = Math.max(from + 1, end - 3);
    int p = end;
    while (p >= least && (b[p] & 0xc0) == 0x80) {
      p--;
    }
    return p >= least ? p : end;
  }

  /** Returns the size of a line feed in bytes. */
  int unit() {
    return unit;
  }

  /**
   * End of the line that starts at {@code from}, its line feed included; -1 if it is unterminated.
   */
  int end(byte[] b, int from, int to) {
    return end(b, from, from, to);
  }

  /** The same, if it is known not to end before {@code search}. */
  int end(byte[] b, int from, int search, int to) {
    RecordEnds r = records;
    if (r != null) {
      return r.end(b, from, to);
    }
    if (unit == 1) {
      return feed(b, search, to);
    }
    for (int i = from + (search - from) / unit * unit; i + unit <= to; i += unit) {
      if (b[i + feedAt] == '\n' && zeros(b, i)) {
        return i + unit;
      }
    }
    return -1;
  }

  private boolean zeros(byte[] b, int at) {
    for (int i = 0; i < unit; i++) {
      if (i != feedAt && b[at + i] != 0) {
        return false;
      }
    }
    return true;
  }

  private static int feed(byte[] b, int from, int to) {
    int i = from;
    for (; i + 8 <= to; i += 8) {
      long x = (long) LONGS.get(b, i) ^ FEEDS;
      long found = x - ONES & ~x & TOPS;
      if (found != 0) {
        return i + (Long.numberOfTrailingZeros(found) >>> 3) + 1;
      }
    }
    for (; i < to; i++) {
      if (b[i] == '\n') {
        return i + 1;
      }
    }
    return -1;
  }

  /** Decodes bytes to text; invalid ones become U+FFFD. */
  String text(byte[] b, int from, int to, boolean first) {
    String s = new String(b, from, to - from, charset);
    return first && !s.isEmpty() && s.charAt(0) == '\ufeff' ? s.substring(1) : s;
  }

  /** Whether bytes are known to be valid UTF-8: only ASCII, in an encoding that includes ASCII. */
  boolean isUtf8(byte[] b, int from, int to) {
    if (!ascii) {
      return false;
    }
    int i = from;
    long all = 0;
    for (; i + 8 <= to; i += 8) {
      all |= (long) LONGS.get(b, i);
    }
    for (; i < to; i++) {
      all |= b[i];
    }
    return (all & TOPS) == 0;
  }

  /** Whether bytes are valid in the encoding; UTF-8 needs no conversion and is not checked. */
  boolean isText(byte[] b, int from, int to) {
    if (charset.equals(StandardCharsets.UTF_8)) {
      return true;
    }
    CharsetDecoder d =
        charset
            .newDecoder()
            .onMalformedInput(CodingErrorAction.REPORT)
            .onUnmappableCharacter(CodingErrorAction.REPORT);
    try {
      d.decode(ByteBuffer.wrap(b, from, to - from));
      return true;
    } catch (CharacterCodingException e) {
      return false;
    }
  }
}
