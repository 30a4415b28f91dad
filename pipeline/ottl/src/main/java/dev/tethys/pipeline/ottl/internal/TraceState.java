package dev.tethys.pipeline.ottl.internal;

import java.util.ArrayList;
import java.util.List;

/** Entries of W3C's {@code tracestate}: {@code key=value}, separated by commas, newest first. */
public final class TraceState {
  /** Maximum number of entries in W3C's specification. */
  public static final int MAX_ENTRIES = 32;

  private TraceState() {}

  /** Value of a key; "" if it is missing. */
  public static String get(String state, String key) {
    for (String entry : state.split(",")) {
      int eq = entry.indexOf('=');
      if (eq > 0 && entry.substring(0, eq).strip().equals(key)) {
        return entry.substring(eq + 1).strip();
      }
    }
    return "";
  }

  /**
   * State with a key set, which moves to the front as W3C requires; unchanged if key or value is
   * invalid.
   */
  public static String set(String state, String key, String value) {
    if (!validKey(key) || !validValue(value)) {
      return state;
    }
    List<String> entries = without(state, key);
    entries.addFirst(key + "=" + value);
    while (entries.size() > MAX_ENTRIES) {
      entries.removeLast();
    }
    return String.join(",", entries);
  }

  private static List<String> without(String state, String key) {
    List<String> entries = new ArrayList<>();
    for (String entry : state.split(",")) {
      String e = entry.strip();
      int eq = e.indexOf('=');
      if (eq > 0 && !e.substring(0, eq).equals(key)) {
        entries.add(e);
      }
    }
    return entries;
  }

  private static boolean validKey(String key) {
    if (key.isEmpty() || key.length() > 256) {
      return false;
    }
    for (int i = 0; i < key.length(); i++) {
      char c = key.charAt(i);
      boolean letter = c >= 'a' && c <= 'z' || c >= '0' && c <= '9';
      if (!letter && (i == 0 || "_-*/@".indexOf(c) < 0)) {
        return false;
      }
    }
    return true;
  }

  private static boolean validValue(String value) {
    if (value.isEmpty() || value.length() > 256 || value.endsWith(" ")) {
      return false;
    }
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      if (c < 0x20 || c > 0x7e || c == ',' || c == '=') {
        return false;
      }
    }
    return true;
  }
}
