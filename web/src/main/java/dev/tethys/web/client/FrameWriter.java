package dev.tethys.web.client;

import java.io.BufferedOutputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Writes the frames of a client's HTTP/2 connection (RFC 9113 section 4), one thread at a time. A
 * thread may write between {@link #take} and {@link #unlock}; methods that write a single frame
 * take the turn themselves. Frames stay in a buffer until a flush.
 */
final class FrameWriter {
  /** Maximum frame size until the peer announces another. */
  static final int MAX_FRAME = 16_384;

  private static final int BUFFER = 32 << 10;

  private final OutputStream out; // guarded by turn
  private final ReentrantLock turn = new ReentrantLock();
  private volatile long messageFrames; // written with the turn
  private volatile long writeBegan; // 0 while nothing is being written

  FrameWriter(OutputStream to) {
    this.out =
        new BufferedOutputStream(
            new FilterOutputStream(to) {
              @Override
              public void write(byte[] b, int off, int len) throws IOException {
                writeBegan = System.nanoTime() | 1;
                try {
                  out.write(b, off, len);
                } finally {
                  writeBegan = 0;
                }
              }
            },
            BUFFER);
  }

  void take() throws InterruptedException {
    turn.lockInterruptibly();
  }

  void unlock() {
    turn.unlock();
  }

  /** Returns the time since which a write waits for the peer (nanoTime); 0 if no write waits. */
  long waitingSince() {
    return writeBegan;
  }

  /** Frames with headers or data that were written. */
  long messageFrames() {
    return messageFrames;
  }

  /**
   * Starts a client connection: the preface, its settings, and the additional connection window for
   * the server beyond HTTP/2's default.
   */
  void open(int moreWindow) throws IOException {
    turn.lock();
    try {
      out.write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
      // No pushing; header lists up to FrameReader.MAX_HEADERS.
      frame(Http2.SETTINGS, 0, 0, new byte[] {0, 2, 0, 0, 0, 0, 0, 6, 0, 1, 0, 0});
      frame(Http2.WINDOW_UPDATE, 0, 0, bytes(moreWindow));
      out.flush();
    } finally {
      turn.unlock();
    }
  }

  /** Writes a header block, split into frames. The caller must hold the turn. */
  void headers(int id, byte[] block) throws IOException {
    int n = Math.min(block.length, MAX_FRAME);
    head(n, Http2.HEADERS, n == block.length ? Http2.END_HEADERS : 0, id);
    out.write(block, 0, n);
    for (int p = n; p < block.length; p += n) {
      n = Math.min(block.length - p, MAX_FRAME);
      head(n, Http2.CONTINUATION, p + n == block.length ? Http2.END_HEADERS : 0, id);
      out.write(block, p, n);
    }
  }

  /** Writes a piece of a body. The caller must hold the turn. */
  void data(int id, byte[] body, int offset, int length, boolean last) throws IOException {
    head(length, Http2.DATA, last ? Http2.END_STREAM : 0, id);
    out.write(body, offset, length);
  }

  /** Sends the buffered bytes. The caller must hold the turn. */
  void flush() throws IOException {
    out.flush();
  }

  /** Writes and flushes a single frame; acquires the write lock. */
  void small(int type, int flags, int id, byte[] payload) throws IOException {
    turn.lock();
    try {
      frame(type, flags, id, payload);
      out.flush();
    } finally {
      turn.unlock();
    }
  }

  private void frame(int type, int flags, int id, byte[] payload) throws IOException {
    head(payload.length, type, flags, id);
    out.write(payload);
  }

  private void head(int length, int type, int flags, int id) throws IOException {
    if (type == Http2.DATA || type == Http2.HEADERS) {
      messageFrames = messageFrames + 1;
    }
    byte[] h = {
      (byte) (length >>> 16),
      (byte) (length >>> 8),
      (byte) length,
      (byte) type,
      (byte) flags,
      (byte) (id >>> 24),
      (byte) (id >>> 16),
      (byte) (id >>> 8),
      (byte) id
    };
    out.write(h);
  }

  /** Encodes a number as in frames. */
  static byte[] bytes(int n) {
    return new byte[] {(byte) (n >>> 24), (byte) (n >>> 16), (byte) (n >>> 8), (byte) n};
  }
}
