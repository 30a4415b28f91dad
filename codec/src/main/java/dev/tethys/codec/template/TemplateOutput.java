package dev.tethys.codec.template;

import org.jspecify.annotations.Nullable;

/**
 * Formats the text and values of an execution, in order, for output. One object serves one
 * execution, so that it may track its position in a document.
 */
public interface TemplateOutput {
  /** Output for text of the template itself. */
  String text(String literal);

  /** Output for the value of an action. */
  String value(@Nullable Object value);

  /**
   * Counts characters of a string or items of a list created by a function, or execution steps:
   * each costs about the same. A caller of many executions bounds their sum.
   *
   * @throws TemplateFunction.Failure to end this execution; other exceptions end it as they are
   */
  default void made(int units) {}

  /** Same output as Go's text/template. */
  TemplateOutput PLAIN =
      new TemplateOutput() {
        @Override
        public String text(String literal) {
          return literal;
        }

        @Override
        public String value(@Nullable Object value) {
          return value == null ? "<no value>" : GoFormat.print(value);
        }
      };
}
