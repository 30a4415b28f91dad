package dev.tethys.collect.exporter;

import java.io.IOException;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Static description of an exporter. */
public interface ExporterKind {
  /** Name in {@code tethys exporter NAME} and in the key {@code exporter}, such as {@code snmp}. */
  String name();

  /** Title on its pages, such as {@code SNMP Exporter}. */
  String title();

  /** The well-known program that it replaces, such as {@code snmp_exporter}. */
  String program();

  /** Default address, such as {@code :9116}. */
  String address();

  /** Description in one sentence. */
  String about();

  /**
   * Flags of this exporter, excluding flags common to all exporters ({@code web.*}, {@code log.*}).
   */
  List<ExporterFlag> flags();

  /** Flags of its own pages and log, which have no effect in a {@code collect} section. */
  default List<ExporterFlag> programFlags() {
    return List.of();
  }

  /**
   * Converts a command line to flags: some programs have leading words that are not flags,
   * different names for common flags, or variables instead of flags.
   *
   * @param environment environment variables by name
   * @throws IllegalArgumentException if the arguments are invalid
   */
  default List<String> arguments(
      List<String> args, Function<String, @Nullable String> environment) {
    return args;
  }

  /** Whether its own page includes metrics of its process. */
  default boolean showsItsProcess(ExporterSettings settings) {
    return true;
  }

  /** Whether a {@code collect} section may hold its configuration in the key {@code config}. */
  default boolean takesInlineConfig() {
    return false;
  }

  /** The page scraped by jobs with targets, one of {@link Exporter#probes()}. */
  default String probePath() {
    return "/probe";
  }

  /** Maximum number of concurrent probes; further ones are rejected. */
  default int maxConcurrentProbes() {
    return 256;
  }

  /**
   * Text to print instead of running, if a flag requests it; otherwise null.
   *
   * @throws IOException if a file cannot be read
   */
  default @Nullable String printed(ExporterSettings settings) throws IOException {
    return null;
  }

  /**
   * Checks settings and reads files. It opens no connection and starts no thread, so it also serves
   * to check a configuration.
   *
   * @throws dev.tethys.config.ConfigException if a file is invalid, with the position
   * @throws IllegalArgumentException with the flag and the problem
   * @throws IOException if a file cannot be read
   */
  Exporter open(ExporterSettings settings, ExporterDependencies dependencies) throws IOException;
}
