package dev.tethys.insight.entities.rules;

import dev.tethys.insight.entities.kind.EntityKind;
import dev.tethys.insight.entities.kind.RelationKind;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Rule that creates a relation from a label set.
 *
 * @param from index of an entity in the rule
 * @param to index of an entity in the rule; negative if the other end is found by {@code keys}. If
 *     both are given, the entity counts only when none is found
 * @param kinds entity kinds that {@code keys} may resolve to
 * @param keys keys or hints of the other end, tried in order
 * @param lift kinds to which the relation is repeated between the parents of both ends
 * @param fallback true if it counts only for an entity without such a relation by another rule
 * @param existing true if it counts only where {@code to} exists without it
 * @param instead number of an entity of the rule to which {@code from} has no relation of the kind
 *     if this one leads to {@code to}; negative for none
 */
public record RelationRule(
    RelationKind kind,
    int from,
    int to,
    List<EntityKind> kinds,
    List<Template> keys,
    @Nullable EntityKind lift,
    boolean fallback,
    boolean existing,
    int instead) {}
