package dev.tethys.collect.host.internal;

import java.nio.charset.StandardCharsets;

/**
 * The content of a file, walked by lines and by fields between blanks without an object each. The
 * bytes belong to {@link HostFiles} and hold until its next read.
 *
 * <p>Invariant: {@code lineStart <= fieldStart <= fieldEnd <= lineEnd <= limit}; the next field is
 * looked for from {@code fieldEnd}.
 */
public final class Text {
  public byte[] buf = new byte[0];
  public int limit;
  public String path = "";

  private int next; // start of the next line
  public int lineStart;
  public int lineEnd;
  public int fieldStart;
  public int fieldEnd;

  public void reset(String ofPath, byte[] bytes, int length) {
    path = ofPath;
    buf = bytes;
    limit = length;
    next = 0;
    lineStart = 0;
    lineEnd = 0;
    fieldStart = 0;
    fieldEnd = 0;
  }

  /** Steps to the next line; false at the end. */
  public boolean nextLine() {
    if (next >= limit) {
      return false;
    }
    lineStart = next;
    int p = next;
    while (p < limit && buf[p] != '\n') {
      p++;
    }
    next = p + 1;
    lineEnd = p > lineStart && buf[p - 1] == '\r' ? p - 1 : p;
    fieldStart = lineStart;
    fieldEnd = lineStart;
    return true;
  }

  /** Steps to the next field of the line; false at its end. */
  public boolean nextField() {
    int p = fieldEnd;
    while (p < lineEnd && blank(buf[p])) {
      p++;
    }
    fieldStart = p;
    while (p < lineEnd && !blank(buf[p])) {
      p++;
    }
    fieldEnd = p;
    return fieldEnd > fieldStart;
  }

  /** Steps over some fields; false if the line has fewer. */
  public boolean skipFields(int n) {
    for (int i = 0; i < n; i++) {
      if (!nextField()) {
        return false;
      }
    }
    return true;
  }

  /** The next field, which must be there. */
  public void needField() throws MalformedException {
    if (!nextField()) {
      throw malformed("a field is missing in \"" + line() + "\"");
    }
  }

  private static boolean blank(byte b) {
    return b == ' ' || b >= '\t' && b <= '\r';
  }

  public boolean is(String ascii) {
    return fieldEnd - fieldStart == ascii.length() && startsWith(ascii);
  }

  public boolean startsWith(String ascii) {
    return matches(fieldStart, fieldEnd, ascii);
  }

  public boolean lineStartsWith(String ascii) {
    return matches(lineStart, lineEnd, ascii);
  }

  private boolean matches(int from, int to, String ascii) {
    int n = ascii.length();
    if (to - from < n) {
      return false;
    }
    for (int i = 0; i < n; i++) {
      if (buf[from + i] != ascii.charAt(i)) {
        return false;
      }
    }
    return true;
  }

  public String field() {
    return new String(buf, fieldStart, fieldEnd - fieldStart, StandardCharsets.UTF_8);
  }

  public String line() {
    return new String(buf, lineStart, lineEnd - lineStart, StandardCharsets.UTF_8);
  }

  /** The complete text, trimmed. */
  public String all() {
    int from = 0;
    int to = limit;
    while (from < to && blank(buf[from])) {
      from++;
    }
    while (to > from && blank(buf[to - 1])) {
      to--;
    }
    return new String(buf, from, to - from, StandardCharsets.UTF_8);
  }

  /** The complete raw text. */
  public String raw() {
    return new String(buf, 0, limit, StandardCharsets.UTF_8);
  }

  /** The field as an integer; 64 bits without a sign wrap, as the kernel prints them. */
  public long integer() throws MalformedException {
    return integer(fieldStart, fieldEnd);
  }

  public long integer(int from, int to) throws MalformedException {
    int p = from;
    boolean minus = p < to && buf[p] == '-';
    if (minus || p < to && buf[p] == '+') {
      p++;
    }
    if (p == to || to - p > 20) {
      throw notNumber(from, to);
    }
    long v = 0;
    for (int start = p; p < to; p++) {
      int d = buf[p] - '0';
      if (d < 0
          || d > 9
          || p - start == 19 && Long.compareUnsigned(v, 1844674407370955161L) > 0
          || p - start == 19 && v == 1844674407370955161L && d > 5) {
        throw notNumber(from, to);
      }
      v = v * 10 + d;
    }
    return minus ? -v : v;
  }

  /** The field as an integer without a sign. */
  public double unsigned() throws MalformedException {
    return unsigned(fieldStart, fieldEnd);
  }

  public double unsigned(int from, int to) throws MalformedException {
    if (from < to && buf[from] == '-') {
      throw notNumber(from, to);
    }
    return Numbers.unsigned(integer(from, to));
  }

  /** The field as hexadecimal digits, at most 16. */
  public long hex(int from, int to) throws MalformedException {
    if (from >= to || to - from > 16) {
      throw notNumber(from, to);
    }
    long v = 0;
    for (int p = from; p < to; p++) {
      int d = Character.digit((char) buf[p], 16);
      if (d < 0) {
        throw notNumber(from, to);
      }
      v = v << 4 | d;
    }
    return v;
  }

  public long hex() throws MalformedException {
    return hex(fieldStart, fieldEnd);
  }

  /** The field as a number. */
  public double number() throws MalformedException {
    return number(fieldStart, fieldEnd);
  }

  public double number(int from, int to) throws MalformedException {
    boolean digits = to > from && to - from < 20;
    for (int p = from; digits && p < to; p++) {
      digits = buf[p] >= '0' && buf[p] <= '9' || p == from && buf[p] == '-' && to - from > 1;
    }
    if (digits) {
      return unsigned(integer(from, to), buf[from] == '-');
    }
    String s = new String(buf, from, to - from, StandardCharsets.UTF_8);
    Double d = Numbers.parse(s);
    if (d == null) {
      throw notNumber(from, to);
    }
    return d;
  }

  private static double unsigned(long v, boolean minus) {
    return v >= 0 || minus ? v : Numbers.unsigned(v);
  }

  /** The next field as an integer without a sign, as a double. */
  public double nextUnsigned() throws MalformedException {
    needField();
    return unsigned();
  }

  public MalformedException malformed(String what) {
    return new MalformedException(path + ": " + what);
  }

  private MalformedException notNumber(int from, int to) {
    String s = new String(buf, from, Math.min(to - from, 64), StandardCharsets.UTF_8);
    return malformed("\"" + s + "\" is not a number");
  }
}
