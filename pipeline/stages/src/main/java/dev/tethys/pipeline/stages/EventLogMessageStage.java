package dev.tethys.pipeline.stages;

import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlNode;
import dev.tethys.config.YamlObject;
import dev.tethys.model.LabelNames;

/** Extracts the {@code key: value} lines from a Windows event log message. */
final class EventLogMessageStage implements Stage.Change {
  private static final Section KEYS =
      new Section("eventlogmessage", "Extracts the lines of a message of the Windows event log.");
  private static final Key<String> SOURCE =
      KEYS.key("source", Type.STRING, "message", "Extracted value that contains the message.");
  private static final Key<Boolean> DROP =
      KEYS.key(
          "drop_invalid_labels",
          Type.BOOL,
          false,
          "If true, keys that are not valid label names are dropped; otherwise "
              + "they are converted.");
  private static final Key<Boolean> OVERWRITE =
      KEYS.key(
          "overwrite_existing",
          Type.BOOL,
          false,
          "If true, existing extracted values are overwritten; otherwise the new value is named "
              + "NAME_extracted.");

  private final String source;
  private final boolean dropInvalid;
  private final boolean overwrite;

  private EventLogMessageStage(String source, boolean dropInvalid, boolean overwrite) {
    this.source = source;
    this.dropInvalid = dropInvalid;
    this.overwrite = overwrite;
  }

  static EventLogMessageStage parse(YamlNode config) {
    YamlObject o = config.object(KEYS);
    String source = o.get(SOURCE);
    if (!LabelNames.isLegacyLabelName(source)) {
      throw o.error(SOURCE, "invalid label name: " + source);
    }
    return new EventLogMessageStage(source, o.get(DROP), o.get(OVERWRITE));
  }

  @Override
  public void change(StageEntry e) {
    String message = e.extracted.text(source);
    if (message == null) {
      return;
    }
    for (String line : message.split("\r\n", -1)) {
      int colon = line.indexOf(':');
      if (colon < 0) {
        continue;
      }
      String key = line.substring(0, colon);
      if (!LabelNames.isLegacyLabelName(key)) {
        if (dropInvalid) {
          continue;
        }
        key = labelName(key);
      }
      if (!overwrite && e.extracted.has(key)) {
        key += "_extracted";
      }
      e.extracted.put(key, line.substring(colon + 1).strip());
    }
  }

  private static String labelName(String s) {
    if (s.isEmpty()) {
      return "_";
    }
    StringBuilder sb = new StringBuilder();
    s.codePoints()
        .forEach(
            c -> {
              boolean letter = c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_';
              boolean digit = c >= '0' && c <= '9' && !sb.isEmpty();
              sb.append(letter || digit ? (char) c : '_');
            });
    return sb.toString();
  }
}
