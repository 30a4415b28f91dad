package dev.tethys.collect.logs.file;

/**
 * What becomes of a file that is smaller than what was read of it and begins as it did. One that
 * begins otherwise is another and read from its start.
 */
public enum Truncation {
  /** It is read from its start. */
  WHOLE,
  /** Only what is written from now on is read. */
  NEW,
  /** Nothing is read until it has grown beyond where reading had come to. */
  IGNORE
}
