package dev.tethys.codec.influx;

import dev.tethys.codec.exposition.DecimalParser;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads lines of Influx's line protocol out of a buffer, one by one. Errors of a line have
 * InfluxDB's wording; the next line is read anyway.
 *
 * <p>Grammar: {@code measurement[,tag=value…] field=value[,field=value…] [timestamp]}. A backslash
 * escapes comma, space and equals sign in names and tags; in a string it escapes quote and
 * backslash. A string may hold line ends. Source: InfluxDB's documentation of the line protocol.
 *
 * <pre>
 * LineReader r = new LineReader();
 * r.reset(buf, 0, n);
 * while (r.next()) {
 *   if (r.problem() == null) { r.measurement(); r.tags(); r.fieldCount(); … }
 * }
 * </pre>
 */
public final class LineReader {
  /** Field type. */
  public enum Kind {
    NUMBER,
    BOOLEAN,
    STRING
  }

  private static final int MAX_KINDS = 8;

  private byte[] buf = {};
  private int at;
  private int end;
  private int number;
  private int lineNumber;
  private int lineFrom;
  private int lineTo;
  private @Nullable String problem;

  private String measurement = "";
  private final List<String> tags = new ArrayList<>();
  private final List<String> fields = new ArrayList<>();
  private Kind[] kinds = new Kind[MAX_KINDS];
  private double[] values = new double[MAX_KINDS];
  private boolean timed;
  private long time;

  /** Moves to the start of a buffer. */
  public LineReader reset(byte[] buffer, int offset, int length) {
    buf = buffer;
    at = offset;
    end = offset + length;
    number = 0;
    return this;
  }

  /** Moves to the next line that is neither empty nor a comment; returns false at the end. */
  public boolean next() {
    while (at < end) {
      int from = at;
      int to = lineEnd(from);
      at = Math.min(end, to + 1);
      int first = ++number;
      for (int i = from; i < to; i++) {
        if (buf[i] == '\n') {
          number++;
        }
      }
      while (from < to && isBlank(buf[from])) {
        from++;
      }
      if (to > from && buf[to - 1] == '\r') {
        to--;
      }
      if (from == to || buf[from] == '#') {
        continue;
      }
      lineFrom = from;
      lineTo = to;
      lineNumber = first;
      problem = null;
      parse();
      return true;
    }
    return false;
  }

  /** Line number in the message, from 1. */
  public int lineNumber() {
    return lineNumber;
  }

  /** Start of the line in the buffer. */
  public int lineFrom() {
    return lineFrom;
  }

  /** End of the line in the buffer. */
  public int lineTo() {
    return lineTo;
  }

  /** Problem of the line, with InfluxDB's message; null for a valid line. */
  public @Nullable String problem() {
    return problem;
  }

  public String measurement() {
    return measurement;
  }

  /** Alternating names and values, in the order of the line. */
  public List<String> tags() {
    return tags;
  }

  public int fieldCount() {
    return fields.size();
  }

  public String field(int index) {
    return fields.get(index);
  }

  public Kind kind(int index) {
    return kinds[index];
  }

  /** The number; 1 and 0 for true and false; NaN for a string. */
  public double value(int index) {
    return values[index];
  }

  /** Whether the line has a timestamp. */
  public boolean hasTime() {
    return timed;
  }

  /** The timestamp as it was sent. */
  public long time() {
    return time;
  }

  private static boolean isBlank(byte b) {
    return b == ' ' || b == '\t' || b == 0;
  }

  /** Offset of the line end that is not inside a string. */
  private int lineEnd(int from) {
    boolean inFields = false;
    boolean quoted = false;
    boolean value = false;
    int first = -1;
    for (int i = from; i < end; i++) {
      byte b = buf[i];
      if (b == '\n') {
        if (!quoted) {
          return i;
        }
        if (first < 0) {
          first = i;
        }
      } else if (b == '\\' && i + 1 < end && buf[i + 1] != '\n') {
        i++;
        value = false;
      } else if (b == '#' && i == from) {
        while (i < end && buf[i] != '\n') {
          i++;
        }
        return i;
      } else if (quoted) {
        quoted = b != '"';
      } else if (b == '"' && value) {
        quoted = true;
        first = -1;
        value = false;
      } else {
        // Blanks before a line do not begin its fields.
        inFields |= b == ' ' && i > from && !isBlank(buf[i - 1]);
        value = inFields && b == '=';
      }
    }
    // A string that is never closed would take all following lines along.
    return quoted && first >= 0 ? first : end;
  }

