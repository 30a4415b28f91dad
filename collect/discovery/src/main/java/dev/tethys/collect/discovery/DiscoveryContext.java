package dev.tethys.collect.discovery;

import dev.tethys.config.HttpClientConfig;
import dev.tethys.model.exposition.Registry;
import dev.tethys.web.client.ClientRequest;
import dev.tethys.web.client.ClientResponse;
import dev.tethys.web.client.HttpClientFactory;
import dev.tethys.web.cloud.CredentialDependencies;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Dependencies passed to discovery mechanisms.
 *
 * @param pause waits until the next refresh; replaced by tests
 * @param clock current time
 * @param environment variables of the process; null for unset variables
 * @param metrics discovery metrics
 * @param http sends HTTP requests
 */
public record DiscoveryContext(
    Pause pause,
    InstantSource clock,
    Environment environment,
    DiscoveryMetrics metrics,
    Sender http) {
  /** Waits. */
  @FunctionalInterface
  public interface Pause {
    void pause(Duration duration) throws InterruptedException;
  }

  /** Access to process environment variables. */
  @FunctionalInterface
  public interface Environment {
    @Nullable String get(String name);

    /** The value, or the alternative if it is unset or empty. */
    default String get(String name, String otherwise) {
      String v = get(name);
      return v == null || v.isEmpty() ? otherwise : v;
    }
  }

  /** Sends a call with a configuration. */
  @FunctionalInterface
  public interface Sender {
    /** The response, which the caller closes. */
    ClientResponse send(HttpClientConfig config, ClientRequest call)
        throws IOException, InterruptedException;
  }

  ClientResponse send(HttpClientConfig config, ClientRequest call)
      throws IOException, InterruptedException {
    return http.send(config, call);
  }

  /** Dependencies for requesting cloud credentials with a configured client. */
  public CredentialDependencies dependencies(HttpClientConfig config) {
    return new CredentialDependencies(call -> send(config, call), clock, environment::get);
  }

  /** Variant for another manager, which counts under its own name. */
  public DiscoveryContext named(String manager) {
    return new DiscoveryContext(pause, clock, environment, metrics.of(manager), http);
  }

  /** Variant for a discovery that runs for a pool. */
  DiscoveryContext inPool(String pool) {
    return new DiscoveryContext(pause, clock, environment, metrics.inPool(pool), http);
  }

  /** Creates the context of a running program. */
  public static DiscoveryContext of(Registry registry, HttpClientFactory clients) {
    return new DiscoveryContext(
        Thread::sleep,
        InstantSource.system(),
        System::getenv,
        new DiscoveryMetrics(registry),
        sender(clients));
  }

  private static Sender sender(HttpClientFactory clients) {
    return sender(clients, UnaryOperator.identity());
  }

  /**
   * Returns a sender that lets {@code route} redirect calls to a server other than the one they
   * name.
   */
  static Sender sender(HttpClientFactory clients, UnaryOperator<ClientRequest> route) {
    return (config, call) -> clients.client(config).send(route.apply(call));
  }
}
