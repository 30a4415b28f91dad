package dev.tethys.codec.template;

/** What a key that a map lacks gives: Go's option {@code missingkey}. */
public enum MissingKey {
  /** Nothing, printed as {@code <no value>}. */
  INVALID,
  /** The zero value of the map's type. */
  ZERO,
  /** An error. */
  ERROR
}
