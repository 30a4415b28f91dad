package dev.tethys.codec.json.tree;

/**
 * Text that is not JSON. Has neither position nor stack trace: lines that are not JSON are
 * ordinary.
 */
public final class MalformedJsonException extends Exception {
  private static final long serialVersionUID = 1L;

  @SuppressWarnings("StaticAssignmentOfThrowable") // it has no stack
  static final MalformedJsonException INSTANCE = new MalformedJsonException();

  private MalformedJsonException() {
    super("malformed JSON", null, false, false);
  }
}
