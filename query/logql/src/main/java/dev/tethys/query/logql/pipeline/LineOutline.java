package dev.tethys.query.logql.pipeline;

import dev.tethys.model.logs.LogBodyParts;

/**
 * Text of log lines that differ in arguments only. A stage walks over it as over a line and marks
 * the arguments that it reads, or whose bytes decide what it does. Arguments are letters, digits,
 * underscores and bytes from 0x80, at least one. For one thread.
 */
final class LineOutline {
  private byte[] text = {};
  private int length;
  private int[] before = {}; // number of arguments before a byte
  private int[] places = {};
  private boolean[] needed = {};

  /** Sets the text, as {@link LogBodyParts#mark} has it. */
  void set(byte[] bytes, int size, int[] argumentPlaces, boolean[] marks) {
    text = bytes;
    places = argumentPlaces;
    length = size;
    needed = marks;
    if (before.length < size + 1) {
      before = new int[Math.max(size + 1, 2 * before.length)];
    }
    int n = 0;
    for (int p = 0; p < size; p++) {
      before[p] = n;
      if (n < marks.length && places[n] == p) {
        n++;
      }
    }
    before[size] = n;
  }

  /** The bytes; must not be changed. */
  byte[] text() {
    return text;
  }

  /** Number of bytes. */
  int length() {
    return length;
  }

  /** True if there is an argument in a range. */
  boolean varies(int from, int to) {
    return before[to] > before[from];
  }

  /** True if an argument in a range is decimal digits. */
  boolean hasDigits(int from, int to) {
    for (int a = before[from]; a < before[to]; a++) {
      if (text[places[a]] == LogBodyParts.DIGITS) {
        return true;
      }
    }
    return false;
  }

  /** True if only digits vary in a range. */
  boolean onlyDigitsVary(int from, int to) {
    for (int a = before[from]; a < before[to]; a++) {
      if (text[places[a]] != LogBodyParts.DIGITS) {
        return false;
      }
    }
    return true;
  }

  /** Marks the arguments in a range. */
  void need(int from, int to) {
    for (int a = before[from]; a < before[to]; a++) {
      needed[a] = true;
    }
  }
}
