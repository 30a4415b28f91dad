package dev.tethys.collect.observe.logs;

import dev.tethys.collect.observe.logs.LogTail.Position;
import dev.tethys.model.log.JulLogger;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * File of positions: a line for each log with its identity, offset and path, separated by tabs. A
 * damaged line is omitted: its log is then read from its end.
 */
final class LogPositions {
  private static final System.Logger LOG = JulLogger.of(LogPositions.class.getName());

  private final @Nullable Path file;

  /**
   * @param file null if none: each start begins at the ends of the logs
   */
  LogPositions(@Nullable Path file) {
    this.file = file;
  }

  Map<String, Position> read() {
    Map<String, Position> out = new HashMap<>();
    if (file == null || !Files.exists(file)) {
      return out;
    }
    try {
      for (String line : Files.readAllLines(file)) {
        String[] parts = line.split("\t", 3);
        if (parts.length == 3 && parts[1].matches("\\d{1,18}")) {
          out.put(parts[2], new Position(parts[0], Long.parseLong(parts[1])));
        }
      }
    } catch (IOException e) {
      LOG.log(
          Level.WARNING,
          "Positions of logs could not be read file={0} error={1}",
          file,
          e.getMessage());
    }
    return out;
  }

  void write(Map<String, Position> positions) {
    if (file == null) {
      return;
    }
    List<String> lines = new ArrayList<>();
    positions.forEach(
        (path, p) -> {
          if (path.indexOf('\n') < 0) {
            lines.add(p.file() + '\t' + p.offset() + '\t' + path);
          }
        });
    Path next = file.resolveSibling(file.getFileName() + ".next");
    try {
      Path folder = file.getParent();
      if (folder != null) {
        Files.createDirectories(folder);
      }
      Files.write(next, lines);
      Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      LOG.log(
          Level.WARNING,
          "Positions of logs could not be written file={0} error={1}",
          file,
          e.getMessage());
    }
  }
}
