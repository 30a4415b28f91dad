package dev.tethys.testkit;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.math.BigInteger;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.Base64;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/**
 * Certificate authority of a test, with certificates signed by it, as PEM files in one folder. The
 * certificates are encoded here (RFC 5280 in DER), because the JDK has no public API for creating
 * one and its keytool takes seconds.
 */
public final class TestCertificates {
  private static final String EC = "EC";
  private static final String RSA = "RSA";

  private final Path folder;
  private final KeyPair caKeys;
  private final byte[] caCertificate;

  /** Creates the authority; its certificate is {@link #ca()}. */
  public TestCertificates(Path folder) throws IOException {
    this.folder = folder;
    this.caKeys = keys(EC);
    this.caCertificate = certificate("Test CA", caKeys, "Test CA", caKeys.getPrivate(), "", end());
    Files.writeString(ca(), pem("CERTIFICATE", caCertificate));
  }

  /** Returns the certificate of the authority. */
  public Path ca() {
    return folder.resolve("ca.crt");
  }

  /**
   * Creates {@code name.crt} and {@code name.key}, signed by the authority; an EC key.
   *
   * @param sans names by commas: {@code dns:localhost,ip:127.0.0.1,mail:a@b,uri:x:y}
   */
  public void issue(String name, String sans) throws IOException {
    write(name, keys(EC), sans, true, end());
  }

  /** Variant with an RSA key. */
  public void issueRsa(String name, String sans) throws IOException {
    write(name, keys(RSA), sans, true, end());
  }

  /** Variant with an EC key, for a certificate that expired an hour ago. */
  public void issueExpired(String name, String sans) throws IOException {
    write(name, keys(EC), sans, true, Instant.now().minus(1, ChronoUnit.HOURS));
  }

  /** Creates {@code name.crt} and {@code name.key}, a self-signed certificate. */
  public void selfSigned(String name, String sans) throws IOException {
    write(name, keys(EC), sans, false, end());
  }

  /**
   * Returns a server context with an issued certificate and an EC key, which trusts the authority.
   *
   * @param name issued before
   */
  public SSLContext context(String name) throws IOException, GeneralSecurityException {
    KeyStore own = KeyStore.getInstance("PKCS12");
    own.load(null, null);
    String pem = Files.readString(key(name)).replaceAll("-----[A-Z ]+-----", "");
    PrivateKey key =
        KeyFactory.getInstance(EC)
            .generatePrivate(new PKCS8EncodedKeySpec(Base64.getMimeDecoder().decode(pem)));
    own.setKeyEntry(name, key, new char[0], chain(certificate(name)));
    KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    keys.init(own, new char[0]);
    KeyStore trusted = KeyStore.getInstance("PKCS12");
    trusted.load(null, null);
    trusted.setCertificateEntry("ca", chain(ca())[0]);
    TrustManagerFactory trust =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(trusted);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
    return context;
  }

  private static Certificate[] chain(Path file) throws IOException, GeneralSecurityException {
    return CertificateFactory.getInstance("X.509")
        .generateCertificates(new ByteArrayInputStream(Files.readAllBytes(file)))
        .toArray(Certificate[]::new);
  }

  /** Returns the certificate file with a name. */
  public Path certificate(String name) {
    return folder.resolve(name + ".crt");
  }

  /** Returns the key file with a name. */
  public Path key(String name) {
    return folder.resolve(name + ".key");
  }

  private static KeyPair keys(String algorithm) throws IOException {
    try {
      KeyPairGenerator g = KeyPairGenerator.getInstance(algorithm);
      g.initialize(algorithm.equals(RSA) ? 2048 : 256);
      return g.generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw new IOException(e);
    }
  }

  private static Instant end() {
    return Instant.now().plus(2, ChronoUnit.DAYS);
  }

  private void write(String name, KeyPair keys, String sans, boolean issued, Instant end)
      throws IOException {
    byte[] c =
        issued
            ? certificate(name, keys, "Test CA", caKeys.getPrivate(), sans, end)
            : certificate(name, keys, name, keys.getPrivate(), sans, end);
    String chain = pem("CERTIFICATE", c) + (issued ? pem("CERTIFICATE", caCertificate) : "");
    Files.writeString(certificate(name), chain);
    Files.writeString(key(name), pem("PRIVATE KEY", keys.getPrivate().getEncoded()));
  }

