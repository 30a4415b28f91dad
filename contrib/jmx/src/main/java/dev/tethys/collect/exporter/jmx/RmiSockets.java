package dev.tethys.collect.exporter.jmx;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.ObjectInputFilter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.UnknownHostException;
import java.rmi.server.RMISocketFactory;
import java.security.KeyManagementException;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicLong;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLContextSpi;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLServerSocketFactory;
import javax.net.ssl.SSLSessionContext;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManager;
import org.jspecify.annotations.Nullable;

/**
 * RMI socket factories: connects have a timeout, reads are limited in bytes, and TLS settings come
 * from the scrape. A stub uses the process's default socket factory; so the defaults are replaced,
 * once, by factories that apply the settings of the current thread's scrape, and delegate to the
 * previous ones for all other threads.
 *
 * <p>A scrape ends when its thread is interrupted: reads and writes of virtual threads end then,
 * and their sockets are closed.
 */
final class RmiSockets extends RMISocketFactory {
  /** Maximum number of response bytes in one scrape. */
  static final long MAX_BYTES = 256L << 20;

  private static final int CONNECT_MILLIS = 10_000;
  private static final ScopedValue<LookupBudget> LOOKUP_BUDGET = ScopedValue.newInstance();

  /**
   * Classes accepted from the peer: Java's own only. Other classes in its beans are unavailable
   * here anyway.
   */
  private static final ObjectInputFilter CLASSES =
      ObjectInputFilter.Config.createFilter(
          "maxdepth=100;maxarray=10000000;java.**;javax.**;sun.**;com.sun.**;jdk.**;!*");

  @GuardedBy("RmiSockets.class")
  private static boolean installed;

  private record LookupBudget(AtomicLong left, @Nullable JmxTls tls) {}

  private RmiSockets() {}

  /**
   * Activates them.
   *
   * @throws IOException if another part of the process has settled Java's sockets before
   */
  static synchronized void install() throws IOException {
    if (installed) {
      return;
    }
    try {
      ObjectInputFilter.Config.setSerialFilterFactory(RmiSockets::filter);
    } catch (IllegalStateException e) {
      throw new IOException(
          "remote JMX cannot be set up: another part of this process has already loaded Java's"
              + " object registry",
          e);
    }
    RMISocketFactory.setSocketFactory(new RmiSockets());
    try {
      SSLContext before = SSLContext.getDefault();
      SSLContext.setDefault(new LookupContext(before));
    } catch (NoSuchAlgorithmException e) {
      throw new IOException("this JDK does not support TLS: " + e.getMessage(), e);
    }
    if (!(SSLSocketFactory.getDefault() instanceof LookupFactory)) {
      throw new IOException(
          "TLS of remote JMX cannot be set up: another part of this process has already used"
              + " Java's own");
    }
    installed = true;
  }

  /**
   * Combines filters: the process may reject all Java objects (the HTTP server sets that); a scrape
   * accepts some.
   */
  private static @Nullable ObjectInputFilter filter(
      @Nullable ObjectInputFilter current, @Nullable ObjectInputFilter next) {
    if (LOOKUP_BUDGET.isBound()) {
      return CLASSES;
    }
    return next == null ? current : current == null ? next : ObjectInputFilter.merge(next, current);
  }

  /** Calls with bounds, and with this TLS where the other side requires TLS. */
  static <T> T callWithLimits(@Nullable JmxTls tls, Callable<T> call) throws Exception {
    return ScopedValue.where(LOOKUP_BUDGET, new LookupBudget(new AtomicLong(MAX_BYTES), tls))
        .call(call::call);
  }

  @Override
  public Socket createSocket(String host, int port) throws IOException {
    return connect(host, port);
  }

  @Override
  public ServerSocket createServerSocket(int port) throws IOException {
    return new ServerSocket(port);
  }

  private static Socket connect(String host, int port) throws IOException {
    InetSocketAddress to = new InetSocketAddress(host, port);
    if (to.isUnresolved()) {
      throw new UnknownHostException(host);
    }
    Socket s = new CountedSocket();
    try {
      s.connect(to, CONNECT_MILLIS);
      s.setTcpNoDelay(true);
      return s;
    } catch (IOException e) {
      s.close();
      throw new IOException(host + ":" + port + ": " + e.getMessage(), e);
    }
  }

