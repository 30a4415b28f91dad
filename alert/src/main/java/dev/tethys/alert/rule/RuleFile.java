package dev.tethys.alert.rule;

import dev.tethys.codec.template.TemplateException;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlDocument;
import dev.tethys.config.YamlNode;
import dev.tethys.config.YamlObject;
import dev.tethys.model.GoQuote;
import dev.tethys.model.Labels;
import dev.tethys.model.NameScheme;
import dev.tethys.model.access.Scope;
import dev.tethys.query.logql.ast.LogqlExpr;
import dev.tethys.query.logql.ast.MetricExpr;
import dev.tethys.query.logql.exec.LogqlEngine;
import dev.tethys.query.logql.format.LogqlPrinter;
import dev.tethys.query.logql.parser.LogqlParseException;
import dev.tethys.query.promql.ast.Expr;
import dev.tethys.query.promql.format.PromqlPrinter;
import dev.tethys.query.promql.parser.ParserOptions;
import dev.tethys.query.promql.parser.PromqlParseException;
import dev.tethys.query.promql.parser.PromqlParser;
import dev.tethys.query.traceql.parser.TraceqlParseException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Reads rule files as Prometheus does: strictly, with every error of every rule, and templates
 * parsed.
 */
public final class RuleFile {
  private static final Type<Map<String, String>> TEXTS =
      Type.map(Type.of("string", "", YamlNode::asString));

  private static final Section RULE = new Section("rule", "Recording or alerting rule.");
  private static final Key<String> RECORD =
      RULE.key("record", Type.STRING, "", "Name of the metric for the result.");
  private static final Key<String> ALERT = RULE.key("alert", Type.STRING, "", "Name of the alert.");
  private static final Key<String> EXPR =
      RULE.key(
          "expr",
          Type.STRING,
          "",
          "Query: PromQL; LogQL with type logs, TraceQL with type traces.");
  private static final Key<Duration> FOR =
      RULE.key(
          "for",
          Type.DURATION,
          Duration.ZERO,
          "Time for which an element must be present before the alert fires.");
  private static final Key<Duration> KEEP_FIRING_FOR =
      RULE.key(
          "keep_firing_for",
          Type.DURATION,
          Duration.ZERO,
          "Time for which an alert keeps firing after its element has vanished.");
  private static final Key<Map<String, String>> LABELS =
      RULE.key("labels", TEXTS, Map.of(), "Labels to add; templates in alerting rules.");
  private static final Key<Map<String, String>> ANNOTATIONS =
      RULE.key("annotations", TEXTS, Map.of(), "Annotations of the alert, as templates.");

  private static final Section GROUP =
      new Section("rule_group", "Rules that are evaluated in order, at the same time.");
  private static final Key<String> NAME =
      GROUP.key("name", Type.STRING, "", "Name, unique in the file.");
  private static final Key<Duration> INTERVAL =
      GROUP.optional(
          "interval", Type.DURATION, "Evaluation interval; global.evaluation_interval by default.");
  private static final Key<Duration> QUERY_OFFSET =
      GROUP.optional(
          "query_offset",
          Type.DURATION,
          "Offset of queries into the past; global.rule_query_offset by default.");
  private static final Key<Long> LIMIT =
      GROUP.key(
          "limit", Type.INT, 0L, "Maximum number of series or alerts of a rule; 0 for no limit.");
  private static final Key<Map<String, String>> GROUP_LABELS =
      GROUP.key("labels", TEXTS, Map.of(), "Labels of every rule that does not set them itself.");
  private static final Key<RuleType> TYPE =
      GROUP.key(
          "type",
          Type.oneOf("type", RuleType.values(), RuleType::text),
          RuleType.METRICS,
          "Query language of expressions: metrics for PromQL, logs for LogQL, traces for TraceQL,"
              + " profiles for PromQL on profiles. (Tethys)");
  private static final Key<String> TENANT =
      GROUP.key(
          "tenant",
          Type.STRING,
          "",
          "Tenant whose logs, traces or profiles are queried, fake when absent. (Tethys)");
  private static final Key<List<YamlNode>> RULES =
      GROUP.key(
          "rules",
          Type.sparseList(Type.of("rule", null, n -> n)),
          List.of(),
          "Rules of the group.");

  private static final Section FILE = new Section("rule file", "File named in rule_files.");
  private static final Key<List<YamlNode>> GROUPS =
      FILE.key(
          "groups",
          Type.sparseList(Type.of("rule_group", null, n -> n)),
          List.of(),
          "Rule groups.");

  /** Returns the sections of a rule file, for the reference of all keys. */
  public static List<Section> sections() {
    return List.of(FILE, GROUP, RULE);
  }

