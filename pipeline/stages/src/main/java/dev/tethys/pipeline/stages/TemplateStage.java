package dev.tethys.pipeline.stages;

import dev.tethys.codec.template.GoMap;
import dev.tethys.codec.template.MissingKey;
import dev.tethys.codec.template.Template;
import dev.tethys.codec.template.TemplateException;
import dev.tethys.codec.template.TemplateLimits;
import dev.tethys.codec.template.sprig.LineFunctions;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlNode;
import dev.tethys.config.YamlObject;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/**
 * Sets an extracted value to the output of a Go template over all extracted values. An empty result
 * removes the value; a failing template leaves it unchanged.
 */
final class TemplateStage implements Stage.Change {
  /** Resource limits of a template per line. */
  static final TemplateLimits LIMITS =
      new TemplateLimits(16 << 20, 100, 1_000_000, Duration.ofSeconds(5));

  private static final Section KEYS =
      new Section("template", "Sets an extracted value from a Go template.");
  private static final Key<String> SOURCE =
      KEYS.required(
          "source", Type.STRING, "Name of the extracted value to set; .Value in the template.");
  private static final Key<String> TEMPLATE =
      KEYS.key(
          "template",
          Type.STRING,
          "",
          "Go template. It can use every extracted value by name, and the line " + "as .Entry.");

  private final String source;
  private final Template template;

  private TemplateStage(String source, Template template) {
    this.source = source;
    this.template = template;
  }

  static TemplateStage parse(YamlNode config) {
    YamlObject o = config.object(KEYS);
    return new TemplateStage(SimpleStages.nonEmpty(o, SOURCE), template(o, TEMPLATE));
  }

  static Template template(YamlObject o, Key<String> key) {
    try {
      return Template.parse("pipeline_template", o.get(key), LineFunctions.ALL, MissingKey.INVALID);
    } catch (TemplateException e) {
      throw o.error(key, e.reason());
    }
  }

  /** Returns the extracted values as text. */
  static Map<String, String> data(Extracted extracted) {
    Map<String, String> m = new HashMap<>();
    extracted
        .toMap()
        .forEach(
            (k, v) -> {
              String s = Extracted.text(v);
              if (s != null) {
                m.put(k, s);
              }
            });
    return m;
  }

  @Override
  public void change(StageEntry e) {
    Map<String, String> data = data(e.extracted);
    String value = data.get(source);
    if (value != null) {
      data.put("Value", value);
    }
    data.put("Entry", e.line());
    String made;
    try {
      made = template.execute(GoMap.ofAny(data), LineFunctions.ALL, LIMITS);
    } catch (TemplateException x) {
      return;
    }
    if (made.isEmpty()) {
      e.extracted.remove(source);
    } else {
      e.extracted.put(source, made);
    }
  }
}