  private void parse() {
    tags.clear();
    fields.clear();
    timed = false;
    int p = names();
    if (problem != null) {
      return;
    }
    p = skipSpaces(p);
    p = fieldSet(p);
    if (problem != null) {
      return;
    }
    p = skipSpaces(p);
    if (p < lineTo) {
      timestamp(p);
    }
  }

  private int fail(String reason) {
    problem = reason;
    return lineTo;
  }

  private int skipSpaces(int from) {
    int p = from;
    while (p < lineTo && isBlank(buf[p])) {
      p++;
    }
    return p;
  }

  /** The end of a name: an unescaped space, comma or, if {@code atEquals}, equals sign. */
  private int nameEnd(int from, boolean atEquals) {
    int p = from;
    while (p < lineTo) {
      byte b = buf[p];
      if (b == '\\' && p + 1 < lineTo) {
        p += 2;
        continue;
      }
      if (b == ' ' || b == ',' || b == '=' && atEquals) {
        return p;
      }
      p++;
    }
    return lineTo;
  }

  private String text(int from, int to, boolean equals) {
    for (int i = from; i + 1 < to; i++) {
      if (buf[i] == '\\') {
        return unescaped(from, to, equals);
      }
    }
    return new String(buf, from, to - from, StandardCharsets.UTF_8);
  }

  private String unescaped(int from, int to, boolean equals) {
    byte[] out = new byte[to - from];
    int n = 0;
    for (int i = from; i < to; i++) {
      byte b = buf[i];
      if (b == '\\' && i + 1 < to) {
        byte c = buf[i + 1];
        if (c == ',' || c == ' ' || equals && c == '=') {
          out[n++] = c;
          i++;
          continue;
        }
      }
      out[n++] = b;
    }
    return new String(out, 0, n, StandardCharsets.UTF_8);
  }

  private int names() {
    int p = nameEnd(lineFrom, false);
    if (p == lineFrom) {
      return fail("missing measurement");
    }
    measurement = text(lineFrom, p, false);
    while (p < lineTo && buf[p] == ',') {
      p = tag(p + 1);
    }
    if (problem == null && p == lineTo) {
      return fail("missing fields");
    }
    if (problem == null && tags.size() > 2 && hasDuplicates()) {
      return fail("duplicate tags");
    }
    return p;
  }

  private int tag(int from) {
    int eq = nameEnd(from, true);
    if (eq == from) {
      return fail("missing tag key");
    }
    if (eq == lineTo || buf[eq] != '=') {
      return fail("missing tag value");
    }
    int to = nameEnd(eq + 1, true);
    if (to == eq + 1) {
      return fail("missing tag value");
    }
    if (to < lineTo && buf[to] == '=') {
      return fail("invalid tag format");
    }
    tags.add(text(from, eq, true));
    tags.add(text(eq + 1, to, true));
    return to;
  }

  private boolean hasDuplicates() {
    if (tags.size() <= 32) {
      for (int i = 2; i < tags.size(); i += 2) {
        for (int j = 0; j < i; j += 2) {
          if (tags.get(i).equals(tags.get(j))) {
            return true;
          }
        }
      }
      return false;
    }
    Set<String> seen = new HashSet<>();
    for (int i = 0; i < tags.size(); i += 2) {
      if (!seen.add(tags.get(i))) {
        return true;
      }
    }
    return false;
  }

  private int fieldSet(int from) {
    int p = from;
    if (p == lineTo) {
      return fail("missing fields");
    }
    while (true) {
      int eq = nameEnd(p, true);
      if (eq == p && eq < lineTo && buf[eq] == '=') {
        return fail("missing field key");
      }
      if (eq == lineTo || buf[eq] != '=') {
        return fail("invalid field format");
      }
      String name = text(p, eq, true);
      p = fieldValue(eq + 1);
      if (problem != null) {
        return p;
      }
      fields.add(name);
      if (p == lineTo || buf[p] == ' ') {
        return p;
      }
      p++; // the comma
    }
  }

