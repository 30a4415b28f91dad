package dev.tethys.insight.entities;

import java.util.List;

/**
 * Entities and relations of a range with the times at which they were valid, in no order. An entity
 * whose content changed has a span for each content.
 *
 * @param start time from which the history is complete; {@link Long#MAX_VALUE} without one
 */
public record EntityPast(long start, List<EntitySpan> entities, List<RelationSpan> relations) {
  /**
   * Entity with a content.
   *
   * @param to first time at which it was not valid; {@link Long#MAX_VALUE} while it is
   */
  public record EntitySpan(Entity entity, long from, long to) {}

  /**
   * Relation.
   *
   * @param to first time at which it was not valid; {@link Long#MAX_VALUE} while it is
   */
  public record RelationSpan(Relation relation, long from, long to) {}
}
