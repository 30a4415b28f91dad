package dev.tethys.web.client;

import dev.tethys.config.TlsConfig;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;
import org.jspecify.annotations.Nullable;

/** TLS for clients of protocols other than HTTP, with the same configuration. */
public final class TlsSockets {
  private TlsSockets() {}

  /**
   * Makes secured sockets; files that the configuration names are read now.
   *
   * @throws IOException if a certificate or key cannot be read
   */
  public static SSLSocketFactory factory(TlsConfig config) throws IOException {
    return ClientTls.setup(config).context().getSocketFactory();
  }

  /**
   * Makes the engine of one connection, for clients that move the bytes themselves; files that the
   * configuration names are read now. It sends and verifies the name of the configuration, or the
   * host's.
   *
   * @throws IOException if a certificate or key cannot be read
   */
  public static SSLEngine engine(TlsConfig config, String host, int port) throws IOException {
    ClientTls.Setup setup = ClientTls.setup(config);
    SSLEngine engine = setup.context().createSSLEngine(host, port);
    engine.setUseClientMode(true);
    SSLParameters p = engine.getSSLParameters();
    p.setProtocols(setup.protocols().toArray(String[]::new));
    if (!config.insecureSkipVerify()) {
      p.setEndpointIdentificationAlgorithm("HTTPS");
    }
    engine.setSSLParameters(p);
    return engine;
  }

  /**
   * Performs a TLS handshake on an open connection.
   *
   * @param name name to request and verify, unless the configuration sets another
   * @param alpn offered protocols, in order; empty for no offer
   * @throws IOException if that fails, or a certificate or key cannot be read
   */
  public static SSLSocket secure(
      TlsConfig config, Socket plain, String name, int port, String... alpn) throws IOException {
    ClientTls.Setup setup = ClientTls.setup(config);
    return ClientTls.secured(
        setup,
        config,
        plain,
        config.serverName().isEmpty() ? name : config.serverName(),
        port,
        alpn);
  }

  /**
   * Variant without verification of the host name; the issuer must be trusted.
   *
   * @param name name to request, unless the configuration sets another
   */
  public static SSLSocket secureAnyName(TlsConfig config, Socket plain, String name, int port)
      throws IOException {
    ClientTls.Setup setup = ClientTls.setup(config);
    String asked = config.serverName().isEmpty() ? name : config.serverName();
    SSLSocket s =
        (SSLSocket) setup.context().getSocketFactory().createSocket(plain, asked, port, true);
    SSLParameters p = s.getSSLParameters();
    p.setProtocols(setup.protocols().toArray(String[]::new));
    s.setSSLParameters(p);
    s.startHandshake();
    return s;
  }

  /**
   * Returns the trust anchors of a client; empty if it trusts everything.
   *
   * @throws IOException if a certificate cannot be read
   */
  public static List<X509Certificate> anchors(TlsConfig config) throws IOException {
    return ClientTls.anchors(config);
  }

  /**
   * Returns the supported TLS versions, separated by spaces.
   *
   * @throws IOException if the configuration leaves none
   */
  public static String protocols(TlsConfig config) throws IOException {
    return String.join(" ", ClientTls.setup(config).protocols());
  }

  /**
   * Connects, without delays for small packets, and completes the TLS handshake.
   *
   * @param tls null if none
   * @param deadline deadline as a {@link System#nanoTime} value
   * @throws IOException if it cannot; nothing is left open then
   */
  public static Socket connect(String host, int port, @Nullable TlsConfig tls, long deadline)
      throws IOException {
    Socket s = new Socket();
    try {
      InetSocketAddress to = new InetSocketAddress(host, port);
      if (to.isUnresolved()) {
        throw new UnknownHostException("no such host");
      }
      s.connect(to, left(deadline));
      s.setTcpNoDelay(true);
      if (tls != null) {
        String name = tls.serverName().isEmpty() ? host : tls.serverName();
        SSLSocket secured = (SSLSocket) factory(tls).createSocket(s, name, port, true);
        SSLParameters p = secured.getSSLParameters();
        p.setProtocols(protocols(tls).split(" "));
        if (!tls.insecureSkipVerify()) {
          p.setEndpointIdentificationAlgorithm("HTTPS");
        }
        secured.setSSLParameters(p);
        secured.setSoTimeout(left(deadline));
        secured.startHandshake();
        s = secured;
      }
      return s;
    } catch (IOException e) {
      s.close();
      throw e;
    }
  }

  /**
   * Milliseconds until a deadline, in the form of socket timeouts.
   *
   * @throws SocketTimeoutException if it has passed
   */
  public static int left(long deadline) throws SocketTimeoutException {
    long ms = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
    if (ms <= 0) {
      throw new SocketTimeoutException("timed out");
    }
    return (int) Math.min(ms, Integer.MAX_VALUE);
  }
}
