package dev.tethys.collect.exporter;

import dev.tethys.web.client.HttpClientFactory;
import java.time.InstantSource;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Dependencies passed to an exporter.
 *
 * @param clients the HTTP clients of the process
 * @param environment variables of the environment by name
 * @param server the server that has it embedded by a flag; null for other exporters
 */
public record ExporterDependencies(
    HttpClientFactory clients,
    InstantSource clock,
    Function<String, @Nullable String> environment,
    @Nullable ServerAccess server) {
  /** Dependencies outside a server. */
  public ExporterDependencies(
      HttpClientFactory clients,
      InstantSource clock,
      Function<String, @Nullable String> environment) {
    this(clients, clock, environment, null);
  }
}
