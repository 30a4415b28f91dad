package dev.tethys.pipeline.receiver.carbon;

import com.google.re2j.Matcher;
import com.google.re2j.Pattern;
import dev.tethys.codec.graphite.PathNaming;
import dev.tethys.codec.points.PointNames;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.model.Labels;
import dev.tethys.model.LabelsBuilder;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The Collector's parser of type {@code regex}: the first expression that matches a path yields its
 * name and labels. Groups named {@code key_…} are labels; groups named {@code name_…} are joined in
 * alphabetical order to form the name. A path without a match is its own name.
 */
final class RegexNaming implements PathNaming {
  /** One expression. */
  record Rule(Pattern pattern, String prefix, Map<String, String> labels) {}

  private static final String KEY = "key_";
  private static final String NAME = "name_";

  private static final Section SECTION = new Section("rule", "Rule that parses paths.");
  private static final Key<Pattern> REGEXP =
      SECTION.required(
          "regexp", Type.REGEX, "Regular expression of paths, with groups key_… and name_….");
  private static final Key<String> PREFIX =
      SECTION.key("name_prefix", Type.STRING, "", "Prefix of the name.");
  private static final Key<Map<String, String>> LABELS =
      SECTION.key("labels", Type.map(Type.STRING), Map.of(), "Labels added to matching paths.");
  private static final Key<String> KIND =
      SECTION.key(
          "type",
          Type.STRING,
          "gauge",
          "Type of the metric: gauge or cumulative; no effect on samples.");
  static final Type<Rule> RULE =
      SECTION.type(
          o -> {
            String kind = o.get(KIND);
            if (!kind.isEmpty() && !kind.equals("gauge") && !kind.equals("cumulative")) {
              throw o.error(KIND, "type must be gauge or cumulative, not \"" + kind + "\"");
            }
            Pattern p = o.get(REGEXP);
            for (String g : p.namedGroups().keySet()) {
              if (!g.startsWith(KEY) && !g.startsWith(NAME)) {
                throw o.error(REGEXP, "the group " + g + " must begin with key_ or name_");
              }
            }
            return new Rule(p, o.get(PREFIX), o.get(LABELS));
          });

  private final List<Rule> rules;
  private final String separator;
  private final PointNames names;
  private final PathNaming otherwise;

  RegexNaming(List<Rule> rules, String separator, PointNames names) {
    this.rules = rules;
    this.separator = separator;
    this.names = names;
    this.otherwise = PathNaming.plain(names);
  }

  @Override
  public @Nullable Labels labels(String path) {
    for (Rule r : rules) {
      Matcher m = r.pattern.matcher(path);
      if (m.find()) {
        return labels(path, r, m);
      }
    }
    return otherwise.labels(path);
  }

  private Labels labels(String path, Rule r, Matcher m) {
    LabelsBuilder b = new LabelsBuilder();
    StringBuilder name = new StringBuilder(r.prefix);
    boolean first = true;
    for (Map.Entry<String, Integer> g : new TreeMap<>(r.pattern.namedGroups()).entrySet()) {
      String value = m.group(g.getValue());
      if (value == null || value.isEmpty()) {
        continue;
      }
      if (g.getKey().startsWith(KEY)) {
        b.set(names.label(g.getKey().substring(KEY.length())), value);
      } else {
        name.append(first ? "" : separator).append(value);
        first = false;
      }
    }
    r.labels.forEach((k, v) -> b.set(names.label(k), v));
    return b.set(Labels.METRIC_NAME, names.metric(name.isEmpty() ? path : name.toString())).build();
  }
}
