package dev.tethys.pipeline.extension.zpages;

import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Builder for an HTML page; all text is escaped. */
final class Page {
  private final StringBuilder sb = new StringBuilder(1 << 10);

  Page(String title) {
    sb.append("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>");
    text(title);
    sb.append("</title></head>\n<body><h1>");
    text(title);
    sb.append("</h1>\n");
  }

  Page heading(String text) {
    sb.append("<h2>");
    text(text);
    sb.append("</h2>\n");
    return this;
  }

  Page paragraph(String text) {
    sb.append("<p>");
    text(text);
    sb.append("</p>\n");
    return this;
  }

  /** Adds a list of sibling pages. */
  Page links(List<String> names) {
    sb.append("<p>")
        .append(
            names.stream()
                .map(n -> "<a href=\"" + n + "\">" + n + "</a>")
                .collect(Collectors.joining(" | ")))
        .append("</p>\n");
    return this;
  }

  Page table(Map<String, String> rows) {
    return table(
        List.of(), rows.entrySet().stream().map(e -> List.of(e.getKey(), e.getValue())).toList());
  }

  /**
   * Adds a table.
   *
   * @param head header row; empty for none
   */
  Page table(List<String> head, List<List<String>> rows) {
    sb.append("<table>\n");
    if (!head.isEmpty()) {
      row("th", head);
    }
    rows.forEach(r -> row("td", r));
    sb.append("</table>\n");
    return this;
  }

  private void row(String cell, List<String> texts) {
    sb.append("<tr>");
    for (String t : texts) {
      sb.append('<').append(cell).append('>');
      text(t);
      sb.append("</").append(cell).append('>');
    }
    sb.append("</tr>\n");
  }

  private void text(String s) {
    for (int i = 0; i < s.length(); i++) {
      char c = s.charAt(i);
      switch (c) {
        case '&' -> sb.append("&amp;");
        case '<' -> sb.append("&lt;");
        case '>' -> sb.append("&gt;");
        case '"' -> sb.append("&quot;");
        default -> sb.append(c);
      }
    }
  }

  @Override
  public String toString() {
    return sb + "</body></html>\n";
  }
}