  private void keep(Kind kind, double value) {
    int n = fields.size();
    if (n == kinds.length) {
      kinds = Arrays.copyOf(kinds, 2 * n);
      values = Arrays.copyOf(values, 2 * n);
    }
    kinds[n] = kind;
    values[n] = value;
  }

  private int fieldValue(int from) {
    if (from == lineTo || buf[from] == ' ' || buf[from] == ',') {
      return fail("missing field value");
    }
    if (buf[from] == '"') {
      return string(from);
    }
    int to = nameEnd(from, false);
    byte first = buf[from];
    if (first >= '0' && first <= '9' || first == '-' || first == '.' || first == 'N') {
      number(from, to);
    } else {
      bool(new String(buf, from, to - from, StandardCharsets.ISO_8859_1));
    }
    return problem == null ? to : lineTo;
  }

  private int string(int from) {
    int p = from + 1;
    while (p < lineTo && buf[p] != '"') {
      p += buf[p] == '\\' && p + 1 < lineTo ? 2 : 1;
    }
    if (p >= lineTo) {
      return fail("unbalanced quotes");
    }
    keep(Kind.STRING, Double.NaN);
    p++;
    return p < lineTo && buf[p] != ',' && buf[p] != ' ' ? fail("invalid field format") : p;
  }

  private void bool(String word) {
    switch (word) {
      case "t", "T", "true", "True", "TRUE" -> keep(Kind.BOOLEAN, 1);
      case "f", "F", "false", "False", "FALSE" -> keep(Kind.BOOLEAN, 0);
      default -> fail("invalid boolean");
    }
  }

  private void number(int from, int to) {
    byte last = buf[to - 1];
    if (last == 'i' || last == 'u') {
      integer(from, to - 1, last == 'u');
      return;
    }
    boolean digits = false;
    boolean point = false;
    boolean exponent = false;
    for (int i = from; i < to; i++) {
      byte b = buf[i];
      if (b >= '0' && b <= '9') {
        digits = true;
      } else if (b == '.' && !point && !exponent) {
        point = true;
      } else if ((b == 'e' || b == 'E') && digits && !exponent) {
        exponent = true;
      } else if (!(b == '-' && i == from)
          && !((b == '-' || b == '+') && (buf[i - 1] | 0x20) == 'e' && exponent)) {
        fail("invalid number");
        return;
      }
    }
    if (!digits) {
      fail("invalid number");
      return;
    }
    double v = DecimalParser.parse(buf, from, to);
    if (DecimalParser.failed(v) || Double.isInfinite(v)) {
      fail("invalid float");
      return;
    }
    keep(Kind.NUMBER, v);
  }

  private void integer(int from, int to, boolean unsigned) {
    for (int i = from; i < to; i++) {
      if (!(buf[i] >= '0' && buf[i] <= '9') && !(i == from && buf[i] == '-' && !unsigned)) {
        fail("invalid number");
        return;
      }
    }
    String digits = new String(buf, from, to - from, StandardCharsets.ISO_8859_1);
    try {
      if (unsigned) {
        long bits = Long.parseUnsignedLong(digits);
        keep(Kind.NUMBER, bits >= 0 ? bits : ((bits >>> 1) | (bits & 1)) * 2.0);
      } else {
        keep(Kind.NUMBER, Long.parseLong(digits));
      }
    } catch (NumberFormatException e) {
      fail(
          digits.isEmpty() || digits.equals("-")
              ? "invalid number"
              : "unable to parse "
                  + (unsigned ? "unsigned" : "integer")
                  + " "
                  + digits
                  + ": strconv."
                  + (unsigned ? "ParseUint" : "ParseInt")
                  + ": parsing \""
                  + digits
                  + "\": value out of range");
    }
  }

  private void timestamp(int from) {
    int to = from;
    while (to < lineTo && !isBlank(buf[to])) {
      byte b = buf[to];
      if (!(b >= '0' && b <= '9') && !(b == '-' && to == from)) {
        fail("bad timestamp");
        return;
      }
      to++;
    }
    if (skipSpaces(to) < lineTo) {
      fail("point is invalid");
      return;
    }
    try {
      time = Long.parseLong(new String(buf, from, to - from, StandardCharsets.ISO_8859_1));
      timed = true;
    } catch (NumberFormatException e) {
      fail("bad timestamp");
    }
  }
}
