package dev.tethys.collect.discovery;

import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Condition evaluated by a source: a name and values, at least one of which must match. */
public record Filter(String name, List<String> values) implements Mechanism.Nested {
  private static final Section SECTION =
      new Section("filter", "Filter that the discovered API applies.");
  private static final Key<String> NAME =
      SECTION.key("name", Type.STRING, "", "Name of the filter, as defined by the API.");
  private static final Key<List<String>> VALUES =
      SECTION.key(
          "values",
          Type.list(Type.STRING),
          List.of(),
          "Values of the filter; at least one of them must match.");

  /** A list of such conditions, all of which must hold. */
  public static final Type<List<Filter>> LIST =
      Type.list(
          SECTION.type(o -> new Filter(o.get(NAME), o.get(VALUES)), new Filter("", List.of())));

  @Override
  public Map<String, @Nullable Object> tree() {
    Map<String, @Nullable Object> m = new LinkedHashMap<>();
    m.put("name", name);
    m.put("values", values);
    return m;
  }
}
