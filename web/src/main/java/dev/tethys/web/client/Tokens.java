package dev.tethys.web.client;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.codec.json.JsonFailures;
import dev.tethys.config.JwtBearer;
import dev.tethys.config.OAuth2;
import dev.tethys.config.UrlText;
import dev.tethys.web.internal.Pem;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.Signature;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Access tokens of one OAuth 2.0 client, kept until shortly before they run out. Invariant: at most
 * one token is being fetched; other callers wait for it. A changed secret file causes a new token
 * to be requested immediately.
 */
public final class Tokens {
  /** A token is not used in its last seconds. */
  public static final Duration EARLY = Duration.ofSeconds(10);

  /** Minimum age of a token whose refusal counts as revocation. */
  static final Duration YOUNG = Duration.ofMinutes(1);

  private static final int MAX_ANSWER = 1 << 20;
  private static final Duration ASSERTION_LIFE = Duration.ofMinutes(10);
  private static final JsonMapper JSON = JsonMapper.builder().build();

  private final OAuth2 config;
  private final WebClient client;
  private final InstantSource clock;
  private final Duration early;
  private final ReentrantLock fetching = new ReentrantLock();

  @GuardedBy("fetching")
  private String type = "";

  @GuardedBy("fetching")
  private @Nullable String token;

  @GuardedBy("fetching")
  private Instant until = Instant.MIN;

  @GuardedBy("fetching")
  private Instant since = Instant.MIN;

  @GuardedBy("fetching")
  private @Nullable String secretUsed;

  @GuardedBy("fetching")
  private boolean secretInForm;

  public Tokens(OAuth2 config, WebClient client, InstantSource clock) {
    this(config, client, clock, EARLY);
  }

  /**
   * Creates the token source of one client.
   *
   * @param early time before its expiry at which a token is replaced; half of its lifetime if that
   *     is less than twice this value
   */
  public Tokens(OAuth2 config, WebClient client, InstantSource clock, Duration early) {
    this.config = config;
    this.client = client;
    this.clock = clock;
    this.early = early;
  }

  /** Returns the value of the Authorization header. */
  public String authorization(Duration timeout) throws IOException, InterruptedException {
    String secret = secret();
    fetching.lockInterruptibly();
    try {
      if (token == null || !clock.instant().isBefore(until) || !secret.equals(secretUsed)) {
        fetch(secret, timeout);
        secretUsed = secret;
      }
      return type + " " + token;
    } finally {
      fetching.unlock();
    }
  }

  /**
   * Called when the server rejected the token: a new one is fetched, unless this one is so recent
   * that another would also be rejected.
   */
  public void refused() {
    fetching.lock();
    try {
      if (!isYoung()) {
        token = null;
      }
    } finally {
      fetching.unlock();
    }
  }

  /**
   * A server refused a token: it is abandoned, unless it is so young that another one would be
   * refused, too.
   *
   * @param used the value of the Authorization header
   * @return whether there is, or will be, another one to be tried
   */
  boolean isReplaced(String used) {
    fetching.lock();
    try {
      if (token != null && used.equals(type + " " + token)) {
        if (isYoung()) {
          return false;
        }
        token = null;
      }
      return true;
    } finally {
      fetching.unlock();
    }
  }

  @GuardedBy("fetching")
  private boolean isYoung() {
    return clock.instant().isBefore(since.plus(YOUNG));
  }

  private String secret() throws IOException {
    if (config.assertion().enabled()) {
      return Pem.text(
          config.assertion().key().value(),
          config.assertion().keyFile(),
          "client_certificate_key_file");
    }
    return config.clientSecretFile().isEmpty()
        ? config.clientSecret().value()
        : Credentials.fromFile(config.clientSecretFile(), "oauth2 client_secret_file");
  }

  @GuardedBy("fetching")
  private void fetch(String secret, Duration timeout) throws IOException, InterruptedException {
    Map<String, String> form = new LinkedHashMap<>();
    if (config.assertion().enabled()) {
      form.put("grant_type", JwtBearer.GRANT);
      form.put("assertion", assertion(secret));
      take(send(form, null, timeout));
      return;
    }
    form.put("grant_type", "client_credentials");
    if (!config.scopes().isEmpty()) {
      form.put("scope", String.join(" ", config.scopes()));
    }
    form.putAll(config.endpointParams());
    if (!secretInForm) {
      Reply r = send(form, secret, timeout);
      if (r.status / 100 == 2) {
        take(r);
        return;
      }
    }
    // Some servers require the secret in the form fields.
    form.put("client_id", config.clientId());
    if (!secret.isEmpty()) {
      form.put("client_secret", secret);
    }
    take(send(form, null, timeout));
    secretInForm = true;
  }

  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Reply(int status, byte[] body) {}

