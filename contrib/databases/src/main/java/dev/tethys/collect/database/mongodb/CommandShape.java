package dev.tethys.collect.database.mongodb;

import dev.tethys.collect.database.mongodb.wire.Document;
import dev.tethys.collect.database.reader.StatementText;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Shape of a command of MongoDB as text: its name and the fields that decide what it reads or
 * changes, with {@code ?} for all values. Equal elements of lists are written once.
 */
final class CommandShape {
  /** Fields of commands in their order. */
  private static final List<String> FIELDS =
      List.of(
          "filter",
          "query",
          "q",
          "key",
          "pipeline",
          "sort",
          "projection",
          "update",
          "u",
          "updates",
          "deletes",
          "hint");

  private static final int MAX_DEPTH = 20;

  private CommandShape() {}

  /**
   * Text of a command.
   *
   * @param operation name for a command without one, such as {@code update} of the profiler
   */
  static String of(String operation, @Nullable Document command) {
    StringBuilder out = new StringBuilder();
    Document origin = command == null ? null : command.document("originatingCommand");
    Document c = origin == null ? command : origin;
    String name = c == null || c.fields().isEmpty() ? "" : c.first();
    out.append(name.isEmpty() || FIELDS.contains(name) ? operation : name);
    if (c != null) {
      for (String field : FIELDS) {
        Object v = c.at(field);
        if (v != null && !(v instanceof Document d && d.fields().isEmpty())) {
          out.append(' ').append(field).append(": ");
          append(v, 0, out);
        }
      }
    }
    return out.length() > StatementText.MAX_LENGTH
        ? out.substring(0, StatementText.MAX_LENGTH)
        : out.toString();
  }

  private static void append(@Nullable Object value, int depth, StringBuilder out) {
    if (depth > MAX_DEPTH || out.length() > StatementText.MAX_LENGTH) {
      out.append('…');
    } else if (value instanceof Document d) {
      out.append('{');
      String separator = "";
      for (Map.Entry<String, @Nullable Object> e : d.fields().entrySet()) {
        out.append(separator).append(e.getKey()).append(": ");
        append(e.getValue(), depth + 1, out);
        separator = ", ";
      }
      out.append('}');
    } else if (value instanceof List<?> list) {
      Set<String> elements = new LinkedHashSet<>();
      int length = 0;
      for (Object one : list) {
        StringBuilder b = new StringBuilder();
        append(one, depth + 1, b);
        if (length < StatementText.MAX_LENGTH && elements.add(b.toString())) {
          length += b.length();
        }
      }
      out.append('[').append(String.join(", ", elements)).append(']');
    } else {
      out.append('?');
    }
  }
}
