package dev.tethys.insight.inspections.definition;

import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * Text with placeholders in braces, such as {@code {entity} uses {value} of its memory}. Names are
 * {@code entity}, {@code value}, {@code threshold} and labels of the series.
 */
public final class InspectionText {
  /** Maximum length of rendered text; labels may have any length. */
  static final int MAX_LENGTH = 2_000;

  private final String text;
  private final List<String> parts; // literals and, at odd places, names

  private InspectionText(String text, List<String> parts) {
    this.text = text;
    this.parts = parts;
  }

  /**
   * Reads a text.
   *
   * @throws IllegalArgumentException if braces do not match
   */
  static InspectionText parse(String text) {
    List<String> parts = new ArrayList<>();
    int at = 0;
    while (true) {
      int open = text.indexOf('{', at);
      int close = text.indexOf('}', at);
      if (open < 0 && close < 0) {
        break;
      }
      if (open < 0 || close <= open + 1 || text.substring(open + 1, close).contains("{")) {
        throw new IllegalArgumentException(
            "braces of \"" + text + "\" do not match; write a label as {label}");
      }
      parts.add(text.substring(at, open));
      parts.add(text.substring(open + 1, close));
      at = close + 1;
    }
    parts.add(text.substring(at));
    return new InspectionText(text, List.copyOf(parts));
  }

  /**
   * Fills in the names.
   *
   * @param values text of a name; empty for none
   */
  public String render(UnaryOperator<String> values) {
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < parts.size(); i++) {
      out.append(i % 2 == 0 ? parts.get(i) : values.apply(parts.get(i)));
    }
    return out.length() <= MAX_LENGTH ? out.toString() : out.substring(0, MAX_LENGTH - 1) + "…";
  }

  @Override
  public String toString() {
    return text;
  }
}
