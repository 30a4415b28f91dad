package dev.tethys.web.internal.http1;

import dev.tethys.web.internal.proxied.ProxyHeader;
import io.helidon.common.buffers.BufferData;
import io.helidon.common.socket.HelidonSocket;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.SocketTimeoutException;
import java.util.Arrays;
import java.util.concurrent.ArrayBlockingQueue;

/**
 * Bytes read from a connection and not consumed yet, in a reused array that is never passed to
 * callers. While the connection waits for its client the array is small, so many idle connections
 * are cheap; bodies are read through large arrays, of which a few are cached.
 *
 * <p>Invariant: {@code bytes[position, end)} is read and not consumed.
 */
final class SocketInput implements ProxyHeader.Bytes {
  private static final int SMALL = 2 << 10;
  private static final int LARGE = 64 << 10;
  private static final ArrayBlockingQueue<byte[]> SPARE = new ArrayBlockingQueue<>(8);

  /** Read timeout between two requests. */
  static final class Silence extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Silence() {
      super("nothing was sent", null, false, false);
    }
  }

  private final HelidonSocket socket;
  private byte[] bytes;
  private int position;
  private int end;

  /** Whether the next byte is the first of a request. */
  private boolean between = true;

  private boolean throwsWhenIdle;

  /**
   * Reads a socket.
   *
   * @param begin bytes to return before those of the socket
   */
  SocketInput(HelidonSocket socket, byte[] begin) {
    this.socket = socket;
    this.bytes = begin.length == 0 ? new byte[SMALL] : begin;
    this.end = begin.length;
  }

  /** Returns the number of buffered bytes. */
  @Override
  public int available() {
    return end - position;
  }

  /** Returns the byte at an offset from the first buffered one. */
  @Override
  public byte at(int offset) {
    return bytes[position + offset];
  }

  /** The offset of the first such byte in {@code [from, to)} of those that are here, or -1. */
  @Override
  public int find(byte wanted, int from, int to) {
    int last = position + to;
    for (int i = position + from; i < last; i++) {
      if (bytes[i] == wanted) {
        return i - position;
      }
    }
    return -1;
  }

  /** Whether the buffered bytes equal those of another array in a range. */
  @Override
  public boolean startsWith(byte[] other, int from, int to) {
    return to <= end - position
        && Arrays.equals(bytes, position + from, position + to, other, from, to);
  }

  /** Copies the first bytes without consuming them. */
  @Override
  public void peek(byte[] into, int length) {
    System.arraycopy(bytes, position, into, 0, length);
  }

  @Override
  public void skip(int length) {
    position += length;
  }

  /**
   * Waits for more.
   *
   * @return false at the end of the connection
   * @throws java.io.UncheckedIOException if it broke
   */
  @Override
  public boolean pull() {
    if (position == end) {
      position = 0;
      end = 0;
      int n = wait(bytes);
      end = Math.max(0, n);
      return n > 0;
    }
    byte[] fresh = new byte[Math.max(SMALL, end - position)];
    int n = wait(fresh);
    if (n <= 0) {
      return false;
    }
    if (n > bytes.length - end) {
      int remaining = end - position;
      bytes = Arrays.copyOfRange(bytes, position, position + Math.max(bytes.length, remaining + n));
      position = 0;
      end = remaining;
    }
    System.arraycopy(fresh, 0, bytes, end, n);
    end += n;
    return true;
  }

  /** Enables throwing {@link Silence} if a read between requests times out. */
  void throwWhenIdle(boolean wanted) {
    throwsWhenIdle = wanted;
  }

  /** Waits for bytes; another thread disconnects peers that are too slow within a request. */
  private int wait(byte[] into) {
    while (true) {
      try {
        int n = socket.read(BufferData.create(into).reset());
        between = false;
        return n;
      } catch (UncheckedIOException e) {
        if (!throwsWhenIdle || !(e.getCause() instanceof SocketTimeoutException)) {
          throw e;
        }
        if (between) {
          throw new Silence();
        }
      }
    }
  }

  /**
   * Reads bytes and waits for the first one.
   *
   * @return number of bytes, -1 at the end of the connection
   */
  int read(byte[] into, int offset, int length) {
    if (position == end) {
      if (length > bytes.length) {
        enlarge();
      }
      if (!pull()) {
        return -1;
      }
    }
    int n = Math.min(length, end - position);
    System.arraycopy(bytes, position, into, offset, n);
    position += n;
    return n;
  }

  /** The bytes as a stream, for a protocol that takes over the connection. */
  InputStream stream() {
    return new InputStream() {
      @Override
      public int read() {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
      }

      @Override
      public int read(byte[] into, int offset, int length) {
        return length == 0 ? 0 : SocketInput.this.read(into, offset, length);
      }
    };
  }

  private void enlarge() {
    byte[] large = SPARE.poll();
    bytes = large == null ? new byte[LARGE] : large;
    position = 0;
    end = 0;
  }

  /** Releases the memory of a request's body when the request is done. */
  void releaseBody() {
    int remaining = end - position;
    between = remaining == 0;
    if (bytes.length > SMALL && remaining <= SMALL) {
      byte[] small = new byte[SMALL];
      System.arraycopy(bytes, position, small, 0, remaining);
      if (bytes.length == LARGE) {
        SPARE.offer(bytes);
      }
      bytes = small;
      position = 0;
      end = remaining;
    }
  }
}
