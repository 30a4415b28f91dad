package dev.tethys.collect.logs.journal;

import dev.tethys.collect.logs.LabelMap;
import dev.tethys.collect.logs.LogSource;
import dev.tethys.collect.logs.LogSourceConfig;
import dev.tethys.collect.logs.SourceContext;
import dev.tethys.config.GoDurations;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.model.Labels;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * The journal of this machine, or of a folder.
 *
 * @param json whether a line is all fields as JSON, not the message
 * @param maxAge maximum age of entries
 * @param path folder; "" for journald's default
 * @param matches accepted values of each field, one of which an entry must have
 */
public record JournalConfig(
    boolean json, Duration maxAge, String path, Map<String, Set<String>> matches, Labels labels)
    implements LogSourceConfig {
  private static final Section SECTION = new Section("journal", "Entries of the systemd journal.");
  private static final Key<Boolean> JSON =
      SECTION.key(
          "json",
          Type.BOOL,
          false,
          "If true, the line is all fields of the entry as JSON; otherwise the message.");
  private static final Key<Duration> MAX_AGE =
      SECTION.key(
          "max_age",
          GoDurations.TYPE,
          Duration.ofHours(7),
          "Maximum age of entries; older ones are not read.");
  private static final Key<String> PATH =
      SECTION.key(
          "path",
          Type.PATH,
          "",
          "Path of the journal directory; /var/log/journal and /run/log/journal if empty.");
  private static final Key<String> MATCHES =
      SECTION.key(
          "matches", Type.STRING, "", "Matches FIELD=value, separated by spaces; all must match.");
  private static final LabelMap LABELS = new LabelMap(SECTION);

  /** The block in a configuration. */
  public static final Type<JournalConfig> TYPE = SECTION.type(JournalConfig::read);

  private static JournalConfig read(YamlObject o) {
    Map<String, Set<String>> matches = new HashMap<>();
    for (String m : o.get(MATCHES).strip().split("\\s+")) {
      if (m.isEmpty()) {
        continue;
      }
      int eq = m.indexOf('=');
      if (eq <= 0) {
        throw o.error(MATCHES, "\"" + m + "\" is not FIELD=value");
      }
      matches.computeIfAbsent(m.substring(0, eq), k -> new HashSet<>()).add(m.substring(eq + 1));
    }
    return new JournalConfig(o.get(JSON), o.get(MAX_AGE), o.get(PATH), matches, LABELS.read(o));
  }

  @Override
  public String kind() {
    return "journal";
  }

  @Override
  public LogSource source(SourceContext context) {
    return new JournalSource(this, context);
  }
}
