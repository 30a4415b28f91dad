package dev.tethys.collect.database.reader;

import java.util.Collection;
import java.util.Set;

/** Writes settings of a server as text that is compared between readings. */
public final class SettingsText {
  /** Sources whose settings depend on the session or the state of the server. */
  private static final Set<String> OF_SESSIONS = Set.of("override", "session", "client");

  /** Setting with the source of its value, empty if unknown. */
  public record Setting(String name, String value, String source) {}

  private SettingsText() {}

  /** Settings that do not depend on the session, one a line. */
  public static String of(Collection<Setting> settings) {
    StringBuilder out = new StringBuilder();
    for (Setting s : settings) {
      if (!OF_SESSIONS.contains(s.source)) {
        out.append(s.name).append(" = ").append(s.value).append('\n');
      }
    }
    return out.toString();
  }
}
