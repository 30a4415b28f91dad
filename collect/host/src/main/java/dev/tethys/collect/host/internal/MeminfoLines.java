package dev.tethys.collect.host.internal;

import java.nio.charset.StandardCharsets;

/** Iterates over /proc/meminfo; the name of each line is in the text and the value here. */
final class MeminfoLines {
  private final Text t;

  /** Start of the name in this line. */
  int nameStart;

  int nameEnd;

  /** In bytes, or pages where the line has no unit. */
  double value;

  MeminfoLines(Text t) {
    this.t = t;
  }

  /** Steps to the next line; false at the end. */
  boolean next() throws MalformedException {
    if (!t.nextLine()) {
      return false;
    }
    t.needField();
    if (t.buf[t.fieldEnd - 1] != ':') {
      throw t.malformed("no name in \"" + t.line() + "\"");
    }
    nameStart = t.fieldStart;
    nameEnd = t.fieldEnd - 1;
    value = t.nextUnsigned();
    if (t.nextField()) {
      if (!t.is("kB")) {
        throw t.malformed("unknown unit in \"" + t.line() + "\"");
      }
      value *= 1024;
    }
    return true;
  }

  /** Returns the field name of the current line. */
  String name() {
    return new String(t.buf, nameStart, nameEnd - nameStart, StandardCharsets.UTF_8);
  }
}
