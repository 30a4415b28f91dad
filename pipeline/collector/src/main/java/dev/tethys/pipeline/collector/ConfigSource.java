package dev.tethys.pipeline.collector;

import dev.tethys.config.ConfigException;
import dev.tethys.config.YamlDocument;
import java.io.IOException;

/** Source of a collector's configuration, read at the start and at every reload. */
@FunctionalInterface
public interface ConfigSource {
  /**
   * The configuration as it is now.
   *
   * @throws ConfigException where something in it is wrong
   * @throws IOException when it cannot be read
   */
  YamlDocument read() throws IOException;
}
