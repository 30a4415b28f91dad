package dev.tethys.collect.database.mongodb.wire;

import dev.tethys.collect.database.mongodb.wire.MongoUri.Login;
import dev.tethys.config.HttpClientConfig;
import dev.tethys.web.client.ClientRequest;
import dev.tethys.web.client.ClientResponse;
import dev.tethys.web.client.HttpClientFactory;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/**
 * A token of the machine's identity, from the metadata service of Azure or of Google, for the
 * resource that the string names
 * (https://github.com/mongodb/specifications/blob/master/source/auth/auth.md).
 */
final class MachineToken {
  private static final int MAX_BYTES = 1 << 20;
  private static final Duration TIMEOUT = Duration.ofSeconds(10);
  private static final String METADATA = "http://169.254.169.254";
  private static final JsonMapper JSON = JsonMapper.builder().build();

  private MachineToken() {}

  /** Created on demand. */
  private static final class Clients {
    static final HttpClientFactory ALL = new HttpClientFactory("tethys");
  }

  static String ask(MongoUri uri, String where, Function<String, @Nullable String> environment)
      throws IOException {
    String resource =
        URLEncoder.encode(uri.property(MechanismProperties.TOKEN_RESOURCE), StandardCharsets.UTF_8);
    String answer =
        body(
            where.equals("azure")
                ? azure(uri, resource, environment)
                : google(resource, environment));
    if (where.equals("gcp")) {
      return answer;
    }
    String token;
    try {
      token = JSON.readTree(answer).path("access_token").asString("");
    } catch (JacksonException e) {
      throw new IOException("the machine's identity: a response that is not JSON", e);
    }
    if (token.isEmpty()) {
      throw new IOException("the machine's identity: a response without an access_token");
    }
    return token;
  }

  /**
   * Requests a token for the machine's only identity, or the one whose client ID is the user of the
   * connection string.
   */
  private static ClientRequest azure(
      MongoUri uri, String resource, Function<String, @Nullable String> environment) {
    String own = environment.apply("AZURE_POD_IDENTITY_AUTHORITY_HOST");
    Login login = uri.login();
    String base = own == null || own.isEmpty() ? METADATA : own.replaceAll("/+$", "");
    String client =
        login == null || login.user().isEmpty()
            ? ""
            : "&client_id=" + URLEncoder.encode(login.user(), StandardCharsets.UTF_8);
    return ClientRequest.get(
            URI.create(
                base
                    + "/metadata/identity/oauth2/token?api-version=2018-02-01&resource="
                    + resource
                    + client))
        .withHeader("Metadata", "true")
        .withHeader("Accept", "application/json");
  }

  private static ClientRequest google(
      String resource, Function<String, @Nullable String> environment) {
    String own = environment.apply("GCE_METADATA_HOST");
    return ClientRequest.get(
            URI.create(
                "http://"
                    + (own == null || own.isEmpty() ? "metadata" : own)
                    + "/computeMetadata/v1/instance/service-accounts/default/identity?audience="
                    + resource))
        .withHeader("Metadata-Flavor", "Google");
  }

  private static String body(ClientRequest call) throws IOException {
    try (ClientResponse a =
        Clients.ALL.client(HttpClientConfig.DEFAULT).send(call.withTimeout(TIMEOUT))) {
      String body = new String(a.bytes(MAX_BYTES), StandardCharsets.UTF_8).strip();
      if (a.status() != 200) {
        throw new IOException(
            "the machine's identity: " + call.uri().getHost() + " says " + a.status());
      }
      return body;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while requesting the machine's identity", e);
    }
  }
}
