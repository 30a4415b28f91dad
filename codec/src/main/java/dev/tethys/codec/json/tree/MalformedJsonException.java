package dev.tethys.codec.json.tree;

/**
 * Signals text that is not valid JSON. Has neither position nor stack trace, because lines that are
 * not JSON are common.
 */
public final class MalformedJsonException extends Exception {
  private static final long serialVersionUID = 1L;

  @SuppressWarnings("StaticAssignmentOfThrowable") // it has no stack
  static final MalformedJsonException INSTANCE = new MalformedJsonException();

  private MalformedJsonException() {
    super("malformed JSON", null, false, false);
  }
}
