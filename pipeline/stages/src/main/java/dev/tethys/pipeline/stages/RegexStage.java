package dev.tethys.pipeline.stages;

import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlNode;
import dev.tethys.config.YamlObject;
import dev.tethys.model.regex.Groups;
import dev.tethys.model.regex.Regex;
import dev.tethys.model.regex.RegexSyntaxException;
import java.util.Map;

/** Extracts the named groups of the first match; a group that did not participate is empty. */
final class RegexStage implements Stage.Change {
  private static final Section KEYS =
      new Section("regex", "Extracts the named groups of a regular expression.");
  private static final Key<Regex> EXPRESSION =
      KEYS.required("expression", Regexes.TYPE, "RE2 expression with named groups.");
  private static final Key<String> SOURCE = Source.key(KEYS);

  private final Source source;
  private final Regex regex;
  private final String[] names;
  private final int[] groups;

  private RegexStage(Source source, Regex regex) {
    this.source = source;
    this.regex = regex;
    Map<String, Integer> named = regex.groupNames();
    this.names = named.keySet().toArray(String[]::new);
    this.groups = named.values().stream().mapToInt(i -> i).toArray();
  }

  static RegexStage parse(YamlNode config) {
    YamlObject o = config.object(KEYS);
    return new RegexStage(Source.of(o, SOURCE), o.get(EXPRESSION));
  }

  @Override
  public void change(StageEntry e) {
    String text = source.text(e);
    if (text == null) {
      return;
    }
    if (!regex.find(text)) {
      return;
    }
    Groups g = regex.groups(text);
    if (!g.find()) {
      return;
    }
    for (int i = 0; i < names.length; i++) {
      String v = g.group(groups[i]);
      e.extracted.put(names[i], v == null ? "" : v);
    }
  }

  /** Expressions in the configuration of stages. */
  static final class Regexes {
    static final Type<Regex> TYPE = Type.of("regex", null, n -> n.parse(Regexes::compile));

    private Regexes() {}

    private static Regex compile(String s) {
      try {
        return Regex.compile(s);
      } catch (RegexSyntaxException e) {
        throw new IllegalArgumentException(
            "could not compile regular expression: " + e.getMessage(), e);
      }
    }
  }
}
