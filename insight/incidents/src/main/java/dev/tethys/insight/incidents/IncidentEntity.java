package dev.tethys.insight.incidents;

import dev.tethys.insight.entities.Entity;

/**
 * Entity of an incident, which may have ended since.
 *
 * @param kind as in ids, such as {@code service}
 */
public record IncidentEntity(String kind, String id, String name) {
  /** Reference to an entity. */
  public static IncidentEntity of(Entity e) {
    return new IncidentEntity(e.kind().text(), e.id(), e.name());
  }
}
