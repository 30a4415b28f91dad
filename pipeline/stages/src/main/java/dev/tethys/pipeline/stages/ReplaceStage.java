package dev.tethys.pipeline.stages;

import dev.tethys.codec.template.GoMap;
import dev.tethys.codec.template.Template;
import dev.tethys.codec.template.TemplateException;
import dev.tethys.codec.template.sprig.LineFunctions;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlNode;
import dev.tethys.config.YamlObject;
import dev.tethys.model.regex.Groups;
import dev.tethys.model.regex.Regex;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Replaces the captured groups of every match with the output of a template. The new values of
 * named groups are extracted as well.
 */
final class ReplaceStage implements Stage.Change {
  private static final Section KEYS =
      new Section("replace", "Replaces the text that groups of a regular expression capture.");
  private static final Key<Regex> EXPRESSION =
      KEYS.required("expression", RegexStage.Regexes.TYPE, "RE2 expression with groups.");
  private static final Key<String> SOURCE = Source.key(KEYS);
  private static final Key<String> REPLACE =
      KEYS.key(
          "replace",
          Type.STRING,
          "",
          "Go template of the replacement; the captured text is .Value.");

  private final Source source;
  private final Regex pattern;
  private final Template template;

  private ReplaceStage(Source source, Regex pattern, Template template) {
    this.source = source;
    this.pattern = pattern;
    this.template = template;
  }

  static ReplaceStage parse(YamlNode config) {
    YamlObject o = config.object(KEYS);
    return new ReplaceStage(
        Source.of(o, SOURCE), o.get(EXPRESSION), TemplateStage.template(o, REPLACE));
  }

  @Override
  public void change(StageEntry e) {
    String text = source.text(e);
    if (text == null) {
      return;
    }
    Groups m = pattern.groups(text);
    Map<String, String> data = null;
    Map<String, String> replaced = new HashMap<>(); // by captured text
    List<@Nullable String> first = new ArrayList<>(); // the groups of the first match
    StringBuilder out = new StringBuilder(text.length());
    int end = 0;
    while (m.find()) {
      if (data == null) {
        data = TemplateStage.data(e.extracted);
      }
      for (int g = 1; g <= m.groupCount(); g++) {
        String captured = m.group(g);
        if (first.size() < m.groupCount()) {
          first.add(captured);
        }
        if (captured == null) {
          continue;
        }
        String instead;
        try {
          data.put("Value", captured);
          instead = template.execute(GoMap.ofAny(data), LineFunctions.ALL, TemplateStage.LIMITS);
        } catch (TemplateException x) {
          return;
        }
        if (end == 0 || end <= m.start(g)) {
          out.append(text, end, m.start(g)).append(instead);
          end = m.end(g);
        }
        replaced.put(captured, instead);
      }
    }
    if (data == null) {
      return; // no match
    }
    String result = out.append(text, end, text.length()).toString();
    if (source.name() == null) {
      e.entry.setLine(result);
    } else {
      e.extracted.put(source.name(), result);
    }
    pattern
        .groupNames()
        .forEach(
            (name, g) -> {
              String captured = first.size() < g ? null : first.get(g - 1);
              String v = replaced.get(captured == null ? "" : captured);
              if (v != null) {
                e.extracted.put(name, v);
              }
            });
  }
}
