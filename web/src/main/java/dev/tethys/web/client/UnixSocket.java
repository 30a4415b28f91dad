package dev.tethys.web.client;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * Unix socket as a {@link Socket}, for drivers and TLS. Connects to its path and ignores the
 * address that it is given. Reads have no timeout: the waiting side closes the socket, which ends
 * them, or the socket closes itself at a deadline ({@link #ending}).
 */
public final class UnixSocket extends Socket {
  private final Path path;
  private final boolean ends;
  private volatile @Nullable SocketChannel channel;
  private volatile int timeout;

  /** Creates an unconnected socket. */
  public UnixSocket(Path path) {
    this(path, false);
  }

  private UnixSocket(Path path, boolean ends) {
    this.path = path;
    this.ends = ends;
  }

  /**
   * An unconnected socket that is closed by the first read that exceeds its timeout: for drivers,
   * which drop such a connection anyway.
   */
  public static UnixSocket ending(Path path) {
    return new UnixSocket(path, true);
  }

  /**
   * Creates a socket accepted by a listener.
   *
   * @param path path of the listener
   */
  public static UnixSocket of(SocketChannel accepted, Path path) {
    UnixSocket s = new UnixSocket(path);
    s.channel = accepted;
    return s;
  }

  private SocketChannel open() throws SocketException {
    SocketChannel c = channel;
    if (c == null || !c.isOpen()) {
      throw new SocketException("the connection is closed");
    }
    return c;
  }

  @Override
  public void connect(@Nullable SocketAddress ignored) throws IOException {
    connect(ignored, 0);
  }

  @Override
  public void connect(@Nullable SocketAddress ignored, int timeoutMillis) throws IOException {
    channel = SocketChannel.open(UnixDomainSocketAddress.of(path));
  }

  @Override
  public InputStream getInputStream() throws IOException {
    InputStream in = Channels.newInputStream(open());
    return ends ? new EndingStream(in) : in;
  }

  /** Closes the connection if a read takes too long. */
  private final class EndingStream extends FilterInputStream {
    private EndingStream(InputStream in) {
      super(in);
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] b, int offset, int length) throws IOException {
      int millis = timeout;
      if (millis == 0) {
        return in.read(b, offset, length);
      }
      AtomicBoolean late = new AtomicBoolean();
      Thread guard = Thread.ofVirtual().name("unix-socket-timeout").start(() -> end(millis, late));
      try {
        return in.read(b, offset, length);
      } catch (ClosedChannelException e) {
        if (late.get()) {
          SocketTimeoutException t = new SocketTimeoutException("Read timed out");
          t.initCause(e);
          throw t;
        }
        throw e;
      } finally {
        guard.interrupt();
      }
    }

    private void end(int millis, AtomicBoolean late) {
      try {
        Thread.sleep(millis);
        late.set(true);
        UnixSocket.this.close();
      } catch (InterruptedException | IOException e) {
        // read in time, or closed by another thread
      }
    }
  }

  @Override
  public OutputStream getOutputStream() throws IOException {
    return Channels.newOutputStream(open());
  }

  /** Not available; TLS requests it for the name of its session. */
  @Override
  public @Nullable InetAddress getInetAddress() {
    return null;
  }

  /** The path: there is no port and no name at the other end. */
  @Override
  public SocketAddress getRemoteSocketAddress() {
    return UnixDomainSocketAddress.of(path);
  }

  @Override
  public boolean isConnected() {
    return channel != null;
  }

  @Override
  public boolean isClosed() {
    SocketChannel c = channel;
    return c != null && !c.isOpen();
  }

  @Override
  public void shutdownInput() throws IOException {
    open().shutdownInput();
  }

  @Override
  public void shutdownOutput() throws IOException {
    open().shutdownOutput();
  }

  @Override
  public void setSoTimeout(int millis) {
    timeout = millis;
  }

  @Override
  public int getSoTimeout() {
    return timeout;
  }

  @Override
  public void setTcpNoDelay(boolean on) {}

  @Override
  public void setKeepAlive(boolean on) {}

  @Override
  public void setSoLinger(boolean on, int seconds) {}

  @Override
  public synchronized void setReceiveBufferSize(int size) {}

  @Override
  public synchronized void setSendBufferSize(int size) {}

  @Override
  public synchronized int getSendBufferSize() {
    return 8192;
  }

  @Override
  public void close() throws IOException {
    SocketChannel c = channel;
    if (c != null) {
      c.close();
    }
  }
}
