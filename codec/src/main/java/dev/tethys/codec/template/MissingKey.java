package dev.tethys.codec.template;

/** Value of a key missing from a map: Go's option {@code missingkey}. */
public enum MissingKey {
  /** Missing value, printed as {@code <no value>}. */
  INVALID,
  /** The zero value of the map's type. */
  ZERO,
  /** An error. */
  ERROR
}
