package dev.tethys.model.logs;

/**
 * Finds the parts of bodies that a consumer of rows reads. A store that keeps bodies as texts with
 * arguments may put a placeholder into a body for an argument that the consumer does not read.
 */
public interface LogBodyParts {
  /** Placeholder of an argument that is decimal digits in all bodies. */
  byte DIGITS = '0';

  /** Placeholder of an argument of other letters, digits, underscores and bytes from 0x80. */
  byte LETTERS = 'w';

  /**
   * Marks the arguments that are read. Bodies with the placeholders of the others have to mean the
   * same to the consumer.
   *
   * @param text of bodies that differ in their arguments only, with placeholders
   * @param length bytes of the text
   * @param places where the placeholders are, ascending; further elements are to be ignored
   * @param needed one element for each argument, false at first
   */
  void mark(byte[] text, int length, int[] places, boolean[] needed);

  /**
   * Finds the ranges of the text that are all that is read of the bodies. A store passes on only
   * these, each followed by a zero byte, and the number that this gives.
   *
   * @param arguments number of placeholders
   * @param known arguments that are the same in all bodies
   * @param ranges gets the ranges, in the order in which they are to be passed on
   * @return number of what is read, not below 0; -1 if bodies are to be passed on by {@link #mark}
   */
  default int ranges(
      byte[] text, int length, int[] places, int arguments, Known known, Ranges ranges) {
    return -1;
  }

  /** Arguments that are the same in all bodies. */
  @FunctionalInterface
  interface Known {
    /** Writes the argument and gives its end; -1 if it differs, or there is no room for it. */
    int write(int argument, byte[] to, int at);
  }

  /** Receiver of ranges of a text. */
  @FunctionalInterface
  interface Ranges {
    /** Takes a range, its end exclusive. */
    void add(int from, int to);
  }
}
