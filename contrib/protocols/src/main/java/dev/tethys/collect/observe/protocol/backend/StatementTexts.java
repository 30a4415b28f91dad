package dev.tethys.collect.observe.protocol.backend;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Strings of the prepared statements of a connection by name or number. At the limit the least
 * recently used ones are evicted.
 */
final class StatementTexts {
  private static final int MOST = 512;
  private static final int MOST_BYTES = 256 << 10;

  /** Bytes of an entry in addition to its texts. */
  private static final int ENTRY = 96;

  private final LinkedHashMap<Object, String> texts = new LinkedHashMap<>(4, 0.75f, true);
  private int bytes;

  void put(Object id, String text) {
    remove(id);
    texts.put(id, text);
    bytes += size(id, text);
    while (texts.size() > MOST || bytes > MOST_BYTES && texts.size() > 1) {
      Map.Entry<Object, String> first = texts.pollFirstEntry();
      bytes -= size(first.getKey(), first.getValue());
    }
  }

  @Nullable String get(Object id) {
    return texts.get(id);
  }

  void remove(Object id) {
    String text = texts.remove(id);
    if (text != null) {
      bytes -= size(id, text);
    }
  }

  void clear() {
    texts.clear();
    bytes = 0;
  }

  int bytes() {
    return bytes;
  }

  private static int size(Object id, String text) {
    return ENTRY + text.length() + (id instanceof String s ? s.length() : 0);
  }
}
