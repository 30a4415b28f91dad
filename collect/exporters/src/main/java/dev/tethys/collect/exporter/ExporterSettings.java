package dev.tethys.collect.exporter;

import dev.tethys.config.YamlNode;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The flags of an exporter as given on a command line or in a {@code collect} section. */
public interface ExporterSettings {
  /** Whether a flag was set. */
  boolean isGiven(String flag);

  /** The text of a flag, given or default; of a path, resolved. */
  String get(String flag);

  /** All strings of a flag that may be repeated. */
  List<String> list(String flag);

  /** A flag of kind BOOLEAN. */
  boolean bool(String flag);

  /** A flag of kind INTEGER. */
  long integer(String flag);

  /** A flag of kind FLOAT. */
  double number(String flag);

  /** A flag of kind DURATION, in milliseconds. */
  long millis(String flag);

  /**
   * The {@code config} key of the {@code collect} section, which replaces the exporter's
   * configuration file; null if there is none.
   */
  @Nullable YamlNode inlineConfig();
}
