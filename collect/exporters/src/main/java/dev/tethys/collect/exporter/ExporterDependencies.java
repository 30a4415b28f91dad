package dev.tethys.collect.exporter;

import dev.tethys.web.client.HttpClientFactory;
import java.time.InstantSource;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Dependencies passed to an exporter.
 *
 * @param clients the HTTP clients of the process
 * @param environment variables of the environment by name
 * @param observed databases of the service map; null outside a server
 * @param logs receives log records; null if the process does not store logs
 */
public record ExporterDependencies(
    HttpClientFactory clients,
    InstantSource clock,
    Function<String, @Nullable String> environment,
    @Nullable Supplier<List<ObservedDatabase>> observed,
    @Nullable LogDestination logs) {
  /** Dependencies outside a server. */
  public ExporterDependencies(
      HttpClientFactory clients,
      InstantSource clock,
      Function<String, @Nullable String> environment) {
    this(clients, clock, environment, null, null);
  }
}
