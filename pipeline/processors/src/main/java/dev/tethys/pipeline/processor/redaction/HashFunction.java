package dev.tethys.pipeline.processor.redaction;

import dev.tethys.config.Type;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.HexFormat;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** Hash functions of {@code hash_function}: distinguish strings without revealing them. */
enum HashFunction {
  MD5("md5", "MD5", false),
  SHA1("sha1", "SHA-1", false),
  SHA3("sha3", "SHA3-256", false),
  HMAC_SHA256("hmac-sha256", "HmacSHA256", true),
  HMAC_SHA512("hmac-sha512", "HmacSHA512", true);

  static final Type<HashFunction> TYPE = Type.oneOf("hash function", values(), h -> h.word);

  private final String word;
  private final String algorithm;
  private final boolean keyed;

  HashFunction(String word, String algorithm, boolean keyed) {
    this.word = word;
    this.algorithm = algorithm;
    this.keyed = keyed;
  }

  /** Whether it needs a key. */
  boolean keyed() {
    return keyed;
  }

  /**
   * Hashes a string in UTF-8, in hexadecimal.
   *
   * @param key key used by keyed functions; not empty
   */
  String hex(String text, byte[] key) {
    try {
      byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
      byte[] hash;
      if (keyed) {
        Mac mac = Mac.getInstance(algorithm);
        mac.init(new SecretKeySpec(key, algorithm));
        hash = mac.doFinal(bytes);
      } else {
        hash = MessageDigest.getInstance(algorithm).digest(bytes);
      }
      return HexFormat.of().formatHex(hash);
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }
}
