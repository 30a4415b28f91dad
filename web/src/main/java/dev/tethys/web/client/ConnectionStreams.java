package dev.tethys.web.client;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.net.UnixDomainSocketAddress;
import java.net.UnknownHostException;
import java.net.http.HttpTimeoutException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.channels.UnresolvedAddressException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import javax.net.ssl.SSLSocket;

/**
 * The two directions of an open connection, and the objects that close it.
 *
 * @param socket socket closed by its user: over TLS, closing first sends a close_notify, which
 *     waits for a write in progress
 * @param below socket closed by other threads; closing never blocks; the same object without TLS
 */
record ConnectionStreams(InputStream in, OutputStream out, Closeable socket, Closeable below) {
  /** Timeout for establishing a connection. */
  static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(30);

  /**
   * Maximum number of bytes per read or write: the JDK keeps a buffer outside the heap as large as
   * the largest piece.
   */
  private static final int PIECE = 64 << 10;

  /** Creates streams without TLS. */
  ConnectionStreams(InputStream in, OutputStream out, Closeable socket) {
    this(in, out, socket, socket);
  }

  /** Opens a connection. */
  @FunctionalInterface
  interface Dialer {
    /**
     * @param opened called with the socket below TLS before it is connected, so that it can be
     *     closed when the time limit expires
     */
    ConnectionStreams dial(Consumer<Closeable> opened) throws IOException;
  }

  static Dialer unix(Path path) {
    return opened -> {
      SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
      opened.accept(channel);
      channel.connect(UnixDomainSocketAddress.of(path));
      return of(channel);
    };
  }

  /** Opens a TCP connection to the first reachable address of a host. */
  static Dialer tcp(String host, int port) {
    return tcp(host, port, Addresses.IN_ORDER);
  }

  /** Opens a TCP connection to the first reachable address in a given order. */
  static Dialer tcp(String host, int port, Addresses addresses) {
    return opened -> of(connected(host, port, addresses, opened));
  }

  /** Opens a TCP connection to the first reachable address of a host. */
  static SocketChannel connected(
      String host, int port, Addresses addresses, Consumer<Closeable> opened) throws IOException {
    List<InetAddress> found;
    try {
      found = addresses.of(host);
    } catch (UnknownHostException e) {
      ConnectException c = new ConnectException();
      c.initCause(new UnresolvedAddressException());
      throw c;
    }
    IOException refused = null;
    for (InetAddress a : found) {
      SocketChannel channel = SocketChannel.open();
      opened.accept(channel);
      try {
        channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
        channel.socket().connect(new InetSocketAddress(a, port), (int) CONNECT_TIMEOUT.toMillis());
        return channel;
      } catch (ConnectException e) {
        channel.close();
        refused = e;
      } catch (SocketTimeoutException e) {
        channel.close();
        throw new HttpTimeoutException("connecting took too long");
      } catch (IOException e) {
        channel.close();
        throw e;
      }
    }
    // In the words of Go; the JDK's begin with a capital letter.
    String reason = refused == null ? null : refused.getMessage();
    throw new ConnectException(
        reason == null || reason.equals("Connection refused") ? "connection refused" : reason);
  }

  /**
   * Creates a connection over a socket.
   *
   * @param below the opened socket, below TLS if any
   */
  static ConnectionStreams of(Socket socket, Closeable below) throws IOException {
    return new ConnectionStreams(socket.getInputStream(), socket.getOutputStream(), socket, below);
  }

  private static ConnectionStreams of(SocketChannel channel) {
    return new ConnectionStreams(
        new InputStream() {
          @Override
          public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
          }

          @Override
          public int read(byte[] b, int offset, int length) throws IOException {
            return channel.read(ByteBuffer.wrap(b, offset, Math.min(length, PIECE)));
          }
        },
        new OutputStream() {
          @Override
          public void write(int b) throws IOException {
            write(new byte[] {(byte) b}, 0, 1);
          }

          @Override
          public void write(byte[] b, int offset, int length) throws IOException {
            for (int at = offset; at < offset + length; ) {
              ByteBuffer piece = ByteBuffer.wrap(b, at, Math.min(offset + length - at, PIECE));
              at += channel.write(piece);
            }
          }
        },
        channel);
  }

  /**
   * Whether an idle connection has unread data, which would be mistaken for the response to the
   * next request. Does not detect the end of the stream, which keeps it at one system call.
   */
  boolean hasUnreadData() {
    try {
      // Data decrypted already, then unread data, which may be a record of TLS itself.
      return in.available() > 0
          || below instanceof SocketChannel channel
              && channel.socket().getInputStream().available() > 0
              && !isQuiet();
    } catch (IOException e) {
      return true;
    }
  }

  /** Whether an idle connection is open and has no unexpected data. */
  boolean isQuiet() {
    if (socket instanceof SSLSocket secured) {
      return isQuiet(secured);
    }
    if (!(socket instanceof SocketChannel channel)) {
      return false;
    }
    try {
      channel.configureBlocking(false);
      int n = channel.read(ByteBuffer.allocate(1));
      channel.configureBlocking(true);
      return n == 0;
    } catch (IOException e) {
      return false;
    }
  }

  /** Over TLS this waits briefly, since the bytes may be a record of TLS itself. */
  private static boolean isQuiet(SSLSocket s) {
    try {
      int before = s.getSoTimeout();
      s.setSoTimeout(1);
      try {
        s.getInputStream().read();
        return false;
      } catch (SocketTimeoutException e) {
        s.setSoTimeout(before);
        return true;
      }
    } catch (IOException e) {
      return false;
    }
  }

  /** Closes the connection; called by the thread that reads and writes, before its deadline. */
  void close() {
    try {
      socket.close();
    } catch (IOException e) {
      // it is over anyway
    }
  }

  /** Closes the connection immediately, without close_notify; safe from any thread. */
  void abort() {
    try {
      below.close();
    } catch (IOException e) {
      // it is over anyway
    }
  }
}
