package dev.tethys.collect.observe.protocol;

import java.nio.charset.StandardCharsets;

/**
 * Reader of a few values of a JSON document that arrives in pieces, of any length and depth.
 *
 * <p>Members are named by their path, such as {@code usage.input_tokens}; elements of arrays are
 * skipped, except for an array around the document itself. Only the current value is kept, up to
 * the needed length.
 */
final class JsonScan {
  /** Receives JSON values. */
  interface Values {
    /** Maximum number of bytes needed of a string or number, 0 if none. */
    int wanted(String name);

    /** True if the members of this object are needed too. */
    boolean enters(String name);

    /**
     * Receives a member.
     *
     * @param kind first byte of the value: a quote, a brace, a bracket, or that of a number or word
     * @param text text of a string without decoded escapes, or of a number or word, up to the
     *     needed length; otherwise empty
     */
    void value(String name, char kind, String text);
  }

  /** Nesting depth of objects with needed members. */
  private static final int DEPTH = 3;

  private static final int LONGEST_KEY = 64;
  private static final int LONGEST_WORD = 32;

  private enum Part {
    START,
    KEY,
    COLON,
    VALUE,
    WORD,
    AFTER,
    /** Inside skipped data. */
    INSIDE,
    END,
    WRONG
  }

  private final Values to;
  private final String[] prefixes = new String[DEPTH];
  private Part part = Part.START;
  private boolean stopped;
  private boolean array;
  private int objects;
  private long inside;
  private String name = "";
  private boolean string;
  private boolean escaped;
  private byte[] text = new byte[LONGEST_KEY];
  private int length;
  private int limit;

  JsonScan(Values to) {
    this.to = to;
  }

  /** Starts with another document. */
  void reset() {
    part = Part.START;
    array = false;
    objects = 0;
    inside = 0;
    string = false;
    escaped = false;
    length = 0;
  }

  /** Reads nothing more. */
  void stop() {
    stopped = true;
  }

  /** True if the bytes are neither a JSON object nor an array of objects. */
  boolean isWrong() {
    return part == Part.WRONG;
  }

  boolean isComplete() {
    return part == Part.END;
  }

  /** True if the document is an array. */
  boolean isArray() {
    return array;
  }

  void feed(byte[] bytes, int from, int to) {
    int i = from;
    while (i < to && part != Part.WRONG && part != Part.END && !stopped) {
      if (string) {
        i = string(bytes, i, to);
      } else {
        next((char) (bytes[i] & 0xff));
        i++;
      }
    }
  }

  /** Reads a string up to its end, or up to the end of the piece. */
  private int string(byte[] bytes, int from, int to) {
    int i = from;
    while (i < to) {
      byte b = bytes[i++];
      if (escaped) {
        escaped = false;
      } else if (b == '\\') {
        escaped = true;
      } else if (b == '"') {
        string = false;
        ended();
        return i;
      }
      if (length < limit) {
        text[length++] = b;
      }
    }
    return i;
  }

  private void begin(int most) {
    string = true;
    escaped = false;
    collect(most);
  }

  private void collect(int most) {
    length = 0;
    limit = most;
    if (text.length < most) {
      text = new byte[most];
    }
  }

  private String collected() {
    return new String(text, 0, length, StandardCharsets.UTF_8);
  }

  private void ended() {
    if (part == Part.KEY) {
      name = prefixes[objects - 1] + collected();
      part = Part.COLON;
    } else if (part == Part.VALUE) {
      to.value(name, '"', collected());
      part = Part.AFTER;
    }
  }

  private void next(char c) {
    if (c == ' ' || c == '\n' || c == '\r' || c == '\t') {
      if (part == Part.WORD) {
        word();
      }
      return;
    }
    switch (part) {
      case START -> start(c);
      case KEY -> {
        if (c == '"') {
          begin(LONGEST_KEY);
        } else if (c == '}') {
          close();
        } else {
          part = Part.WRONG;
        }
      }
      case COLON -> part = c == ':' ? Part.VALUE : Part.WRONG;
      case VALUE -> value(c);
      case WORD -> {
        if (c == ',' || c == '}') {
          word();
          after(c);
        } else if (length < limit) {
          text[length++] = (byte) c;
        }
      }
      case AFTER -> after(c);
      case INSIDE -> inside(c);
      case END, WRONG -> {}
    }
  }

  private void start(char c) {
    if (c == '{') {
      objects = 1;
      prefixes[0] = "";
      part = Part.KEY;
    } else if (c == '[' && !array) {
      array = true;
    } else if (array && c == ']') {
      part = Part.END;
    } else if (!array || c != ',') {
      part = Part.WRONG;
    }
  }

  private void value(char c) {
    switch (c) {
      case '"' -> begin(to.wanted(name));
      case '{' -> {
        to.value(name, c, "");
        if (objects < DEPTH && to.enters(name)) {
          prefixes[objects++] = name + ".";
          part = Part.KEY;
        } else {
          inside = 1;
          part = Part.INSIDE;
        }
      }
      case '[' -> {
        to.value(name, c, "");
        inside = 1;
        part = Part.INSIDE;
      }
      default -> {
        if (c != '-' && (c < '0' || c > '9') && c != 't' && c != 'f' && c != 'n') {
          part = Part.WRONG;
          return;
        }
        collect(LONGEST_WORD);
        text[length++] = (byte) c;
        part = Part.WORD;
      }
    }
  }

  private void word() {
    to.value(name, (char) text[0], to.wanted(name) == 0 ? "" : collected());
    part = Part.AFTER;
  }

  private void after(char c) {
    if (c == ',') {
      part = Part.KEY;
    } else if (c == '}') {
      close();
    } else {
      part = Part.WRONG;
    }
  }

  private void close() {
    objects--;
    part = objects > 0 ? Part.AFTER : array ? Part.START : Part.END;
  }

  private void inside(char c) {
    switch (c) {
      case '"' -> begin(0);
      case '{', '[' -> inside++;
      case '}', ']' -> {
        if (--inside == 0) {
          part = Part.AFTER;
        }
      }
      default -> {
        // Numbers, words, commas.
      }
    }
  }
}
