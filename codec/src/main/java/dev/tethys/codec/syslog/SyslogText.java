package dev.tethys.codec.syslog;

import dev.tethys.codec.CodecException;
import java.nio.charset.StandardCharsets;

/** Bytes of a message and the current read position. */
final class SyslogText {
  /** Highest facility and severity. */
  private static final int MAX_PRIORITY = 191;

  final byte[] buf;
  final int start;
  final int end;
  int at;

  SyslogText(byte[] buf, int offset, int length) {
    this.buf = buf;
    this.start = offset;
    this.end = offset + length;
    this.at = offset;
  }

  CodecException error(String what) {
    return new CodecException("syslog message, byte " + (at - start) + ": " + what);
  }

  boolean isAtEnd() {
    return at >= end;
  }

  /** The next byte; -1 at the end. */
  int peek() {
    return at < end ? buf[at] & 0xff : -1;
  }

  void expect(char c) {
    if (peek() != c) {
      throw error(
          "expected "
              + (c == ' ' ? "a space" : "'" + c + "'")
              + (isAtEnd() ? " but the message ends" : ""));
    }
    at++;
  }

  /** {@code <PRI>}. */
  int priority() {
    expect('<');
    int v = digits(3, "a priority");
    if (v > MAX_PRIORITY) {
      throw error("priority " + v + " is more than " + MAX_PRIORITY);
    }
    expect('>');
    return v;
  }

  int digits(int most, String what) {
    int v = 0;
    int n = 0;
    while (n < most && peek() >= '0' && peek() <= '9') {
      v = v * 10 + (buf[at++] - '0');
      n++;
    }
    if (n == 0) {
      throw error("expected " + what);
    }
    return v;
  }

  /** Reads up to a space or the end. */
  String word() {
    int from = at;
    while (at < end && buf[at] != ' ') {
      at++;
    }
    return text(from, at);
  }

  String text(int from, int to) {
    return new String(buf, from, to - from, StandardCharsets.UTF_8);
  }

  /** The rest, without trailing newlines and NUL, which are frames of senders that use two. */
  String rest() {
    int to = end;
    while (to > at && (buf[to - 1] == '\n' || buf[to - 1] == '\r' || buf[to - 1] == 0)) {
      to--;
    }
    String s = text(at, to);
    at = end;
    return s;
  }
}
