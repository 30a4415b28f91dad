package dev.tethys.web.psk;

import dev.tethys.web.client.PskTls.Offer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Vector;
import org.bouncycastle.tls.AbstractTlsClient;
import org.bouncycastle.tls.AlertDescription;
import org.bouncycastle.tls.BasicTlsPSKExternal;
import org.bouncycastle.tls.BasicTlsPSKIdentity;
import org.bouncycastle.tls.CertificateRequest;
import org.bouncycastle.tls.CipherSuite;
import org.bouncycastle.tls.NameType;
import org.bouncycastle.tls.PRFAlgorithm;
import org.bouncycastle.tls.ProtocolName;
import org.bouncycastle.tls.ProtocolVersion;
import org.bouncycastle.tls.PskKeyExchangeMode;
import org.bouncycastle.tls.ServerName;
import org.bouncycastle.tls.TlsAuthentication;
import org.bouncycastle.tls.TlsCredentials;
import org.bouncycastle.tls.TlsFatalAlert;
import org.bouncycastle.tls.TlsPSK;
import org.bouncycastle.tls.TlsPSKIdentity;
import org.bouncycastle.tls.TlsServerCertificate;
import org.bouncycastle.tls.crypto.TlsCrypto;
import org.jspecify.annotations.Nullable;

/**
 * TLS client with a pre-shared key and no certificates.
 *
 * <p>Each connection offers one version of TLS: TLS 1.2 and 1.3 derive keys by different functions,
 * and RFC 8446 (§4.2.11) forbids use of one key with both in one handshake.
 */
final class KeyClient extends AbstractTlsClient {
  /** Suites of RFC 8442, 7905 and 5487; those with forward secrecy come first. */
  private static final int[] SUITES = {
    CipherSuite.TLS_ECDHE_PSK_WITH_AES_128_GCM_SHA256,
    CipherSuite.TLS_ECDHE_PSK_WITH_AES_256_GCM_SHA384,
    CipherSuite.TLS_ECDHE_PSK_WITH_CHACHA20_POLY1305_SHA256,
    CipherSuite.TLS_PSK_WITH_AES_128_GCM_SHA256,
    CipherSuite.TLS_PSK_WITH_AES_256_GCM_SHA384,
    CipherSuite.TLS_PSK_WITH_CHACHA20_POLY1305_SHA256,
  };

  /**
   * TLS 1.3 suites with SHA-256, the hash that a key of this kind belongs to (RFC 8446, §4.2.11).
   */
  private static final int[] NEWEST_SUITES = {
    CipherSuite.TLS_AES_128_GCM_SHA256, CipherSuite.TLS_CHACHA20_POLY1305_SHA256,
  };

  private final Offer offer;
  private boolean shown;

  KeyClient(TlsCrypto crypto, Offer offer) {
    super(crypto);
    this.offer = offer;
  }

  /** Whether the server was left because it showed a certificate. */
  boolean isShownCertificate() {
    return shown;
  }

  private byte[] identity() {
    return offer.key().identity().getBytes(StandardCharsets.UTF_8);
  }

  @Override
  protected ProtocolVersion[] getSupportedVersions() {
    return offer.newest() ? ProtocolVersion.TLSv13.only() : ProtocolVersion.TLSv12.only();
  }

  @Override
  protected int[] getSupportedCipherSuites() {
    return (offer.newest() ? NEWEST_SUITES : SUITES).clone();
  }

  @Override
  public TlsPSKIdentity getPSKIdentity() {
    return new BasicTlsPSKIdentity(identity(), offer.key().bytes());
  }

  @Override
  public @Nullable Vector<TlsPSK> getExternalPSKs() {
    return offer.newest()
        ? new Vector<>(
            List.of(
                new BasicTlsPSKExternal(
                    identity(),
                    getCrypto().createSecret(offer.key().bytes()),
                    PRFAlgorithm.tls13_hkdf_sha256)))
        : null;
  }

  @Override
  public short[] getPskKeyExchangeModes() {
    return new short[] {PskKeyExchangeMode.psk_dhe_ke};
  }

  @Override
  protected @Nullable Vector<ServerName> getSNIServerNames() {
    return offer.serverName().isEmpty()
        ? null
        : new Vector<>(
            List.of(
                new ServerName(
                    NameType.host_name, offer.serverName().getBytes(StandardCharsets.US_ASCII))));
  }

  @Override
  protected @Nullable Vector<ProtocolName> getProtocolNames() {
    return offer.alpn().isEmpty()
        ? null
        : new Vector<>(offer.alpn().stream().map(ProtocolName::asUtf8Encoding).toList());
  }

  @Override
  public TlsAuthentication getAuthentication() {
    return new TlsAuthentication() {
      @Override
      public void notifyServerCertificate(TlsServerCertificate certificate) throws IOException {
        shown = true;
        throw new TlsFatalAlert(AlertDescription.unsupported_certificate);
      }

      @Override
      public @Nullable TlsCredentials getClientCredentials(CertificateRequest request) {
        return null;
      }
    };
  }
}
