package dev.tethys.pipeline.processor.dedup;

import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.LogRecord;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Field of a log record: {@code body.a.b}, or {@code attributes} with or without a path. A
 * backslash escapes a dot in a name.
 *
 * @param names path names without the first
 */
record FieldPath(boolean ofBody, List<String> names) {
  static final String BODY = "body";
  static final String ATTRIBUTES = "attributes";

  /** Parses the field named by a string; returns null if it starts with neither prefix. */
  static @Nullable FieldPath parse(String text) {
    List<String> names = new ArrayList<>();
    StringBuilder name = new StringBuilder();
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '\\' && text.startsWith(".", i + 1)) {
        name.append('.');
        i++;
      } else if (c == '.') {
        names.add(name.toString());
        name.setLength(0);
      } else {
        name.append(c);
      }
    }
    names.add(name.toString());
    String first = names.removeFirst();
    return first.equals(BODY) || first.equals(ATTRIBUTES)
        ? new FieldPath(first.equals(BODY), List.copyOf(names))
        : null;
  }

  /** Removes the field from a record. */
  void remove(LogRecord record) {
    if (!ofBody && names.isEmpty()) {
      record.attributes().clear();
      return;
    }
    Attributes in = parent(record);
    if (in != null) {
      in.remove(names.getLast());
    }
  }

  /** Copies the value of the field to a new name; returns whether the field exists. */
  boolean copy(LogRecord record, String as, Attributes to) {
    if (!ofBody && names.isEmpty()) {
      to.put(as, record.attributes());
      return true;
    }
    Attributes in = parent(record);
    int i = in == null ? -1 : in.indexOf(names.getLast());
    if (in == null || i < 0) {
      return false;
    }
    to.put(as, in.value(i));
    return true;
  }

  /** Map that contains the last name; null if there is none. */
  private @Nullable Attributes parent(LogRecord record) {
    Object at = ofBody ? record.body() : record.attributes();
    for (int i = 0; i < names.size() - 1; i++) {
      at = at instanceof Attributes a ? a.get(names.get(i)) : null;
    }
    return at instanceof Attributes a ? a : null;
  }
}
