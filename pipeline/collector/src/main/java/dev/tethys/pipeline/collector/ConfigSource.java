package dev.tethys.pipeline.collector;

import dev.tethys.config.ConfigException;
import dev.tethys.config.YamlDocument;
import java.io.IOException;

/** Source of a collector's configuration, read at the start and at every reload. */
@FunctionalInterface
public interface ConfigSource {
  /**
   * Reads the current configuration.
   *
   * @throws ConfigException if something in it is invalid
   * @throws IOException if it cannot be read
   */
  YamlDocument read() throws IOException;

  /**
   * A configuration in both forms.
   *
   * @param written configuration with its references, such as {@code ${env:NAME}}, unexpanded
   * @param values values the references expanded to
   */
  record Texts(YamlDocument document, YamlDocument written, ReferencedValues values) {}

  /** Reads the current configuration in both forms; fails like {@link #read}. */
  default Texts texts() throws IOException {
    YamlDocument d = read();
    return new Texts(d, d, ReferencedValues.NONE);
  }

  /** Values that references gave when the configuration was read last, be it with an error. */
  default ReferencedValues lastValues() {
    return ReferencedValues.NONE;
  }
}
