package dev.tethys.codec.syslog;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * {@code <PRI>VERSION TIMESTAMP HOSTNAME APP-NAME PROCID MSGID STRUCTURED-DATA [MSG]}. Names and
 * values may be longer than the RFC allows, since senders exceed it.
 */
final class Rfc5424 {
  private Rfc5424() {}

  static SyslogMessage read(SyslogText t, boolean hasData) {
    int priority = t.priority();
    int version = t.digits(3, "a version");
    t.expect(' ');
    Long timestamp = timestamp(t, word(t));
    t.expect(' ');
    String host = word(t);
    t.expect(' ');
    String app = word(t);
    t.expect(' ');
    String proc = word(t);
    t.expect(' ');
    String id = word(t);
    Map<String, Map<String, String>> data = Map.of();
    if (hasData) {
      t.expect(' ');
      data = structuredData(t);
    }
    String message = null;
    if (!t.isAtEnd()) {
      t.expect(' ');
      if (t.end - t.at >= 3
          && t.buf[t.at] == (byte) 0xef
          && t.buf[t.at + 1] == (byte) 0xbb
          && t.buf[t.at + 2] == (byte) 0xbf) {
        t.at += 3; // a byte order mark says that it is UTF-8
      }
      message = t.rest();
    }
    return new SyslogMessage(
        priority / 8,
        priority % 8,
        version,
        timestamp,
        host,
        app,
        proc,
        id,
        data,
        message == null || message.isEmpty() ? null : message);
  }

  private static String word(SyslogText t) {
    String w = t.word();
    if (w.isEmpty()) {
      throw t.error("expected a value or -");
    }
    return w.equals("-") ? "" : w;
  }

  /** Nanoseconds since 1970; returns null if none. */
  static @Nullable Long timestamp(SyslogText t, String text) {
    if (text.isEmpty()) {
      return null;
    }
    try {
      Instant i = OffsetDateTime.parse(text).toInstant();
      return Math.addExact(Math.multiplyExact(i.getEpochSecond(), 1_000_000_000L), i.getNano());
    } catch (DateTimeException | ArithmeticException e) {
      throw t.error("\"" + text + "\" is not an RFC 3339 time");
    }
  }

  private static Map<String, Map<String, String>> structuredData(SyslogText t) {
    if (t.peek() == '-') {
      t.at++;
      return Map.of();
    }
    if (t.peek() != '[') {
      throw t.error("expected structured data, or -");
    }
    Map<String, Map<String, String>> out = new LinkedHashMap<>();
    while (t.peek() == '[') {
      t.at++;
      String id = name(t);
      Map<String, String> params = out.computeIfAbsent(id, k -> new LinkedHashMap<>());
      while (t.peek() == ' ') {
        t.at++;
        if (t.peek() == ']') {
          break;
        }
        String name = name(t);
        t.expect('=');
        params.put(name, value(t));
      }
      t.expect(']');
    }
    return out;
  }

  private static String name(SyslogText t) {
    int from = t.at;
    for (int c = t.peek(); c > ' ' && c != '=' && c != ']' && c != '"'; c = t.peek()) {
      t.at++;
    }
    if (t.at == from) {
      throw t.error("expected a name in structured data");
    }
    return t.text(from, t.at);
  }

  /** Between quotes; {@code "}, {@code \} and {@code ]} have a backslash before them. */
  private static String value(SyslogText t) {
    t.expect('"');
    int from = t.at;
    ByteArrayOutputStream unescaped = null;
    while (true) {
      int c = t.peek();
      if (c < 0) {
        throw t.error("a value in structured data does not end");
      }
      if (c == '"') {
        break;
      }
      if (c == '\\' && t.at + 1 < t.end) {
        byte next = t.buf[t.at + 1];
        if (next == '"' || next == '\\' || next == ']') {
          if (unescaped == null) {
            unescaped = new ByteArrayOutputStream();
          }
          unescaped.write(t.buf, from, t.at - from);
          unescaped.write(next);
          t.at += 2;
          from = t.at;
          continue;
        }
      }
      t.at++;
    }
    String rest = t.text(from, t.at);
    t.at++;
    return unescaped == null ? rest : unescaped.toString(StandardCharsets.UTF_8) + rest;
  }
}