  private final NameScheme names;
  private final ParserOptions parser;
  private final String file;
  private final List<String> problems = new ArrayList<>();
  private @Nullable RuleType forced; // of a group whose type its place says

  private RuleFile(String file, NameScheme names, ParserOptions parser) {
    this.file = file;
    this.names = names;
    this.parser = parser;
  }

  /**
   * Reads a file.
   *
   * @throws dev.tethys.config.ConfigException if its content is invalid
   * @throws IOException if it cannot be read
   */
  public static List<GroupSpec> read(Path file, NameScheme names, ParserOptions parser)
      throws IOException {
    return new RuleFile(file.toString(), names, parser).groups(YamlDocument.read(file));
  }

  /**
   * Reads a document whose strictness the caller has chosen.
   *
   * @param name file name in groups
   */
  public static List<GroupSpec> parse(
      String name, YamlDocument document, NameScheme names, ParserOptions parser) {
    return new RuleFile(name, names, parser).groups(document);
  }

  /** Reads text. */
  public static List<GroupSpec> parse(
      String name, String text, NameScheme names, ParserOptions parser) {
    return new RuleFile(name, names, parser).groups(YamlDocument.parse(name, null, text));
  }

  private List<GroupSpec> groups(YamlDocument document) {
    return document.readWhole(() -> readGroups(document));
  }

  private List<GroupSpec> readGroups(YamlDocument document) {
    problems.clear();
    List<GroupSpec> out = new ArrayList<>();
    Map<String, String> seen = new HashMap<>();
    for (YamlNode n : document.root().object(FILE).get(GROUPS)) {
      n.attempt(
          () -> {
            String name = n.object(GROUP).get(NAME);
            if (seen.putIfAbsent(name, n.where()) != null) {
              problem(n, "groupname: \"" + name + "\" is repeated in the same file");
            }
            out.add(group(n));
          });
    }
    throwProblems();
    return out;
  }

  /**
   * Reads a document with one group of log rules, in the format of Loki's ruler.
   *
   * @param tenant tenant whose logs are queried
   */
  public static GroupSpec parseLogGroup(String name, String text, String tenant) {
    RuleFile file = new RuleFile(name, NameScheme.UTF8, ParserOptions.STABLE);
    file.forced = RuleType.LOGS;
    YamlDocument document = YamlDocument.parse(name, null, text);
    GroupSpec g =
        document.readWhole(
            () -> {
              file.problems.clear();
              GroupSpec group = file.group(document.root());
              file.throwProblems();
              return group;
            });
    return new GroupSpec(
        g.file(),
        g.name(),
        g.interval(),
        g.queryOffset(),
        g.limit(),
        g.rules(),
        RuleType.LOGS,
        tenant);
  }

  private void throwProblems() {
    if (!problems.isEmpty()) {
      throw new RuleFileException(problems);
    }
  }

  private GroupSpec group(YamlNode n) {
    YamlObject g = n.object(GROUP);
    String name = g.get(NAME);
    if (name.isEmpty()) {
      problem(n, "Groupname must not be empty");
    }
    RuleType type = forced == null ? g.get(TYPE) : forced;
    String tenant = g.get(TENANT);
    if (type == RuleType.METRICS && !tenant.isEmpty()) {
      problems.add(
          g.error(
                  TENANT,
                  "tenant is '"
                      + tenant
                      + "'; it can be set with type: logs, traces and profiles only")
              .getMessage());
    }
    if (type != RuleType.METRICS && tenant.isEmpty()) {
      tenant = Scope.DEFAULT_TENANT;
    }
    checkLabels(g, GROUP_LABELS, "");
    List<RuleSpec> rules = new ArrayList<>();
    int i = 0;
    for (YamlNode r : g.get(RULES)) {
      int number = ++i;
      r.attempt(
          () -> {
            RuleSpec spec = rule(r.object(RULE), g.get(GROUP_LABELS), name, number, type);
            if (spec != null) {
              rules.add(spec);
            }
          });
    }
    Duration interval = g.find(INTERVAL);
    return new GroupSpec(
        file,
        name,
        interval == null || interval.isZero() ? null : interval,
        g.find(QUERY_OFFSET),
        g.get(LIMIT),
        rules,
        type,
        tenant);
  }

  private void problem(YamlNode at, String text) {
    problems.add(at.where() + ": " + text);
  }

  private void checkLabels(YamlObject o, Key<Map<String, String>> key, String context) {
    o.get(key)
        .forEach(
            (k, v) -> {
              if (!names.isValidLabelName(k) || k.equals(Labels.METRIC_NAME)) {
                problems.add(o.error(key, context + "invalid label name: " + k).getMessage());
              }
              if (!StandardCharsets.UTF_8.newEncoder().canEncode(v)) {
                problems.add(o.error(key, context + "invalid label value: " + v).getMessage());
              }
            });
  }

