package dev.tethys.pipeline.receiver.archive;

import dev.tethys.model.file.FileAccess;
import dev.tethys.pipeline.archive.ArchivePosition;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * Position of a replay, in a file that is replaced atomically.
 *
 * <p>Format: a JSON object with {@code format} (1), {@code selection}, {@code segment} and {@code
 * offset} of the next request, {@code endSegment} and {@code endOffset}, {@code items} so far and
 * {@code done}.
 *
 * @param selection the position is valid only for this selection
 * @param next request
 * @param end end of the archive when the replay started
 * @param items number of accepted items
 * @param done whether the end is reached
 */
record ReplayPosition(
    String selection, ArchivePosition next, ArchivePosition end, long items, boolean done) {
  private static final int FORMAT = 1;

  ReplayPosition at(ArchivePosition position, long moreItems) {
    return new ReplayPosition(selection, position, end, items + moreItems, false);
  }

  ReplayPosition atEnd() {
    return new ReplayPosition(selection, end, end, items, true);
  }

  void save(FileAccess files, Path file) throws IOException {
    ObjectNode n = JsonMapper.shared().createObjectNode();
    n.put("format", FORMAT).put("selection", selection);
    n.put("segment", next.segment()).put("offset", next.offset());
    n.put("endSegment", end.segment()).put("endOffset", end.offset());
    n.put("items", items).put("done", done);
    files.replace(file, n.toString().getBytes(StandardCharsets.UTF_8));
  }

  /**
   * Reads a position; returns null if the file is absent.
   *
   * @throws IOException if it is damaged
   */
  static @Nullable ReplayPosition load(FileAccess files, Path file) throws IOException {
    if (!files.exists(file)) {
      return null;
    }
    try {
      JsonNode n = JsonMapper.shared().readTree(files.read(file));
      if (n.path("format").asInt(0) != FORMAT) {
        throw new IOException(file + " has an unknown format; use another name of the replay");
      }
      return new ReplayPosition(
          n.path("selection").asString(""),
          new ArchivePosition(n.path("segment").asLong(0), n.path("offset").asLong(0)),
          new ArchivePosition(n.path("endSegment").asLong(0), n.path("endOffset").asLong(0)),
          n.path("items").asLong(0),
          n.path("done").asBoolean(false));
    } catch (JacksonException e) {
      throw new IOException(file + " is damaged; use another name of the replay", e);
    }
  }
}
