package dev.tethys.pipeline.ottl;

import dev.tethys.config.Nearest;
import dev.tethys.pipeline.ottl.function.StandardFunctions;
import java.time.InstantSource;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The editors and converters that may be called. Immutable. */
public final class Functions {
  private final Map<String, Function> byName;

  private Functions(Map<String, Function> byName) {
    this.byName = byName;
  }

  /** All that the Collector has for every component. */
  public static Functions standard(InstantSource clock) {
    return new Functions(Map.of()).with(StandardFunctions.all(clock));
  }

  /** These and others, which win over these of the same name. */
  public Functions with(Collection<Function> more) {
    Map<String, Function> all = new LinkedHashMap<>(byName);
    for (Function f : more) {
      all.put(f.name(), f);
    }
    return new Functions(all);
  }

  /** The names, in the order in which functions were added. */
  public Collection<Function> all() {
    return byName.values();
  }

  @Nullable Function find(String name) {
    return byName.get(name);
  }

  /** Why a name is none of these. */
  String unknown(String name, boolean editor) {
    List<String> names =
        byName.values().stream().filter(f -> f.isEditor() == editor).map(Function::name).toList();
    String near = Nearest.of(name, names);
    return "there is no "
        + (editor ? "editor " : "converter ")
        + name
        + (near == null ? "" : "; did you mean " + near + "?");
  }
}
