package dev.tethys.pipeline.operators;

import dev.tethys.config.Type;
import dev.tethys.config.YamlNode;
import dev.tethys.pipeline.operators.expr.Expression;
import dev.tethys.pipeline.operators.expr.ExpressionException;
import java.util.ArrayList;
import java.util.List;

/** Text with embedded expressions: {@code stack-EXPR(env("STACK"))}. */
public final class TextTemplate {
  private static final String BEGIN = "EXPR(";

  /** Reads one; null as an entry of a map is the empty text, as in the Collector. */
  public static final Type<TextTemplate> TYPE = Type.of("string", of(""), TextTemplate::read);

  private final List<String> texts = new ArrayList<>(); // one more than expressions
  private final List<Expression<Entry>> expressions = new ArrayList<>();

  private TextTemplate() {}

  private static TextTemplate read(YamlNode n) {
    try {
      return of(n.asString());
    } catch (ExpressionException e) {
      throw n.error(String.valueOf(e.getMessage()));
    }
  }

  /**
   * Parses a template; an expression ends with the last closing parenthesis before the next one
   * starts.
   */
  static TextTemplate of(String s) {
    TextTemplate t = new TextTemplate();
    int from = 0;
    while (true) {
      int begin = s.indexOf(BEGIN, from);
      int next = begin < 0 ? -1 : s.indexOf(BEGIN, begin + BEGIN.length());
      int end = begin < 0 ? -1 : s.lastIndexOf(')', next < 0 ? s.length() - 1 : next - 1);
      if (begin < 0 || end < begin) {
        t.texts.add(s.substring(from));
        return t;
      }
      t.texts.add(s.substring(from, begin));
      t.expressions.add(Conditions.compile(s.substring(begin + BEGIN.length(), end)));
      from = end + 1;
    }
  }

  /**
   * Returns the text for an entry.
   *
   * @throws ExpressionException if an expression has no value or is not a string
   */
  public String of(Entry e) {
    if (expressions.isEmpty()) {
      return texts.getFirst();
    }
    StringBuilder sb = new StringBuilder();
    for (int i = 0; i < expressions.size(); i++) {
      if (!(expressions.get(i).evaluate(e) instanceof String s)) {
        throw new ExpressionException("an expression within EXPR() is not a string");
      }
      sb.append(texts.get(i)).append(s);
    }
    return sb.append(texts.getLast()).toString();
  }
}
