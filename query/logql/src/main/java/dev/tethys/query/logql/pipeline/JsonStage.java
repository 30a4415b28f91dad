package dev.tethys.query.logql.pipeline;

import dev.tethys.model.logs.LogBodyParts;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** {@code json} without expressions: every scalar of the line becomes a label. */
final class JsonStage extends RowStage {
  private static final int MAX_DEPTH = 100;

  private final UsedLabels wanted;
  private final Extractor extractor;
  private final boolean complete; // read lines to their ends
  private byte[] key = new byte[256];
  private int found;
  private final LineValues values = new LineValues();

  JsonStage(NameTable names, UsedLabels wanted) {
    this.wanted = wanted;
    extractor = new Extractor(names, wanted);
    complete = wanted.errors();
  }

  @Override
  boolean process(Row row) {
    if (wanted.none()) {
      return true;
    }
    if (row.ranges >= 0) {
      values.read(row, extractor);
      return true;
    }
    found = 0;
    int at = JsonText.skipBlanks(row.line, row.lineFrom, row.lineTo);
    String error =
        at == row.lineTo || row.line[at] != '{'
            ? JsonText.MALFORMED_OBJECT
            : object(row, at, row.lineTo, 0, 0);
    if (error != null && error != ENOUGH) {
      row.fail(PipelineError.JSON, error);
    }
    return true;
  }

  @Override
  boolean readsParts() {
    return !wanted.all();
  }

  @Override
  void mark(LineOutline lines) {
    int at = JsonText.skipBlanks(lines.text(), 0, lines.length());
    if (at < lines.length() && lines.text()[at] == '{') {
      mark(lines, at, lines.length(), 0, 0);
    }
  }

  @Override
  int values(LineOutline lines, LogBodyParts.Ranges ranges) {
    int at = JsonText.skipBlanks(lines.text(), 0, lines.length());
    if (at == lines.length() || lines.text()[at] != '{') {
      return -1;
    }
    values.begin(ranges);
    return values(lines, at, lines.length(), 0, 0) ? values.end() : -1;
  }

  /**
   * Walks as {@link #object} does; false if a line has an error, or its values depend on its
   * arguments.
   */
  private boolean values(LineOutline lines, int open, int to, int prefix, int depth) {
    byte[] b = lines.text();
    int at = JsonText.skipBlanks(b, open + 1, to);
    while (depth <= MAX_DEPTH && at < to && b[at] != '}') {
      int keyFrom = at + 1;
      int keyEnd = b[at] == '"' ? JsonText.stringEnd(b, keyFrom, to) : -1;
      at = keyEnd < 0 ? to : JsonText.skipBlanks(b, keyEnd + 1, to);
      if (at >= to || b[at] != ':') {
        return false;
      }
      at = JsonText.skipBlanks(b, at + 1, to);
      int valueEnd = at >= to ? -1 : JsonText.valueEnd(b, at, to);
      if (valueEnd < 0
          || b[at] != '[' && !value(lines, keyFrom, keyEnd, at, valueEnd, prefix, depth)) {
        return false;
      }
      at = JsonText.skipBlanks(b, valueEnd, to);
      if (at < to && b[at] == ',') {
        at = JsonText.skipBlanks(b, at + 1, to);
      } else if (at < to && b[at] != '}') {
        return false;
      }
    }
    return depth <= MAX_DEPTH && at < to;
  }

