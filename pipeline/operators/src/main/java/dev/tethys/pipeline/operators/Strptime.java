package dev.tethys.pipeline.operators;

import java.util.Map;

/** Layouts of times in C's manner as layouts of Go, by the directives of the Collector. */
final class Strptime {
  private static final Map<Character, String> GO =
      Map.ofEntries(
          Map.entry('Y', "2006"),
          Map.entry('y', "06"),
          Map.entry('m', "01"),
          Map.entry('o', "_1"),
          Map.entry('q', "1"),
          Map.entry('b', "Jan"),
          Map.entry('h', "Jan"),
          Map.entry('B', "January"),
          Map.entry('d', "02"),
          Map.entry('e', "_2"),
          Map.entry('g', "2"),
          Map.entry('a', "Mon"),
          Map.entry('A', "Monday"),
          Map.entry('H', "15"),
          Map.entry('I', "3"),
          Map.entry('l', "03"),
          Map.entry('p', "PM"),
          Map.entry('P', "pm"),
          Map.entry('M', "04"),
          Map.entry('S', "05"),
          Map.entry('L', "999"),
          Map.entry('f', "999999"),
          Map.entry('s', "99999999"),
          Map.entry('Z', "MST"),
          Map.entry('z', "Z0700"),
          Map.entry('w', "-070000"),
          Map.entry('i', "-07"),
          Map.entry('j', "-07:00"),
          Map.entry('k', "-07:00:00"),
          Map.entry('D', "01/02/2006"),
          Map.entry('x', "01/02/2006"),
          Map.entry('F', "2006-01-02"),
          Map.entry('T', "15:04:05"),
          Map.entry('X', "15:04:05"),
          Map.entry('r', "03:04:05 pm"),
          Map.entry('c', "Mon Jan 02 15:04:05 2006"),
          Map.entry('v', "_2-Jan-2006"),
          Map.entry('R', "15:04"),
          Map.entry('n', "\n"),
          Map.entry('t', "\t"),
          Map.entry('%', "%"));

  private Strptime() {}

  /**
   * The layout of Go.
   *
   * @throws IllegalArgumentException for a directive that there is not
   */
  static String toGo(String layout) {
    StringBuilder sb = new StringBuilder();
    for (int i = 0; i < layout.length(); i++) {
      char c = layout.charAt(i);
      if (c != '%') {
        sb.append(c);
        continue;
      }
      if (++i == layout.length()) {
        throw new IllegalArgumentException("the layout ends with %; a percent sign is %%");
      }
      String go = GO.get(layout.charAt(i));
      if (go == null) {
        throw new IllegalArgumentException(
            "there is no directive %" + layout.charAt(i) + " in layouts of times");
      }
      sb.append(go);
    }
    return sb.toString();
  }
}
