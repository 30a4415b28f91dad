package dev.tethys.tools;

import dev.tethys.alert.rule.GroupSpec;
import dev.tethys.alert.rule.RuleFile;
import dev.tethys.alert.rule.RuleSpec;
import dev.tethys.alert.rule.RuleType;
import dev.tethys.config.ConfigException;
import dev.tethys.config.Durations;
import dev.tethys.config.YamlDocument;
import dev.tethys.config.YamlNode;
import dev.tethys.model.NameScheme;
import dev.tethys.runtime.cli.Flag;
import dev.tethys.runtime.cli.UsageException;
import dev.tethys.tools.LintRules.Problem;
import dev.tethys.tools.LintRules.Severity;
import dev.tethys.tools.ruletest.RuleErrors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** {@code lint}: finds likely errors in syntactically valid rules. */
final class Lint {
  private static final int COMPLAINED = 3;
  private static final List<String> CHECKS =
      List.of(
          LintRules.FOR,
          LintRules.COMPARISON,
          LintRules.TEMPLATE,
          LintRules.RATE,
          LintRules.COUNTER,
          LintRules.MATCHING,
          LintRules.REGEXP,
          LintServer.SERIES,
          LintServer.COST);

  private Lint() {}

  /** A problem and its position. */
  private record Finding(String file, int line, String group, RuleSpec rule, Problem problem) {}

  /** A rule with its lines. */
  private record Placed(String group, RuleSpec rule, int line, int from, int to) {}

  static Command command() {
    return new Command(
        "lint",
        "<rule-files>...",
        "Find likely errors in rules. Checks: "
            + String.join(", ", CHECKS)
            + "; the last two need --server. A comment `# lint disable CHECK` in or above a rule"
            + " switches one off. Exit code 3 when something as bad as --fail-on was found.",
        List.of(
            Flag.of(
                "server",
                Flag.Kind.STRING,
                "",
                "URL of a server with the series, Prometheus or Tethys."),
            HttpAccess.CONFIG,
            Flag.of("header", Flag.Kind.LIST, "", "Extra headers to send to the server."),
            Flag.of("format", Flag.Kind.STRING, "text", "Output format: text or json."),
            Flag.of(
                "min-severity",
                Flag.Kind.STRING,
                "warning",
                "Minimum severity to print: information, warning or bug."),
            Flag.of(
                "fail-on",
                Flag.Kind.STRING,
                "bug",
                "Minimum severity for exit code 3: information, warning, bug or none."),
            Flag.of("disable", Flag.Kind.LIST, "", "Check to disable; may be repeated."),
            Flag.of(
                "lookback",
                Flag.Kind.DURATION,
                "1w",
                "Time range in the past to look up series of the server in."),
            Flag.of(
                "max-seconds",
                Flag.Kind.FLOAT,
                "0",
                "Maximum duration of an evaluation; 0 for no limit."),
            Flag.of(
                "max-samples",
                Flag.Kind.INTEGER,
                "0",
                "Maximum number of samples that an evaluation reads; 0 for no limit."),
            Flag.of(
                "max-series",
                Flag.Kind.INTEGER,
                "0",
                "Maximum number of elements in the result of an evaluation; 0 for no limit.")),
        1,
        Command.ANY,
        Lint::run);
  }

  private static @Nullable Severity severity(Command.Arguments a, String flag) {
    String text = a.flags().get(flag);
    if (flag.equals("fail-on") && text.equals("none")) {
      return null;
    }
    try {
      return Severity.valueOf(text.toUpperCase(Locale.ROOT));
    } catch (IllegalArgumentException e) {
      throw new UsageException(
          "tethys tool lint: --" + flag + "=" + text + ": expected information, warning or bug");
    }
  }

