package dev.tethys.collect.logs.push;

import dev.tethys.config.CloudAuth;
import dev.tethys.config.HttpClientConfig;
import dev.tethys.config.ProxyConfig;
import dev.tethys.config.TlsConfig;
import dev.tethys.web.client.ClientRequest;
import dev.tethys.web.client.ClientResponse;
import dev.tethys.web.client.HttpClientFactory;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Pub/Sub subscription over the REST API. Uses {@code pull}, {@code acknowledge} and {@code
 * modifyAckDeadline} of {@code projects.subscriptions}, and finds its endpoint like Google's
 * libraries: the service with the credentials of the environment, or the emulator named by {@code
 * PUBSUB_EMULATOR_HOST}. The service's streaming is bidirectional gRPC; its advantage over unary
 * pulls is latency below that of a request, which log entries do not need.
 */
final class PubSub {
  private static final String SCOPE = "https://www.googleapis.com/auth/pubsub";
  private static final String SERVICE = "https://pubsub.googleapis.com";
  private static final JsonMapper JSON = JsonMapper.builder().build();

  /** A pull waits for messages at the service for a while. */
  private static final Duration PULL = Duration.ofMinutes(2);

  private static final Duration CALL = Duration.ofSeconds(30);
  private static final int MAX_ANSWER = 64 << 20;

  /** Number of IDs that stays below the request limit of 512 KiB. */
  static final int MAX_IDS = 1000;

  /** A received message with its acknowledgement ID. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Message(String ackId, String id, byte[] data) {}

  /** The service rejects the request. */
  static final class RefusedException extends IOException {
    private static final long serialVersionUID = 1L;
    private final int status;

    RefusedException(int status, String body) {
      super("Pub/Sub answers " + status + (body.isEmpty() ? "" : ": " + body));
      this.status = status;
    }

    /** Whether the same request will be refused again. */
    boolean isLasting() {
      return status / 100 == 4 && status != 408 && status != 429 && status != 401;
    }
  }

  private final String subscription; // the URL without a method
  private final HttpClientConfig client;
  private final HttpClientFactory http;

  PubSub(URI base, String subscription, HttpClientConfig client, HttpClientFactory http) {
    this.subscription = base + "/v1/" + subscription;
    this.client = client;
    this.http = http;
  }

  static PubSub of(GcpConfig config, HttpClientFactory http, Map<String, String> environment) {
    String emulator = environment.getOrDefault("PUBSUB_EMULATOR_HOST", "");
    if (!emulator.isEmpty()) {
      URI base = URI.create("http://" + emulator);
      return new PubSub(base, config.subscription(), HttpClientConfig.DEFAULT, http);
    }
    HttpClientConfig google =
        new HttpClientConfig(
            null,
            null,
            null,
            TlsConfig.DEFAULT,
            true,
            true,
            ProxyConfig.NONE,
            Map.of(),
            new CloudAuth.GoogleIam("", SCOPE));
    return new PubSub(URI.create(SERVICE), config.subscription(), google, http);
  }

  /**
   * Pulls messages; waits a while for some.
   *
   * @throws ClientResponse.TooLargeException if the messages exceed the response limit
   */
  List<Message> pull(int most) throws IOException, InterruptedException {
    JsonNode n = call("pull", Map.of("maxMessages", most), PULL);
    List<Message> out = new ArrayList<>();
    for (JsonNode r : n.path("receivedMessages")) {
      JsonNode m = r.path("message");
      byte[] data;
      try {
        data = Base64.getDecoder().decode(m.path("data").asString(""));
      } catch (IllegalArgumentException e) {
        throw new IOException("a message's data are not Base64", e);
      }
      out.add(new Message(r.path("ackId").asString(""), m.path("messageId").asString(""), data));
    }
    return out;
  }

  void acknowledge(Collection<String> ids) throws IOException, InterruptedException {
    call("acknowledge", Map.of("ackIds", ids), CALL);
  }

  /**
   * Extends the lease of messages from now; a duration of zero immediately releases them to other
   * subscribers.
   */
  void extend(Collection<String> ids, Duration by) throws IOException, InterruptedException {
    Map<String, Object> m = new LinkedHashMap<>();
    m.put("ackIds", ids);
    m.put("ackDeadlineSeconds", by.toSeconds());
    call("modifyAckDeadline", m, CALL);
  }

  private JsonNode call(String method, Map<String, ?> body, Duration timeout)
      throws IOException, InterruptedException {
    ClientRequest c =
        ClientRequest.post(
                URI.create(subscription + ":" + method),
                "application/json",
                JSON.writeValueAsBytes(body))
            .withTimeout(timeout);
    try (ClientResponse a = http.client(client).send(c)) {
      byte[] b = a.bytes(MAX_ANSWER);
      JsonNode n;
      try {
        n = JSON.readTree(b);
      } catch (JacksonException e) {
        if (a.status() == 200) {
          throw new IOException("Pub/Sub sent a response that is not JSON", e);
        }
        throw new RefusedException(a.status(), text(b));
      }
      if (a.status() != 200) {
        throw new RefusedException(a.status(), n.path("error").path("message").asString(text(b)));
      }
      return n;
    }
  }

  private static String text(byte[] b) {
    String s = new String(b, StandardCharsets.UTF_8).strip();
    return s.substring(0, Math.min(s.length(), 300));
  }
}