  private URI tokenUrl() throws IOException {
    try {
      return UrlText.read(config.tokenUrl());
    } catch (URISyntaxException e) {
      throw new IOException("token_url is not a URL: " + e.getReason(), e);
    }
  }

  private Reply send(Map<String, String> form, @Nullable String basicSecret, Duration timeout)
      throws IOException, InterruptedException {
    StringBuilder body = new StringBuilder();
    form.forEach(
        (k, v) ->
            body.append(body.isEmpty() ? "" : "&").append(encode(k)).append('=').append(encode(v)));
    ClientRequest call =
        ClientRequest.post(
                tokenUrl(),
                "application/x-www-form-urlencoded",
                body.toString().getBytes(StandardCharsets.UTF_8))
            .withTimeout(timeout)
            .withHeader("Accept", "application/json");
    if (basicSecret != null) {
      call =
          call.withHeader(
              "Authorization",
              BasicCredentials.header(encode(config.clientId()), encode(basicSecret)));
    }
    try (ClientResponse a = client.send(call)) {
      return new Reply(a.status(), a.bytes(MAX_ANSWER));
    } catch (IOException e) {
      throw new IOException("oauth2: cannot fetch token: " + e.getMessage(), e);
    }
  }

  @GuardedBy("fetching")
  private void take(Reply r) throws IOException {
    String text = new String(r.body, StandardCharsets.UTF_8);
    if (r.status / 100 != 2) {
      throw new IOException(
          "oauth2: cannot fetch token: "
              + config.tokenUrl()
              + " answered with status "
              + r.status
              + ": "
              + (text.length() > 200 ? text.substring(0, 200) + "..." : text).strip());
    }
    try {
      JsonNode json = JSON.readTree(text);
      String access = json.path("access_token").asString("");
      if (access.isEmpty()) {
        throw new IOException("oauth2: server response missing access_token");
      }
      String kind = json.path("token_type").asString("Bearer");
      type = kind.equalsIgnoreCase("bearer") || kind.isEmpty() ? "Bearer" : kind;
      long seconds = json.path("expires_in").asLong(0);
      Duration life = Duration.ofSeconds(Math.min(seconds, 1L << 32));
      Duration before =
          early.compareTo(EARLY) <= 0 || early.compareTo(life.dividedBy(2)) <= 0
              ? early
              : life.dividedBy(2);
      until = seconds <= 0 ? Instant.MAX : clock.instant().plus(life).minus(before);
      since = clock.instant();
      token = access;
    } catch (JacksonException e) {
      throw new IOException("oauth2: cannot parse json" + JsonFailures.where(e), e);
    }
  }

  private String assertion(String pem) throws IOException {
    JwtBearer how = config.assertion();
    Instant now = clock.instant();
    Map<String, Object> header = new LinkedHashMap<>();
    header.put("alg", how.algorithm());
    header.put("typ", "JWT");
    if (!how.keyId().isEmpty()) {
      header.put("kid", how.keyId());
    }
    Map<String, Object> claims = new LinkedHashMap<>();
    claims.put("iss", how.issuer().isEmpty() ? config.clientId() : how.issuer());
    claims.put("sub", config.clientId());
    claims.put("jti", UUID.randomUUID().toString());
    claims.put("aud", how.audience().isEmpty() ? config.tokenUrl() : how.audience());
    claims.put("iat", now.getEpochSecond());
    claims.put("exp", now.plus(ASSERTION_LIFE).getEpochSecond());
    if (!config.scopes().isEmpty()) {
      claims.put("scope", String.join(" ", config.scopes()));
    }
    claims.putAll(how.claims());
    String signed =
        base64(JSON.writeValueAsBytes(header)) + "." + base64(JSON.writeValueAsBytes(claims));
    try {
      PrivateKey key = Pem.privateKey(pem);
      Signature s = Signature.getInstance("SHA" + how.algorithm().substring(2) + "withRSA");
      s.initSign(key);
      s.update(signed.getBytes(StandardCharsets.US_ASCII));
      return signed + "." + base64(s.sign());
    } catch (GeneralSecurityException e) {
      throw new IOException("oauth2: the key cannot sign: " + e.getMessage(), e);
    }
  }

  private static String base64(byte[] b) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(b);
  }

  private static String encode(String s) {
    return URLEncoder.encode(s, StandardCharsets.UTF_8);
  }
}
