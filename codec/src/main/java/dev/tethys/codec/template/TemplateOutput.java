package dev.tethys.codec.template;

import org.jspecify.annotations.Nullable;

/**
 * Turns what an execution gives into what is written, in the order in which it comes. One object
 * serves one execution, so that it may keep track of where in a document it stands.
 */
public interface TemplateOutput {
  /** What is written for text of the template itself. */
  String text(String literal);

  /** What is written for the value of an action. */
  String value(@Nullable Object value);

  /**
   * Notes characters of a text or items of a list that a function has made, or steps of the
   * execution: each costs about the same. A caller of many executions bounds their sum.
   *
   * @throws TemplateFunction.Failure to end this execution; other exceptions end it as they are
   */
  default void made(int units) {}

  /** As text/template writes it. */
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
