package dev.tethys.web.cloud;

import dev.tethys.config.HttpClientConfig;
import dev.tethys.web.client.ClientRequest;
import dev.tethys.web.client.ClientResponse;
import dev.tethys.web.client.HttpClientFactory;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Client of an AWS service with a JSON protocol, such as SQS. Signs its calls. */
public final class AwsJsonClient {
  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final int MAX_ANSWER = 8 << 20;
  private static final int MAX_REASON = 300;

  /**
   * A service.
   *
   * @param name service name used in signatures, such as {@code sqs}
   * @param host prefix of its host name before the region, such as {@code sqs}
   * @param target prefix of names of actions, such as {@code AmazonSQS}
   * @param version JSON protocol version, such as {@code 1.0}
   */
  public record Service(String name, String host, String target, String version) {}

  private final Service service;
  private final String endpoint;
  private final HttpClientFactory clients;
  private final InstantSource clock;
  private final AwsCredentials credentials;

  /**
   * @param settings credentials and region; "" for unset values
   * @param endpoint URL of the service; "" for the region's default
   */
  public AwsJsonClient(
      Service service,
      AwsCredentials.Settings settings,
      String endpoint,
      HttpClientFactory clients,
      InstantSource clock) {
    this.service = service;
    this.endpoint = endpoint.replaceAll("/+$", "");
    this.clients = clients;
    this.clock = clock;
    this.credentials =
        new AwsCredentials(
            settings,
            new CredentialDependencies(
                call -> clients.client(HttpClientConfig.DEFAULT).send(call),
                clock,
                System::getenv));
  }

  /**
   * Calls an action.
   *
   * @throws IOException if the service cannot be reached or rejects the call
   */
  public JsonNode call(String action, Map<String, Object> body, Duration timeout)
      throws IOException, InterruptedException {
    String region = credentials.region();
    String url =
        endpoint.isEmpty()
            ? "https://" + service.host + "." + region + "." + AwsCredentials.domain(region)
            : endpoint;
    ClientRequest call =
        ClientRequest.post(
                URI.create(url + "/"),
                "application/x-amz-json-" + service.version,
                JSON.writeValueAsBytes(body))
            .withHeader("X-Amz-Target", service.target + "." + action)
            .withTimeout(timeout);
    try (ClientResponse r =
        clients
            .client(HttpClientConfig.DEFAULT)
            .send(
                AwsSigner.sign(
                    call, credentials.identity(), region, service.name, clock.instant()))) {
      byte[] answer = r.bytes(MAX_ANSWER);
      if (r.status() == 401 || r.status() == 403) {
        credentials.refused();
      }
      if (r.status() / 100 != 2) {
        String text = new String(answer, StandardCharsets.UTF_8).strip();
        throw new IOException(
            url
                + ": "
                + action
                + " failed with status "
                + r.status()
                + ": "
                + text.substring(0, Math.min(text.length(), MAX_REASON)));
      }
      return answer.length == 0 ? JSON.createObjectNode() : JSON.readTree(answer);
    } catch (JacksonException e) {
      throw new IOException(url + ": " + action + ": response is not JSON", e);
    }
  }
}
