package dev.tethys.model.logs;

/**
 * Finds the parts of bodies that a consumer of rows reads. A store that keeps bodies as texts with
 * arguments may put a placeholder into a body for an argument that the consumer does not read.
 */
@FunctionalInterface
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
}
