package dev.tethys.pipeline.processor.kubernetes;

import dev.tethys.model.regex.Groups;
import dev.tethys.model.regex.Regex;
import dev.tethys.model.relabel.Template;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * Creates attributes from one label or annotation, or from all whose names match.
 *
 * @param names attribute names for a single label
 * @param pattern full-match pattern of names, or null
 * @param template name of the attribute, or null for a prefix and the label's name
 * @param prefixes prefixes of generated attribute names
 */
record FieldRule(
    String key,
    List<String> names,
    @Nullable Regex pattern,
    @Nullable Template template,
    List<String> prefixes) {
  static FieldRule of(KubernetesConfig.Field f, boolean label, Conventions conventions) {
    List<String> prefixes = conventions.prefixes(f.from(), label);
    if (f.keyRegex().isEmpty()) {
      List<String> names =
          f.tagName().isEmpty()
              ? prefixes.stream().map(p -> p + f.key()).toList()
              : List.of(f.tagName());
      return new FieldRule(f.key(), names, null, null, prefixes);
    }
    Regex p = Regex.compile("^(?:" + f.keyRegex() + ")$");
    // A name without a reference would be the same for all matches; the Collector rejects it.
    boolean named = !f.tagName().isEmpty() && p.groupCount() > 0;
    return new FieldRule("", List.of(), p, named ? new Template(f.tagName(), p) : null, prefixes);
  }

  void apply(JsonNode fields, Map<String, String> to) {
    if (pattern == null) {
      JsonNode v = fields.get(key);
      if (v != null) {
        names.forEach(n -> to.put(n, v.asString("")));
      }
      return;
    }
    for (Map.Entry<String, JsonNode> e : fields.properties()) {
      String value = e.getValue().asString("");
      if (value.isEmpty() || !pattern.find(e.getKey())) {
        continue;
      }
      if (template == null) {
        prefixes.forEach(p -> to.put(p + e.getKey(), value));
      } else {
        Groups g = pattern.groups(e.getKey());
        if (g.find()) {
          to.put(template.expand(g), value);
        }
      }
    }
  }
}
