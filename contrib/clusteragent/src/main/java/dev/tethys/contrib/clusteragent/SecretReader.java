package dev.tethys.contrib.clusteragent;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.web.client.ClientRequest;
import dev.tethys.web.client.ClientResponse;
import dev.tethys.web.kubernetes.ResourceWatch;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Reads Secrets of a cluster, each at most once a minute. */
final class SecretReader implements PodAnnotations.SecretFields {
  private static final int MAX_BYTES = 4 << 20;
  private static final int MAX_VALUE = 64 << 10;
  private static final int MAX_CACHED = TargetMerge.MAX_FOUND;
  private static final Duration FRESH = Duration.ofMinutes(1);
  private static final Duration TIMEOUT = Duration.ofSeconds(10);
  private static final JsonMapper JSON = JsonMapper.builder().build();

  private final ResourceWatch.Connection connection;
  private final InstantSource clock;

  private record CachedSecret(Instant at, Answer answer) {}

  @GuardedBy("this")
  private final Map<String, CachedSecret> cached = new HashMap<>();

  SecretReader(ResourceWatch.Connection connection, InstantSource clock) {
    this.connection = connection;
    this.clock = clock;
  }

  @Override
  public synchronized Answer of(String namespace, String name) {
    String id = namespace + "/" + name;
    Instant now = clock.instant();
    CachedSecret k = cached.get(id);
    if (k != null && now.isBefore(k.at().plus(FRESH))) {
      return k.answer();
    }
    Answer next = read(namespace, name);
    // The former password is used while the API fails.
    Answer used = next.temporary() && k != null ? k.answer() : next;
    if (cached.size() >= MAX_CACHED) {
      cached.values().removeIf(old -> old.at().plus(FRESH).isBefore(now));
    }
    if (cached.size() < MAX_CACHED || k != null) {
      cached.put(id, new CachedSecret(now, used));
    }
    return used;
  }

  private Answer read(String namespace, String name) {
    String id = "secret " + namespace + "/" + name;
    try {
      URI url =
          URI.create(
              connection.access().base() + "/api/v1/namespaces/" + namespace + "/secrets/" + name);
      ClientRequest call =
          ClientRequest.get(url).withTimeout(TIMEOUT).withHeader("Accept", "application/json");
      try (ClientResponse a = connection.sender().send(connection.access().client(), call);
          InputStream in = a.decoded(MAX_BYTES)) {
        if (a.status() == 401) {
          connection.access().refused();
        }
        return switch (a.status()) {
          case 200 -> new Answer(fields(JSON.readTree(in)), "", false);
          case 401, 403 ->
              failed(
                  id
                      + " cannot be read: grant the verb get on secrets of the namespace "
                      + namespace);
          case 404 -> failed(id + " does not exist");
          default -> new Answer(Map.of(), id + ": HTTP status " + a.status(), true);
        };
      }
    } catch (IOException | JacksonException e) {
      return new Answer(
          Map.of(), id + ": " + (e instanceof IOException ? e.getMessage() : "not JSON"), true);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return new Answer(Map.of(), id + ": the agent stops", true);
    }
  }

  private static Answer failed(String problem) {
    return new Answer(Map.of(), problem, false);
  }

  private static Map<String, String> fields(JsonNode secret) {
    Map<String, String> out = new HashMap<>();
    for (Map.Entry<String, JsonNode> e : secret.path("data").properties()) {
      String text = e.getValue().asString("");
      if (text.length() > MAX_VALUE) {
        continue; // not a login
      }
      try {
        out.put(e.getKey(), new String(Base64.getDecoder().decode(text), StandardCharsets.UTF_8));
      } catch (IllegalArgumentException notBase64) {
        continue; // the key is then reported as missing
      }
    }
    return out;
  }
}
