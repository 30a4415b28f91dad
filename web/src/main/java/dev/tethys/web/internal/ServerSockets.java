package dev.tethys.web.internal;

import dev.tethys.config.TlsConfig.TlsVersion;
import dev.tethys.web.WebConfig;
import dev.tethys.web.WebConfig.ClientAuth;
import dev.tethys.web.WebConfig.ServerTls;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.CertificateException;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.function.Supplier;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedKeyManager;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;

/**
 * TLS of a listener that reads its configuration at every connection, so that new certificates and
 * client requirements apply to the next connection, without a new listener.
 */
public final class ServerSockets {
  private static final String ALIAS = "server";

  private final Supplier<WebConfig> config;

  public ServerSockets(Supplier<WebConfig> config) {
    this.config = config;
  }

  static {
    LegacyTls.enable();
  }

  private ServerTls tls() throws CertificateException {
    ServerTls t = config.get().tls();
    if (t == null) {
      throw new CertificateException("TLS config is not present");
    }
    return t;
  }

  /** The context whose key and trust are looked up at each handshake. */
  public SSLContext context() {
    try {
      SSLContext c = SSLContext.getInstance("TLS");
      c.init(new KeyManager[] {new Keys()}, new TrustManager[] {new Trust()}, null);
      // A resumed session would skip the request for the client's certificate.
      c.getServerSessionContext().setSessionCacheSize(1);
      c.getServerSessionContext().setSessionTimeout(1);
      return c;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this JDK does not support TLS", e);
    }
  }

  /** Puts the demands of the moment on an accepted connection, before its handshake. */
  public void configure(SSLSocket socket) {
    ServerTls t;
    try {
      t = tls();
    } catch (CertificateException e) {
      throw new IllegalStateException(e.getMessage(), e);
    }
    SSLParameters p = socket.getSSLParameters();
    List<String> protocols = new ArrayList<>();
    for (TlsVersion v : TlsVersion.values()) {
      if (v.compareTo(t.minVersion()) >= 0 && v.compareTo(t.maxVersion()) <= 0) {
        protocols.add(v.protocol());
      }
    }
    p.setProtocols(protocols.toArray(String[]::new));
    if (!t.cipherSuites().isEmpty()) {
      p.setCipherSuites(
          t.otherSuites()
              ? CipherOrderTlsContext.suites(t.cipherSuites(), p.getCipherSuites())
              : t.cipherSuites().toArray(String[]::new));
    }
    p.setUseCipherSuitesOrder(t.preferServerCipherSuites());
    if (!t.namedGroups().isEmpty()) {
      p.setNamedGroups(t.namedGroups().toArray(String[]::new));
    }
    switch (t.clientAuth()) {
      case NoClientCert -> {
        p.setWantClientAuth(false);
      }
      case RequestClientCert, VerifyClientCertIfGiven -> p.setWantClientAuth(true);
      case RequireAnyClientCert, RequireAndVerifyClientCert -> p.setNeedClientAuth(true);
    }
    socket.setSSLParameters(p);
  }

  /** The server's certificate, as configured currently of a handshake. */
  private final class Keys extends X509ExtendedKeyManager {
    @Override
    public @Nullable String chooseEngineServerAlias(
        String keyType, Principal @Nullable [] issuers, SSLEngine engine) {
      return alias(keyType);
    }

    @Override
    public @Nullable String chooseServerAlias(
        String keyType, Principal @Nullable [] issuers, Socket socket) {
      return alias(keyType);
    }

    private @Nullable String alias(String keyType) {
      try {
        String own = tls().keyPair().key().getAlgorithm();
        boolean fits =
            keyType.equals(own)
                || keyType.equals("RSASSA-PSS") && own.equals("RSA")
                || keyType.startsWith("EC") && own.equals("EC")
                || keyType.equals("EdDSA") && own.equals("EdDSA");
        return fits ? ALIAS : null;
      } catch (CertificateException e) {
        return null;
      }
    }

    @Override
    public X509Certificate @Nullable [] getCertificateChain(String alias) {
      try {
        return tls().keyPair().chain().toArray(X509Certificate[]::new);
      } catch (CertificateException e) {
        return null;
      }
    }

    @Override
    public @Nullable PrivateKey getPrivateKey(String alias) {
      try {
        return tls().keyPair().key();
      } catch (CertificateException e) {
        return null;
      }
    }

    @Override
    public String @Nullable [] getServerAliases(String keyType, Principal @Nullable [] issuers) {
      return new String[] {ALIAS};
    }

    @Override
    public String @Nullable [] getClientAliases(String keyType, Principal @Nullable [] issuers) {
      return null;
    }

    @Override
    public @Nullable String chooseClientAlias(
        String[] keyType, Principal @Nullable [] issuers, Socket socket) {
      return null;
    }
  }

  /** Verification of client certificates, as configured currently of a handshake. */
  private final class Trust extends X509ExtendedTrustManager {
    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType)
        throws CertificateException {
      ServerTls t = tls();
      if (t.clientAuth() == ClientAuth.VerifyClientCertIfGiven
          || t.clientAuth() == ClientAuth.RequireAndVerifyClientCert) {
        verifier(t.clientCas()).checkClientTrusted(chain, authType);
      }
      if (!t.clientAllowedSans().isEmpty()) {
        List<String> sans = sans(chain[0]);
        if (sans.stream().noneMatch(t.clientAllowedSans()::contains)) {
          throw new CertificateException(
              "could not find allowed SANs in client cert, found: " + sans);
        }
      }
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType, Socket socket)
        throws CertificateException {
      checkClientTrusted(chain, authType);
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
        throws CertificateException {
      checkClientTrusted(chain, authType);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType)
        throws CertificateException {
      throw new CertificateException("this is a server");
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType, Socket socket)
        throws CertificateException {
      checkServerTrusted(chain, authType);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
        throws CertificateException {
      checkServerTrusted(chain, authType);
    }

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      try {
        List<X509Certificate> cas = tls().clientCas();
        return cas == null ? new X509Certificate[0] : cas.toArray(X509Certificate[]::new);
      } catch (CertificateException e) {
        return new X509Certificate[0];
      }
    }
  }

  /** Trusts these certificates, or the system's when null. */
  static X509ExtendedTrustManager verifier(@Nullable List<X509Certificate> cas)
      throws CertificateException {
    try {
      KeyStore store = null;
      if (cas != null) {
        store = KeyStore.getInstance(KeyStore.getDefaultType());
        store.load(null, null);
        for (int i = 0; i < cas.size(); i++) {
          store.setCertificateEntry("ca" + i, cas.get(i));
        }
      }
      TrustManagerFactory f =
          TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      f.init(store);
      return Arrays.stream(f.getTrustManagers())
          .filter(X509ExtendedTrustManager.class::isInstance)
          .map(X509ExtendedTrustManager.class::cast)
          .findFirst()
          .orElseThrow(() -> new CertificateException("this JDK verifies no certificates"));
    } catch (GeneralSecurityException | java.io.IOException e) {
      throw new CertificateException(e.getMessage(), e);
    }
  }

  private static List<String> sans(X509Certificate cert) {
    List<String> out = new ArrayList<>();
    try {
      Collection<List<?>> names = cert.getSubjectAlternativeNames();
      if (names != null) {
        for (List<?> n : names) {
          // 1 mail, 2 DNS, 6 URI, 7 address
          if (n.get(1) instanceof String s && List.of(1, 2, 6, 7).contains(n.getFirst())) {
            out.add(s);
          }
        }
      }
    } catch (CertificateParsingException e) {
      return List.of();
    }
    return out;
  }
}