  private static int run(Command.Arguments a, Console console) throws IOException {
    Severity shown = java.util.Objects.requireNonNull(severity(a, "min-severity"));
    Severity fatal = severity(a, "fail-on");
    String format = a.flags().get("format");
    if (!format.equals("text") && !format.equals("json")) {
      throw new UsageException("tethys tool lint: --format=" + format + ": expected text or json");
    }
    Set<String> disabled = new HashSet<>(a.flags().list("disable"));
    for (String d : disabled) {
      if (!CHECKS.contains(d)) {
        throw new UsageException("tethys tool lint: there is no check " + d);
      }
    }
    Instant now = Instant.now();
    Map<String, List<Placed>> files = new LinkedHashMap<>();
    Map<String, LintComments> comments = new LinkedHashMap<>();
    Set<String> recorded = new HashSet<>();
    boolean broken = false;
    for (String file : Operands.files(a.operands())) {
      try {
        String text = Files.readString(Path.of(file));
        LintComments c = new LintComments(text, now);
        comments.put(file, c);
        if (!c.ignored()) {
          List<Placed> rules = placed(file, text, c, PromqlFeatures.of(a.flags(), console));
          files.put(file, rules);
          rules.stream()
              .filter(r -> r.rule instanceof RuleSpec.Recording)
              .forEach(r -> recorded.add(r.rule.name()));
        }
      } catch (ConfigException e) {
        RuleErrors.of(file, e).forEach(console.err()::println);
        broken = true;
      }
    }
    List<Finding> all = new ArrayList<>();
    String server = a.flags().get("server");
    try (LintServer s = server.isEmpty() ? null : server(a, now)) {
      LintRules rules = new LintRules(s == null ? m -> "" : s::type);
      for (Map.Entry<String, List<Placed>> f : files.entrySet()) {
        LintComments c = java.util.Objects.requireNonNull(comments.get(f.getKey()));
        for (Placed p : f.getValue()) {
          List<Problem> found = new ArrayList<>(rules.check(p.rule));
          if (s != null && !disabled.contains(LintServer.SERIES)) {
            found.addAll(s.series(LintRules.promql(p.rule), recorded));
          }
          if (s != null && !disabled.contains(LintServer.COST)) {
            found.addAll(s.cost(p.rule.query()));
          }
          for (Problem x : found) {
            if (!disabled.contains(x.check()) && !c.off(x.check(), x.subject(), p.from, p.to)) {
              all.add(new Finding(f.getKey(), p.line, p.group, p.rule, x));
            }
          }
        }
      }
    }
    List<Finding> findings =
        all.stream().filter(c -> c.problem.severity().compareTo(shown) >= 0).toList();
    if (format.equals("json")) {
      json(findings, console);
    } else {
      text(findings, console);
      console
          .err()
          .println(
              files.values().stream().mapToInt(List::size).sum()
                  + " rules, "
                  + findings.size()
                  + (findings.size() == 1 ? " problem" : " problems"));
    }
    boolean complained =
        fatal != null && all.stream().anyMatch(c -> c.problem.severity().compareTo(fatal) >= 0);
    return broken ? 1 : complained ? COMPLAINED : 0;
  }

  private static LintServer server(Command.Arguments a, Instant now) throws IOException {
    return new LintServer(
        new ServerApi(
            HttpAccess.of(
                a.flags().get("server"),
                a.flags().get("http.config.file"),
                a.flags().list("header"))),
        Durations.parse(a.flags().get("lookback")),
        new LintServer.Limits(
            Double.parseDouble(a.flags().get("max-seconds")),
            a.flags().integer("max-samples"),
            a.flags().integer("max-series")),
        now);
  }

  /** The rules of a file with their lines. */
  private static List<Placed> placed(
      String file, String text, LintComments comments, PromqlFeatures features) {
    YamlDocument document = YamlDocument.parse(file, Path.of(file).getParent(), text);
    List<GroupSpec> groups = RuleFile.parse(file, document, NameScheme.UTF8, features.parser());
    List<Integer> starts = new ArrayList<>();
    YamlNode.Entry entry = YamlDocument.parse(file, null, text).root().entries().get("groups");
    if (entry != null) {
      for (YamlNode g : entry.value().items()) {
        YamlNode.Entry rules = g.entries().get("rules");
        if (rules != null && !rules.value().isNull()) {
          rules.value().items().forEach(r -> starts.add(line(r)));
        }
      }
    }
    List<Placed> out = new ArrayList<>();
    int i = 0;
    for (GroupSpec g : groups) {
      for (RuleSpec r : g.rules()) {
        int line = starts.get(i++);
        int to = i < starts.size() ? comments.above(starts.get(i)) - 1 : Integer.MAX_VALUE;
        if (g.type() == RuleType.METRICS) { // the checks are about PromQL and series
          out.add(new Placed(g.name(), r, line, comments.above(line), to));
        }
      }
    }
    return out;
  }

  /** Returns the line of {@code file:line:column}. */
  private static int line(YamlNode n) {
    String where = n.where();
    int column = where.lastIndexOf(':');
    return Integer.parseInt(where.substring(where.lastIndexOf(':', column - 1) + 1, column));
  }

  private static void text(List<Finding> findings, Console console) {
    for (Finding c : findings) {
      console
          .out()
          .println(
              c.file
                  + ":"
                  + c.line
                  + ": "
                  + c.problem.severity().text()
                  + ": "
                  + c.rule.name()
                  + ": "
                  + c.problem.text()
                  + " ("
                  + c.problem.check()
                  + ")");
    }
  }

  private static void json(List<Finding> findings, Console console) {
    List<Map<String, Object>> all = new ArrayList<>();
    for (Finding c : findings) {
      Map<String, Object> m = new LinkedHashMap<>();
      m.put("file", c.file);
      m.put("line", c.line);
      m.put("group", c.group);
      m.put("rule", c.rule.name());
      m.put("kind", c.rule instanceof RuleSpec.Alerting ? "alerting" : "recording");
      m.put("check", c.problem.check());
      m.put("severity", c.problem.severity().text());
      m.put("text", c.problem.text());
      m.put("expr", c.rule.query());
      all.add(m);
    }
    console.out().println(AmtoolServer.JSON.writeValueAsString(all));
  }
}
