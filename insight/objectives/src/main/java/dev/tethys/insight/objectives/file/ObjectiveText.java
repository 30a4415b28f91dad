package dev.tethys.insight.objectives.file;

import dev.tethys.config.Key;
import dev.tethys.config.YamlObject;
import dev.tethys.model.Labels;
import dev.tethys.model.NameScheme;
import java.util.Map;
import java.util.regex.Pattern;

/** Rules for names and labels of objectives. */
final class ObjectiveText {
  static final int MAX_NAME = 200;

  /** Names as in Sloth. */
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?");

  private ObjectiveText() {}

  /** Checks a name of an objective, or of a service of Sloth. */
  static String name(YamlObject o, Key<?> key, String name) {
    if (!NAME.matcher(name).matches() || name.length() > MAX_NAME) {
      throw o.error(
          key,
          key.name()
              + " is \""
              + name
              + "\"; it must have 1 to "
              + MAX_NAME
              + " letters, digits, '.', '_' and '-', and start and end with a letter or digit");
    }
    return name;
  }

  /** Checks labels of rules. */
  static Map<String, String> labels(YamlObject o, Key<?> key, Map<String, String> labels) {
    labels.forEach(
        (k, v) -> {
          if (!isName(k) || k.startsWith("sloth_")) {
            throw o.error(
                key, "\"" + k + "\" is not a valid label here; names with sloth_ are reserved");
          }
          if (v.isEmpty()) {
            throw o.error(key, "label \"" + k + "\" is empty; give it a value or remove it");
          }
        });
    return labels;
  }

  private static boolean isName(String k) {
    return NameScheme.UTF8.isValidLabelName(k) && !k.equals(Labels.METRIC_NAME);
  }

  /** Checks labels of alerts. */
  static void checkLabels(YamlObject o, Map<String, String> labels) {
    labels.forEach(
        (k, v) -> {
          if (!isName(k) || v.isEmpty()) {
            throw o.error("label \"" + k + "\" of an alert is not valid or empty; correct it");
          }
        });
  }

  /** Checks annotations of alerts. */
  static void checkAnnotations(YamlObject o, Map<String, String> annotations) {
    annotations.forEach(
        (k, v) -> {
          if (!isName(k)) {
            throw o.error("annotation \"" + k + "\" of an alert is not a valid name; correct it");
          }
        });
  }
}
