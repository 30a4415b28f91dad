package dev.tethys.web;

import java.util.List;

/** Header that lists damaged parts because of which a response may lack stored data. */
public final class DamageWarning {
  private static final String HEADER = "X-Tethys-Warning";
  private static final int MAX_LENGTH = 1000;

  private DamageWarning() {}

  /** Adds the header if there is damage. */
  public static void addTo(HttpResponse response, List<String> damage) {
    if (!damage.isEmpty()) {
      response.header(HEADER, text(damage));
    }
  }

  /** Formats damage in one line, without characters not allowed in headers. */
  public static String text(List<String> damage) {
    String text = String.join("; ", damage).replaceAll("[^\\x20-\\x7e]", "?");
    return text.length() <= MAX_LENGTH ? text : text.substring(0, MAX_LENGTH) + "...";
  }
}
