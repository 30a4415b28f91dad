package dev.tethys.web.internal;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.crypto.BadPaddingException;
import javax.crypto.Cipher;
import javax.crypto.EncryptedPrivateKeyInfo;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.PBEKeySpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * Private keys encrypted with a passphrase: PKCS#8 (RFC 5958) and OpenSSL's older form (RFC 1421).
 */
final class EncryptedKey {
  private static final Pattern OLD =
      Pattern.compile(
          "\\s*Proc-Type: 4,ENCRYPTED\\s+DEK-Info: ([A-Z0-9-]+),([0-9A-F]+)\\s+(.*)",
          Pattern.DOTALL);
  private static final String WRONG = "the private key cannot be decrypted: wrong passphrase?";

  private EncryptedKey() {}

  /** Whether the content of a PEM block is encrypted in the older form. */
  static boolean isOldForm(String block) {
    return block.stripLeading().startsWith("Proc-Type: 4,ENCRYPTED");
  }

  /** Decrypts the key in the format named by the block's label. */
  static byte[] oldForm(String block, String passphrase) throws IOException {
    Matcher m = OLD.matcher(block);
    if (!m.matches()) {
      throw new IOException("the private key's encryption headers do not follow RFC 1421");
    }
    String name = m.group(1);
    byte[] iv = HexFormat.of().parseHex(m.group(2));
    byte[] data = Base64.getMimeDecoder().decode(m.group(3));
    int bytes =
        switch (name) {
          case "AES-128-CBC" -> 16;
          case "AES-192-CBC", "DES-EDE3-CBC" -> 24;
          case "AES-256-CBC" -> 32;
          default ->
              throw new IOException(
                  "the private key is encrypted with "
                      + name
                      + "; AES-128-CBC, AES-192-CBC, AES-256-CBC and DES-EDE3-CBC are read");
        };
    String cipher = name.startsWith("AES") ? "AES" : "DESede";
    try {
      Cipher c = Cipher.getInstance(cipher + "/CBC/PKCS5Padding");
      c.init(
          Cipher.DECRYPT_MODE,
          new SecretKeySpec(derived(passphrase, iv, bytes), cipher),
          new IvParameterSpec(iv));
      return c.doFinal(data);
    } catch (BadPaddingException e) {
      throw new IOException(WRONG, e);
    } catch (GeneralSecurityException e) {
      throw new IOException("the private key cannot be decrypted: " + e.getMessage(), e);
    }
  }

  /** OpenSSL's EVP_BytesToKey with MD5, one round, the first eight bytes of the IV as salt. */
  private static byte[] derived(String passphrase, byte[] iv, int bytes)
      throws GeneralSecurityException {
    MessageDigest md5 = MessageDigest.getInstance("MD5");
    byte[] out = new byte[bytes];
    byte[] last = {};
    for (int at = 0; at < bytes; at += last.length) {
      md5.update(last);
      md5.update(passphrase.getBytes(StandardCharsets.UTF_8));
      last = md5.digest(Arrays.copyOf(iv, 8));
      System.arraycopy(last, 0, out, at, Math.min(last.length, bytes - at));
    }
    return out;
  }

  /** Returns the PKCS#8 key within an encrypted one. */
  static byte[] pkcs8(byte[] der, String passphrase) throws IOException {
    EncryptedPrivateKeyInfo info = new EncryptedPrivateKeyInfo(der);
    try {
      // The algorithm name is just PBES2; its parameters name both of its algorithms.
      String name =
          info.getAlgName().startsWith("PBEWith")
              ? info.getAlgName()
              : String.valueOf(info.getAlgParameters());
      Cipher c = Cipher.getInstance(name);
      c.init(
          Cipher.DECRYPT_MODE,
          SecretKeyFactory.getInstance(name)
              .generateSecret(new PBEKeySpec(passphrase.toCharArray())),
          info.getAlgParameters());
      return c.doFinal(info.getEncryptedData());
    } catch (BadPaddingException e) {
      throw new IOException(WRONG, e);
    } catch (GeneralSecurityException e) {
      throw new IOException("the private key cannot be decrypted: " + e.getMessage(), e);
    }
  }
}
