package dev.tethys.pipeline.destination.elastic;

import dev.tethys.pipeline.destination.rows.NameTemplate;
import java.util.List;
import java.util.Locale;
import java.util.function.UnaryOperator;

/**
 * The name of an index with labels in it: {@code metrics-{job}-default}. What may not stand in a
 * name becomes an underscore; a label that is absent, or nothing but such characters, {@code none}.
 *
 * @param parts texts and labels, in turn, beginning with a text
 */
record IndexName(List<String> parts) {
  private static final int MAX = 200;

  /**
   * Reads one.
   *
   * @throws IllegalArgumentException when it can be no name
   */
  static IndexName parse(String text) {
    List<String> parts = NameTemplate.parse(text).parts();
    IndexName n = new IndexName(parts);
    for (int i = 0; i < parts.size(); i += 2) {
      if (!parts.get(i).matches(i == 0 ? "[a-z0-9][a-z0-9_.+-]*" : "[a-z0-9_.+-]*")) {
        throw new IllegalArgumentException(
            "\""
                + text
                + "\" is no name of an index: it begins with a letter or digit, then lower"
                + " case letters, digits, and any of _ . + -");
      }
    }
    return n;
  }

  /** The name for what has these labels. */
  String of(UnaryOperator<String> label) {
    StringBuilder sb = new StringBuilder(parts.getFirst());
    for (int i = 1; i < parts.size(); i += 2) {
      String v = label.apply(parts.get(i)).toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9_.]", "_");
      sb.append(v.isEmpty() ? "none" : v);
      if (i + 1 < parts.size()) {
        sb.append(parts.get(i + 1));
      }
    }
    return sb.length() > MAX ? sb.substring(0, MAX) : sb.toString();
  }

  /** The pattern that all names fit. */
  String pattern() {
    StringBuilder sb = new StringBuilder();
    for (int i = 0; i < parts.size(); i++) {
      sb.append(i % 2 == 0 ? parts.get(i) : "*");
    }
    return sb.toString();
  }
}
