package dev.tethys.web.internal.http2;

import io.helidon.common.buffers.BufferData;
import io.helidon.common.buffers.Bytes;
import io.helidon.common.buffers.DataListener;
import io.helidon.common.buffers.DataReader;
import io.helidon.common.buffers.LazyString;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Replacement of the engine's reader, which links each read piece to the next and keeps the links
 * of consumed pieces. As soon as one of them reaches the old generation, no young collection frees
 * any later piece, and a server that receives megabytes a second keeps them all until a full
 * collection.
 *
 * <p>This reader keeps one piece. Bytes that were returned are never overwritten (the engine and
 * handlers may hold views of them), so a read fills a fresh array, whose size follows the traffic
 * of the connection. Bytes that must be seen together but arrived in several pieces (a header
 * across two reads) are copied; callers bound their number.
 *
 * <p>Invariant: {@code bytes[position, end)} is read and not consumed, and {@code bytes[end, end +
 * withheld)} is not for the engine yet.
 */
final class SocketReader extends DataReader {
  private static final int LEAST = 2 << 10;
  private static final int MOST = 32 << 10;

  /** The longest line read without a bound of the caller's: the size of a chunk, a trailer. */
  static final int MAX_LINE = 64 << 10;

  /** Source of bytes. */
  interface Source {
    /**
     * Reads bytes into the array from an index on. It may change those that were withheld, which
     * are directly before the index.
     *
     * @return the end of the bytes in the array, -1 at the end of the connection
     */
    int read(byte[] into, int from);

    /** Number of trailing bytes withheld until more have been read. */
    default int withheld() {
      return 0;
    }
  }

  private final Source source;
  private byte[] bytes;
  private int position;
  private int end;
  private int withheld;
  private int size = LEAST;

  /**
   * @param begin bytes to return before those of the source; not modified
   */
  SocketReader(byte[] begin, Source source) {
    super(() -> null);
    this.source = source;
    this.bytes = begin;
    this.withheld = source.withheld();
    this.end = begin.length - withheld;
  }

  @Override
  public int available() {
    return end - position;
  }

  @Override
  public void pullData() {
    int remaining = end - position;
    int kept = remaining + withheld;
    byte[] fresh = new byte[kept + size];
    System.arraycopy(bytes, position, fresh, 0, kept);
    do {
      if (kept == fresh.length) {
        fresh = Arrays.copyOf(fresh, kept + size);
      }
      int to = source.read(fresh, kept);
      if (to < 0) {
        throw new InsufficientDataAvailableException();
      }
      kept = to;
      withheld = source.withheld();
    } while (kept - withheld == remaining);
    int n = kept - withheld - remaining;
    if (n == size) {
      size = Math.min(MOST, size << 1);
    } else if (n < size >> 2) {
      size = Math.max(LEAST, size >> 1);
    }
    bytes = fresh;
    position = 0;
    end = kept - withheld;
  }

  private void need(int n) {
    while (end - position < n) {
      pullData();
    }
  }

  @Override
  public void ensureAvailable() {
    need(1);
  }

  @Override
  public void skip(int lenToSkip) {
    int remaining = lenToSkip;
    while (remaining > 0) {
      need(1);
      int n = Math.min(remaining, end - position);
      position += n;
      remaining -= n;
    }
  }

  @Override
  public byte read() {
    need(1);
    return bytes[position++];
  }

  @Override
  public byte lookup() {
    need(1);
    return bytes[position];
  }

  @Override
  public boolean startsWithNewLine() {
    need(1);
    if (bytes[position] != Bytes.CR_BYTE) {
      return false;
    }
    need(2);
    return bytes[position + 1] == Bytes.LF_BYTE;
  }

  @Override
  public boolean startsWith(byte[] prefix) {
    for (int i = 0; i < prefix.length; i++) {
      need(i + 1);
      if (bytes[position + i] != prefix[i]) {
        return false;
      }
    }
    return true;
  }

  @Override
  public BufferData readBuffer() {
    need(1);
    return readBuffer(end - position);
  }

  @Override
  public BufferData readBuffer(int length) {
    BufferData out = getBuffer(length);
    position += length;
    return out;
  }

  @Override
  public BufferData getBuffer(int length) {
    need(Math.max(1, length));
    return BufferData.createReadOnly(bytes, position, length);
  }

  @Override
  public LazyString readLazyString(Charset charset, int len) {
    need(Math.max(1, len));
    LazyString out = new LazyString(bytes, position, len, charset);
    position += len;
    return out;
  }

  @Override
  public String readAsciiString(int len) {
    need(Math.max(1, len));
    String out = new String(bytes, position, len, StandardCharsets.US_ASCII);
    position += len;
    return out;
  }

  @Override
  public byte[] readBytes(int len) {
    need(Math.max(1, len));
    byte[] out = Arrays.copyOfRange(bytes, position, position + len);
    position += len;
    return out;
  }

  @Override
  public String readLine() {
    int length = findNewLine(MAX_LINE);
    if (length == MAX_LINE) {
      throw new IncorrectNewLineException("No end of line within " + MAX_LINE + " bytes.");
    }
    String out = readAsciiString(length);
    skip(2);
    return out;
  }

  @Override
  public int findOrNewLine(byte b, int max) {
    need(1);
    for (int i = 0; i < max; i++) {
      need(i + 1);
      byte c = bytes[position + i];
      if (endsLine(c, i)) {
        return -i - 1;
      }
      if (c == b) {
        return i;
      }
    }
    return max;
  }

  @Override
  public int findNewLine(int max) {
    need(1);
    for (int i = 0; i < max; i++) {
      need(i + 1);
      if (endsLine(bytes[position + i], i)) {
        return i;
      }
    }
    return max;
  }

  /** Whether a line end is at this offset; a half of one is an error. */
  private boolean endsLine(byte c, int offset) {
    if (c == Bytes.LF_BYTE) {
      throw new IncorrectNewLineException("Found LF (" + offset + ") without preceding CR.");
    }
    if (c != Bytes.CR_BYTE) {
      return false;
    }
    need(offset + 2);
    if (bytes[position + offset + 1] != Bytes.LF_BYTE) {
      throw new IncorrectNewLineException("Found CR (" + offset + ") without following LF.");
    }
    return true;
  }

  @Override
  public String debugDataHex() {
    return BufferData.createReadOnly(bytes, position, end - position).debugDataHex(true);
  }

  @Override
  public <T> void listener(DataListener<T> listener, T context) {
    // The engine's own log of bytes; it is never switched on here.
  }
}
