package dev.tethys.collect.host.device;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.json.JsonValues;
import dev.tethys.collect.host.internal.MalformedException;
import dev.tethys.model.telemetry.ArrayValue;
import dev.tethys.model.telemetry.Attributes;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * JSON file that replaces kernel data, as in node_exporter's own tests. It contains objects, whose
 * keys are matched in any case and may be absent; unknown keys are ignored.
 */
final class JsonObjects {
  private static final int MAX_BYTES = 1 << 20;

  private final Path file;
  private final Map<String, Object> values = new TreeMap<>();

  private JsonObjects(Path file, @Nullable Object value) throws MalformedException {
    this.file = file;
    if (!(value instanceof Attributes object)) {
      throw new MalformedException(file + ": expected an object of JSON");
    }
    object.forEach(
        (k, v) -> {
          if (v != null) {
            values.put(k.toLowerCase(Locale.ROOT), v);
          }
        });
  }

  /**
   * Reads the object in a file.
   *
   * @throws java.nio.file.NoSuchFileException if it does not exist
   */
  static JsonObjects one(Path file) throws IOException {
    return new JsonObjects(file, read(file));
  }

  /**
   * Reads the list of objects in a file.
   *
   * @throws java.nio.file.NoSuchFileException if it does not exist
   */
  static List<JsonObjects> list(Path file) throws IOException {
    if (!(read(file) instanceof ArrayValue all)) {
      throw new MalformedException(file + ": expected a list of objects of JSON");
    }
    List<JsonObjects> out = new ArrayList<>();
    for (int i = 0; i < all.size(); i++) {
      out.add(new JsonObjects(file, all.get(i)));
    }
    return out;
  }

  private static Object read(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      byte[] b = in.readNBytes(MAX_BYTES + 1);
      if (b.length > MAX_BYTES) {
        throw new MalformedException(file + " is larger than " + MAX_BYTES + " bytes");
      }
      Object v = JsonValues.read(b, 0, b.length);
      return v == null ? "null" : v;
    } catch (CodecException e) {
      throw new MalformedException(file + ": " + e.getMessage());
    }
  }

  private MalformedException wrong(String key, String wanted) {
    return new MalformedException(file + ": " + key + " must be " + wanted);
  }

  /** Returns a number; 0 if it does not exist. */
  double number(String key) throws MalformedException {
    Object v = values.get(key);
    if (v != null && !(v instanceof Number)) {
      throw wrong(key, "a number");
    }
    return v == null ? 0 : ((Number) v).doubleValue();
  }

  /** Returns a string; {@code ""} if it does not exist. */
  String text(String key) throws MalformedException {
    Object v = values.get(key);
    if (v != null && !(v instanceof String)) {
      throw wrong(key, "a text");
    }
    return v == null ? "" : (String) v;
  }

  /** Bytes in Base64, none when they are not there. */
  byte[] bytes(String key) throws MalformedException {
    try {
      return Base64.getDecoder().decode(text(key));
    } catch (IllegalArgumentException e) {
      throw wrong(key, "Base64");
    }
  }
}
