package dev.tethys.store.remote;

import dev.tethys.model.storage.StorageException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;

/**
 * Limits of one request to an external store.
 *
 * @param maxSamples samples in memory, a series counting as some
 * @param maxBytes decompressed bytes of the response
 */
public record StoreLimits(long maxSamples, long maxBytes) {
  /** Default maximum size of a response. */
  public static final long DEFAULT_BYTES = 1L << 30;

  /**
   * A response of which not more is read than is taken.
   *
   * @param store store name used in error messages
   */
  public InputStream bounded(InputStream in, String store) {
    return new Bounded(in, maxBytes, store);
  }

  private static final class Bounded extends FilterInputStream {
    private final long max;
    private final String store;
    private long remaining;

    Bounded(InputStream in, long max, String store) {
      super(in);
      this.max = max;
      this.store = store;
      this.remaining = max;
    }

    private void consume(long n) {
      remaining -= Math.max(0, n);
      if (remaining < 0) {
        throw new StorageException(
            StorageException.Reason.LIMIT,
            "reading from "
                + store
                + ": the response is larger than "
                + max
                + " bytes. Narrow the selector or the range, or raise max_response_bytes");
      }
    }

    @Override
    public int read() throws IOException {
      int b = super.read();
      consume(b < 0 ? 0 : 1);
      return b;
    }

    @Override
    public int read(byte[] b, int off, int len) throws IOException {
      int n = super.read(b, off, len);
      consume(n);
      return n;
    }

    @Override
    public long skip(long n) throws IOException {
      long s = super.skip(n);
      consume(s);
      return s;
    }
  }
}
