package dev.tethys.pipeline.receiver.awss3;

import dev.tethys.model.file.FileAccess;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * Read position in a range of objects, in a file that is replaced atomically.
 *
 * <p>Format: a JSON object with {@code format} (1), {@code selection}, {@code time} of the
 * partition in milliseconds, {@code key} of the last delivered object, {@code objects} and {@code
 * items} up to it.
 *
 * @param selection the position is valid only for this selection
 * @param time time of the partition being read
 * @param key key of the last object delivered from the partition, or "" if none
 * @param objects number of objects read since the start of the range
 * @param items number of items accepted from these objects
 */
record ObjectPosition(String selection, Instant time, String key, long objects, long items) {
  /** Key that sorts after all others. */
  static final String END = "\uffff";

  private static final int FORMAT = 1;

  /** Returns the position at the end of a partition. */
  ObjectPosition atEnd(Instant partition) {
    return new ObjectPosition(selection, partition, END, objects, items);
  }

  /** Returns the position after one more object. */
  ObjectPosition behind(Instant partition, String object, int accepted) {
    return new ObjectPosition(selection, partition, object, objects + 1, items + accepted);
  }

  void save(FileAccess files, Path file) throws IOException {
    ObjectNode n = JsonMapper.shared().createObjectNode();
    n.put("format", FORMAT).put("selection", selection);
    n.put("time", time.toEpochMilli()).put("key", key);
    n.put("objects", objects).put("items", items);
    files.replace(file, n.toString().getBytes(StandardCharsets.UTF_8));
  }

  /**
   * Reads a position; returns null if the file is absent.
   *
   * @throws IOException if it is damaged
   */
  static @Nullable ObjectPosition load(FileAccess files, Path file) throws IOException {
    if (!files.exists(file)) {
      return null;
    }
    try {
      JsonNode n = JsonMapper.shared().readTree(files.read(file));
      if (n.path("format").asInt(0) != FORMAT) {
        throw new IOException(file + " has an unknown format; delete it to start over");
      }
      return new ObjectPosition(
          n.path("selection").asString(""),
          Instant.ofEpochMilli(n.path("time").asLong(0)),
          n.path("key").asString(""),
          n.path("objects").asLong(0),
          n.path("items").asLong(0));
    } catch (JacksonException e) {
      throw new IOException(file + " is corrupt; delete it to start over", e);
    }
  }
}
