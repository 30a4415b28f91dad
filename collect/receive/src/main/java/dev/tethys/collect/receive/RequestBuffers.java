package dev.tethys.collect.receive;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.remote.WriteRequestReader;
import dev.tethys.codec.remote.WriteRequestV2Reader;
import dev.tethys.codec.snappy.SnappyBlock;
import dev.tethys.model.guard.ByteBudget;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicLong;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;
import org.jspecify.annotations.Nullable;

/**
 * Buffers and readers for requests in progress, reused from request to request. Their memory is
 * accounted: the total of all requests stays below {@link ReceiveLimits#maxBytesInFlight}, and that
 * of idle buffers below {@link #MAX_IDLE} times twice {@link #MAX_KEPT}.
 *
 * <p>Invariants: {@code inFlight} is the sum of the reservations of open workspaces; it is raised
 * before memory is allocated and lowered when a workspace closes. A workspace belongs to one
 * thread.
 */
final class RequestBuffers {
  /** Maximum number of workspaces kept for reuse. */
  static final int MAX_IDLE = 16;

  /** Larger buffers are returned to the heap. */
  static final int MAX_KEPT = 4 << 20;

  private static final int FIRST = 64 << 10;

  private final ReceiveLimits limits;
  private final ArrayDeque<Workspace> idle = new ArrayDeque<>();
  private final AtomicLong inFlight = new AtomicLong();

  RequestBuffers(ReceiveLimits limits) {
    this.limits = limits;
  }

  /** Returns the bytes currently held by requests in progress. */
  long inFlight() {
    return inFlight.get();
  }

  int idle() {
    synchronized (idle) {
      return idle.size();
    }
  }

  Workspace open() {
    Workspace w;
    synchronized (idle) {
      w = idle.pollLast();
    }
    if (w == null) {
      w = new Workspace();
    }
    try {
      w.reserve((long) w.raw.length + w.decoded.length);
    } catch (RequestRejectedException e) {
      w.close();
      throw e;
    }
    return w;
  }

  /** Buffers used for one request. */
  final class Workspace implements AutoCloseable {
    private byte[] raw = new byte[FIRST];
    private byte[] decoded = new byte[FIRST];
    private long reserved;

    /** The share of the budget that all receivers of the process have. */
    private final ByteBudget.Reservation shared = ByteBudget.process().open();

    final WriteRequestReader v1 = new WriteRequestReader();
    final WriteRequestV2Reader v2 = new WriteRequestV2Reader();
    final SeenMetadata seen = new SeenMetadata();

    private void reserve(long bytes) {
      if (inFlight.addAndGet(bytes) > limits.maxBytesInFlight()) {
        inFlight.addAndGet(-bytes);
        throw new RequestRejectedException(
            503, "too many bytes of requests are in progress, please send again later");
      }
      try {
        shared.accept(bytes);
      } catch (ByteBudget.OverBudgetException e) {
        inFlight.addAndGet(-bytes);
        throw new RequestRejectedException(
            e.isTooLarge() ? 413 : 503, String.valueOf(e.getMessage()));
      }
      reserved += bytes;
    }

    private byte[] grown(byte[] b, long need, int limit) {
      long size = Math.min(Math.max(need, 2L * b.length), Math.max(need, limit));
      reserve(size - b.length);
      return Arrays.copyOf(b, (int) size);
    }

    /** Reads the body to its end and returns its length; it is then in {@link #raw()}. */
    int readBody(ReceivedRequest request) throws IOException {
      int limit = limits.maxBodyBytes();
      if (request.contentLength() > limit) {
        throw tooLarge("the body", limit);
      }
      return fill(request.body(), true, limit, "the body");
    }

    private RequestRejectedException tooLarge(String what, int limit) {
      return new RequestRejectedException(
          413, what + " is larger than the limit of " + limit + " bytes");
    }

