package dev.tethys.web.cloud;

import dev.tethys.web.client.ClientRequest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import tools.jackson.databind.JsonNode;

/**
 * Google tokens for one scope, from the sources that Google's own libraries use: a named file,
 * {@code GOOGLE_APPLICATION_CREDENTIALS}, gcloud's file, the machine's metadata.
 */
public final class GoogleTokens extends BearerTokens {
  private static final String JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer";
  private static final int LIFETIME = 3600;
  private static final Duration LOCAL_TIMEOUT = Duration.ofSeconds(5);

  private final String file;
  private final String scope;

  /**
   * @param file credentials file, or {@code ""} to search the default locations
   */
  public GoogleTokens(String file, String scope, CredentialDependencies dependencies) {
    super(dependencies);
    this.file = file;
    this.scope = scope;
  }

  @Override
  Token fetch() throws IOException, InterruptedException {
    String named =
        file.isEmpty() ? dependencies().variable("GOOGLE_APPLICATION_CREDENTIALS") : file;
    if (!named.isEmpty()) {
      return fromFile(Path.of(named));
    }
    Path known = dependencies().home(".config/gcloud/application_default_credentials.json");
    return Files.isReadable(known) ? fromFile(known) : fromMachine();
  }

  private Token fromFile(Path path) throws IOException, InterruptedException {
    return from(CredentialDependencies.jsonFile(path), path, 0);
  }

  private Token from(JsonNode n, Path path, int depth) throws IOException, InterruptedException {
    String kind = n.path("type").asString("");
    String url = n.path("token_uri").asString("https://oauth2.googleapis.com/token");
    switch (kind) {
      case "service_account" -> {
        long now = dependencies().clock().instant().getEpochSecond();
        Map<String, Object> claims = new LinkedHashMap<>();
        claims.put("iss", n.path("client_email").asString(""));
        claims.put("scope", scope);
        claims.put("aud", url);
        claims.put("iat", now);
        claims.put("exp", now + 3600);
        String assertion =
            Jwt.signed(
                Map.of("kid", n.path("private_key_id").asString("")),
                claims,
                n.path("private_key").asString(""));
        return token(
            url,
            dependencies()
                .json(
                    CredentialDependencies.form(
                        url, Map.of("grant_type", JWT_BEARER, "assertion", assertion))));
      }
      case "authorized_user" -> {
        Map<String, String> f = new TreeMap<>();
        f.put("grant_type", "refresh_token");
        f.put("client_id", n.path("client_id").asString(""));
        f.put("client_secret", n.path("client_secret").asString(""));
        f.put("refresh_token", n.path("refresh_token").asString(""));
        return token(url, dependencies().json(CredentialDependencies.form(url, f)));
      }
      case "external_account" -> {
        return new GoogleFederation(this, scope).external(n);
      }
      case "external_account_authorized_user" -> {
        return new GoogleFederation(this, scope).user(n);
      }
      case "impersonated_service_account" -> {
        if (depth > 0) {
          throw new IOException(path + ": an impersonated account within another");
        }
        List<String> delegates = new ArrayList<>();
        n.path("delegates").forEach(d -> delegates.add(d.asString("")));
        return new GoogleFederation(this, scope)
            .impersonated(
                n.path("service_account_impersonation_url").asString(""),
                from(n.path("source_credentials"), path, depth + 1).value(),
                delegates,
                LIFETIME);
      }
      default -> throw new IOException(path + ": no credentials of the type \"" + kind + "\"");
    }
  }

  private Token fromMachine() throws IOException, InterruptedException {
    String own = dependencies().variable("GCE_METADATA_HOST");
    String url =
        "http://"
            + (own.isEmpty() ? "metadata.google.internal" : own)
            + "/computeMetadata/v1/instance/service-accounts/default/token?scopes="
            + CredentialDependencies.encoded(scope.replace(' ', ','));
    try {
      return token(
          url,
          dependencies()
              .json(
                  ClientRequest.get(CredentialDependencies.url(url))
                      .withHeader("Metadata-Flavor", "Google")
                      .withTimeout(LOCAL_TIMEOUT)));
    } catch (IOException e) {
      throw new IOException(
          "google: could not find default credentials: neither GOOGLE_APPLICATION_CREDENTIALS nor"
              + " gcloud's file nor the machine's metadata ("
              + e.getMessage()
              + ")",
          e);
    }
  }
}
