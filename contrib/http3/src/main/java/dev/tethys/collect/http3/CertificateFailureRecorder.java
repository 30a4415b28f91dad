package dev.tethys.collect.http3;

import java.net.Socket;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLSession;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;

/** Records in the session why a certificate is not trusted; the library reduces it to a number. */
final class CertificateFailureRecorder extends X509ExtendedTrustManager {
  private static final String REASON = "dev.tethys.collect.http3.reason";

  private final X509ExtendedTrustManager manager;

  CertificateFailureRecorder(X509ExtendedTrustManager manager) {
    this.manager = manager;
  }

  /**
   * Returns the reason why the certificate of a session is not trusted; null if it is trusted or
   * was not checked.
   */
  static @Nullable String of(SSLSession session) {
    return session.getValue(REASON) instanceof String s ? s : null;
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
      throws CertificateException {
    try {
      manager.checkServerTrusted(chain, authType, engine);
    } catch (CertificateException e) {
      engine.getSession().putValue(REASON, String.valueOf(e.getMessage()));
      throw e;
    }
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String authType, Socket socket)
      throws CertificateException {
    manager.checkServerTrusted(chain, authType, socket);
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String authType)
      throws CertificateException {
    manager.checkServerTrusted(chain, authType);
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
      throws CertificateException {
    manager.checkClientTrusted(chain, authType, engine);
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String authType, Socket socket)
      throws CertificateException {
    manager.checkClientTrusted(chain, authType, socket);
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String authType)
      throws CertificateException {
    manager.checkClientTrusted(chain, authType);
  }

  @Override
  public X509Certificate[] getAcceptedIssuers() {
    return manager.getAcceptedIssuers();
  }
}
