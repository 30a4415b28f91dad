package dev.tethys.collect.exporter.blackbox;

import dev.tethys.collect.exporter.FamilyBuilder;
import dev.tethys.config.TlsConfig;
import dev.tethys.model.Labels;
import dev.tethys.model.MetricType;
import dev.tethys.web.client.TlsSockets;
import java.io.IOException;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.cert.CertPathBuilder;
import java.security.cert.CertStore;
import java.security.cert.Certificate;
import java.security.cert.CollectionCertStoreParameters;
import java.security.cert.PKIXBuilderParameters;
import java.security.cert.PKIXCertPathBuilderResult;
import java.security.cert.TrustAnchor;
import java.security.cert.X509CertSelector;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;

/** Facts about a server from its TLS session: versions, certificates, expiry times. */
final class TlsFacts {
  /** Seconds of Go's zero time, used if no chain was verified. */
  private static final double NEVER = -62_135_596_800.0;

  private static final int DNS_NAME = 2;

  /** Attributes of names that Go writes in addition to RFC 2253. */
  private static final Map<String, String> NAMES =
      Map.of("2.5.4.5", "SERIALNUMBER", "2.5.4.17", "POSTALCODE");

  private final SSLSession session;
  private final List<X509Certificate> chain;

  TlsFacts(SSLSession session) throws SSLPeerUnverifiedException {
    this.session = session;
    this.chain = new ArrayList<>();
    for (Certificate c : session.getPeerCertificates()) {
      if (c instanceof X509Certificate x) {
        chain.add(x);
      }
    }
  }

  private X509Certificate leaf() {
    return chain.getFirst();
  }

  private static double expiry(Collection<X509Certificate> chain) {
    return chain.stream().mapToLong(c -> c.getNotAfter().getTime()).min().orElse(0) / 1000;
  }

  /** Adds the earliest expiry of the presented certificates, and the version. */
  void common(FamilyBuilder to) {
    to.gauge(
        "probe_ssl_earliest_cert_expiry",
        "Returns last SSL chain expiry in unixtime",
        expiry(chain));
    to.gauge(
        "probe_tls_version_info",
        "Returns the TLS version used or NaN when unknown",
        "version",
        version(),
        1);
    Map<String, String> info = new HashMap<>();
    info.put("fingerprint_sha256", fingerprint());
    info.put("subject", leaf().getSubjectX500Principal().getName("RFC2253", NAMES));
    info.put("issuer", leaf().getIssuerX500Principal().getName("RFC2253", NAMES));
    info.put("subjectalternative", dnsNames());
    info.put("serialnumber", serial(leaf().getSerialNumber()));
    to.set(
        MetricType.GAUGE,
        "probe_ssl_last_chain_info",
        "Contains SSL leaf certificate information",
        Labels.of(info),
        1);
  }

  /** Adds the expiry time of the verified chain. */
  void chain(FamilyBuilder to, TlsConfig config) throws IOException {
    to.gauge(
        "probe_ssl_last_chain_expiry_timestamp_seconds",
        "Returns last SSL chain expiry in timestamp",
        verified(config));
  }

  void cipher(FamilyBuilder to) {
    to.gauge(
        "probe_tls_cipher_info",
        "Returns the TLS cipher negotiated during handshake",
        "cipher",
        session.getCipherSuite(),
        1);
  }

  private double verified(TlsConfig config) throws IOException {
    Set<TrustAnchor> anchors =
        TlsSockets.anchors(config).stream()
            .map(c -> new TrustAnchor(c, null))
            .collect(Collectors.toSet());
    if (anchors.isEmpty()) {
      return NEVER;
    }
    try {
      X509CertSelector leaf = new X509CertSelector();
      leaf.setCertificate(leaf());
      PKIXBuilderParameters p = new PKIXBuilderParameters(anchors, leaf);
      p.setRevocationEnabled(false);
      p.addCertStore(CertStore.getInstance("Collection", new CollectionCertStoreParameters(chain)));
      PKIXCertPathBuilderResult r =
          (PKIXCertPathBuilderResult) CertPathBuilder.getInstance("PKIX").build(p);
      List<X509Certificate> all = new ArrayList<>();
      for (Certificate c : r.getCertPath().getCertificates()) {
        if (c instanceof X509Certificate x) {
          all.add(x);
        }
      }
      all.add(r.getTrustAnchor().getTrustedCert());
      return expiry(all);
    } catch (GeneralSecurityException e) {
      return NEVER;
    }
  }

  private String version() {
    return switch (session.getProtocol()) {
      case "TLSv1" -> "TLS 1.0";
      case "TLSv1.1" -> "TLS 1.1";
      case "TLSv1.2" -> "TLS 1.2";
      case "TLSv1.3" -> "TLS 1.3";
      default -> "unknown";
    };
  }

  private String fingerprint() {
    try {
      return HexFormat.of()
          .formatHex(MessageDigest.getInstance("SHA-256").digest(leaf().getEncoded()));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("a certificate that was read cannot be written", e);
    }
  }

  private String dnsNames() {
    try {
      Collection<List<?>> names = leaf().getSubjectAlternativeNames();
      return names == null
          ? ""
          : names.stream()
              .filter(n -> Integer.valueOf(DNS_NAME).equals(n.get(0)))
              .map(n -> String.valueOf(n.get(1)))
              .collect(Collectors.joining(","));
    } catch (GeneralSecurityException e) {
      return "";
    }
  }

  static String serial(BigInteger n) {
    byte[] b = n.abs().toByteArray();
    int from = b.length > 1 && b[0] == 0 ? 1 : 0;
    return n.signum() == 0 ? "" : HexFormat.of().formatHex(b, from, b.length);
  }
}
