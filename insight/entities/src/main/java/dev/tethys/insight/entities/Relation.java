package dev.tethys.insight.entities;

import dev.tethys.insight.entities.kind.RelationKind;
import java.util.Comparator;

/**
 * Relation between two entities.
 *
 * @param from id of an entity
 * @param to id of an entity
 */
public record Relation(RelationKind kind, String from, String to) implements Comparable<Relation> {
  private static final Comparator<Relation> ORDER =
      Comparator.comparing(Relation::from)
          .thenComparing(Relation::to)
          .thenComparing(Relation::kind);

  @Override
  public int compareTo(Relation o) {
    return ORDER.compare(this, o);
  }
}
