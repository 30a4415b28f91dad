package dev.tethys.insight.entities.rules;

import dev.tethys.insight.entities.kind.EntityKind;
import java.util.List;
import java.util.Map;

/**
 * Rule that creates an entity from a label set.
 *
 * @param as name by which relations of the rule refer to it
 * @param keys identities: entities of a kind that share one are one
 * @param hints names that join a weak entity with the only strong one that has them
 * @param names display names, of which the first present one is used
 * @param attributes attribute templates by name
 * @param series labels that select the entity's series
 * @param weak true if it joins a strong entity by a key or a hint
 * @param onDemand true if it exists only as an end of a relation
 * @param preferred true if its name and its first key come before those of all other rules
 */
public record EntityRule(
    EntityKind kind,
    String as,
    List<Template> keys,
    List<Template> hints,
    List<Template> names,
    Map<String, Template> attributes,
    List<String> series,
    boolean weak,
    boolean onDemand,
    boolean preferred) {}
