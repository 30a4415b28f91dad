package dev.tethys.web.client;

import dev.tethys.config.TlsConfig;
import dev.tethys.config.TlsConfig.TlsVersion;
import dev.tethys.web.internal.CipherOrderTlsContext;
import dev.tethys.web.internal.FixedNameTlsContext;
import dev.tethys.web.internal.LegacyTls;
import dev.tethys.web.internal.Pem;
import java.io.IOException;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;

/** TLS of a client, from a {@link TlsConfig} and the current contents of its files. */
final class ClientTls {
  /** State of a file, compared to detect changes. */
  record Stamp(String file, @Nullable Object time, long size, @Nullable String key) {}

  /**
   * Everything required to secure a connection.
   *
   * @param keys key managers of the context; null if none
   * @param trust trust managers of the context
   * @param serverName name requested and verified instead of the host's; empty if none
   * @param verifies whether certificates are verified
   * @param groups groups of the key exchange; empty for the JDK's defaults
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Setup(
      SSLContext context,
      KeyManager @Nullable [] keys,
      TrustManager[] trust,
      List<String> protocols,
      String serverName,
      boolean verifies,
      List<String> groups) {
    SSLParameters parameters() {
      SSLParameters p = new SSLParameters();
      p.setProtocols(protocols.toArray(String[]::new));
      if (!groups.isEmpty()) {
        p.setNamedGroups(groups.toArray(String[]::new)); // none would be the JDK's own again
      }
      return p;
    }
  }

  static {
    LegacyTls.enable();
  }

  private ClientTls() {}

  static Setup setup(TlsConfig c) throws IOException {
    try {
      KeyManager @Nullable [] keys = keys(c);
      TrustManager[] trust = trust(c);
      return new Setup(
          context(c, keys, trust),
          keys,
          trust,
          protocols(c),
          c.serverName(),
          !c.insecureSkipVerify(),
          c.namedGroups());
    } catch (GeneralSecurityException e) {
      throw new IOException("tls_config: " + e.getMessage(), e);
    }
  }

  static List<Stamp> stamps(TlsConfig c) {
    List<Stamp> out = new ArrayList<>();
    for (String f : new String[] {c.caFile(), c.certFile(), c.keyFile()}) {
      if (!f.isEmpty()) {
        try {
          BasicFileAttributes a = Files.readAttributes(Path.of(f), BasicFileAttributes.class);
          out.add(new Stamp(f, a.lastModifiedTime(), a.size(), Objects.toString(a.fileKey())));
        } catch (IOException e) {
          out.add(new Stamp(f, null, -1, null));
        }
      }
    }
    return out;
  }

  private static List<String> protocols(TlsConfig c) throws IOException {
    TlsVersion min = c.minVersion() == null ? TlsVersion.TLS12 : c.minVersion();
    TlsVersion max = c.maxVersion() == null ? TlsVersion.TLS13 : c.maxVersion();
    // Go's default of the oldest version gives way where only the newest is written.
    TlsVersion oldest = c.minVersion() == null && max.compareTo(min) < 0 ? max : min;
    List<String> protocols = new ArrayList<>();
    for (TlsVersion v : TlsVersion.values()) {
      if (v.compareTo(oldest) >= 0 && v.compareTo(max) <= 0) {
        LegacyTls.require(v.protocol());
        protocols.add(v.protocol());
      }
    }
    return protocols;
  }

  static List<X509Certificate> anchors(TlsConfig c) throws IOException {
    if (c.insecureSkipVerify()) {
      return List.of();
    }
    try {
      List<X509Certificate> named = new ArrayList<>();
      if (!c.ca().isEmpty() || !c.caFile().isEmpty()) {
        named.addAll(Pem.certificates(Pem.text(c.ca(), c.caFile(), "ca_file")));
        if (!c.systemCas()) {
          return named;
        }
      }
      TrustManagerFactory f =
          TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      f.init((KeyStore) null);
      for (TrustManager m : f.getTrustManagers()) {
        if (m instanceof X509ExtendedTrustManager x) {
          named.addAll(List.of(x.getAcceptedIssuers()));
        }
      }
      return named;
    } catch (GeneralSecurityException e) {
      throw new IOException("tls_config: " + e.getMessage(), e);
    }
  }

  private static KeyManager @Nullable [] keys(TlsConfig c)
      throws IOException, GeneralSecurityException {
    if (!c.hasCert()) {
      return null;
    }
    Pem.KeyPair pair =
        Pem.keyPair(
            Pem.text(c.cert(), c.certFile(), "cert_file"),
            Pem.text(c.key().value(), c.keyFile(), "key_file"),
            c.passphrase().value());
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    store.setKeyEntry(
        "client", pair.key(), new char[0], pair.chain().toArray(X509Certificate[]::new));
    KeyManagerFactory f = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    f.init(store, new char[0]);
    return f.getKeyManagers();
  }

  private static TrustManager[] trust(TlsConfig c) throws IOException, GeneralSecurityException {
    if (c.insecureSkipVerify()) {
      return new TrustManager[] {new TrustsAll()};
    }
    if (c.ca().isEmpty() && c.caFile().isEmpty()) {
      return new TrustManager[] {new NamedSubjects(null)};
    }
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    int i = 0;
    for (X509Certificate ca : anchors(c)) {
      store.setCertificateEntry("ca" + i++, ca);
    }
    return new TrustManager[] {new NamedSubjects(store)};
  }

  private static SSLContext context(TlsConfig c, KeyManager @Nullable [] keys, TrustManager[] trust)
      throws GeneralSecurityException {
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(keys, trust, null);
    if (!c.cipherSuites().isEmpty() || !c.namedGroups().isEmpty()) {
      context = new CipherOrderTlsContext(context, c.cipherSuites(), c.namedGroups());
    }
    return c.serverName().isEmpty() ? context : new FixedNameTlsContext(context, c.serverName());
  }

  /** Trust manager for {@code insecure_skip_verify}: accepts every certificate. */
  private static final class TrustsAll extends X509ExtendedTrustManager {
    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType) {}

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType, Socket socket) {}

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType, SSLEngine engine) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType, Socket socket) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType, SSLEngine engine) {}

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
    }
  }

  /** Secures an open connection with the configured TLS. */
  static SSLSocket secured(
      Setup setup, TlsConfig tls, Socket plain, String name, int port, String... alpn)
      throws IOException {
    SSLSocket s =
        (SSLSocket) setup.context().getSocketFactory().createSocket(plain, name, port, true);
    SSLParameters p = s.getSSLParameters();
    p.setProtocols(setup.protocols().toArray(String[]::new));
    p.setApplicationProtocols(alpn);
    if (!tls.insecureSkipVerify()) {
      p.setEndpointIdentificationAlgorithm("HTTPS");
    }
    s.setSSLParameters(p);
    s.startHandshake();
    return s;
  }
}
