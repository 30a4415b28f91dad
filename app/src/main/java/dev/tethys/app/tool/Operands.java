package dev.tethys.app.tool;

import dev.tethys.app.cli.UsageException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** What operands must be. */
final class Operands {
  private Operands() {}

  /** Files that exist, as promtool asks for before it does anything. */
  static List<String> files(String command, List<String> operands) {
    for (String f : operands) {
      Path p = Path.of(f);
      if (!Files.exists(p)) {
        throw new UsageException(
            "tethys tool " + command + ": path '" + f + "' does not exist, try --help");
      }
      if (Files.isDirectory(p)) {
        throw new UsageException(
            "tethys tool " + command + ": '" + f + "' is a directory, try --help");
      }
    }
    return operands;
  }
}
