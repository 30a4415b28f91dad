package dev.tethys.web.internal.proxied;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.web.HttpException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketImpl;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Accepted connection that may start with a {@link ProxyHeader}, hidden from its readers. The
 * thread that reads the first byte reads the header before it. The socket's addresses are those of
 * the TCP connection and carry the addresses of the header.
 */
final class HeaderSocket extends Socket {
  @GuardedBy("this")
  private @Nullable Headed input;

  private volatile @Nullable ProxyHeader header;

  /** Creates a socket for {@code accept}. */
  HeaderSocket() throws IOException {
    super((SocketImpl) null);
  }

  @Override
  public synchronized InputStream getInputStream() throws IOException {
    Headed in = input;
    if (in == null) {
      in = new Headed(super.getInputStream());
      input = in;
    }
    return in;
  }

  @Override
  public @Nullable SocketAddress getRemoteSocketAddress() {
    return super.getRemoteSocketAddress() instanceof InetSocketAddress a
        ? new ProxiedAddress(a, () -> header == null ? null : header.source())
        : null;
  }

  @Override
  public SocketAddress getLocalSocketAddress() {
    return super.getLocalSocketAddress() instanceof InetSocketAddress a
        ? new ProxiedAddress(a, () -> header == null ? null : header.destination())
        : super.getLocalSocketAddress();
  }

  /** Input stream after the header. */
  private final class Headed extends FilterInputStream {
    private @Nullable Beginning beginning;

    Headed(InputStream socket) {
      super(socket);
      beginning = new Beginning(socket);
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
      Beginning b = beginning;
      if (b == null) {
        return in.read(into, offset, length);
      }
      if (!b.headless) {
        take(b);
      }
      int n = Math.min(length, b.available());
      if (n == 0 && length > 0) {
        beginning = null;
        return in.read(into, offset, length);
      }
      System.arraycopy(b.bytes, b.position, into, offset, n);
      b.skip(n);
      return n;
    }

    private void take(Beginning b) throws IOException {
      try {
        header = ProxyHeader.take(b);
        b.headless = true;
      } catch (UncheckedIOException e) {
        b.refused = true;
        throw e.getCause();
      } catch (HttpException e) {
        b.refused = true;
        throw new IOException(e.getMessage(), e);
      }
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) <= 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int available() throws IOException {
      Beginning b = beginning;
      return b == null || !b.headless ? in.available() : b.available() + in.available();
    }

    /**
     * Skips available bytes in any case: after a failed handshake, TLS skips until none is left.
     */
    @Override
    public long skip(long n) throws IOException {
      Beginning b = beginning;
      if (b == null || b.refused || n <= 0) {
        return in.skip(n);
      }
      if (!b.headless) {
        take(b);
      }
      int buffered = (int) Math.min(n, b.available());
      if (buffered == 0) {
        return in.skip(n);
      }
      b.skip(buffered);
      return buffered;
    }
  }

  /** Bytes read until the header was complete. */
  private static final class Beginning implements ProxyHeader.Bytes {
    private final InputStream socket;
    byte[] bytes = new byte[512];
    int position;
    private int end;
    boolean headless; // the header was taken, or there is none
    boolean refused; // the header cannot be read

    Beginning(InputStream socket) {
      this.socket = socket;
    }

    @Override
    public int available() {
      return end - position;
    }

    @Override
    public byte at(int offset) {
      return bytes[position + offset];
    }

    @Override
    public int find(byte wanted, int from, int to) {
      for (int i = from; i < to; i++) {
        if (at(i) == wanted) {
          return i;
        }
      }
      return -1;
    }

    @Override
    public boolean startsWith(byte[] other, int from, int to) {
      return to <= available()
          && Arrays.equals(bytes, position + from, position + to, other, from, to);
    }

    @Override
    public void peek(byte[] into, int length) {
      System.arraycopy(bytes, position, into, 0, length);
    }

    @Override
    public void skip(int length) {
      position += length;
    }

    @Override
    public boolean pull() {
      if (end == bytes.length) {
        bytes = Arrays.copyOf(bytes, 2 * end);
      }
      try {
        int n = socket.read(bytes, end, bytes.length - end);
        end += Math.max(0, n);
        return n > 0;
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