  private boolean value(
      LineOutline lines, int keyFrom, int keyEnd, int at, int end, int prefix, int depth) {
    byte[] b = lines.text();
    if (JsonText.hasEscapes(b, keyFrom, keyEnd)) {
      return false;
    }
    int nameEnd = -1; // of a key that is not that of a label, if its bytes differ
    if (!lines.varies(keyFrom, keyEnd)) {
      if (b[at] == '{' || extractor.mayBeCandidate(b, keyFrom, keyEnd, prefix)) {
        nameEnd = plainName(b, keyFrom, keyEnd, prefix);
      }
    } else {
      int n = lines.write(keyFrom, keyEnd);
      if (n >= 0) {
        nameEnd = plainName(lines.written(), 0, n, prefix);
      } else if (b[at] == '{' || extractor.mayBeCandidate(lines, keyFrom, keyEnd)) {
        return false;
      }
    }
    if (b[at] == '{') {
      return values(lines, at, end, nameEnd, depth + 1);
    }
    boolean text = b[at] == '"';
    if (!text && !isNumber(b[at])) {
      if (lines.varies(at, end) || !isWord(b, at, end)) {
        return false;
      }
      if (b[at] == 'n') {
        return true;
      }
    }
    int label = nameEnd < 0 ? -1 : extractor.candidate(key, 0, nameEnd);
    if (label < 0) {
      return true;
    }
    if (!text) {
      return values.add(label, LineValues.PLAIN, lines, at, end);
    }
    return !JsonText.hasEscapes(b, at + 1, end - 1)
        && values.add(label, LineValues.TEXT, lines, at + 1, end - 1);
  }

  /** Walks as {@link #object} does, on to the end: values that decide when to stop are unknown. */
  private void mark(LineOutline lines, int open, int to, int prefix, int depth) {
    byte[] b = lines.text();
    int at = JsonText.skipBlanks(b, open + 1, to);
    while (depth <= MAX_DEPTH && at < to && b[at] == '"') {
      int keyFrom = at + 1;
      int keyEnd = JsonText.stringEnd(b, keyFrom, to);
      at = keyEnd < 0 ? to : JsonText.skipBlanks(b, keyEnd + 1, to);
      if (at >= to || b[at] != ':') {
        return;
      }
      at = JsonText.skipBlanks(b, at + 1, to);
      int valueEnd = at >= to ? -1 : JsonText.valueEnd(b, at, to);
      if (valueEnd < 0) {
        return;
      }
      if (b[at] != '[') {
        boolean varies = lines.varies(keyFrom, keyEnd);
        boolean escaped = JsonText.hasEscapes(b, keyFrom, keyEnd);
        boolean word = b[at] != '"' && !isNumber(b[at]); // or an object, or no value at all
        if (escaped || varies && (word || extractor.mayBeCandidate(lines, keyFrom, keyEnd))) {
          lines.need(keyFrom, valueEnd);
        } else if (!varies) {
          int nameEnd = plainName(b, keyFrom, keyEnd, prefix);
          if (b[at] == '{') {
            mark(lines, at, valueEnd, nameEnd, depth + 1);
          } else if (word || extractor.candidate(key, 0, nameEnd) >= 0) {
            lines.need(at, valueEnd);
          }
        }
      }
      at = JsonText.skipBlanks(b, valueEnd, to);
      if (at >= to || b[at] != ',') {
        return;
      }
      at = JsonText.skipBlanks(b, at + 1, to);
    }
  }

  private static boolean isNumber(byte first) {
    return first == '-' || first >= '0' && first <= '9';
  }

  /** Appends a name without escapes to the key and returns its end. */
  private int plainName(byte[] b, int from, int to, int prefix) {
    makeRoom(prefix, to - from);
    int at = prefix;
    if (prefix > 0) {
      key[at++] = '_';
    }
    int last = Extractor.sanitise(b, from, to, key, at, prefix == 0);
    return last == at ? prefix : last;
  }

  private void makeRoom(int prefix, int length) {
    if (key.length < prefix + length + 2) {
      key = Arrays.copyOf(key, 2 * (prefix + length + 2));
    }
  }

  /** All labels were found; compared by identity. */
  private static final String ENOUGH = new String("all labels found");

