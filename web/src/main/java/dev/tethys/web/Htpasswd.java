package dev.tethys.web;

import dev.tethys.config.Secret;
import dev.tethys.web.internal.Passwords;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Users and their passwords as htpasswd writes them: a line {@code user:hash} each, the hash of
 * bcrypt, {@code {SHA}} with the base64 of SHA-1, or the password itself.
 */
public final class Htpasswd {
  private static final String SHA = "{SHA}";

  private final Passwords passwords = new Passwords();
  private final Map<String, Secret> hashed = new LinkedHashMap<>();
  private final Map<String, String> others = new HashMap<>();

  private Htpasswd() {}

  /**
   * Reads users. Empty lines and those that start with {@code #} are ignored.
   *
   * @throws IllegalArgumentException with the invalid line, or the one with an unsupported hash
   */
  public static Htpasswd parse(String text) {
    Htpasswd h = new Htpasswd();
    int number = 0;
    for (String line : text.lines().toList()) {
      number++;
      String l = line.strip();
      if (l.isEmpty() || l.startsWith("#")) {
        continue;
      }
      int colon = l.indexOf(':');
      if (colon < 1) {
        throw new IllegalArgumentException("line " + number + " is not user:password");
      }
      String user = l.substring(0, colon);
      String hash = l.substring(colon + 1);
      if (hash.startsWith("$2")) {
        h.hashed.put(user, new Secret(hash));
      } else if (hash.startsWith("$apr1$")
          || hash.startsWith("$1$")
          || hash.startsWith("$5$")
          || hash.startsWith("$6$")
          || hash.startsWith("{SSHA}")) {
        throw new IllegalArgumentException(
            "line "
                + number
                + ": the hash of "
                + user
                + " has an unsupported format; use bcrypt (htpasswd -B), {SHA} or plain text");
      } else {
        h.others.put(user, hash);
      }
    }
    if (h.hashed.isEmpty() && h.others.isEmpty()) {
      throw new IllegalArgumentException("no users");
    }
    return h;
  }

  /** Creates a single user with a plain-text password, which is stored as a hash. */
  public static Htpasswd plain(String user, Secret password) {
    Htpasswd h = new Htpasswd();
    h.others.put(user, SHA + sha1(password.value()));
    return h;
  }

  /**
   * Creates a single user with the bcrypt hash of the password.
   *
   * @throws IllegalArgumentException if the hash is not a bcrypt hash
   */
  public static Htpasswd bcrypt(String user, Secret hash) {
    if (!WebConfig.isBcrypt(hash.value())) {
      throw new IllegalArgumentException("not a bcrypt hash; make one with htpasswd -nBC 10 \"\"");
    }
    Htpasswd h = new Htpasswd();
    h.hashed.put(user, hash);
    return h;
  }

  /** Whether the values of an Authorization header are a user of these with the right password. */
  public boolean accepts(List<String> authorization) {
    String both = userAndPassword(authorization);
    int colon = both.indexOf(':');
    return colon >= 0 && accepts(both.substring(0, colon), both.substring(colon + 1));
  }

  /** Returns the user named by the values of an Authorization header, unverified; "" for none. */
  public static String user(List<String> authorization) {
    String both = userAndPassword(authorization);
    return both.substring(0, Math.max(0, both.indexOf(':')));
  }

  private static String userAndPassword(List<String> authorization) {
    String[] parts =
        authorization.isEmpty() ? new String[0] : authorization.getFirst().split(" ", 2);
    if (parts.length < 2 || !parts[0].equalsIgnoreCase("Basic")) {
      return "";
    }
    try {
      return new String(Base64.getDecoder().decode(parts[1].strip()), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      return "";
    }
  }

  private boolean accepts(String user, String password) {
    @Nullable String known = others.get(user);
    // For unknown users too, or the response time would reveal which users exist.
    boolean right = !hashed.isEmpty() && passwords.check(hashed, user, password);
    if (known == null) {
      return right;
    }
    String given = known.startsWith(SHA) ? SHA + sha1(password) : password;
    return MessageDigest.isEqual(
        known.getBytes(StandardCharsets.UTF_8), given.getBytes(StandardCharsets.UTF_8));
  }

  private static String sha1(String password) {
    try {
      return Base64.getEncoder()
          .encodeToString(
              MessageDigest.getInstance("SHA-1").digest(password.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every JDK supports SHA-1", e);
    }
  }
}
