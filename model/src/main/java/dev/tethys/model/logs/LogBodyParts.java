package dev.tethys.model.logs;

/**
 * Finds the parts of bodies that a row consumer reads. A store that keeps bodies as texts with
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
   * @param text template of bodies that differ only in their arguments, with placeholders
   * @param length bytes of the text
   * @param places positions of the placeholders, ascending; further elements must be ignored
   * @param needed one element for each argument, false at first
   * @param unread gets ranges, ascending, without which bodies mean the same; no argument in them
   *     is needed
   */
  void mark(byte[] text, int length, int[] places, boolean[] needed, Ranges unread);

  /**
   * Finds the ranges of the text that are sufficient to read the bodies. A store passes on only
   * these, each followed by a zero byte, and the returned number.
   *
   * @param arguments number of placeholders
   * @param known known properties of the arguments
   * @param ranges gets the ranges, in the order in which they are to be passed on
   * @return a number that identifies the kind of ranges, not below 0; -1 if bodies are to be passed
   *     on by {@link #mark}
   */
  default int ranges(
      byte[] text, int length, int[] places, int arguments, Known known, Ranges ranges) {
    return -1;
  }

  /** Known contents of the arguments of all bodies. */
  @FunctionalInterface
  interface Known {
    /** Writes the argument and returns its end; -1 if it differs, or there is no space for it. */
    int write(int argument, byte[] to, int at);

    /** False if no body has an argument that passes a test. */
    default boolean mayPass(int argument, Test test) {
      return true;
    }
  }

  /** Tests an argument. */
  @FunctionalInterface
  interface Test {
    /** True if the argument passes. */
    boolean passes(byte[] bytes, int from, int to);
  }

  /** Receiver of ranges of a text. */
  @FunctionalInterface
  interface Ranges {
    /** Adds a range with an exclusive end. */
    void add(int from, int to);
  }
}