    private int fill(InputStream in, boolean toRaw, int limit, String what) throws IOException {
      byte[] b = toRaw ? raw : decoded;
      int n = 0;
      while (true) {
        if (n == b.length) {
          b = grown(b, n + 1L, limit + 1);
          if (toRaw) {
            raw = b;
          } else {
            decoded = b;
          }
        }
        int got = in.read(b, n, b.length - n);
        if (got < 0) {
          return n;
        }
        n += got;
        if (n > limit) {
          throw tooLarge(what, limit);
        }
      }
    }

    /** The body as a stream that ends in a 413 at the limit. */
    InputStream limited(ReceivedRequest request) {
      int limit = limits.maxBodyBytes();
      if (request.contentLength() > limit) {
        throw tooLarge("the body", limit);
      }
      return new LimitedStream(request.body(), limit);
    }

    byte[] raw() {
      return raw;
    }

    byte[] decoded() {
      return decoded;
    }

    /**
     * Decompresses a snappy block that {@link #readBody} read and returns its length.
     *
     * @throws CodecException if it is damaged or too large
     */
    int unsnap(int length) {
      int n = SnappyBlock.decodedLength(raw, 0, length, limits.maxDecodedBytes());
      if (decoded.length < n + SnappyBlock.SLACK) {
        decoded = new byte[0];
        reserve(n + (long) SnappyBlock.SLACK);
        decoded = new byte[n + SnappyBlock.SLACK];
      }
      return SnappyBlock.decode(raw, 0, length, decoded);
    }

    /** Decompresses a gzip stream and returns its length. */
    int gunzip(InputStream in) throws IOException {
      try (GZIPInputStream g = new GZIPInputStream(in, 8192)) {
        return fill(g, false, limits.maxDecodedBytes(), "the decompressed body");
      } catch (ZipException | java.io.EOFException e) {
        throw new CodecException("gzip: " + e.getMessage(), e);
      }
    }

    @Override
    public void close() {
      inFlight.addAndGet(-reserved);
      reserved = 0;
      shared.close();
      v1.release();
      v2.release();
      if (raw.length > MAX_KEPT) {
        raw = new byte[FIRST];
      }
      if (decoded.length > MAX_KEPT) {
        decoded = new byte[FIRST];
      }
      synchronized (idle) {
        if (idle.size() < MAX_IDLE) {
          idle.addLast(this);
        }
      }
    }
  }

  /** Returns up to a number of bytes and rejects the request at the next one. */
  private static final class LimitedStream extends java.io.FilterInputStream {
    private final int limit;
    private long remaining;

    LimitedStream(InputStream in, int limit) {
      super(in);
      this.limit = limit;
      this.remaining = limit;
    }

    @Override
    public int read() throws IOException {
      int b = in.read();
      if (b >= 0) {
        count(1);
      }
      return b;
    }

    @Override
    public int read(byte[] b, int offset, int length) throws IOException {
      int n = in.read(b, offset, length);
      return n < 0 ? n : count(n);
    }

    private int count(int n) {
      remaining -= n;
      if (remaining < 0) {
        throw new RequestRejectedException(
            413, "the body is larger than the limit of " + limit + " bytes");
      }
      return n;
    }
  }

  /**
   * Metadata already passed to the store by a workspace, as 64-bit hashes in an open table.
   * Evictions are harmless: the metadata is passed again.
   */
  static final class SeenMetadata {
    private static final int SLOTS = 1 << 14;
    private long @Nullable [] table;
    private int size;

    /** True if the hash was not there before. */
    boolean add(long hash) {
      long h = hash == 0 ? 1 : hash;
      long[] t = table;
      if (t == null) {
        t = new long[SLOTS];
        table = t;
      }
      if (size > SLOTS / 2) {
        clear();
      }
      int slot = (int) h & SLOTS - 1;
      while (t[slot] != 0) {
        if (t[slot] == h) {
          return false;
        }
        slot = slot + 1 & SLOTS - 1;
      }
      t[slot] = h;
      size++;
      return true;
    }

    void clear() {
      if (table != null) {
        Arrays.fill(table, 0);
      }
      size = 0;
    }
  }
}