  /** RMI keeps connections for the next scrape: the current reader is determined at each read. */
  private static final class CountedSocket extends Socket {
    @Override
    public InputStream getInputStream() throws IOException {
      return new FilterInputStream(super.getInputStream()) {
        @Override
        public int read() throws IOException {
          return counted(super.read(), 1);
        }

        @Override
        public int read(byte[] b, int off, int len) throws IOException {
          int n = super.read(b, off, len);
          return counted(n, n);
        }

        private static int counted(int result, int n) throws IOException {
          if (LOOKUP_BUDGET.isBound() && LOOKUP_BUDGET.get().left.addAndGet(-n) < 0) {
            throw new IOException("answers of more than " + (MAX_BYTES >> 20) + " MiB");
          }
          return result;
        }
      };
    }
  }

  /** Java's default TLS context; its sockets are those of the current scrape, if there is one. */
  private static final class LookupContext extends SSLContext {
    LookupContext(SSLContext before) {
      super(new LookupSpi(before), before.getProvider(), before.getProtocol());
    }
  }

  private static final class LookupSpi extends SSLContextSpi {
    private final SSLContext before;

    LookupSpi(SSLContext before) {
      this.before = before;
    }

    @Override
    protected void engineInit(KeyManager[] km, TrustManager[] tm, SecureRandom sr)
        throws KeyManagementException {
      throw new KeyManagementException("the default is already set");
    }

    @Override
    protected SSLSocketFactory engineGetSocketFactory() {
      return new LookupFactory(before.getSocketFactory());
    }

    @Override
    protected SSLServerSocketFactory engineGetServerSocketFactory() {
      return before.getServerSocketFactory();
    }

    @Override
    protected SSLEngine engineCreateSSLEngine() {
      return before.createSSLEngine();
    }

    @Override
    protected SSLEngine engineCreateSSLEngine(String host, int port) {
      return before.createSSLEngine(host, port);
    }

    @Override
    protected SSLSessionContext engineGetServerSessionContext() {
      return before.getServerSessionContext();
    }

    @Override
    protected SSLSessionContext engineGetClientSessionContext() {
      return before.getClientSessionContext();
    }

    @Override
    protected javax.net.ssl.SSLParameters engineGetDefaultSSLParameters() {
      return before.getDefaultSSLParameters();
    }

    @Override
    protected javax.net.ssl.SSLParameters engineGetSupportedSSLParameters() {
      return before.getSupportedSSLParameters();
    }
  }

  private static final class LookupFactory extends SSLSocketFactory {
    private final SSLSocketFactory before;

    LookupFactory(SSLSocketFactory before) {
      this.before = before;
    }

    @Override
    public Socket createSocket(String host, int port) throws IOException {
      JmxTls tls = LOOKUP_BUDGET.isBound() ? LOOKUP_BUDGET.get().tls : null;
      if (tls == null) {
        return before.createSocket(host, port);
      }
      Socket plain = connect(host, port);
      try {
        return tls.secure(plain, host, port);
      } catch (IOException e) {
        plain.close();
        throw e;
      }
    }

    @Override
    public Socket createSocket() throws IOException {
      return before.createSocket();
    }

    @Override
    public Socket createSocket(Socket s, String host, int port, boolean autoClose)
        throws IOException {
      return before.createSocket(s, host, port, autoClose);
    }

    @Override
    public Socket createSocket(Socket s, InputStream consumed, boolean autoClose)
        throws IOException {
      return before.createSocket(s, consumed, autoClose);
    }

    @Override
    public Socket createSocket(String host, int port, InetAddress localHost, int localPort)
        throws IOException {
      return before.createSocket(host, port, localHost, localPort);
    }

    @Override
    public Socket createSocket(InetAddress host, int port) throws IOException {
      return before.createSocket(host, port);
    }

    @Override
    public Socket createSocket(InetAddress host, int port, InetAddress localHost, int localPort)
        throws IOException {
      return before.createSocket(host, port, localHost, localPort);
    }

    @Override
    public String[] getDefaultCipherSuites() {
      return before.getDefaultCipherSuites();
    }

    @Override
    public String[] getSupportedCipherSuites() {
      return before.getSupportedCipherSuites();
    }
  }
}
