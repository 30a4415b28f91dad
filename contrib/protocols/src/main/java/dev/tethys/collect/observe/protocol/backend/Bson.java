package dev.tethys.collect.observe.protocol.backend;

import dev.tethys.collect.observe.protocol.StreamBuffer;
import org.jspecify.annotations.Nullable;

/** Text of BSON documents. */
final class Bson {
  static final String TRUNCATED = "<truncated>";
  private static final int DEEPEST = 16;
  private static final int LONGEST = 1024;

  private final StreamBuffer in;
  private final int end;
  private final boolean values;
  private final StringBuilder out = new StringBuilder();
  private int at;

  private Bson(StreamBuffer in, int from, int end, boolean values) {
    this.in = in;
    this.at = from;
    this.end = Math.min(end, in.available());
    this.values = values;
  }

  /**
   * Formats a document as JSON; {@code <truncated>} if it is not visible to its end.
   *
   * @param values false to replace each value by {@code ?}
   */
  static String text(StreamBuffer in, int from, int end, boolean values) {
    Bson b = new Bson(in, from, end, values);
    return b.document(0, false) ? b.out.toString() : TRUNCATED;
  }

  /**
   * Returns name and value of the first element, the value empty unless it is a string; null if
   * cut.
   */
  static String @Nullable [] first(StreamBuffer in, int from) {
    int n = in.available();
    if (from + 6 > n) {
      return null;
    }
    int nul = in.indexOf(0, from + 5, from + 5 + 128);
    if (nul < 0) {
      return null;
    }
    String value = "";
    if (in.u8(from + 4) == 2 && nul + 5 <= n) {
      int length = in.i32le(nul + 1);
      if (length > 0 && length <= 256) {
        value = in.text(nul + 5, nul + 4 + length);
      }
    }
    return new String[] {in.text(from + 5, nul), value};
  }

  /** Returns the number in a top-level element: double, int or long; NaN if it is not visible. */
  static double number(StreamBuffer in, int from, int end, String name) {
    Bson b = new Bson(in, from, end, false);
    b.at += 4;
    while (b.at < b.end) {
      int type = in.u8(b.at++);
      if (type == 0) {
        break;
      }
      int nul = in.indexOf(0, b.at, b.end);
      if (nul < 0) {
        break;
      }
      boolean found = in.text(b.at, nul).equals(name);
      b.at = nul + 1;
      if (found) {
        return b.numeric(type);
      }
      if (!b.value(type, DEEPEST - 1)) {
        break;
      }
    }
    return Double.NaN;
  }

  private double numeric(int type) {
    if (type == 16 && at + 4 <= end) {
      return in.i32le(at);
    }
    if (type == 8 && at < end) {
      return in.u8(at);
    }
    if (at + 8 > end) {
      return Double.NaN;
    }
    long bits = Long.reverseBytes(in.i64(at));
    return type == 1 ? Double.longBitsToDouble(bits) : type == 18 ? bits : Double.NaN;
  }

  private boolean document(int depth, boolean array) {
    if (depth > DEEPEST || at + 5 > end) {
      return false;
    }
    int length = in.i32le(at);
    if (length < 5 || length > end - at) {
      return false;
    }
    int last = at + length - 1;
    at += 4;
    out.append(array ? '[' : '{');
    boolean any = false;
    while (at < last) {
      int type = in.u8(at++);
      if (type == 0) {
        break;
      }
      int nul = in.indexOf(0, at, last);
      if (nul < 0) {
        return false;
      }
      if (any) {
        out.append(", ");
      }
      any = true;
      if (!array) {
        out.append('"').append(in.text(at, nul)).append("\": ");
      }
      at = nul + 1;
      if (out.length() > LONGEST) {
        out.setLength(LONGEST);
        return true;
      }
      if (!value(type, depth)) {
        return false;
      }
    }
    at = last + 1;
    out.append(array ? ']' : '}');
    return true;
  }

  private boolean value(int type, int depth) {
    int size =
        switch (type) {
          case 1, 9, 17, 18 -> 8;
          case 7 -> 12;
          case 8 -> 1;
          case 16 -> 4;
          case 19 -> 16;
          case 6, 10, 255, 127 -> 0;
          default -> -1;
        };
    if (type == 3 || type == 4) {
      return document(depth + 1, type == 4);
    }
    if (type == 11) {
      int first = in.indexOf(0, at, end);
      int second = first < 0 ? -1 : in.indexOf(0, first + 1, end);
      size = second < 0 ? -1 : second + 1 - at;
    } else if (size < 0 && at + 4 <= end) {
      int length = in.i32le(at);
      size =
          switch (type) {
            case 2, 13, 14 -> 4 + length;
            case 5 -> 5 + length;
            case 12 -> 16 + length;
            case 15 -> length;
            default -> -1;
          };
      if (length < 0) {
        return false;
      }
    }
    if (size < 0 || size > end - at) {
      return false;
    }
    if (values && type == 2) {
      out.append('"').append(in.text(at + 4, at + size - 1)).append('"');
    } else if (values && type == 16) {
      out.append(in.i32le(at));
    } else {
      out.append('?');
    }
    at += size;
    return true;
  }
}
