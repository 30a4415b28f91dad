package dev.tethys.control.access;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.control.text.Texts;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.PublicKey;
import java.security.Signature;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Base64;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Users of an OpenID Connect issuer: verification of its JSON web tokens (RFC 7519) by the keys
 * that it publishes. Roles are the values of a claim. Thread-safe.
 *
 * <p>Keys are read when a token names one that is unknown, at most every {@link #PAUSE}, and again
 * after {@link #KEPT}; while that fails, known keys are used for {@link #LONGEST_KEPT}. Sources:
 * OpenID Connect Discovery 1.0; RFC 7517 (keys), RFC 7518 (algorithms).
 */
public final class SignOn {
  private static final Duration TIMEOUT = Duration.ofSeconds(5);
  private static final Duration KEPT = Duration.ofHours(1);

  /** Age up to which keys are used while the issuer does not respond. */
  private static final Duration LONGEST_KEPT = Duration.ofDays(1);

  private static final Duration PAUSE = Duration.ofSeconds(10);

  /** Difference between the clocks of issuer and control plane that is accepted. */
  private static final long LEEWAY_SECONDS = 60;

  private static final int MAX_TOKEN = 16 << 10;
  private static final int MAX_BODY = 1 << 20;

  /** Java signature algorithms by token algorithm. Algorithms without a public key are rejected. */
  private static final Map<String, String> ALGORITHMS =
      Map.of(
          "RS256", "SHA256withRSA",
          "RS384", "SHA384withRSA",
          "RS512", "SHA512withRSA",
          "ES256", "SHA256withECDSAinP1363Format",
          "ES384", "SHA384withECDSAinP1363Format");

  /**
   * Settings.
   *
   * @param audience audience required in a token
   * @param roleClaim claim with roles, a text or a list
   * @param rolePrefix text before the names of roles in that claim
   * @param selectorClaim claim with the selector of a viewer or operator; "" for none. Where it is
   *     set, a token without it is rejected
   */
  public record Settings(
      URI issuer, String audience, String roleClaim, String rolePrefix, String selectorClaim) {}

  /** User identified by a token. */
  record User(String name, Tokens.Role role, Selector scope) {}

  /** A token is rejected; the message has the reason. */
  static final class RefusedException extends Exception {
    private static final long serialVersionUID = 1;

    RefusedException(String message) {
      super(message);
    }
  }

  /** Keys of the issuer by their id, and when they were read. */
  private record Keys(Map<String, PublicKey> byId, long readMillis) {
    boolean isOld(long now) {
      return now - readMillis >= KEPT.toMillis();
    }

    boolean isTooOld(long now) {
      return now - readMillis >= LONGEST_KEPT.toMillis();
    }
  }

  private final Settings settings;
  private final InstantSource clock;
  private final HttpClient client =
      HttpClient.newBuilder()
          .connectTimeout(TIMEOUT)
          .followRedirects(HttpClient.Redirect.NEVER)
          .build();
  private volatile Keys keys = new Keys(Map.of(), 0);

  @GuardedBy("this")
  private long triedMillis;

  @GuardedBy("this")
  private String problem = ""; // of the last attempt

  public SignOn(Settings settings, InstantSource clock) {
    this.settings = settings;
    this.clock = clock;
  }

  /** Whether a string has the format of an issuer's token. */
  static boolean isToken(String text) {
    return text.length() <= MAX_TOKEN && text.chars().filter(c -> c == '.').count() == 2;
  }

  /**
   * Verifies a token.
   *
   * @throws RefusedException if it is not valid here
   */
  User verify(String token) throws RefusedException {
    String[] parts = token.split("\\.", -1);
    JsonNode header = json(parts[0], "header");
    String algorithm = ALGORITHMS.get(header.path("alg").asString(""));
    if (algorithm == null) {
      throw new RefusedException("algorithm " + header.path("alg") + " is not supported");
    }
    PublicKey key = key(header.path("kid").asString(""));
    try {
      Signature s = Signature.getInstance(algorithm);
      s.initVerify(key);
      s.update((parts[0] + "." + parts[1]).getBytes(StandardCharsets.US_ASCII));
      if (!s.verify(bytes(parts[2], "signature"))) {
        throw new RefusedException("the signature is wrong");
      }
    } catch (GeneralSecurityException e) {
      throw new RefusedException("the signature is wrong");
    }
    JsonNode claims = json(parts[1], "claims");
    checkClaims(claims);
    return user(claims);
  }

  private void checkClaims(JsonNode claims) throws RefusedException {
    if (!claims.path("iss").asString("").equals(settings.issuer.toString())) {
      throw new RefusedException("the issuer is " + claims.path("iss"));
    }
    if (!has(claims.path("aud"), settings.audience)) {
      throw new RefusedException("the audience is " + claims.path("aud"));
    }
    long now = clock.millis() / 1000;
    if (!claims.path("exp").isNumber()
        || claims.path("exp").doubleValue() + LEEWAY_SECONDS <= now) {
      throw new RefusedException("it has expired");
    }
    if (claims.path("nbf").isNumber() && claims.path("nbf").doubleValue() - LEEWAY_SECONDS > now) {
      throw new RefusedException("it is not valid yet");
    }
  }

  private User user(JsonNode claims) throws RefusedException {
    Tokens.Role role = null;
    for (Tokens.Role r : Tokens.Role.values()) {
      String word = settings.rolePrefix + r.name().toLowerCase(Locale.ROOT);
      if (r != Tokens.Role.AGENT && has(claims.path(settings.roleClaim), word)) {
        role = r; // the highest, since they ascend
      }
    }
    if (role == null) {
      throw new RefusedException(
          "claim " + settings.roleClaim + " has none of the roles of this control plane");
    }
    String name = "";
    for (String claim : new String[] {"preferred_username", "email", "sub"}) {
      name = name.isEmpty() ? claims.path(claim).asString("") : name;
    }
    if (name.isEmpty()) {
      throw new RefusedException("it has no user");
    }
    String selector =
        settings.selectorClaim.isEmpty() || role == Tokens.Role.ADMIN
            ? ""
            : claims.path(settings.selectorClaim).asString("");
    if (selector.isEmpty() && !settings.selectorClaim.isEmpty() && role != Tokens.Role.ADMIN) {
      throw new RefusedException("claim " + settings.selectorClaim + " is missing");
    }
    try {
      return new User(Texts.shortened(name, 256), role, Selector.parse(selector));
    } catch (IllegalArgumentException e) {
      throw new RefusedException("claim " + settings.selectorClaim + ": " + e.getMessage());
    }
  }

  private static boolean has(JsonNode claim, String value) {
    if (claim.isArray()) {
      for (JsonNode n : claim) {
        if (n.asString("").equals(value)) {
          return true;
        }
      }
      return false;
    }
    return claim.asString("").equals(value);
  }

  private PublicKey key(String id) throws RefusedException {
    Keys known = keys;
    PublicKey k = known.byId.get(id);
    if (k != null && !known.isOld(clock.millis())) {
      return k; // without waiting for threads that read the keys
    }
    return refreshed(id);
  }

  private synchronized PublicKey refreshed(String id) throws RefusedException {
    long now = clock.millis();
    boolean wanted = keys.isOld(now) || !keys.byId.containsKey(id);
    if (wanted && (triedMillis == 0 || now - triedMillis >= PAUSE.toMillis())) {
      triedMillis = now;
      try {
        keys = new Keys(read(), now);
        problem = "";
      } catch (IOException | JacksonException e) {
        problem = ": " + e.getMessage();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new RefusedException("the request was interrupted");
      }
    }
    PublicKey k = keys.isTooOld(now) ? null : keys.byId.get(id);
    if (k == null) {
      throw new RefusedException("the key " + id + " of the issuer is unknown" + problem);
    }
    return k;
  }

  private Map<String, PublicKey> read() throws IOException, InterruptedException {
    String base = settings.issuer.toString().replaceAll("/+$", "");
    JsonNode about = get(URI.create(base + "/.well-known/openid-configuration"));
    if (!about.path("issuer").asString("").equals(settings.issuer.toString())) {
      throw new IOException(settings.issuer + " reports the issuer " + about.path("issuer"));
    }
    URI at;
    try {
      at = URI.create(about.path("jwks_uri").asString(""));
    } catch (IllegalArgumentException e) {
      throw new IOException("jwks_uri of " + settings.issuer + " is not a valid URL", e);
    }
    Map<String, PublicKey> out = new HashMap<>();
    for (JsonNode n : get(at).path("keys")) {
      PublicKey k = n.path("use").asString("sig").equals("sig") ? WebKeys.read(n) : null;
      if (k != null) {
        out.put(n.path("kid").asString(""), k);
      }
    }
    return Map.copyOf(out);
  }

  private JsonNode get(URI at) throws IOException, InterruptedException {
    if (at.getHost() == null) {
      throw new IOException(at + " is not a URL with a host");
    }
    HttpResponse<byte[]> r =
        client.send(
            HttpRequest.newBuilder(at).timeout(TIMEOUT).build(),
            HttpResponse.BodyHandlers.limiting(HttpResponse.BodyHandlers.ofByteArray(), MAX_BODY));
    if (r.statusCode() != 200) {
      throw new IOException(at + " answered " + r.statusCode());
    }
    return JsonMapper.shared().readTree(r.body());
  }

  private static byte[] bytes(String text, String part) throws RefusedException {
    try {
      return Base64.getUrlDecoder().decode(text);
    } catch (IllegalArgumentException e) {
      throw new RefusedException("its " + part + " is not in base64url");
    }
  }

  private static JsonNode json(String text, String part) throws RefusedException {
    byte[] b = bytes(text, part);
    @Nullable JsonNode n;
    try {
      n = JsonMapper.shared().readTree(b);
    } catch (JacksonException e) {
      n = null;
    }
    if (n == null || !n.isObject()) {
      throw new RefusedException("its " + part + " is not a JSON object");
    }
    return n;
  }
}
