package dev.tethys.collect.host.device;

import org.jspecify.annotations.Nullable;

/**
 * The parts of a file's name such as {@code temp1_crit_alarm}: type, number, property.
 *
 * @param number 0 if there is none
 * @param property {@code ""} if there is none
 */
record SensorFile(String type, int number, String property) {
  private static final int MAX_DIGITS = 9;

  /** Parses a file name; returns null for other names. */
  static @Nullable SensorFile parse(String name) {
    int digits = 0;
    while (digits < name.length() && !digit(name.charAt(digits))) {
      digits++;
    }
    int end = digits;
    while (end < name.length() && digit(name.charAt(end))) {
      end++;
    }
    if (digits == 0 || end - digits > MAX_DIGITS) {
      return null;
    }
    int number = end == digits ? 0 : Integer.parseInt(name.substring(digits, end));
    if (end == name.length()) {
      return new SensorFile(name.substring(0, digits), number, "");
    }
    if (name.charAt(end) == '_' && end + 1 < name.length()) {
      return new SensorFile(name.substring(0, digits), number, name.substring(end + 1));
    }
    int low = name.lastIndexOf('_', digits - 1); // a number inside the property
    return low <= 0 ? null : new SensorFile(name.substring(0, low), 0, name.substring(low + 1));
  }

  private static boolean digit(char c) {
    return c >= '0' && c <= '9';
  }
}
