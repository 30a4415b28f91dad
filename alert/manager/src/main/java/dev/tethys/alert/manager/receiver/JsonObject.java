package dev.tethys.alert.manager.receiver;

import dev.tethys.alert.manager.template.NotificationJson;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Builder of a JSON object with its entries in order. */
public final class JsonObject {
  private final Map<String, @Nullable Object> entries = new LinkedHashMap<>();

  /** Adds an entry in any case. */
  public JsonObject put(String name, @Nullable Object value) {
    entries.put(name, value instanceof JsonObject j ? j.entries : value);
    return this;
  }

  /** Adds an entry unless it is empty or false. */
  public JsonObject add(String name, @Nullable Object value) {
    boolean empty =
        switch (value) {
          case null -> true;
          case String s -> s.isEmpty();
          case Boolean b -> !b;
          case Collection<?> c -> c.isEmpty();
          case Map<?, ?> m -> m.isEmpty();
          case JsonObject j -> j.entries.isEmpty();
          default -> false;
        };
    return empty ? this : put(name, value);
  }

  public boolean isEmpty() {
    return entries.isEmpty();
  }

  /** Returns a map for use as a value in another object or list. */
  public Map<String, @Nullable Object> map() {
    return entries;
  }

  /** Returns the JSON text with a line end. */
  public String text() {
    return NotificationJson.of(entries) + "\n";
  }
}