  /**
   * Encodes an authority's certificate if there are no alternative names, otherwise an end-entity
   * certificate.
   */
  private static byte[] certificate(
      String subject,
      KeyPair keys,
      String issuer,
      PrivateKey signer,
      String sans,
      Instant validUntil)
      throws IOException {
    boolean rsa = signer.getAlgorithm().equals(RSA);
    byte[] algorithm =
        rsa
            ? sequence(oid(42, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 11), tagged(5))
            : sequence(oid(42, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2));
    Instant end = validUntil.truncatedTo(ChronoUnit.SECONDS);
    byte[] extension =
        sans.isEmpty()
            ? sequence(
                oid(0x55, 0x1d, 19),
                tagged(1, (byte) 0xff),
                octets(sequence(tagged(1, (byte) 0xff))))
            : sequence(oid(0x55, 0x1d, 17), octets(names(sans)));
    byte[] tbs =
        sequence(
            tagged(0xa0, integer(BigInteger.TWO)),
            integer(new BigInteger(120, new SecureRandom()).setBit(100)),
            algorithm,
            name(issuer),
            sequence(time(end.minus(3, ChronoUnit.DAYS)), time(end)),
            name(subject),
            keys.getPublic().getEncoded(),
            tagged(0xa3, sequence(extension)));
    try {
      Signature s = Signature.getInstance(rsa ? "SHA256withRSA" : "SHA256withECDSA");
      s.initSign(signer);
      s.update(tbs);
      return sequence(tbs, algorithm, tagged(3, join(new byte[1], s.sign())));
    } catch (GeneralSecurityException e) {
      throw new IOException(e);
    }
  }

  private static byte[] names(String sans) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (String san : sans.split(",", -1)) {
      String value = san.substring(san.indexOf(':') + 1);
      byte[] ascii = value.getBytes(StandardCharsets.US_ASCII);
      switch (san.substring(0, san.indexOf(':'))) {
        case "mail" -> out.writeBytes(tagged(0x81, ascii));
        case "dns" -> out.writeBytes(tagged(0x82, ascii));
        case "uri" -> out.writeBytes(tagged(0x86, ascii));
        case "ip" -> out.writeBytes(tagged(0x87, InetAddress.getByName(value).getAddress()));
        default -> throw new IllegalArgumentException(san);
      }
    }
    return sequence(out.toByteArray());
  }

  private static byte[] name(String commonName) {
    byte[] cn = tagged(12, commonName.getBytes(StandardCharsets.UTF_8));
    return sequence(tagged(0x31, sequence(oid(0x55, 4, 3), cn)));
  }

  private static byte[] time(Instant t) {
    String s = DateTimeFormatter.ofPattern("yyMMddHHmmss'Z'").withZone(ZoneOffset.UTC).format(t);
    return tagged(23, s.getBytes(StandardCharsets.US_ASCII));
  }

  private static byte[] oid(int... bytes) {
    byte[] b = new byte[bytes.length];
    for (int i = 0; i < b.length; i++) {
      b[i] = (byte) bytes[i];
    }
    return tagged(6, b);
  }

  private static byte[] integer(BigInteger n) {
    return tagged(2, n.toByteArray());
  }

  private static byte[] octets(byte[] content) {
    return tagged(4, content);
  }

  private static byte[] sequence(byte[]... parts) {
    return tagged(0x30, join(parts));
  }

  private static byte[] tagged(int tag, byte... content) {
    int n = content.length;
    byte[] length =
        n < 0x80
            ? new byte[] {(byte) n}
            : n < 0x100
                ? new byte[] {(byte) 0x81, (byte) n}
                : new byte[] {(byte) 0x82, (byte) (n >> 8), (byte) n};
    return join(new byte[] {(byte) tag}, length, content);
  }

  private static byte[] join(byte[]... parts) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (byte[] p : parts) {
      out.writeBytes(p);
    }
    return out.toByteArray();
  }

  private static String pem(String kind, byte[] der) {
    return "-----BEGIN "
        + kind
        + "-----\n"
        + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der)
        + "\n-----END "
        + kind
        + "-----\n";
  }
}
