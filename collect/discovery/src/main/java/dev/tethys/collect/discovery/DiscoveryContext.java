package dev.tethys.collect.discovery;

import dev.tethys.model.exposition.Registry;
import dev.tethys.web.client.Answer;
import dev.tethys.web.client.Call;
import dev.tethys.web.client.HttpClientFactory;
import java.time.Duration;

/**
 * What every mechanism needs of its surroundings.
 *
 * @param pause how it waits until the next refresh; tests own it
 * @param metrics where it counts
 * @param http how it reaches HTTP servers
 */
public record DiscoveryContext(Pause pause, DiscoveryMetrics metrics, HttpFetch.Client http) {
  /** Waits. */
  @FunctionalInterface
  public interface Pause {
    void pause(Duration duration) throws InterruptedException;
  }

  /** The same for another manager, which counts under its own name. */
  public DiscoveryContext named(String manager) {
    return new DiscoveryContext(pause, metrics.of(manager), http);
  }

  /** The surroundings of a running program. */
  public static DiscoveryContext of(Registry registry, HttpClientFactory clients) {
    return new DiscoveryContext(
        Thread::sleep,
        new DiscoveryMetrics(registry),
        (config, url, headers, maxBytes) -> {
          Call call = new Call("GET", url, headers, null, Call.DEFAULT_TIMEOUT, null);
          try (Answer answer =
              clients.client(config).send(call.withHeader("Accept-Encoding", "gzip"))) {
            return new HttpFetch.Answer(
                answer.status(), answer.header("Content-Type", ""), answer.bytes(maxBytes));
          }
        });
  }
}