  /**
   * Reads an object.
   *
   * @param prefix length of the name prefix in {@link #key}
   * @return the error, or null
   */
  @SuppressWarnings("ReferenceEquality") // ENOUGH is a mark, not a text
  private @Nullable String object(Row row, int open, int to, int prefix, int depth) {
    if (depth > MAX_DEPTH) {
      return "nested more than " + MAX_DEPTH + " levels deep";
    }
    byte[] b = row.line;
    int at = JsonText.skipBlanks(b, open + 1, to);
    while (true) {
      if (at >= to) {
        return depth == 0 ? JsonText.MALFORMED_OBJECT : JsonText.MALFORMED_JSON;
      }
      if (b[at] == '}') {
        return null;
      }
      if (b[at] != '"') {
        return JsonText.MALFORMED_OBJECT;
      }
      int keyEnd = JsonText.stringEnd(b, at + 1, to);
      if (keyEnd < 0) {
        return JsonText.MALFORMED_JSON;
      }
      int keyFrom = at + 1;
      at = JsonText.skipBlanks(b, keyEnd + 1, to);
      if (at >= to || b[at] != ':') {
        return JsonText.MALFORMED_JSON;
      }
      at = JsonText.skipBlanks(b, at + 1, to);
      if (at >= to) {
        return JsonText.MALFORMED_JSON;
      }
      int valueEnd = JsonText.valueEnd(b, at, to);
      if (valueEnd < 0) {
        return b[at] == '"'
            ? JsonText.MALFORMED_STRING
            : b[at] == '[' ? JsonText.MALFORMED_ARRAY : JsonText.MALFORMED_OBJECT;
      }
      if (b[at] != '[') {
        int nameEnd = name(row, keyFrom, keyEnd, prefix);
        if (nameEnd < 0) {
          return JsonText.MALFORMED_STRING;
        }
        String wrong =
            b[at] == '{'
                ? object(row, at, valueEnd, nameEnd, depth + 1)
                : scalar(row, at, valueEnd, nameEnd);
        if (wrong != null) {
          return wrong;
        }
      }
      at = JsonText.skipBlanks(b, valueEnd, to);
      if (at >= to) {
        return JsonText.MALFORMED_ARRAY;
      }
      if (b[at] == ',') {
        at = JsonText.skipBlanks(b, at + 1, to);
      } else if (b[at] != '}') {
        return JsonText.MALFORMED_OBJECT;
      }
    }
  }

  /** Appends a name to the key; gives its end, or -1 if an escape in it is not valid. */
  private int name(Row row, int from, int to, int prefix) {
    if (!JsonText.hasEscapes(row.line, from, to)) {
      return plainName(row.line, from, to, prefix);
    }
    int start = row.reserve(to - from);
    int end = JsonText.unescape(row.line, from, to, row.arena(), start);
    // The written bytes are temporary: the next value may overwrite them.
    return end < 0 ? -1 : plainName(row.arena(), start, end, prefix);
  }

  private @Nullable String scalar(Row row, int at, int end, int nameEnd) {
    byte[] b = row.line;
    byte first = b[at];
    if (first != '"') {
      if (end == at) {
        return JsonText.UNKNOWN_VALUE;
      }
      if (!isNumber(first) && !isWord(b, at, end)) {
        return JsonText.UNKNOWN_VALUE;
      }
      if (first == 'n') {
        return null;
      }
    }
    int id = extractor.candidate(key, 0, nameEnd);
    if (id < 0) {
      return null;
    }
    int target = extractor.target(row, id);
    if (target < 0) {
      return null;
    }
    if (first != '"') {
      row.addExtracted(target, b, at, end - at);
    } else if (!JsonText.hasEscapes(b, at + 1, end - 1)) {
      extractor.put(row, target, b, at + 1, end - at - 2);
    } else {
      int from = row.reserve(end - at);
      int to = JsonText.unescape(b, at + 1, end - 1, row.arena(), from);
      if (to < 0) {
        return JsonText.MALFORMED_STRING;
      }
      row.used(to);
      extractor.put(row, target, row.arena(), from, to - from);
    }
    return !complete && ++found == extractor.limit() ? ENOUGH : null;
  }

  private static boolean isWord(byte[] b, int at, int end) {
    return switch (b[at]) {
      case 't' -> matches(b, at, end, TRUE);
      case 'f' -> matches(b, at, end, FALSE);
      case 'n' -> matches(b, at, end, NULL);
      default -> false;
    };
  }

  private static final byte[] TRUE = {'t', 'r', 'u', 'e'};
  private static final byte[] FALSE = {'f', 'a', 'l', 's', 'e'};
  private static final byte[] NULL = {'n', 'u', 'l', 'l'};

  private static boolean matches(byte[] b, int at, int end, byte[] word) {
    return Arrays.equals(b, at, end, word, 0, word.length);
  }
}
