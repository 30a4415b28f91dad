package dev.tethys.model.traces;

import java.util.List;

/**
 * Condition on one span. Each leaf is true or false; {@link Not} is the complement of its operand,
 * so that {@code Not(a = 1)} holds for a span without {@code a}.
 */
public sealed interface SpanFilter {
  /** Fits every span. */
  SpanFilter ALL = new And(List.of());

  /** Fits if all operands fit; also without operands. */
  record And(List<SpanFilter> operands) implements SpanFilter {
    public And {
      operands = List.copyOf(operands);
    }
  }

  /** Fits if an operand fits. */
  record Or(List<SpanFilter> operands) implements SpanFilter {
    public Or {
      operands = List.copyOf(operands);
    }
  }

  /** Fits if the operand does not. */
  record Not(SpanFilter operand) implements SpanFilter {}

  /** Fits if the field has a value of any type. */
  record Present(SpanField field) implements SpanFilter {}

  /**
   * Fits if one of the field's values compares with the constant. INT and DOUBLE compare by their
   * numeric value, strings by their UTF-8 bytes, other values only with their own type; BOOL has no
   * order. A value of another type does not match, regardless of the operator.
   */
  record Compare(SpanField field, Operator operator, SpanValue value) implements SpanFilter {}

  /** Matches if one of the field's values is a string that fully matches the pattern (RE2). */
  record Matches(SpanField field, String pattern) implements SpanFilter {}

  /**
   * Fits the spans of a set of traces.
   *
   * @param ids traces; the store does not change it
   */
  record OfTraces(TraceIds ids) implements SpanFilter {}

  /** Comparison operator. */
  enum Operator {
    EQUAL,
    NOT_EQUAL,
    LESS,
    LESS_OR_EQUAL,
    GREATER,
    GREATER_OR_EQUAL
  }
}
