package dev.tethys.pipeline.ottl.function;

import dev.tethys.pipeline.ottl.EvaluationException;
import java.util.ArrayList;
import java.util.List;

/** Parser of one CSV row (RFC 4180); a quoted field may contain line breaks. */
final class Csv {
  private Csv() {}

  static List<String> row(String row, String delimiter, boolean lazyQuotes) {
    List<String> fields = new ArrayList<>();
    int at = 0;
    while (true) {
      StringBuilder field = new StringBuilder();
      if (at < row.length() && row.charAt(at) == '"') {
        at = quoted(row, at, delimiter, lazyQuotes, field);
      } else {
        int end = row.indexOf(delimiter, at);
        end = end < 0 ? row.length() : end;
        field.append(row, at, end);
        if (!lazyQuotes && field.indexOf("\"") >= 0) {
          throw new EvaluationException("unexpected quote in an unquoted field");
        }
        at = end;
      }
      fields.add(field.toString());
      if (at >= row.length()) {
        return fields;
      }
      at += delimiter.length();
    }
  }

  private static int quoted(
      String row, int open, String delimiter, boolean lazyQuotes, StringBuilder field) {
    int at = open + 1;
    while (at < row.length()) {
      char c = row.charAt(at);
      if (c != '"') {
        field.append(c);
        at++;
      } else if (at + 1 < row.length() && row.charAt(at + 1) == '"') {
        field.append('"');
        at += 2;
      } else if (at + 1 == row.length() || row.startsWith(delimiter, at + 1)) {
        return at + 1;
      } else if (lazyQuotes) {
        field.append('"');
        at++;
      } else {
        throw new EvaluationException("text follows the closing quote of a field");
      }
    }
    if (lazyQuotes) {
      return at;
    }
    throw new EvaluationException("a field has no closing quote");
  }
}
