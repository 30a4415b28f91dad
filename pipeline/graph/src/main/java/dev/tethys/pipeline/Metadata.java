package dev.tethys.pipeline;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What the sender of a batch said beside it: headers of its request, by name in lower case, each
 * with its values in order. Small, and empty unless a receiver was told to keep it.
 */
public record Metadata(Map<String, List<String>> values) {
  public static final Metadata NONE = new Metadata(Map.of());

  public Metadata {
    Map<String, List<String>> m = new LinkedHashMap<>();
    values.forEach((k, v) -> m.put(k.toLowerCase(Locale.ROOT), List.copyOf(v)));
    values = java.util.Collections.unmodifiableMap(m);
  }

  public boolean isEmpty() {
    return values.isEmpty();
  }

  /** The values of a name in any case; empty when there are none. */
  public List<String> get(String name) {
    return values.isEmpty()
        ? List.of()
        : values.getOrDefault(name.toLowerCase(Locale.ROOT), List.of());
  }

  /** Only the named ones. */
  public Metadata only(List<String> names) {
    if (values.isEmpty() || names.isEmpty()) {
      return NONE;
    }
    Map<String, List<String>> m = new LinkedHashMap<>();
    for (String n : names) {
      List<String> v = get(n);
      if (!v.isEmpty()) {
        m.put(n, v);
      }
    }
    return m.isEmpty() ? NONE : new Metadata(m);
  }
}
