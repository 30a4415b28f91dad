package dev.tethys.collect.scrape;

import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlNode;
import dev.tethys.config.YamlObject;
import dev.tethys.model.Labels;
import dev.tethys.model.LabelsBuilder;
import dev.tethys.model.NameScheme;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The {@code global} section, which jobs inherit from; the keys for rules and queries are passed on
 * to their components.
 *
 * @param evaluationInterval default resolution of subqueries, and evaluation interval of rules
 * @param ruleQueryOffset how far in the past the queries of rules are evaluated
 * @param queryLogFile file that queries are logged to, empty if none
 * @param externalLabels labels added to data that leaves this server, variables already expanded
 */
public record GlobalConfig(
    ScrapeDefaults scrape,
    Duration evaluationInterval,
    Duration ruleQueryOffset,
    String queryLogFile,
    Labels externalLabels) {
  /** Defaults if the section is absent. */
  public static final GlobalConfig DEFAULT =
      new GlobalConfig(
          ScrapeDefaults.DEFAULT, Duration.ofMinutes(1), Duration.ZERO, "", Labels.EMPTY);

  /** Variant with all that is known of each scrape. */
  public GlobalConfig withExtraMetrics() {
    return new GlobalConfig(
        scrape.withExtraMetrics(),
        evaluationInterval,
        ruleQueryOffset,
        queryLogFile,
        externalLabels);
  }

  private static final Section SECTION =
      new Section("global", "Defaults of all other parts of the file.");
  private static final Key<Duration> EVALUATION_INTERVAL =
      SECTION.key(
          "evaluation_interval",
          Type.DURATION,
          Duration.ofMinutes(1),
          "Interval between evaluations of rules; also the default resolution of subqueries.");
  private static final Key<Duration> RULE_QUERY_OFFSET =
      SECTION.key(
          "rule_query_offset",
          Type.DURATION,
          Duration.ZERO,
          "Offset into the past of rule evaluations: of their queries and their results.");
  private static final Key<String> QUERY_LOG_FILE =
      SECTION.key(
          "query_log_file",
          Type.PATH,
          "",
          "File to which queries are logged, one line of JSON each; reopened at a reload.");
  private static final Key<Map<String, String>> EXTERNAL_LABELS =
      SECTION.key(
          "external_labels",
          Type.map(Type.of("string", "", YamlNode::asString)),
          Map.of(),
          "External labels added to data that leaves this server; $VAR and ${VAR} are expanded.");

  static {
    SECTION.include(ScrapeDefaults.SECTION);
  }

  /** The section, for the reference. */
  public static Section section() {
    return SECTION;
  }

  /** Reads the section with the environment that variables are taken from. */
  public static Type<GlobalConfig> type(UnaryOperator<@Nullable String> environment) {
    return SECTION.type(o -> read(o, environment));
  }

  private static GlobalConfig read(YamlObject o, UnaryOperator<@Nullable String> environment) {
    ScrapeDefaults scrape = ScrapeDefaults.readGlobal(o);
    Duration evaluation = o.get(EVALUATION_INTERVAL);
    LabelsBuilder labels = new LabelsBuilder();
    o.get(EXTERNAL_LABELS)
        .forEach(
            (name, value) -> {
              if (!scrape.names().isValidLabelName(name)
                  || !NameScheme.UTF8.isValidLabelName(name)) {
                throw o.error(EXTERNAL_LABELS, "\"" + name + "\" is not a valid label name");
              }
              if (!isText(value)) {
                throw o.error(EXTERNAL_LABELS, "\"" + value + "\" is not a valid label value");
              }
              labels.set(name, expand(value, environment));
            });
    return new GlobalConfig(
        scrape,
        evaluation.isZero() ? DEFAULT.evaluationInterval : evaluation,
        o.get(RULE_QUERY_OFFSET),
        o.get(QUERY_LOG_FILE),
        labels.build());
  }

  private static boolean isText(String s) {
    return StandardCharsets.UTF_8.newEncoder().canEncode(s);
  }

  /** Go's os.Expand: $NAME and ${NAME}, $$ for a dollar, unknown names empty. */
  static String expand(String s, UnaryOperator<@Nullable String> environment) {
    StringBuilder sb = new StringBuilder();
    for (int i = 0; i < s.length(); i++) {
      char c = s.charAt(i);
      if (c != '$' || i + 1 == s.length()) {
        sb.append(c);
        continue;
      }
      char next = s.charAt(i + 1);
      if (next == '$') {
        sb.append('$');
        i++;
        continue;
      }
      int end;
      String name;
      if (next == '{') {
        end = s.indexOf('}', i);
        if (end < 0) {
          break;
        }
        name = s.substring(i + 2, end);
      } else {
        end = i;
        while (end + 1 < s.length() && isNamePart(s.charAt(end + 1))) {
          end++;
        }
        if (end == i) {
          sb.append(c);
          continue;
        }
        name = s.substring(i + 1, end + 1);
      }
      String v = environment.apply(name);
      sb.append(v == null ? "" : v);
      i = end;
    }
    return sb.toString();
  }

  private static boolean isNamePart(char c) {
    return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z';
  }

  /** The keys as a tree to be written, defaults filled in. */
  public Map<String, @Nullable Object> tree() {
    Map<String, @Nullable Object> m = new LinkedHashMap<>();
    scrape.addTo(m);
    m.put("evaluation_interval", evaluationInterval);
    m.put("rule_query_offset", ruleQueryOffset.isZero() ? null : ruleQueryOffset);
    m.put("query_log_file", queryLogFile.isEmpty() ? null : queryLogFile);
    m.put("external_labels", externalLabels.isEmpty() ? null : externalLabels.toMap());
    return m;
  }
}
