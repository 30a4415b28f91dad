package dev.tethys.pipeline.component;

import dev.tethys.config.Contributions;
import dev.tethys.config.NameSuggestion;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;

/**
 * Available component types. Unsupported types of the Collector are also known, so that they are
 * rejected by name.
 */
public final class Components {
  private record Name(ComponentKind kind, String type) {}

  private final List<ComponentFactory<?>> all;
  private final Map<Name, ComponentFactory<?>> byName = new HashMap<>();

  /**
   * Creates a registry of components.
   *
   * @throws IllegalStateException if two are called the same
   */
  public Components(List<ComponentFactory<?>> all) {
    this.all = List.copyOf(all);
    for (ComponentFactory<?> f : all) {
      List<String> names = new ArrayList<>(f.aliases());
      names.add(f.type());
      for (String n : names) {
        if (byName.put(new Name(ComponentKind.of(f), n), f) != null) {
          throw new IllegalStateException(
              "two of the " + ComponentKind.of(f).section() + " are " + n);
        }
      }
    }
  }

  /** Returns all types. */
  public List<ComponentFactory<?>> all() {
    return all;
  }

  /** Finds a type by name or alias. */
  public Optional<ComponentFactory<?>> find(ComponentKind kind, String type) {
    return Optional.ofNullable(byName.get(new Name(kind, type)));
  }

  /** Returns the ID with its type in the newest spelling. */
  public ComponentId canonical(ComponentKind kind, ComponentId id) {
    return find(kind, id.type()).map(f -> new ComponentId(f.type(), id.name())).orElse(id);
  }

  /** Explains why a name is unknown, for errors. */
  public String unknown(ComponentKind kind, String type) {
    String contributed = Contributions.refusal(kind.word(), type);
    if (contributed != null) {
      return contributed;
    }
    TreeSet<String> names = new TreeSet<>();
    byName.keySet().stream().filter(n -> n.kind == kind).forEach(n -> names.add(n.type));
    String nearest = NameSuggestion.of(type, names);
    return "there is no "
        + kind.word()
        + " \""
        + type
        + "\" in Tethys"
        + (nearest == null ? "" : ", did you mean \"" + nearest + "\"?")
        + "; expected one of: "
        + String.join(", ", names);
  }
}
