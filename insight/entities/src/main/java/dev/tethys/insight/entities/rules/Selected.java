package dev.tethys.insight.entities.rules;

import dev.tethys.insight.entities.kind.EntityKind;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Selection of entities by a category, a merge or a name.
 *
 * @param kind null for all kinds
 * @param name entity name
 * @param attributes expressions of attributes, all of which must match
 * @param value category, or name of the entities that are joined or named
 */
public record Selected(
    String where,
    @Nullable EntityKind kind,
    Expression name,
    Map<String, Expression> attributes,
    String value) {

  /** True if it applies to an entity. */
  public boolean selects(EntityKind of, String itsName, Map<String, String> itsAttributes) {
    if (kind != null && kind != of || !name.matches(itsName)) {
      return false;
    }
    for (Map.Entry<String, Expression> e : attributes.entrySet()) {
      if (!e.getValue().matches(itsAttributes.getOrDefault(e.getKey(), ""))) {
        return false;
      }
    }
    return true;
  }
}
