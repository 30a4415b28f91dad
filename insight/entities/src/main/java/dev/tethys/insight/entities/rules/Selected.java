package dev.tethys.insight.entities.rules;

import com.google.re2j.Pattern;
import dev.tethys.insight.entities.EntityKind;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a category, a merge or a name applies to.
 *
 * @param kind null for all kinds
 * @param name of the entity
 * @param attributes expressions of attributes, all of which must match
 * @param value category, or name of the entities that are joined or named
 */
public record Selected(
    String where,
    @Nullable EntityKind kind,
    Pattern name,
    Map<String, Pattern> attributes,
    String value) {

  /** True if it applies to an entity. */
  public boolean selects(EntityKind of, String itsName, Map<String, String> itsAttributes) {
    if (kind != null && kind != of || !name.matcher(itsName).matches()) {
      return false;
    }
    for (Map.Entry<String, Pattern> e : attributes.entrySet()) {
      if (!e.getValue().matcher(itsAttributes.getOrDefault(e.getKey(), "")).matches()) {
        return false;
      }
    }
    return true;
  }
}
