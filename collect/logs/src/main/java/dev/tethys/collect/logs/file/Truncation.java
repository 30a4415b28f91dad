package dev.tethys.collect.logs.file;

/**
 * Handling of a file that is smaller than the part read and has the same start. A file with another
 * start is a different one and is read from its start.
 */
public enum Truncation {
  /** The file is read from its start. */
  WHOLE,
  /** Only new data is read. */
  NEW,
  /** Nothing is read until the file has grown beyond the previous position. */
  IGNORE
}
