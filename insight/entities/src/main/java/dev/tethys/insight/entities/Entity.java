package dev.tethys.insight.entities;

import dev.tethys.insight.entities.kind.EntityKind;
import dev.tethys.model.Labels;
import java.util.List;
import java.util.Map;

/**
 * Component that runs or is depended on.
 *
 * @param id kind and first key, such as {@code service:shop/checkout}
 * @param name display name
 * @param attributes sorted by name, such as {@code namespace} and {@code category}
 * @param keys all names by which it is found, without the kind, sorted
 * @param series label sets that its series have, sorted
 */
public record Entity(
    EntityKind kind,
    String id,
    String name,
    Map<String, String> attributes,
    List<String> keys,
    List<Labels> series) {}
