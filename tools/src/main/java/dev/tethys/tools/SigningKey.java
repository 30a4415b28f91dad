package dev.tethys.tools;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;

/** Private key of Ed25519 that signs packages and configurations. */
final class SigningKey {
  private final PrivateKey key;

  private SigningKey(PrivateKey key) {
    this.key = key;
  }

  /**
   * Reads a key in PEM.
   *
   * @throws IOException if it is invalid
   */
  static SigningKey read(Path file) throws IOException {
    String base64 =
        Files.readString(file)
            .lines()
            .filter(l -> !l.startsWith("-----"))
            .reduce("", String::concat)
            .strip();
    try {
      return new SigningKey(
          KeyFactory.getInstance("Ed25519")
              .generatePrivate(new PKCS8EncodedKeySpec(Base64.getDecoder().decode(base64))));
    } catch (GeneralSecurityException | IllegalArgumentException e) {
      throw new IOException(
          file
              + " is not an Ed25519 private key in PEM, as written by openssl genpkey "
              + "-algorithm ed25519",
          e);
    }
  }

  byte[] sign(byte[] statement) {
    try {
      Signature s = Signature.getInstance("Ed25519");
      s.initSign(key);
      s.update(statement);
      return s.sign();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("a key of Ed25519 that cannot sign", e);
    }
  }
}
