package dev.tethys.pipeline.ottl.function;

import dev.tethys.model.telemetry.Attributes;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Creates a map with keys from data: a duplicate key keeps its first position and its last value.
 * Keys are hashed once there are many, since the map itself compares each key.
 */
final class MapBuilder {
  private static final int MANY = 24;

  private final Attributes map = new Attributes();
  private @Nullable Map<String, Integer> places;

  void put(String key, @Nullable Object value) {
    if (map.size() < MANY) {
      map.put(key, value);
      return;
    }
    if (places == null) {
      places = new HashMap<>();
      for (int i = 0; i < map.size(); i++) {
        places.put(map.key(i), i);
      }
    }
    Integer at = places.putIfAbsent(key, map.size());
    if (at == null) {
      map.add(key, value);
    } else {
      map.setValue(at, value);
    }
  }

  boolean contains(String key) {
    return places == null ? map.contains(key) : places.containsKey(key);
  }

  Attributes build() {
    return map;
  }
}
