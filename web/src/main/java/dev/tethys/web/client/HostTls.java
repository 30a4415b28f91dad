package dev.tethys.web.client;

import dev.tethys.web.internal.AnyHostname;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.nio.channels.SocketChannel;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;

/**
 * TLS with a host identified by name. The JDK neither sends nor verifies a name with an underscore,
 * since Internet host names have none; services in Docker networks do, and Go's and curl's clients
 * accept them. For these the name is sent (SNI, RFC 6066) and the certificate verified here: by the
 * rules of RFC 6125, the same subset as in Go's client.
 */
final class HostTls {
  private static final int DNS_NAME = 2; // of a subject's alternative names, RFC 5280

  private HostTls() {}

  /** Whether the JDK's client cannot secure connections to a host as configured. */
  static boolean isNeeded(ClientTls.Setup tls, URI uri) {
    return uri.getHost() == null || tls.serverName().indexOf('_') >= 0;
  }

  /** Opens a connection without a proxy, with its handshake done. */
  static ConnectionStreams.Dialer dialer(
      ClientTls.Setup tls, String host, int port, Addresses addresses) {
    return opened -> {
      SocketChannel plain = ConnectionStreams.connected(host, port, addresses, opened);
      return ConnectionStreams.of(secured(tls, plain.socket(), host, port), plain);
    };
  }

  /**
   * Puts TLS over a connection and shakes hands.
   *
   * @param host server name, unless the configuration sets another
   * @throws IOException if that fails, or the certificate is another one's
   */
  static Socket secured(ClientTls.Setup tls, Socket plain, String host, int port)
      throws IOException {
    String name = tls.serverName().isEmpty() ? host : tls.serverName();
    boolean unknown = name.indexOf('_') >= 0;
    SSLSocket s =
        (SSLSocket) tls.context().getSocketFactory().createSocket(plain, name, port, true);
    SSLParameters p = tls.parameters();
    if (unknown) {
      p.setServerNames(List.of(new AnyHostname(name)));
    } else {
      p.setEndpointIdentificationAlgorithm("HTTPS");
    }
    s.setSSLParameters(p);
    s.startHandshake();
    if (unknown && tls.verifies()) {
      verify(s, name);
    }
    return s;
  }

  private static void verify(SSLSocket s, String name) throws IOException {
    Certificate[] chain = s.getSession().getPeerCertificates();
    try {
      List<String> names = chain[0] instanceof X509Certificate c ? names(c) : List.of();
      if (names.stream().noneMatch(n -> isFor(n, name))) {
        throw new CertificateException("No name matching " + name + " found: it has " + names);
      }
    } catch (CertificateException e) {
      s.close();
      SSLHandshakeException x = new SSLHandshakeException(e.getMessage());
      x.initCause(e);
      throw x;
    }
  }

  private static List<String> names(X509Certificate c) throws CertificateException {
    List<String> out = new ArrayList<>();
    Collection<List<?>> all = c.getSubjectAlternativeNames();
    if (all != null) {
      for (List<?> n : all) {
        if (n.getFirst() instanceof Integer kind
            && kind == DNS_NAME
            && n.get(1) instanceof String d) {
          out.add(d);
        }
      }
    }
    return out;
  }

  /**
   * Whether a name in a certificate matches a host: the same except for case, or with {@code *} as
   * the whole first label.
   */
  static boolean isFor(String pattern, String host) {
    String p = plain(pattern);
    String h = plain(host);
    if (!p.startsWith("*.")) {
      return p.equals(h) && !p.isEmpty();
    }
    int dot = h.indexOf('.');
    return dot > 0 && p.length() > 2 && p.substring(1).equals(h.substring(dot));
  }

  private static String plain(String name) {
    String n = name.toLowerCase(Locale.ROOT);
    return n.endsWith(".") ? n.substring(0, n.length() - 1) : n;
  }
}
