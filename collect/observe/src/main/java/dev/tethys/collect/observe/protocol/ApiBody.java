package dev.tethys.collect.observe.protocol;

import java.nio.charset.StandardCharsets;
import java.util.Locale;

/** Captured body of a request or a response; a bounded number of bytes is read. */
final class ApiBody implements StreamBuffer.Tap {
  /** Content format. */
  enum Form {
    /** One document. */
    JSON,
    /** A document in each line. */
    LINES,
    /** Server-sent events with a document each. */
    EVENTS,
    /** Text whose start is kept until the request is answered. */
    TEXT,
    /** Compressed, or of a type that is not read. */
    UNREADABLE
  }

  private static final int LONGEST_TEXT = 1024;
  private static final byte[] DATA = {'d', 'a', 't', 'a', ':'};

  private final Form form;
  private final JsonScan scan;
  private long left;
  private boolean documentSeen;
  private boolean rest;
  private boolean read;
  private int matched;
  private byte[] text = {};

  ApiBody(Form form, long most, JsonScan.Values to) {
    this.form = form;
    this.left = form == Form.UNREADABLE ? 0 : most;
    this.scan = new JsonScan(to);
  }

  /** Returns the form of content with this type and encoding. */
  static Form form(String type, String encoding) {
    if (!encoding.isEmpty() && !encoding.equalsIgnoreCase("identity")) {
      return Form.UNREADABLE;
    }
    String t = type.toLowerCase(Locale.ROOT);
    int end = t.indexOf(';');
    t = end < 0 ? t.strip() : t.substring(0, end).strip();
    if (t.equals("text/event-stream")) {
      return Form.EVENTS;
    }
    if (t.endsWith("ndjson") || t.endsWith("jsonl")) {
      return Form.LINES;
    }
    if (t.equals("application/x-www-form-urlencoded") || t.endsWith("xml")) {
      return Form.TEXT;
    }
    return isJson(t) ? Form.JSON : Form.UNREADABLE;
  }

  private static boolean isJson(String type) {
    return type.startsWith("application/")
        && (type.endsWith("json")
            || type.endsWith("+json")
            || type.contains("json-")
            || type.endsWith("jsonrequest"));
  }

  /** True while more of the body would be read. */
  boolean wantsMore() {
    return left > 0;
  }

  void stop() {
    left = 0;
    scan.stop();
  }

  Form form() {
    return form;
  }

  /** True if some of the body was visible. */
  boolean wasRead() {
    return read;
  }

  boolean isArray() {
    return scan.isArray();
  }

  /** True if the visible bytes are not JSON although the type declares it. */
  boolean isWrong() {
    return form == Form.JSON && scan.isWrong();
  }

  /** Text of a body of that form. */
  String text() {
    return new String(text, StandardCharsets.UTF_8);
  }

  @Override
  public void bytes(byte[] bytes, int offset, int length) {
    if (left <= 0 || length == 0) {
      return;
    }
    int n = (int) Math.min(left, length);
    left -= n;
    read = true;
    int end = offset + n;
    switch (form) {
      case JSON -> {
        scan.feed(bytes, offset, end);
        if (scan.isWrong() || scan.isComplete()) {
          left = 0;
        }
      }
      case LINES -> lines(bytes, offset, end);
      case EVENTS -> events(bytes, offset, end);
      case TEXT -> keep(bytes, offset, n);
      case UNREADABLE -> {}
    }
  }

  @Override
  public void gap(long n) {
    switch (form) {
      case JSON, TEXT, UNREADABLE -> left = 0;
      case LINES, EVENTS -> {
        rest = true;
        documentSeen = false;
        matched = 0;
      }
    }
  }

  private void keep(byte[] bytes, int offset, int n) {
    int more = Math.min(n, LONGEST_TEXT - text.length);
    byte[] joined = new byte[text.length + more];
    System.arraycopy(text, 0, joined, 0, text.length);
    System.arraycopy(bytes, offset, joined, text.length, more);
    text = joined;
    if (text.length == LONGEST_TEXT) {
      left = 0;
    }
  }

  private void lines(byte[] bytes, int from, int end) {
    int i = from;
    while (i < end) {
      int eol = newline(bytes, i, end);
      if (!rest) {
        scan.feed(bytes, i, eol);
      }
      if (eol < end) {
        scan.reset();
        rest = false;
      }
      i = eol + 1;
    }
  }

  private void events(byte[] bytes, int from, int end) {
    int i = from;
    while (i < end) {
      byte b = bytes[i];
      if (b == '\n') {
        scan.reset();
        rest = false;
        documentSeen = false;
        matched = 0;
        i++;
      } else if (documentSeen) {
        int eol = newline(bytes, i, end);
        scan.feed(bytes, i, eol);
        i = eol;
      } else if (rest) {
        i = newline(bytes, i, end);
      } else if (b == DATA[matched]) {
        matched++;
        documentSeen = matched == DATA.length;
        i++;
      } else {
        rest = true;
      }
    }
  }

  private static int newline(byte[] bytes, int from, int end) {
    int i = from;
    while (i < end && bytes[i] != '\n') {
      i++;
    }
    return i;
  }
}
