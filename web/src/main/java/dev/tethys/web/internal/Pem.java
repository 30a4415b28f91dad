package dev.tethys.web.internal;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Certificates and private keys from PEM text (RFC 7468; PKCS#8, PKCS#1 and SEC 1 keys). */
public final class Pem {
  /** The largest PEM file that is read, in bytes. */
  public static final int MAX_BYTES = 4 << 20;

  private static final Pattern BLOCK =
      Pattern.compile("-----BEGIN ([A-Z0-9 ]+)-----(.*?)-----END \\1-----", Pattern.DOTALL);
  private static final byte[] RSA_OID = {
    0x30, 0x0d, 0x06, 0x09, 0x2a, (byte) 0x86, 0x48, (byte) 0x86, (byte) 0xf7, 0x0d, 1, 1, 1, 5, 0
  };
  private static final byte[] EC_OID = {
    0x06, 0x07, 0x2a, (byte) 0x86, 0x48, (byte) 0xce, 0x3d, 2, 1
  };

  private Pem() {}

  /** A private key and its certificate chain, leaf first. */
  public record KeyPair(PrivateKey key, List<X509Certificate> chain) {}

  /**
   * Returns inline text, or the contents of a file.
   *
   * @param what key that names the file, for errors
   */
  public static String text(String inline, String file, String what) throws IOException {
    if (!inline.isEmpty()) {
      return inline;
    }
    Path p = Path.of(file);
    try {
      if (Files.size(p) > MAX_BYTES) {
        throw new IOException(what + " " + file + " is larger than " + MAX_BYTES + " bytes");
      }
      return new String(Files.readAllBytes(p), StandardCharsets.UTF_8);
    } catch (NoSuchFileException e) {
      throw new IOException("failed to read " + what + " (" + file + "): no such file", e);
    } catch (java.nio.file.FileSystemException e) {
      throw new IOException(
          "failed to read "
              + what
              + " ("
              + file
              + "): "
              + (e.getReason() == null ? e.getClass().getSimpleName() : e.getReason()),
          e);
    }
  }

  /** Returns all certificates of a text, in order; none is an error. */
  public static List<X509Certificate> certificates(String pem) throws IOException {
    List<X509Certificate> out = new ArrayList<>();
    try {
      CertificateFactory factory = CertificateFactory.getInstance("X.509");
      Matcher m = BLOCK.matcher(pem);
      while (m.find()) {
        if (m.group(1).equals("CERTIFICATE") || m.group(1).equals("X509 CERTIFICATE")) {
          byte[] der = Base64.getMimeDecoder().decode(m.group(2));
          out.add((X509Certificate) factory.generateCertificate(new ByteArrayInputStream(der)));
        }
      }
    } catch (CertificateException | IllegalArgumentException e) {
      throw new IOException("not a valid certificate: " + e.getMessage(), e);
    }
    if (out.isEmpty()) {
      throw new IOException("no certificate found in PEM text");
    }
    return out;
  }

  /** Parses a key with its certificates; they must belong together. */
  public static KeyPair keyPair(String certificatePem, String keyPem) throws IOException {
    return keyPair(certificatePem, keyPem, "");
  }

  /**
   * Parses a key with its certificates; they must belong together.
   *
   * @param passphrase passphrase of the key; empty if none
   */
  public static KeyPair keyPair(String certificatePem, String keyPem, String passphrase)
      throws IOException {
    List<X509Certificate> chain = certificates(certificatePem);
    PrivateKey key = privateKey(keyPem, passphrase);
    if (!belongs(key, chain.getFirst().getPublicKey())) {
      throw new IOException("private key does not match the public key of the certificate");
    }
    return new KeyPair(key, List.copyOf(chain));
  }

  private static boolean belongs(PrivateKey key, PublicKey pub) throws IOException {
    String algorithm =
        switch (pub.getAlgorithm()) {
          case "RSA" -> "SHA256withRSA";
          case "EC" -> "SHA256withECDSA";
          default -> pub.getAlgorithm();
        };
    if (!pub.getAlgorithm().equals(key.getAlgorithm())) {
      return false;
    }
    try {
      byte[] probe = {1, 2, 3};
      Signature s = Signature.getInstance(algorithm);
      s.initSign(key);
      s.update(probe);
      byte[] signed = s.sign();
      s.initVerify(pub);
      s.update(probe);
      return s.verify(signed);
    } catch (GeneralSecurityException e) {
      throw new IOException("the private key cannot be used: " + e.getMessage(), e);
    }
  }

  /** Returns the first private key in a text. */
  public static PrivateKey privateKey(String pem) throws IOException {
    return privateKey(pem, "");
  }

  /**
   * Returns the first private key in a text.
   *
   * @param passphrase passphrase of the key; empty if none
   */
  public static PrivateKey privateKey(String pem, String passphrase) throws IOException {
    Matcher m = BLOCK.matcher(pem);
    while (m.find()) {
      String kind = m.group(1);
      if (!kind.endsWith("PRIVATE KEY")) {
        continue; // parameters, certificates: the key follows
      }
      boolean old = EncryptedKey.isOldForm(m.group(2));
      if ((old || kind.startsWith("ENCRYPTED")) && passphrase.isEmpty()) {
        throw new IOException("the private key is encrypted and no passphrase is given");
      }
      try {
        byte[] der =
            old
                ? EncryptedKey.oldForm(m.group(2), passphrase)
                : Base64.getMimeDecoder().decode(m.group(2));
        switch (kind) {
          case "PRIVATE KEY" -> {
            return pkcs8(der);
          }
          case "RSA PRIVATE KEY" -> {
            return pkcs8(wrap(RSA_OID, der));
          }
          case "EC PRIVATE KEY" -> {
            return pkcs8(wrap(sequence(concat(EC_OID, curveOf(der))), der));
          }
          case "ENCRYPTED PRIVATE KEY" -> {
            return pkcs8(EncryptedKey.pkcs8(der, passphrase));
          }
          default -> {
            // a kind that is not read
          }
        }
      } catch (IllegalArgumentException e) {
        throw new IOException("not a valid private key: " + e.getMessage(), e);
      }
    }
    throw new IOException("no private key found in PEM text");
  }

  private static PrivateKey pkcs8(byte[] der) throws IOException {
    for (String algorithm : new String[] {"RSA", "EC", "Ed25519"}) {
      try {
        return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(der));
      } catch (GeneralSecurityException e) {
        // the next kind
      }
    }
    throw new IOException("the private key is neither RSA, ECDSA nor Ed25519");
  }

  /** PKCS#8: SEQUENCE { INTEGER 0, algorithm, OCTET STRING key }. */
  private static byte[] wrap(byte[] algorithm, byte[] key) {
    return sequence(concat(new byte[] {2, 1, 0}, algorithm, tagged(4, key)));
  }

  /** The curve in a SEC 1 key: SEQUENCE { 1, OCTET STRING, [0] OID, [1] public key }. */
  private static byte[] curveOf(byte[] sec1) {
    int p = 0;
    while (p + 2 < sec1.length) {
      if (sec1[p] == (byte) 0xa0 && sec1[p + 2] == 6 && sec1[p + 1] == sec1[p + 3] + 2) {
        byte[] oid = new byte[sec1[p + 1]];
        System.arraycopy(sec1, p + 2, oid, 0, oid.length);
        return oid;
      }
      p++;
    }
    throw new IllegalArgumentException("the EC key does not name its curve");
  }

  private static byte[] sequence(byte[] content) {
    return tagged(0x30, content);
  }

  private static byte[] tagged(int tag, byte[] content) {
    int n = content.length;
    byte[] length =
        n < 128
            ? new byte[] {(byte) n}
            : concat(new byte[] {(byte) (0x80 | unsigned(n).length)}, unsigned(n));
    return concat(new byte[] {(byte) tag}, length, content);
  }

  private static byte[] unsigned(int n) {
    byte[] b = BigInteger.valueOf(n).toByteArray();
    return b[0] == 0 ? java.util.Arrays.copyOfRange(b, 1, b.length) : b;
  }

  private static byte[] concat(byte[]... parts) {
    int n = 0;
    for (byte[] p : parts) {
      n += p.length;
    }
    byte[] out = new byte[n];
    int at = 0;
    for (byte[] p : parts) {
      System.arraycopy(p, 0, out, at, p.length);
      at += p.length;
    }
    return out;
  }
}
