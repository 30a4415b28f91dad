package dev.tethys.contrib.statsd;

import dev.tethys.collect.exporter.mapping.GlobGraph;
import dev.tethys.collect.exporter.mapping.MappingFile;
import dev.tethys.runtime.cli.Flag;
import dev.tethys.runtime.cli.FlagSet;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Common flags of exporters with a mapping file. */
final class MappingFlags {
  static final Flag DUMP =
      Flag.of(
          "debug.dump-fsm",
          Flag.Kind.STRING,
          "",
          "The file to which the globs of the mapping are drawn, for Graphviz's dot.");

  private MappingFlags() {}

  /**
   * Reads the file and draws it if that is requested.
   *
   * @param file "" for none
   */
  static MappingFile read(FlagSet flags, String file) throws IOException {
    MappingFile mapping = file.isEmpty() ? MappingFile.EMPTY : MappingFile.read(Path.of(file));
    String dump = flags.get(DUMP.name());
    if (!dump.isEmpty()) {
      Files.writeString(Path.of(dump), GlobGraph.of(mapping));
    }
    return mapping;
  }
}
