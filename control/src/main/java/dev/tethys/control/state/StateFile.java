package dev.tethys.control.state;

import dev.tethys.config.ConfigException;
import dev.tethys.model.file.FileAccess;
import dev.tethys.model.file.RealFiles;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Consumer;
import java.util.function.Function;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * File with a part of the control plane's state, replaced atomically: a JSON object with {@code
 * format} (1).
 */
public final class StateFile {
  private static final int FORMAT = 1;

  private final FileAccess files = new RealFiles();
  private final Path path;
  private final String remedy;

  public StateFile(Path path) {
    this(path, "restore it from a backup");
  }

  /**
   * Creates access to a file, which need not exist.
   *
   * @param remedy remedy for a damaged file
   */
  public StateFile(Path path, String remedy) {
    this.path = path;
    this.remedy = remedy;
  }

  /**
   * Reads the content; an empty object for a missing file.
   *
   * @param reader called once; its exceptions for invalid values mean that the file is damaged
   * @throws IOException if it cannot be read, is damaged, or has another format
   */
  public <T> T read(Function<JsonNode, T> reader) throws IOException {
    try {
      return reader.apply(Files.exists(path) ? parsed() : JsonMapper.shared().createObjectNode());
    } catch (JacksonException | IllegalArgumentException | ConfigException e) {
      throw new IOException(path + " is damaged (" + e.getMessage() + "); " + remedy, e);
    }
  }

  /** Reads the content with a reader that has no result. */
  public void load(Consumer<JsonNode> reader) throws IOException {
    read(
        n -> {
          reader.accept(n);
          return path;
        });
  }

  private JsonNode parsed() throws IOException {
    JsonNode n = JsonMapper.shared().readTree(Files.readString(path));
    int format = n.path("format").asInt(0);
    if (format != FORMAT) {
      throw new IOException(path + ": format " + format + " is unknown; this one reads " + FORMAT);
    }
    return n;
  }

  /** Returns the content to be written, without the caller's members. */
  public static ObjectNode content() {
    return JsonMapper.shared().createObjectNode().put("format", FORMAT);
  }

  /**
   * Replaces the file.
   *
   * @param content created by {@link #content}
   * @throws IOException if it could not be written to disk; the previous file is kept
   */
  public void write(ObjectNode content) throws IOException {
    files.replace(path, content.toString().getBytes(StandardCharsets.UTF_8));
  }

  /** Returns the path. */
  @Override
  public String toString() {
    return path.toString();
  }
}
