package dev.tethys.collect.exporter.jmx;

import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.web.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * Basic authentication of the pages: {@code httpServer.authentication.basic}.
 *
 * @param algorithm {@code plaintext}, or the algorithm of {@code hash}, in hexadecimal
 * @param password "" unless it is plain
 * @param iterations number of PBKDF2 iterations
 */
record PageCredentials(
    String name, String algorithm, String password, String hash, String salt, int iterations) {
  private static final String PLAIN = "plaintext";
  private static final int MAX_ITERATIONS = 10_000_000;

  /** Default number of PBKDF2 iterations by algorithm. */
  private static final Map<String, Integer> ITERATIONS =
      Map.of(
          "PBKDF2WithHmacSHA1", 1_300_000,
          "PBKDF2WithHmacSHA256", 600_000,
          "PBKDF2WithHmacSHA512", 210_000);

  private static final List<String> DIGESTS = List.of("SHA-1", "SHA-256", "SHA-512");

  private static final Section BASIC =
      new Section("basic", "Username and password of basic authentication.");
  private static final Key<String> USERNAME =
      BASIC.required("username", Type.STRING, "Username, or ${VARIABLE}.");
  private static final Key<String> ALGORITHM =
      BASIC.key("algorithm", Type.STRING, PLAIN, "plaintext, SHA-* or PBKDF2WithHmacSHA*.");
  private static final Key<String> PASSWORD =
      BASIC.key("password", Type.STRING, "", "Password in plain text, or ${VARIABLE}.");
  private static final Key<String> HASH =
      BASIC.key(
          "passwordHash", Type.STRING, "", "Password hash in hexadecimal, with or without colons.");
  private static final Key<String> SALT =
      BASIC.key("salt", Type.STRING, "", "Salt of the password hash.");
  private static final Key<Long> ITERATIONS_KEY =
      BASIC.optional("iterations", Type.INT, "Iterations of PBKDF2.");
  private static final Key<Long> KEY_LENGTH =
      BASIC.key("keyLength", Type.INT, 128L, "Key length of PBKDF2, in bits.");

  static final Type<PageCredentials> BASIC_TYPE = BASIC.type(PageCredentials::read);

  private static PageCredentials read(YamlObject o) {
    String algorithm = o.get(ALGORITHM);
    if (algorithm.equalsIgnoreCase(PLAIN)) {
      if (o.get(PASSWORD).isBlank()) {
        throw o.error(PASSWORD, "password is required where the algorithm is plaintext");
      }
      return new PageCredentials(o.get(USERNAME), PLAIN, o.get(PASSWORD), "", "", 0);
    }
    Integer usual = ITERATIONS.get(algorithm);
    if (usual == null && !DIGESTS.contains(algorithm)) {
      throw o.error(
          ALGORITHM,
          "unknown algorithm \""
              + algorithm
              + "\"; allowed: plaintext, "
              + String.join(", ", DIGESTS)
              + ", "
              + String.join(", ", ITERATIONS.keySet().stream().sorted().toList()));
    }
    if (o.get(HASH).isBlank() || o.get(SALT).isBlank()) {
      throw o.error("passwordHash and salt are required for " + algorithm);
    }
    byte[] hash;
    try {
      hash = HexFormat.of().parseHex(o.get(HASH).toLowerCase(Locale.ROOT).replace(":", ""));
    } catch (IllegalArgumentException e) {
      throw o.error(HASH, "passwordHash is not hexadecimal");
    }
    Long given = o.find(ITERATIONS_KEY);
    long iterations = given == null ? usual == null ? 0 : usual : given;
    if (usual != null) {
      if (iterations < 1 || iterations > MAX_ITERATIONS) {
        throw o.error(ITERATIONS_KEY, "iterations must be 1 to " + MAX_ITERATIONS);
      }
      // Older versions counted bytes where the key is in bits.
      long length = o.get(KEY_LENGTH);
      if (length != hash.length * 8L && length != hash.length) {
        throw o.error(
            HASH, "passwordHash has " + hash.length * 8 + " bits, but keyLength is " + length);
      }
    }
    return new PageCredentials(
        o.get(USERNAME),
        algorithm,
        "",
        HexFormat.of().formatHex(hash),
        o.get(SALT),
        (int) iterations);
  }

  /** Resolves references to environment variables. */
  PageCredentials resolved(Function<String, @Nullable String> environment) {
    try {
      return new PageCredentials(
          Variables.resolve(name, environment),
          algorithm,
          Variables.resolve(password, environment),
          hash,
          salt,
          iterations);
    } catch (IllegalArgumentException e) {
      throw new dev.tethys.config.ConfigException(
          "httpServer.authentication.basic", String.valueOf(e.getMessage()));
    }
  }

  /** Whether a request comes from the user. */
  boolean sent(HttpRequest request) {
    String header = request.header("Authorization");
    if (header == null || !header.regionMatches(true, 0, "Basic ", 0, 6)) {
      return false;
    }
    String pair;
    try {
      pair =
          new String(
              Base64.getDecoder().decode(header.substring(6).strip()), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      return false;
    }
    int colon = pair.indexOf(':');
    return colon >= 0 && isRight(pair.substring(0, colon), pair.substring(colon + 1));
  }

  private boolean isRight(String user, String given) {
    boolean known =
        MessageDigest.isEqual(
            name.getBytes(StandardCharsets.UTF_8), user.getBytes(StandardCharsets.UTF_8));
    try {
      boolean right = MessageDigest.isEqual(expected(), of(given));
      return known && right; // both are computed, for known and unknown users alike
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  private byte[] expected() {
    return algorithm.equals(PLAIN)
        ? password.getBytes(StandardCharsets.UTF_8)
        : HexFormat.of().parseHex(hash);
  }

  private byte[] of(String given) throws GeneralSecurityException {
    if (algorithm.equals(PLAIN)) {
      return given.getBytes(StandardCharsets.UTF_8);
    }
    if (DIGESTS.contains(algorithm)) {
      return MessageDigest.getInstance(algorithm)
          .digest((salt + ":" + given).getBytes(StandardCharsets.UTF_8));
    }
    PBEKeySpec spec =
        new PBEKeySpec(
            given.toCharArray(),
            salt.getBytes(StandardCharsets.UTF_8),
            iterations,
            hash.length() * 4);
    try {
      return SecretKeyFactory.getInstance(algorithm).generateSecret(spec).getEncoded();
    } finally {
      spec.clearPassword();
    }
  }
}
