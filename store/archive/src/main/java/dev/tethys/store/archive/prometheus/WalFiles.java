package dev.tethys.store.archive.prometheus;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Files of a Prometheus write-ahead log in reading order: the newest checkpoint, a folder of
 * segments, and the segments after the number in its name.
 */
final class WalFiles {
  /** Ours begin so. */
  private static final byte[] OWN_MAGIC = {'T', 'T', 'H', 'S', 'W', 'A', 'L'};

  private WalFiles() {}

  /** Whether a folder holds a write-ahead log of Prometheus and not one of Tethys. */
  static boolean isThere(Path wal) throws IOException {
    for (Path p : read(wal)) {
      byte[] head = new byte[OWN_MAGIC.length];
      try (var in = Files.newInputStream(p)) {
        int n = in.readNBytes(head, 0, head.length);
        if (n > 0) {
          return !java.util.Arrays.equals(head, OWN_MAGIC);
        }
      }
    }
    return false;
  }

  /** Segments to read, in their order. */
  static List<Path> read(Path wal) throws IOException {
    List<Path> out = new ArrayList<>();
    Path checkpoint = newestCheckpoint(wal);
    long from = 0;
    if (checkpoint != null) {
      out.addAll(segments(checkpoint));
      from = number(checkpoint) + 1;
    }
    for (Path p : segments(wal)) {
      if (number(p) >= from) {
        out.add(p);
      }
    }
    return out;
  }

  private static List<Path> segments(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> s = Files.list(folder)) {
      return s.filter(p -> p.getFileName().toString().matches("\\d{1,18}"))
          .sorted(Comparator.comparing(WalFiles::number))
          .toList();
    }
  }

  private static @Nullable Path newestCheckpoint(Path wal) throws IOException {
    if (!Files.isDirectory(wal)) {
      return null;
    }
    try (Stream<Path> s = Files.list(wal)) {
      return s.filter(p -> p.getFileName().toString().matches("checkpoint\\.\\d{1,18}"))
          .max(Comparator.comparing(WalFiles::number))
          .orElse(null);
    }
  }

  static long number(Path p) {
    String name = p.getFileName().toString();
    return Long.parseLong(name.substring(name.indexOf('.') + 1));
  }
}
