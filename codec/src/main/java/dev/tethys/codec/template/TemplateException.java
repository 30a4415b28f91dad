package dev.tethys.codec.template;

/**
 * A template cannot be parsed or executed. The message is Go's: {@code template: name:line:column:
 * executing "name" at <node>: problem}.
 */
public final class TemplateException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public TemplateException(String message) {
    super(message);
  }

  /** The message; never null. */
  public String reason() {
    return String.valueOf(getMessage());
  }
}
