package dev.tethys.collect.exporter.jmx;

import java.security.Principal;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.util.List;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;
import javax.net.ssl.SSLSessionContext;
import org.jspecify.annotations.Nullable;

/** TLS session of a client, as authenticators request it. */
final class PluginTlsSession implements SSLSession {
  private final List<X509Certificate> shown;

  PluginTlsSession(List<X509Certificate> shown) {
    this.shown = shown;
  }

  @Override
  public Certificate[] getPeerCertificates() throws SSLPeerUnverifiedException {
    if (shown.isEmpty()) {
      throw new SSLPeerUnverifiedException("peer not authenticated");
    }
    return shown.toArray(Certificate[]::new);
  }

  @Override
  public Principal getPeerPrincipal() throws SSLPeerUnverifiedException {
    return ((X509Certificate) getPeerCertificates()[0]).getSubjectX500Principal();
  }

  private static UnsupportedOperationException notKept() {
    return new UnsupportedOperationException(
        "only the client certificates of the TLS session are available");
  }

  @Override
  public byte[] getId() {
    throw notKept();
  }

  @Override
  public @Nullable SSLSessionContext getSessionContext() {
    return null; // as where none is available
  }

  @Override
  public long getCreationTime() {
    throw notKept();
  }

  @Override
  public long getLastAccessedTime() {
    throw notKept();
  }

  @Override
  public void invalidate() {
    throw notKept();
  }

  @Override
  public boolean isValid() {
    return true;
  }

  @Override
  public void putValue(String name, Object value) {
    throw notKept();
  }

  @Override
  public @Nullable Object getValue(String name) {
    return null;
  }

  @Override
  public void removeValue(String name) {}

  @Override
  public String[] getValueNames() {
    return new String[0];
  }

  @Override
  public Certificate @Nullable [] getLocalCertificates() {
    throw notKept();
  }

  @Override
  public @Nullable Principal getLocalPrincipal() {
    throw notKept();
  }

  @Override
  public String getCipherSuite() {
    throw notKept();
  }

  @Override
  public String getProtocol() {
    throw notKept();
  }

  @Override
  public String getPeerHost() {
    throw notKept();
  }

  @Override
  public int getPeerPort() {
    throw notKept();
  }

  @Override
  public int getPacketBufferSize() {
    throw notKept();
  }

  @Override
  public int getApplicationBufferSize() {
    throw notKept();
  }
}
