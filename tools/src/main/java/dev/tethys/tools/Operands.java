package dev.tethys.tools;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Operand validation. */
final class Operands {
  private Operands() {}

  /** Requires existing files, as promtool does before it starts. */
  static List<String> files(List<String> operands) {
    for (String f : operands) {
      Path p = Path.of(f);
      if (!Files.exists(p)) {
        throw new CommandLineException("path '" + f + "' does not exist");
      }
      if (Files.isDirectory(p)) {
        throw new CommandLineException("'" + p.getFileName() + "' is a directory");
      }
    }
    return operands;
  }
}
