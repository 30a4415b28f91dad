package dev.tethys.collect.exporter;

import java.io.IOException;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Static description of an exporter. */
public interface ExporterKind {
  /** As in {@code tethys exporter NAME} and in the key {@code exporter}, such as {@code snmp}. */
  String name();

  /** As its pages call it, such as {@code SNMP Exporter}. */
  String title();

  /** The well-known program in whose place it is, such as {@code snmp_exporter}. */
  String program();

  /** Its usual address, such as {@code :9116}. */
  String address();

  /** What it does, one sentence. */
  String about();

  /** Its own flags; those of every exporter ({@code web.*}, {@code log.*}) are not among them. */
  List<ExporterFlag> flags();

  /** Flags of its own pages and log, which mean nothing in a {@code collect} section. */
  default List<ExporterFlag> programFlags() {
    return List.of();
  }

  /**
   * The arguments of a command line as flags: some programs have words before them that are none,
   * different names for flags of all exporters, or variables instead of flags.
   *
   * @param environment variables of the environment by name
   * @throws IllegalArgumentException when they cannot be read
   */
  default List<String> arguments(
      List<String> args, Function<String, @Nullable String> environment) {
    return args;
  }

  /** Whether its own page shows its process beside what it is for. */
  default boolean showsItsProcess(ExporterSettings settings) {
    return true;
  }

  /** Whether a {@code collect} section may hold its configuration in the key {@code config}. */
  default boolean takesInlineConfig() {
    return false;
  }

  /** The page that jobs with targets ask, one of {@link Exporter#probes()}. */
  default String probePath() {
    return "/probe";
  }

  /** How many probes it makes at once; more are refused. */
  default int maxConcurrentProbes() {
    return 256;
  }

  /**
   * Text that it prints instead of running, where a flag asks for that; null where none does.
   *
   * @throws IOException when a file cannot be read
   */
  default @Nullable String printed(ExporterSettings settings) throws IOException {
    return null;
  }

  /**
   * Checks settings and reads files. It opens no connection and starts no thread: a configuration
   * may be checked in this way.
   *
   * @throws dev.tethys.config.ConfigException when a file is wrong, with the position
   * @throws IllegalArgumentException when a flag is wrong, saying which and why
   * @throws IOException when a file cannot be read
   */
  Exporter open(ExporterSettings settings, ExporterDependencies dependencies) throws IOException;
}
