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
 */
public record ExporterDependencies(
    HttpClientFactory clients,
    InstantSource clock,
    Function<String, @Nullable String> environment) {}
