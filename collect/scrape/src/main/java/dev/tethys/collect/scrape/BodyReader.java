package dev.tethys.collect.scrape;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;

/**
 * Reads complete bodies into pooled arrays, so that an idle target holds none. Not more than {@link
 * #MAX_POOLED} arrays of at most {@link #MAX_POOLED_BYTES} are kept, and no array that was unused
 * for a while. Thread-safe.
 */
final class BodyReader {
  static final int MAX_POOLED = 16;
  static final int MAX_POOLED_BYTES = 4 << 20;
  private static final int FIRST_BYTES = 64 << 10;
  private static final int GZIP_BUFFER = 8 << 10;

  /** Largest array size supported by every JVM. */
  private static final int MAX_ARRAY = Integer.MAX_VALUE - 16;

  /** Number of returned arrays between two checks of their use. */
  private static final int CHECK_BYTES = 256;

  private final ArrayDeque<byte[]> pool = new ArrayDeque<>(); // the last used first; guards itself
  private int least; // arrays that were there at all times since the last look
  private int back; // arrays that came back since then

  /** Body in a pooled array; must be closed after use. */
  final class Body implements AutoCloseable {
    private byte[] bytes;
    private int length;

    private Body(byte[] bytes) {
      this.bytes = bytes;
    }

    byte[] bytes() {
      return bytes;
    }

    int length() {
      return length;
    }

    @Override
    public void close() {
      if (bytes.length > 0 && bytes.length <= MAX_POOLED_BYTES) {
        releaseBuffer(bytes);
      }
      bytes = new byte[0];
      length = 0;
    }
  }

  private byte[] acquireBuffer() {
    synchronized (pool) {
      byte[] lent = pool.pollFirst();
      least = Math.min(least, pool.size());
      return lent != null ? lent : new byte[FIRST_BYTES];
    }
  }

  private void releaseBuffer(byte[] bytes) {
    synchronized (pool) {
      if (pool.size() < MAX_POOLED) {
        pool.addFirst(bytes);
      }
      if (++back == CHECK_BYTES) {
        back = 0;
        for (int i = 0; i < least; i++) {
          pool.pollLast();
        }
        least = pool.size();
      }
    }
  }

  /** Returns the number of pooled arrays. */
  int pooled() {
    synchronized (pool) {
      return pool.size();
    }
  }

  /**
   * Reads a body to its end.
   *
   * @param limit size after decompression that the body must stay below
   * @throws ScrapeException if the body reaches the limit
   * @throws IOException if the body is truncated or is declared as gzip but is not
   */
  Body read(ScrapeTransport.Response response, long limit) throws IOException, ScrapeException {
    InputStream in = response.body();
    if (response.header("Content-Encoding").equals("gzip")) {
      try {
        in = new GZIPInputStream(in, GZIP_BUFFER);
      } catch (EOFException e) {
        throw new EOFException("EOF");
      } catch (ZipException e) {
        throw new IOException("gzip: invalid header", e);
      }
    }
    Body body = new Body(acquireBuffer());
    boolean done = false;
    try {
      int most = (int) Math.min(limit, MAX_ARRAY);
      while (true) {
        if (body.length >= most) {
          throw new ScrapeException("body size limit exceeded", true);
        }
        if (body.length == body.bytes.length) {
          long larger = Math.min(body.bytes.length * 2L, Math.max(most, body.bytes.length + 1L));
          body.bytes = Arrays.copyOf(body.bytes, (int) Math.min(larger, MAX_ARRAY));
        }
        int room = Math.min(body.bytes.length, most) - body.length;
        int n = in.read(body.bytes, body.length, room);
        if (n < 0) {
          done = true;
          return body;
        }
        body.length += n;
      }
    } catch (EOFException e) {
      throw new IOException("unexpected EOF", e);
    } catch (ZipException e) {
      throw new IOException("gzip: " + e.getMessage(), e);
    } finally {
      if (!done) {
        body.close();
      }
    }
  }
}
