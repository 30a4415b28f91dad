package dev.tethys.pipeline.destination.rows;

import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * A name with labels in it: {@code telemetry/{job}/{instance}}.
 *
 * @param parts texts and labels, in turn, beginning with a text
 */
public record NameTemplate(List<String> parts) {
  /**
   * Reads one.
   *
   * @throws IllegalArgumentException when a brace is not closed, or has nothing in it
   */
  public static NameTemplate parse(String text) {
    List<String> parts = new ArrayList<>();
    int at = 0;
    while (true) {
      int open = text.indexOf('{', at);
      parts.add(text.substring(at, open < 0 ? text.length() : open));
      if (open < 0) {
        break;
      }
      int close = text.indexOf('}', open);
      if (close < open + 2) {
        throw new IllegalArgumentException("\"" + text + "\" has a { without a name and a }");
      }
      parts.add(text.substring(open + 1, close));
      at = close + 1;
    }
    return new NameTemplate(List.copyOf(parts));
  }

  /** Whether all its texts are made of what an expression takes. */
  public boolean textsMatch(String regex) {
    for (int i = 0; i < parts.size(); i += 2) {
      if (!parts.get(i).matches(regex)) {
        return false;
      }
    }
    return true;
  }

  /** The labels. */
  public List<String> labels() {
    List<String> out = new ArrayList<>();
    for (int i = 1; i < parts.size(); i += 2) {
      out.add(parts.get(i));
    }
    return out;
  }

  /** The name where labels stand for what is said of each. */
  public String of(UnaryOperator<String> label) {
    if (parts.size() == 1) {
      return parts.getFirst();
    }
    StringBuilder sb = new StringBuilder(parts.getFirst());
    for (int i = 1; i < parts.size(); i++) {
      sb.append(i % 2 == 0 ? parts.get(i) : label.apply(parts.get(i)));
    }
    return sb.toString();
  }
}
