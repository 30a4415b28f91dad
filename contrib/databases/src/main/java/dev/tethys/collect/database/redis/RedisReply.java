package dev.tethys.collect.database.redis;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reply of a server of Redis's protocol; both versions of the protocol are mapped to it. */
sealed interface RedisReply {
  /**
   * A string, simple or bulk; doubles, booleans and big numbers of version 3 as they are written.
   */
  record Text(byte[] bytes) implements RedisReply {
    @Override
    public String toString() {
      return new String(bytes, StandardCharsets.UTF_8);
    }
  }

  /** An integer. */
  record Whole(long value) implements RedisReply {}

  /** An array, set or push; a map is keys and values in turn. */
  record Many(List<RedisReply> items) implements RedisReply {}

  /** Error reply; the first word is the error code. */
  record Failure(String message) implements RedisReply {}

  /** A null. */
  record Nothing() implements RedisReply {}

  /** Returns the text of a string or an integer; null for other types. */
  default @Nullable String text() {
    return switch (this) {
      case Text t -> t.toString();
      case Whole w -> Long.toString(w.value);
      default -> null;
    };
  }

  /** Returns an integer, also if sent as a string; null for other types. */
  default @Nullable Long whole() {
    return switch (this) {
      case Whole w -> w.value;
      case Text t -> {
        try {
          yield Long.valueOf(t.toString());
        } catch (NumberFormatException e) {
          yield null;
        }
      }
      default -> null;
    };
  }

  /** Returns the items of an array; empty for other types. */
  default List<RedisReply> items() {
    return this instanceof Many m ? m.items : List.of();
  }

  /** Returns the strings of an array. */
  default List<String> texts() {
    List<String> out = new ArrayList<>();
    for (RedisReply r : items()) {
      String t = r.text();
      if (t != null) {
        out.add(t);
      }
    }
    return out;
  }

  /** Returns an array of alternating keys and values as a map. */
  default Map<String, RedisReply> pairs() {
    Map<String, RedisReply> out = new LinkedHashMap<>();
    List<RedisReply> items = items();
    for (int i = 0; i + 1 < items.size(); i += 2) {
      String key = items.get(i).text();
      if (key != null) {
        out.put(key, items.get(i + 1));
      }
    }
    return out;
  }
}
