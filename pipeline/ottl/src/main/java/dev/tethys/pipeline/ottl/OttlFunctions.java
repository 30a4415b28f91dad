package dev.tethys.pipeline.ottl;

import dev.tethys.config.NameSuggestion;
import dev.tethys.pipeline.ottl.function.StandardFunctions;
import java.time.InstantSource;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Available editors and converters. Immutable. */
public final class OttlFunctions {
  private final Map<String, OttlFunction> byName;

  private OttlFunctions(Map<String, OttlFunction> byName) {
    this.byName = byName;
  }

  /** Returns all functions that the Collector offers to every component. */
  public static OttlFunctions standard(InstantSource clock) {
    return new OttlFunctions(Map.of()).with(StandardFunctions.all(clock));
  }

  /** Returns these and more functions, which override functions of the same name. */
  public OttlFunctions with(Collection<OttlFunction> more) {
    Map<String, OttlFunction> all = new LinkedHashMap<>(byName);
    for (OttlFunction f : more) {
      all.put(f.name(), f);
    }
    return new OttlFunctions(all);
  }

  @Nullable OttlFunction find(String name) {
    return byName.get(name);
  }

  /** Explains why a name is unknown. */
  String unknown(String name, boolean editor) {
    List<String> names =
        byName.values().stream()
            .filter(f -> f.isEditor() == editor)
            .map(OttlFunction::name)
            .toList();
    String near = NameSuggestion.of(name, names);
    return "there is no "
        + (editor ? "editor " : "converter ")
        + name
        + (near == null ? "" : "; did you mean " + near + "?");
  }
}
