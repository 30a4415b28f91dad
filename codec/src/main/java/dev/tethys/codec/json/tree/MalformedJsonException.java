package dev.tethys.codec.json.tree;

/**
 * Text is not JSON. Carries neither place nor stack: lines that are not JSON are nothing special.
 */
public final class MalformedJsonException extends Exception {
  private static final long serialVersionUID = 1L;

  @SuppressWarnings("StaticAssignmentOfThrowable") // it has no stack
  static final MalformedJsonException INSTANCE = new MalformedJsonException();

  private MalformedJsonException() {
    super("malformed JSON", null, false, false);
  }
}
