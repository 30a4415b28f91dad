package dev.tethys.codec.clickhouse;

import dev.tethys.codec.CodecException;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.UUID;

/**
 * Reads rows of RowBinary as they arrive, see {@link RowBinaryWriter}. Not thread-safe.
 *
 * <p>All methods throw {@link EOFException} where rows end within a row and {@link CodecException}
 * where a length is beyond bounds.
 */
public final class RowBinaryReader {
  /** Maximum length of a string, array or map. */
  private static final int MAX_LENGTH = 64 << 20;

  private static final int BUFFER = 1 << 16;

  private final InputStream in;
  private final byte[] buf = new byte[BUFFER];
  private int at;
  private int end;

  public RowBinaryReader(InputStream in) {
    this.in = in;
  }

  /** Whether there is another row; false at the end. */
  public boolean next() throws IOException {
    return at < end || fill();
  }

  private boolean fill() throws IOException {
    int n = in.read(buf, 0, BUFFER);
    at = 0;
    end = Math.max(n, 0);
    return n > 0;
  }

  private int read() throws IOException {
    if (at == end && !fill()) {
      throw new EOFException("ClickHouse's answer ends within a row");
    }
    return buf[at++] & 0xff;
  }

  public int uint8() throws IOException {
    return read();
  }

  public int int32() throws IOException {
    int v = 0;
    for (int shift = 0; shift < 32; shift += 8) {
      v |= read() << shift;
    }
    return v;
  }

  public long int64() throws IOException {
    long v = 0;
    if (end - at >= 8) {
      for (int shift = 0; shift < 64; shift += 8) {
        v |= (buf[at++] & 0xffL) << shift;
      }
      return v;
    }
    for (int shift = 0; shift < 64; shift += 8) {
      v |= (long) read() << shift;
    }
    return v;
  }

  public double float64() throws IOException {
    return Double.longBitsToDouble(int64());
  }

  public UUID uuid() throws IOException {
    return new UUID(int64(), int64());
  }

  public int length() throws IOException {
    long n = 0;
    for (int shift = 0; shift < 35; shift += 7) {
      int b = read();
      n |= (long) (b & 0x7f) << shift;
      if (b < 0x80) {
        if (n > MAX_LENGTH) {
          break;
        }
        return (int) n;
      }
    }
    throw new CodecException("ClickHouse: a length beyond " + MAX_LENGTH);
  }

  public byte[] bytes() throws IOException {
    int n = length();
    if (n <= end - at) {
      byte[] b = Arrays.copyOfRange(buf, at, at + n);
      at += n;
      return b;
    }
    // Grows with the bytes received, not with the announced length.
    ByteArrayOutputStream b = new ByteArrayOutputStream(Math.min(n, BUFFER));
    int remaining = n;
    while (remaining > 0) {
      if (at == end && !fill()) {
        throw new EOFException("ClickHouse's answer ends within a row");
      }
      int some = Math.min(remaining, end - at);
      b.write(buf, at, some);
      at += some;
      remaining -= some;
    }
    return b.toByteArray();
  }

  public String string() throws IOException {
    return new String(bytes(), StandardCharsets.UTF_8);
  }

  public int[] int32s() throws IOException {
    int n = length();
    int[] v = new int[Math.min(n, 1024)];
    for (int i = 0; i < n; i++) {
      if (i == v.length) {
        v = Arrays.copyOf(v, Math.min(n, 2 * v.length));
      }
      v[i] = int32();
    }
    return v;
  }

  public double[] float64s() throws IOException {
    int n = length();
    double[] v = new double[Math.min(n, 1024)];
    for (int i = 0; i < n; i++) {
      if (i == v.length) {
        v = Arrays.copyOf(v, Math.min(n, 2 * v.length));
      }
      v[i] = float64();
    }
    return v;
  }
}
