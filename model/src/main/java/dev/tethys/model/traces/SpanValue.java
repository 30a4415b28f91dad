package dev.tethys.model.traces;

/** Constant compared with a field. */
public sealed interface SpanValue {
  /** A string. */
  record Text(String value) implements SpanValue {}

  /** An integer, or a duration in nanoseconds. */
  record Int(long value) implements SpanValue {}

  /** A floating-point number. */
  record Real(double value) implements SpanValue {}

  /** True or false. */
  record Bool(boolean value) implements SpanValue {}
}
