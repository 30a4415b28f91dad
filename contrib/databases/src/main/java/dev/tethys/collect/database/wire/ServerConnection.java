package dev.tethys.collect.database.wire;

import dev.tethys.config.TlsConfig;
import dev.tethys.model.DeadlineTimer;
import dev.tethys.web.client.TlsSockets;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.UnixDomainSocketAddress;
import java.net.UnknownHostException;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;

/**
 * Connection to a database server for one scrape or several successive ones. Not thread-safe.
 *
 * <p>The connection is closed at its deadline, which ends any read or write in progress, and it
 * reads at most {@link #MAX_BYTES} in a scrape.
 */
public final class ServerConnection implements AutoCloseable {
  /** Maximum number of bytes read in one scrape. */
  public static final long MAX_BYTES = 64L << 20;

  private static final int BUFFER = 1 << 16;

  private volatile AutoCloseable transport;
  private DeadlineTimer alarm;
  private @Nullable Socket socket;
  private InputStream in;
  private OutputStream out;
  private long read;

  private ServerConnection(
      AutoCloseable transport, InputStream in, OutputStream out, Deadline deadline) {
    this.transport = transport;
    this.in = new BufferedInputStream(in, BUFFER);
    this.out = new BufferedOutputStream(out, BUFFER);
    this.alarm = alarm(deadline);
  }

  /**
   * Connects over TCP.
   *
   * @param tls null for a plain connection
   * @throws IOException if it cannot; the message says why and holds no secret
   */
  public static ServerConnection tcp(
      String host, int port, @Nullable TlsConfig tls, Deadline deadline) throws IOException {
    return tcp(host, port, tls, deadline, deadline);
  }

  /**
   * Connects over TCP.
   *
   * @param connected deadline for establishing the connection
   */
  public static ServerConnection tcp(
      String host, int port, @Nullable TlsConfig tls, Deadline connected, Deadline deadline)
      throws IOException {
    InetSocketAddress to = new InetSocketAddress(host, port);
    if (to.isUnresolved()) {
      throw new UnknownHostException("lookup " + host + ": no such host");
    }
    Socket s = new Socket();
    try {
      s.connect(to, connected.millisLeft());
      s.setTcpNoDelay(true);
      ServerConnection c =
          new ServerConnection(s, s.getInputStream(), s.getOutputStream(), deadline);
      c.socket = s;
      if (tls != null) {
        try {
          c.secure(tls, host);
        } catch (IOException e) {
          c.close();
          throw e;
        }
      }
      return c;
    } catch (IOException e) {
      s.close();
      throw new IOException("dial tcp " + host + ":" + port + ": " + reason(e), e);
    }
  }

  /** Connects through a Unix socket. */
  public static ServerConnection unix(Path path, Deadline deadline) throws IOException {
    SocketChannel c;
    try {
      c = SocketChannel.open(UnixDomainSocketAddress.of(path));
    } catch (IOException e) {
      throw new IOException("dial unix " + path + ": " + reason(e), e);
    }
    return new ServerConnection(
        c, Channels.newInputStream(c), Channels.newOutputStream(c), deadline);
  }

  private static String reason(IOException e) {
    return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
  }

  /**
   * Switches to TLS, on a TCP connection without a request in progress.
   *
   * @param host verified, unless the configuration names another
   */
  public void secure(TlsConfig tls, String host) throws IOException {
    secure(plain -> TlsSockets.secure(tls, plain, host, plain.getPort()));
  }

  /** Switches to TLS without checking the name in the certificate. */
  public void secureAnyName(TlsConfig tls, String host) throws IOException {
    secure(plain -> TlsSockets.secureAnyName(tls, plain, host, plain.getPort()));
  }

  private interface Securing {
    SSLSocket over(Socket plain) throws IOException;
  }

  private void secure(Securing securing) throws IOException {
    Socket plain = socket;
    if (plain == null) {
      throw new IOException("a Unix socket does not support TLS");
    }
    SSLSocket s;
    try {
      s = securing.over(plain);
    } catch (IOException e) {
      throw named(e);
    }
    socket = s;
    transport = s;
    in = new BufferedInputStream(s.getInputStream(), BUFFER);
    out = new BufferedOutputStream(s.getOutputStream(), BUFFER);
  }

  /** Returns a timer that closes the current transport: TLS may replace it later. */
  private DeadlineTimer alarm(Deadline deadline) {
    return DeadlineTimer.closing(() -> transport.close(), deadline.nanos());
  }

  /**
   * Ends a scrape without closing the connection, which {@link #wake} reuses.
   *
   * @return false if the deadline had passed
   */
  public boolean park() {
    alarm.close();
    return !alarm.hasRung();
  }

  /**
   * Begins another scrape.
   *
   * @throws IOException if the connection has ended
   */
  public void wake(Deadline deadline) throws IOException {
    if (alarm.hasRung()) {
      throw new EOFException("the connection was closed");
    }
    read = 0;
    alarm = alarm(deadline);
  }

  private IOException named(IOException e) {
    return alarm.hasRung() ? new SocketTimeoutException("timed out") : e;
  }

  private void count(long n) throws IOException {
    read += n;
    if (read > MAX_BYTES) {
      throw new IOException("answers of more than " + (MAX_BYTES >> 20) + " MiB");
    }
  }

  /** Reads the next byte. */
  public int read() throws IOException {
    int b;
    try {
      b = in.read();
    } catch (IOException e) {
      throw named(e);
    }
    if (b < 0) {
      throw named(new EOFException("the server closed the connection"));
    }
    count(1);
    return b;
  }

  /** Reads {@code n} bytes, within the limit of this scrape. */
  public byte[] read(int n) throws IOException {
    count(n);
    byte[] b;
    try {
      b = in.readNBytes(n);
    } catch (IOException e) {
      throw named(e);
    }
    if (b.length < n) {
      throw named(new EOFException("the server closed the connection"));
    }
    return b;
  }

  /** Appends bytes to the output buffer. */
  public void write(byte[] b) throws IOException {
    try {
      out.write(b);
    } catch (IOException e) {
      throw named(e);
    }
  }

  /** Sends the written data. */
  public void flush() throws IOException {
    try {
      out.flush();
    } catch (IOException e) {
      throw named(e);
    }
  }

  /** Whether sent data is protected from being read in transit. */
  public boolean isSecured() {
    return socket == null || socket instanceof SSLSocket;
  }

  @Override
  public void close() {
    alarm.close();
    try {
      transport.close();
    } catch (Exception e) {
      // no caller needs its result
    }
  }
}
