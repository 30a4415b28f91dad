package dev.tethys.collect.exporter.snmp.wire;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Credentials for an agent: a community, or a user of version 3. Thread-safe.
 *
 * <p>Keys are derived from passwords (RFC 3414, appendix A.2) once, since that hashes a megabyte by
 * design.
 */
public final class Credentials {
  /** Authentication protocol, with the names of {@code snmp.yml}. */
  public enum Authentication {
    MD5("MD5", "HmacMD5", 12),
    SHA("SHA-1", "HmacSHA1", 12),
    SHA224("SHA-224", "HmacSHA224", 16),
    SHA256("SHA-256", "HmacSHA256", 24),
    SHA384("SHA-384", "HmacSHA384", 32),
    SHA512("SHA-512", "HmacSHA512", 48);

    final String digest;
    final String mac;

    /** Number of bytes of the authentication code that are sent (RFC 7860). */
    final int length;

    Authentication(String digest, String mac, int length) {
      this.digest = digest;
      this.mac = mac;
      this.length = length;
    }

    private MessageDigest hash() {
      try {
        return MessageDigest.getInstance(digest);
      } catch (NoSuchAlgorithmException e) {
        throw new IllegalStateException("every JDK supports it", e);
      }
    }
  }

  /** Encryption protocol, with the names of {@code snmp.yml}. */
  public enum Privacy {
    DES(16, false),
    AES(16, false),
    AES192(24, false),
    AES192C(24, true),
    AES256(32, false),
    AES256C(32, true);

    final int keyLength;

    /** Short keys are extended like Cisco's (draft-reeder), otherwise by draft-blumenthal. */
    final boolean reeder;

    Privacy(int keyLength, boolean reeder) {
      this.keyLength = keyLength;
      this.reeder = reeder;
    }
  }

  private final int version;
  private final String community;
  private final String user;
  private final @Nullable Authentication authentication;
  private final String password;
  private final @Nullable Privacy privacy;
  private final String privacyPassword;
  private final Map<String, byte[]> keys = new ConcurrentHashMap<>();

  private Credentials(
      int version,
      String community,
      String user,
      @Nullable Authentication authentication,
      String password,
      @Nullable Privacy privacy,
      String privacyPassword) {
    this.version = version;
    this.community = community;
    this.user = user;
    this.authentication = authentication;
    this.password = password;
    this.privacy = privacy;
    this.privacyPassword = privacyPassword;
  }

  /**
   * Credentials of version 1 or 2c.
   *
   * @param version 1 or 2
   */
  public static Credentials community(int version, String community) {
    return new Credentials(version, community, "", null, "", null, "");
  }

  /**
   * Creates SNMPv3 credentials.
   *
   * @param authentication null if none
   * @param privacy null if none; without authentication there is none
   */
  public static Credentials user(
      String name,
      @Nullable Authentication authentication,
      String password,
      @Nullable Privacy privacy,
      String privacyPassword) {
    return new Credentials(3, "", name, authentication, password, privacy, privacyPassword);
  }

  /** Returns 1, 2 or 3. */
  public int version() {
    return version;
  }

  byte[] community() {
    return community.getBytes(StandardCharsets.UTF_8);
  }

  byte[] user() {
    return user.getBytes(StandardCharsets.UTF_8);
  }

  @Nullable Authentication authentication() {
    return authentication;
  }

  @Nullable Privacy privacy() {
    return privacy;
  }

  /** Returns the signing key for an engine. */
  byte[] authenticationKey(Authentication how, byte[] engine) {
    return localized(how, fromPassword(how, password), engine);
  }

  /** Returns the encryption key for an engine. */
  byte[] privacyKey(Authentication how, Privacy what, byte[] engine) {
    byte[] key = localized(how, fromPassword(how, privacyPassword), engine);
    while (key.length < what.keyLength) {
      byte[] more =
          what.reeder ? localized(how, derivedKey(how, key), engine) : how.hash().digest(key);
      byte[] both = Arrays.copyOf(key, key.length + more.length);
      System.arraycopy(more, 0, both, key.length, more.length);
      key = both;
    }
    return Arrays.copyOf(key, what.keyLength);
  }

  private byte[] fromPassword(Authentication how, String p) {
    return keys.computeIfAbsent(p, k -> derivedKey(how, k.getBytes(StandardCharsets.UTF_8)));
  }

  private static byte[] derivedKey(Authentication how, byte[] password) {
    MessageDigest hash = how.hash();
    byte[] block = new byte[64];
    int at = 0;
    for (int n = 0; n < 1 << 20; n += block.length) {
      for (int i = 0; i < block.length; i++) {
        block[i] = password[at++ % password.length];
      }
      hash.update(block);
    }
    return hash.digest();
  }

  private static byte[] localized(Authentication how, byte[] key, byte[] engine) {
    MessageDigest hash = how.hash();
    hash.update(key);
    hash.update(engine);
    return hash.digest(key);
  }
}
