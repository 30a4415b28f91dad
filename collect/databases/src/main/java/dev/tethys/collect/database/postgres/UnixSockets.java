package dev.tethys.collect.database.postgres;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import javax.net.SocketFactory;
import org.jspecify.annotations.Nullable;

/**
 * Connections through a Unix socket for PostgreSQL's driver, which makes this class by its name and
 * gives it the path. Reads have no timeout of their own: whoever scrapes aborts the connection.
 */
public final class UnixSockets extends SocketFactory {
  private final String path;

  /** For the driver. */
  public UnixSockets(String path) {
    this.path = path;
  }

  @Override
  public Socket createSocket() {
    return new UnixSocket(path);
  }

  @Override
  public Socket createSocket(String host, int port) {
    return createSocket();
  }

  @Override
  public Socket createSocket(String host, int port, InetAddress local, int localPort) {
    return createSocket();
  }

  @Override
  public Socket createSocket(InetAddress host, int port) {
    return createSocket();
  }

  @Override
  public Socket createSocket(InetAddress host, int port, InetAddress local, int localPort) {
    return createSocket();
  }

  private static final class UnixSocket extends Socket {
    private final String path;
    private volatile @Nullable SocketChannel channel;
    private volatile int timeout;

    UnixSocket(String path) {
      this.path = path;
    }

    private SocketChannel open() throws SocketException {
      SocketChannel c = channel;
      if (c == null || !c.isOpen()) {
        throw new SocketException("the connection is closed");
      }
      return c;
    }

    @Override
    public void connect(SocketAddress ignored, int timeoutMillis) throws IOException {
      channel = SocketChannel.open(UnixDomainSocketAddress.of(path));
    }

    @Override
    public InputStream getInputStream() throws IOException {
      return Channels.newInputStream(open());
    }

    @Override
    public OutputStream getOutputStream() throws IOException {
      return Channels.newOutputStream(open());
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
}
