package dev.tethys.web.cloud;

import dev.tethys.codec.json.JsonFailures;
import dev.tethys.web.client.ClientRequest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.time.temporal.ChronoUnit;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Credentials of a profile that signs in with IAM Identity Center. The token in {@code
 * ~/.aws/sso/cache}, written by {@code aws sso login} and refreshed where the session permits it,
 * is exchanged for credentials of a role
 * (https://docs.aws.amazon.com/singlesignon/latest/PortalAPIReference/API_GetRoleCredentials.html).
 */
final class AwsSignIn {
  private static final Duration EARLY = Duration.ofMinutes(1);

  private final String profile;
  private final CredentialDependencies dependencies;
  private final Map<String, String> keys;
  private final Map<String, String> session;
  private final String cached;

  /**
   * @param keys keys of the profile
   */
  AwsSignIn(
      String profile,
      Map<String, String> keys,
      AwsProfiles profiles,
      CredentialDependencies dependencies)
      throws IOException {
    this.profile = profile;
    this.keys = keys;
    this.dependencies = dependencies;
    String named = keys.getOrDefault("sso_session", "");
    if (named.isEmpty()) {
      session = keys;
      cached = keys.getOrDefault("sso_start_url", "");
    } else {
      Map<String, String> of = profiles.find("[sso-session " + named + "]");
      if (of == null) {
        throw new IOException(
            "the AWS profile \""
                + profile
                + "\" names the sso-session \""
                + named
                + "\","
                + " which does not exist");
      }
      session = of;
      cached = named;
    }
  }

  AwsIdentity identity() throws IOException, InterruptedException {
    String region = need(session, "sso_region");
    String own = dependencies.variable("AWS_ENDPOINT_URL_SSO");
    String url =
        (own.isEmpty() ? "https://portal.sso." + region + ".amazonaws.com" : own)
            + "/federation/credentials?role_name="
            + CredentialDependencies.encoded(need(keys, "sso_role_name"))
            + "&account_id="
            + CredentialDependencies.encoded(need(keys, "sso_account_id"));
    JsonNode n =
        dependencies
            .json(
                ClientRequest.get(CredentialDependencies.url(url))
                    .withHeader("x-amz-sso_bearer_token", token(region)))
            .path("roleCredentials");
    String key = n.path("accessKeyId").asString("");
    String secret = n.path("secretAccessKey").asString("");
    if (key.isEmpty() || secret.isEmpty()) {
      throw new IOException(url + " gave no keys");
    }
    long expires = n.path("expiration").asLong(0);
    return new AwsIdentity(
        key,
        secret,
        n.path("sessionToken").asString(""),
        expires == 0 ? Instant.MAX : Instant.ofEpochMilli(expires));
  }

  private String need(Map<String, String> of, String name) throws IOException {
    String v = of.getOrDefault(name, "");
    if (v.isEmpty()) {
      throw new IOException("the AWS profile \"" + profile + "\" has no " + name);
    }
    return v;
  }

  private String token(String region) throws IOException, InterruptedException {
    Path file = dependencies.home(".aws/sso/cache/" + sha1(cached) + ".json");
    if (!Files.isReadable(file)) {
      throw new IOException(
          "the AWS profile \"" + profile + "\" is not signed in (no " + file + "): " + hint());
    }
    JsonNode n = CredentialDependencies.jsonFile(file);
    Instant now = dependencies.clock().instant();
    String token = n.path("accessToken").asString("");
    if (!token.isEmpty() && now.isBefore(time(n, "expiresAt", file).minus(EARLY))) {
      return token;
    }
    boolean renews =
        !n.path("refreshToken").asString("").isEmpty()
            && !n.path("clientId").asString("").isEmpty()
            && now.isBefore(time(n, "registrationExpiresAt", file));
    if (!renews || !(n instanceof ObjectNode old)) {
      throw new IOException(
          "the sign-in of the AWS profile \"" + profile + "\" has ended: " + hint());
    }
    return renewed(old, file, region, now);
  }

  private String hint() {
    return "run aws sso login --profile " + profile;
  }

  private static Instant time(JsonNode n, String name, Path file) throws IOException {
    String s = n.path(name).asString("").replace("UTC", "Z"); // as older programs wrote it
    try {
      return s.isEmpty() ? Instant.EPOCH : Instant.parse(s);
    } catch (DateTimeParseException e) {
      throw new IOException(file + ": " + name + " is not a valid time: " + s, e);
    }
  }

  private String renewed(ObjectNode old, Path file, String region, Instant now)
      throws IOException, InterruptedException {
    String own = dependencies.variable("AWS_ENDPOINT_URL_SSO_OIDC");
    String base = own.isEmpty() ? "https://oidc." + region + ".amazonaws.com" : own;
    Map<String, String> question = new LinkedHashMap<>();
    question.put("clientId", old.path("clientId").asString(""));
    question.put("clientSecret", old.path("clientSecret").asString(""));
    question.put("grantType", "refresh_token");
    question.put("refreshToken", old.path("refreshToken").asString(""));
    JsonNode n =
        dependencies.json(
            ClientRequest.post(
                CredentialDependencies.url(base + "/token"),
                "application/json",
                CredentialDependencies.toJson(question)));
    String token = n.path("accessToken").asString("");
    if (token.isEmpty()) {
      throw new IOException(base + "/token answered without accessToken");
    }
    old.put("accessToken", token);
    old.put(
        "expiresAt",
        now.plusSeconds(n.path("expiresIn").asLong(0)).truncatedTo(ChronoUnit.SECONDS).toString());
    String refresh = n.path("refreshToken").asString("");
    if (!refresh.isEmpty()) { // the previous one is no longer usable
      old.put("refreshToken", refresh);
    }
    keep(old, file);
    return token;
  }

  /** Other programs of this user also read the file, so it is replaced atomically. */
  private static void keep(ObjectNode n, Path file) throws IOException {
    try {
      byte[] text = CredentialDependencies.toJson(n);
      Path next =
          Files.createTempFile(
              file.toAbsolutePath().getParent(),
              "sso",
              ".json",
              PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
      try {
        Files.write(next, text);
        Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      } finally {
        Files.deleteIfExists(next); // it holds a token
      }
    } catch (JacksonException e) {
      throw new IOException(file + " cannot be written: " + JsonFailures.describe(e), e);
    }
  }

  private static String sha1(String s) throws IOException {
    try {
      return HexFormat.of()
          .formatHex(MessageDigest.getInstance("SHA-1").digest(s.getBytes(StandardCharsets.UTF_8)));
    } catch (GeneralSecurityException e) {
      throw new IOException("this JDK does not support SHA-1", e);
    }
  }
}
