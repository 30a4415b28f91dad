package dev.tethys.web.internal;

import java.io.IOException;
import java.io.OutputStream;
import java.util.Arrays;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.zip.CRC32;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;

/**
 * Gzip stream whose deflater is reused by later streams: creating one costs more than compressing a
 * short response. At most one for each processor is kept, since each holds 256 KiB outside the
 * heap. Fast rather than small: clients are mostly near.
 */
final class PooledGzip extends DeflaterOutputStream {
  private static final int LEVEL = 1;
  private static final int BUFFER = 8192;

  /** Bytes of the checksum and the length. */
  private static final int TRAILER = 8;

  private static final ArrayBlockingQueue<Deflater> POOL =
      new ArrayBlockingQueue<>(Runtime.getRuntime().availableProcessors());

  /** Magic number, deflate, no flags, no time, fastest, unknown system. */
  private static final byte[] HEADER = {0x1f, (byte) 0x8b, 8, 0, 0, 0, 0, 0, 4, (byte) 0xff};

  private final CRC32 crc = new CRC32();
  private boolean finished;
  private boolean closed;

  /** Starts a stream; flushing it passes on all that was written. */
  PooledGzip(OutputStream out) throws IOException {
    super(out, deflater(), BUFFER, true);
    out.write(HEADER);
  }

  private static Deflater deflater() {
    Deflater d = POOL.poll();
    return d == null ? new Deflater(LEVEL, true) : d;
  }

  /**
   * The first bytes of an array as one stream, made with as few calls of the library as there may
   * be: each costs as much as some hundred bytes.
   */
  static byte[] pack(byte[] body, int length) {
    Deflater d = deflater();
    try {
      CRC32 crc = new CRC32();
      crc.update(body, 0, length);
      d.setInput(body, 0, length);
      d.finish();
      byte[] out = new byte[HEADER.length + TRAILER + length / 4 + 64];
      System.arraycopy(HEADER, 0, out, 0, HEADER.length);
      int n = HEADER.length;
      while (true) {
        n += d.deflate(out, n, out.length - TRAILER - n);
        if (d.finished()) {
          break;
        }
        out = Arrays.copyOf(out, 2 * out.length);
      }
      put(out, n, (int) crc.getValue());
      put(out, n + 4, length);
      return Arrays.copyOf(out, n + TRAILER);
    } finally {
      release(d);
    }
  }

  private static void release(Deflater d) {
    d.reset();
    if (!POOL.offer(d)) {
      d.end();
    }
  }

  /** Returns the number of deflaters in the pool. */
  static int pooled() {
    return POOL.size();
  }

  @Override
  public void write(byte[] b, int off, int len) throws IOException {
    if (closed) {
      throw new IOException("the stream is closed");
    }
    super.write(b, off, len);
    crc.update(b, off, len);
  }

  @Override
  public void flush() throws IOException {
    if (!closed) {
      super.flush();
    }
  }

  @Override
  public void finish() throws IOException {
    if (finished) {
      return;
    }
    finished = true;
    super.finish();
    byte[] end = new byte[TRAILER];
    put(end, 0, (int) crc.getValue());
    put(end, 4, def.getTotalIn());
    out.write(end);
  }

  private static void put(byte[] b, int at, int v) {
    for (int i = 0; i < 4; i++) {
      b[at + i] = (byte) (v >>> 8 * i);
    }
  }

  @Override
  public void close() throws IOException {
    if (closed) {
      return;
    }
    try {
      finish();
    } finally {
      closed = true;
      release(def);
      out.close();
    }
  }
}
