package dev.tethys.collect.database.mysql;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.spec.X509EncodedKeySpec;
import java.util.Arrays;
import java.util.Base64;
import javax.crypto.Cipher;

/**
 * Password responses of the server's authentication plugins
 * (https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_connection_phase.html).
 */
final class MysqlPassword {
  static final String NATIVE = "mysql_native_password";
  static final String SHA2 = "caching_sha2_password";
  static final String CLEAR = "mysql_clear_password";

  private MysqlPassword() {}

  /**
   * Computes the first response.
   *
   * @param scramble the server's random bytes
   * @param secured whether the connection cannot be read on the way
   * @throws IOException for a plugin that is not spoken
   */
  static byte[] answer(
      String plugin, String password, byte[] scramble, boolean secured, boolean clearAllowed)
      throws IOException {
    byte[] p = password.getBytes(StandardCharsets.UTF_8);
    switch (plugin) {
      case NATIVE -> {
        if (p.length == 0) {
          return p;
        }
        byte[] once = digest("SHA-1", p);
        return xor(once, digest("SHA-1", scramble, digest("SHA-1", once)));
      }
      case SHA2 -> {
        if (p.length == 0) {
          return p;
        }
        byte[] once = digest("SHA-256", p);
        return xor(once, digest("SHA-256", digest("SHA-256", once), scramble));
      }
      case CLEAR -> {
        if (!clearAllowed || !secured) {
          throw new IOException(
              "the server requests the password in plain text, which requires"
                  + " enable-cleartext-plugin and TLS");
        }
        return withZero(p);
      }
      default ->
          throw new IOException(
              "the server requests the authentication plugin "
                  + plugin
                  + "; supported are "
                  + SHA2
                  + ", "
                  + NATIVE
                  + " and "
                  + CLEAR);
    }
  }

  static byte[] withZero(byte[] p) {
    return Arrays.copyOf(p, p.length + 1);
  }

  /** Encrypts the password for a server that has not cached it, over a plain connection. */
  static byte[] encrypted(String password, byte[] scramble, String pem) throws IOException {
    byte[] p = withZero(password.getBytes(StandardCharsets.UTF_8));
    for (int i = 0; i < p.length; i++) {
      p[i] ^= scramble[i % scramble.length];
    }
    try {
      byte[] key = Base64.getMimeDecoder().decode(pem.replaceAll("-----[A-Z ]+-----", "").trim());
      Cipher c = Cipher.getInstance("RSA/ECB/OAEPWithSHA-1AndMGF1Padding");
      c.init(
          Cipher.ENCRYPT_MODE,
          KeyFactory.getInstance("RSA").generatePublic(new X509EncodedKeySpec(key)));
      return c.doFinal(p);
    } catch (GeneralSecurityException | IllegalArgumentException e) {
      throw new IOException("the server's public key cannot be used: " + e.getMessage(), e);
    }
  }

  private static byte[] digest(String algorithm, byte[]... parts) {
    try {
      MessageDigest d = MessageDigest.getInstance(algorithm);
      for (byte[] p : parts) {
        d.update(p);
      }
      return d.digest();
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }

  private static byte[] xor(byte[] a, byte[] b) {
    byte[] out = a.clone();
    for (int i = 0; i < out.length; i++) {
      out[i] ^= b[i];
    }
    return out;
  }
}
