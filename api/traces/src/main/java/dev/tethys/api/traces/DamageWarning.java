package dev.tethys.api.traces;

import dev.tethys.web.HttpResponse;
import java.util.List;

/** Header that names damaged parts, by which traces or spans of an answer may be absent. */
final class DamageWarning {
  private static final String HEADER = "X-Tethys-Warning";
  private static final int MAX_LENGTH = 1000;

  private DamageWarning() {}

  /** Adds the header if there is damage. */
  static void addTo(HttpResponse response, List<String> damage) {
    if (!damage.isEmpty()) {
      response.header(HEADER, text(damage));
    }
  }

  /** Damage in one line, without characters that headers do not have. */
  static String text(List<String> damage) {
    String text = String.join("; ", damage).replaceAll("[^\\x20-\\x7e]", "?");
    return text.length() <= MAX_LENGTH ? text : text.substring(0, MAX_LENGTH) + "...";
  }
}