  private @Nullable RuleSpec rule(
      YamlObject o, Map<String, String> groupLabels, String group, int number, RuleType type) {
    int before = problems.size();
    String record = o.get(RECORD);
    String alert = o.get(ALERT);
    String context =
        "group "
            + GoQuote.quote(group)
            + ", rule "
            + number
            + ", "
            + GoQuote.quote(alert.isEmpty() ? record : alert)
            + ": ";
    if (record.isEmpty() == alert.isEmpty()) {
      problem(
          o.node(),
          context
              + (record.isEmpty()
                  ? "one of 'record' or 'alert' must be set"
                  : "only one of 'record' and 'alert' must be set"));
    }
    Query query = query(o, context, type);
    if (!record.isEmpty()) {
      checkRecording(o, record, context);
    }
    checkLabels(o, LABELS, context);
    for (String name : o.get(ANNOTATIONS).keySet()) {
      if (!names.isValidLabelName(name)) {
        problems.add(
            o.error(ANNOTATIONS, context + "invalid annotation name: " + name).getMessage());
      }
    }
    TreeMap<String, String> labels = new TreeMap<>(groupLabels);
    labels.putAll(o.get(LABELS));
    if (!alert.isEmpty()) {
      checkTemplates(o, LABELS, alert, context + "label ");
      checkTemplates(o, ANNOTATIONS, alert, context + "annotation ");
    }
    if (problems.size() > before || query == null) {
      return null;
    }
    return alert.isEmpty()
        ? new RuleSpec.Recording(record, query.text, query.expr, labels)
        : new RuleSpec.Alerting(
            alert,
            query.text,
            query.expr,
            o.get(FOR),
            o.get(KEEP_FIRING_FOR),
            labels,
            new TreeMap<>(o.get(ANNOTATIONS)));
  }

  private record Query(String text, @Nullable Expr expr) {}

  private @Nullable Query query(YamlObject o, String context, RuleType type) {
    String text = o.get(EXPR);
    if (text.isEmpty()) {
      problems.add(o.error(EXPR, context + "field 'expr' must be set in rule").getMessage());
      return null;
    }
    try {
      if (type == RuleType.LOGS) {
        LogqlExpr e = LogqlEngine.check(text);
        if (e instanceof MetricExpr) {
          return new Query(LogqlPrinter.print(e), null);
        }
        problems.add(
            o.error(
                    EXPR,
                    context
                        + "expression is a log query; a rule needs a metric query such as"
                        + " count_over_time({app=\"x\"}[5m])")
                .getMessage());
        return null;
      }
      if (type == RuleType.TRACES) {
        return new Query(TraceRuleQueries.parse(text).toString(), null);
      }
      Expr e = PromqlParser.parse(text, parser);
      return new Query(PromqlPrinter.print(e), e);
    } catch (PromqlParseException | LogqlParseException | TraceqlParseException e) {
      problems.add(
          o.error(EXPR, context + "could not parse expression: " + e.getMessage()).getMessage());
      return null;
    }
  }

  private void checkRecording(YamlObject o, String record, String context) {
    if (!o.get(ANNOTATIONS).isEmpty()) {
      problems.add(
          o.error(ANNOTATIONS, context + "invalid field 'annotations' in recording rule")
              .getMessage());
    }
    if (!o.get(FOR).isZero()) {
      problems.add(o.error(FOR, context + "invalid field 'for' in recording rule").getMessage());
    }
    if (!o.get(KEEP_FIRING_FOR).isZero()) {
      problems.add(
          o.error(KEEP_FIRING_FOR, context + "invalid field 'keep_firing_for' in recording rule")
              .getMessage());
    }
    if (!names.isValidMetricName(record)) {
      problems.add(
          o.error(RECORD, context + "invalid recording rule name: " + record).getMessage());
    }
    if (record.indexOf('{') >= 0 || record.indexOf('}') >= 0) {
      problems.add(
          o.error(
                  RECORD,
                  context
                      + "braces present in the recording rule name; should it be in expr?: "
                      + record)
              .getMessage());
    }
  }

  private void checkTemplates(
      YamlObject o, Key<Map<String, String>> key, String alert, String context) {
    o.get(key)
        .forEach(
            (name, text) -> {
              try {
                AlertTemplate.of(alert, text);
              } catch (TemplateException e) {
                problems.add(
                    o.error(key, context + GoQuote.quote(name) + ": " + e.reason()).getMessage());
              }
            });
  }
}
