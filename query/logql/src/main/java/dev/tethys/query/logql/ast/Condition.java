package dev.tethys.query.logql.ast;

import dev.tethys.model.Matcher;

/** Label filter condition. */
public sealed interface Condition {
  /** Test of a label as text. A missing label has the empty value. */
  record Text(Matcher matcher) implements Condition {}

  /** Comparison of a label with a number. */
  record Number(String label, Comparison comparison, double value) implements Condition {}

  /** Comparison of a label with a duration in nanoseconds. */
  record Duration(String label, Comparison comparison, long nanos) implements Condition {}

  /** Comparison of a label with a size in bytes. */
  record Size(String label, Comparison comparison, long bytes) implements Condition {}

  /** Test of a label as an IP address. */
  record Ip(String label, boolean negated, String pattern) implements Condition {}

  /** Conjunction. */
  record Both(Condition left, Condition right) implements Condition {}

  /** Disjunction. */
  record Either(Condition left, Condition right) implements Condition {}
}
