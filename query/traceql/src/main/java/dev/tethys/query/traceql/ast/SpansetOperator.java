package dev.tethys.query.traceql.ast;

import org.jspecify.annotations.Nullable;

/** Operator of two spansets of a trace. */
public enum SpansetOperator {
  OR("||", null, false, false),
  AND("&&", null, false, false),
  CHILD(">", Relation.CHILD, false, false),
  PARENT("<", Relation.PARENT, false, false),
  DESCENDANT(">>", Relation.DESCENDANT, false, false),
  ANCESTOR("<<", Relation.ANCESTOR, false, false),
  SIBLING("~", Relation.SIBLING, false, false),
  NOT_CHILD("!>", Relation.CHILD, true, false),
  NOT_PARENT("!<", Relation.PARENT, true, false),
  NOT_DESCENDANT("!>>", Relation.DESCENDANT, true, false),
  NOT_ANCESTOR("!<<", Relation.ANCESTOR, true, false),
  NOT_SIBLING("!~", Relation.SIBLING, true, false),
  UNION_CHILD("&>", Relation.CHILD, false, true),
  UNION_PARENT("&<", Relation.PARENT, false, true),
  UNION_DESCENDANT("&>>", Relation.DESCENDANT, false, true),
  UNION_ANCESTOR("&<<", Relation.ANCESTOR, false, true),
  UNION_SIBLING("&~", Relation.SIBLING, false, true);

  /** Relation of a right-hand span to a left-hand one. */
  public enum Relation {
    CHILD,
    PARENT,
    DESCENDANT,
    ANCESTOR,
    SIBLING
  }

  private final String text;
  private final @Nullable Relation relation;
  private final boolean negated;
  private final boolean union;

  SpansetOperator(String text, @Nullable Relation relation, boolean negated, boolean union) {
    this.text = text;
    this.relation = relation;
    this.negated = negated;
    this.union = union;
  }

  /** Returns the text in a query. */
  public String text() {
    return text;
  }

  /** Returns the relation of structural operators; null for {@code &&} and {@code ||}. */
  public @Nullable Relation relation() {
    return relation;
  }

  /** True if spans without the relation are returned. */
  public boolean isNegated() {
    return negated;
  }

  /** True if the spans of both sides are returned. */
  public boolean isUnion() {
    return union;
  }
}
