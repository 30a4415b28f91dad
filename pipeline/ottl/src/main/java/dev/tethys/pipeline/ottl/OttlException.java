package dev.tethys.pipeline.ottl;

/**
 * Thrown when an expression cannot be loaded; states the error, its position and the remedy. Lines
 * and columns count from one; columns count UTF-16 units.
 */
public final class OttlException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Maximum length of a quoted expression in errors. */
  private static final int MAX_QUOTED = 60;

  private final int offset;

  public OttlException(String text, int offset, String reason) {
    super(message(text, offset, reason), null, false, false);
    this.offset = Math.clamp(offset, 0, text.length());
  }

  /** Position in the text, from zero. */
  public int offset() {
    return offset;
  }

  private static String message(String text, int at, String reason) {
    int offset = Math.clamp(at, 0, text.length());
    int line = 1;
    int start = 0;
    for (int i = 0; i < offset; i++) {
      if (text.charAt(i) == '\n') {
        line++;
        start = i + 1;
      }
    }
    int end = text.indexOf('\n', offset);
    String rest = text.substring(offset, end < 0 ? text.length() : end).strip();
    if (rest.length() > MAX_QUOTED) {
      rest = rest.substring(0, MAX_QUOTED) + "…";
    }
    return "OTTL "
        + line
        + ":"
        + (offset - start + 1)
        + (rest.isEmpty() ? " (at the end)" : " (at \"" + rest + "\")")
        + ": "
        + reason;
  }
}
