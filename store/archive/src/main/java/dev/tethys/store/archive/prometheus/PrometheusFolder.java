package dev.tethys.store.archive.prometheus;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Locates files in a data folder of Prometheus. */
public final class PrometheusFolder {
  private static final Pattern ULID = Pattern.compile("[0-9A-HJKMNP-TV-Z]{26}");

  private PrometheusFolder() {}

  /** Whether a folder holds blocks, a log or head chunks of Prometheus. */
  public static boolean is(Path folder) throws IOException {
    if (Files.exists(folder.resolve("chunks_head")) || WalFiles.isThere(folder.resolve("wal"))) {
      return true;
    }
    for (Path b : blocks(folder)) {
      if (Files.isDirectory(b.resolve("chunks"))) {
        return true;
      }
    }
    return false;
  }

  /** Returns the folders of blocks, ascending by name; the folder itself when it is one. */
  public static List<Path> blocks(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    if (Files.exists(folder.resolve("meta.json")) && Files.isDirectory(folder.resolve("chunks"))) {
      return List.of(folder);
    }
    try (Stream<Path> s = Files.list(folder)) {
      List<Path> out = new ArrayList<>();
      s.filter(p -> ULID.matcher(p.getFileName().toString()).matches())
          .filter(Files::isDirectory)
          .sorted()
          .forEach(out::add);
      return out;
    }
  }
}
