package dev.tethys.store.archive.prometheus;

import dev.tethys.store.archive.CorruptFileException;
import dev.tethys.store.archive.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * meta.json of a block.
 *
 * @param minTime first millisecond, inclusive
 * @param maxTime end, exclusive
 * @param sources level 1 blocks from which it was created
 * @param parents the blocks that it replaces
 * @param fromOutOfOrder holds only samples that came late
 */
record BlockMetaFile(
    String ulid,
    long minTime,
    long maxTime,
    long samples,
    long series,
    long chunks,
    int level,
    List<String> sources,
    List<String> parents,
    boolean fromOutOfOrder) {

  static BlockMetaFile read(Path path) throws IOException {
    byte[] text = Files.readAllBytes(path);
    try {
      Map<String, @Nullable Object> o = Json.object(text);
      long version = Json.number(o, "version", 1);
      if (version != 1) {
        throw new IllegalArgumentException(
            "version " + version + " is not supported; it must be 1");
      }
      Map<String, @Nullable Object> stats = Json.asObject(o.getOrDefault("stats", Map.of()));
      Map<String, @Nullable Object> compaction =
          Json.asObject(o.getOrDefault("compaction", Map.of()));
      List<String> sources = new ArrayList<>();
      for (Object s : Json.list(compaction, "sources")) {
        sources.add(String.valueOf(s));
      }
      List<String> parents = new ArrayList<>();
      for (Object p : Json.list(compaction, "parents")) {
        parents.add(Json.text(Json.asObject(p), "ulid"));
      }
      long min = Json.number(o, "minTime", 0);
      long max = Json.number(o, "maxTime", 0);
      if (max < min) {
        throw new IllegalArgumentException("maxTime is before minTime");
      }
      return new BlockMetaFile(
          Json.text(o, "ulid"),
          min,
          max,
          Json.number(stats, "numSamples", 0),
          Json.number(stats, "numSeries", 0),
          Json.number(stats, "numChunks", 0),
          (int) Math.clamp(Json.number(compaction, "level", 1), 1L, 1000L),
          List.copyOf(sources),
          List.copyOf(parents),
          Json.list(compaction, "hints").contains("from-out-of-order"));
    } catch (IllegalArgumentException e) {
      throw new CorruptFileException(path, 0, String.valueOf(e.getMessage()));
    }
  }
}
