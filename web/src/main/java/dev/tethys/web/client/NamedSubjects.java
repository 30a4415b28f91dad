package dev.tethys.web.client;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.Collection;
import java.util.List;
import java.util.regex.Pattern;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLSession;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;

/**
 * Trust manager that rejects certificates which name their host only as common name. The JDK
 * accepts these if a certificate has no DNS name; Go's clients and browsers do not (RFC 6125,
 * section 6.4.4, and RFC 9525). Connections without name verification are not affected.
 */
final class NamedSubjects extends X509ExtendedTrustManager {
  private static final int DNS_NAME = 2; // of a subject's alternative names, RFC 5280
  private static final int IP_ADDRESS = 7;

  /** An address of IPv4 or IPv6. */
  private static final Pattern ADDRESS = Pattern.compile("[0-9.]+|\\[?[0-9a-fA-F:.]*:.*");

  private final @Nullable KeyStore anchors;

  @GuardedBy("this")
  private @Nullable X509ExtendedTrustManager manager;

  /**
   * A manager that reads the authorities when they are first needed.
   *
   * @param anchors the authorities; null for the system's
   */
  NamedSubjects(@Nullable KeyStore anchors) {
    this.anchors = anchors;
  }

  private synchronized X509ExtendedTrustManager manager() throws CertificateException {
    X509ExtendedTrustManager m = manager;
    if (m == null) {
      try {
        TrustManagerFactory f =
            TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        f.init(anchors);
        for (TrustManager t : f.getTrustManagers()) {
          if (t instanceof X509ExtendedTrustManager x) {
            m = x;
          }
        }
      } catch (GeneralSecurityException e) {
        throw new CertificateException("tls_config: " + e.getMessage(), e);
      }
      if (m == null) {
        throw new CertificateException("this JDK has no trust manager for X.509");
      }
      manager = m;
    }
    return m;
  }

  /**
   * Refuses a certificate without an alternative name of the kind that is verified.
   *
   * @param algorithm algorithm for verifying the name; null or "" for no verification
   * @param session session of the handshake, which has the name that the client connects to
   */
  private static void requireNames(
      X509Certificate[] chain, @Nullable String algorithm, @Nullable SSLSession session)
      throws CertificateException {
    if (algorithm == null || algorithm.isEmpty() || chain.length == 0) {
      return;
    }
    String host = session == null ? null : session.getPeerHost();
    boolean address = host != null && ADDRESS.matcher(host).matches();
    Collection<List<?>> names = chain[0].getSubjectAlternativeNames();
    if (names != null) {
      for (List<?> n : names) {
        if (n.getFirst() instanceof Integer kind && kind == (address ? IP_ADDRESS : DNS_NAME)) {
          return;
        }
      }
      if (address) {
        return; // the JDK says which addresses it is for
      }
    }
    throw new NoSubjectNamesException(chain[0].getSubjectX500Principal().getName());
  }

  /** A certificate has no subject alternative names. */
  static final class NoSubjectNamesException extends CertificateException {
    private static final long serialVersionUID = 1L;

    NoSubjectNamesException(String subject) {
      super(
          "certificate relies on legacy Common Name field, use SANs instead (its subject is "
              + subject
              + ")");
    }
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String authType, Socket socket)
      throws CertificateException {
    if (socket instanceof SSLSocket s) {
      requireNames(
          chain,
          s.getSSLParameters().getEndpointIdentificationAlgorithm(),
          s.getHandshakeSession());
    }
    manager().checkServerTrusted(chain, authType, socket);
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
      throws CertificateException {
    requireNames(
        chain,
        engine.getSSLParameters().getEndpointIdentificationAlgorithm(),
        engine.getHandshakeSession());
    manager().checkServerTrusted(chain, authType, engine);
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String authType)
      throws CertificateException {
    manager().checkServerTrusted(chain, authType);
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String authType, Socket socket)
      throws CertificateException {
    manager().checkClientTrusted(chain, authType, socket);
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
      throws CertificateException {
    manager().checkClientTrusted(chain, authType, engine);
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String authType)
      throws CertificateException {
    manager().checkClientTrusted(chain, authType);
  }

  @Override
  public X509Certificate[] getAcceptedIssuers() {
    try {
      return manager().getAcceptedIssuers();
    } catch (CertificateException e) {
      return new X509Certificate[0]; // checks say why
    }
  }
}
