package dev.tethys.tools;

import dev.tethys.alert.rule.GroupSpec;
import dev.tethys.alert.rule.RuleFile;
import dev.tethys.alert.rule.RuleSpec;
import dev.tethys.alert.rule.RuleType;
import dev.tethys.config.ConfigException;
import dev.tethys.model.GoFloat;
import dev.tethys.model.Labels;
import dev.tethys.model.LabelsBuilder;
import dev.tethys.model.NameScheme;
import dev.tethys.query.promql.parser.ParserOptions;
import dev.tethys.runtime.cli.Flag;
import dev.tethys.runtime.cli.UsageException;
import dev.tethys.store.archive.ImportReport;
import dev.tethys.store.archive.Json;
import dev.tethys.store.archive.Progress;
import dev.tethys.store.metrics.SampleSorter;
import dev.tethys.tools.ruletest.RuleErrors;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * {@code tsdb create-blocks-from rules}: computes past results of recording rules. A running server
 * executes their queries at the times at which it would evaluate them.
 */
final class BackfillRules {
  /** Points of one query: two hours at Prometheus's own interval of a minute, some times over. */
  private static final int POINTS = 500;

  private BackfillRules() {}

  static Command command() {
    return new Command(
        "tsdb create-blocks-from rules",
        "<rule-files>...",
        "Create blocks of data for new recording rules. Alerting rules are left out.",
        List.of(
            ListBlocks.HUMAN,
            ImportData.QUIET,
            HttpAccess.CONFIG,
            Flag.of(
                "url",
                Flag.Kind.STRING,
                "http://localhost:9090",
                "URL of the server with the data that the rules are evaluated on."),
            Flag.of(
                "start",
                Flag.Kind.STRING,
                "",
                "The time to start at (RFC3339 or Unix timestamp). Required."),
            Flag.of(
                "end",
                Flag.Kind.STRING,
                "",
                "The time to end at (RFC3339 or Unix timestamp); three hours ago when not given."),
            Flag.of("output-dir", Flag.Kind.STRING, "data/", "Data folder for the blocks."),
            Flag.of(
                "eval-interval",
                Flag.Kind.DURATION,
                "60s",
                "Evaluation interval of groups without their own.")),
        1,
        Command.ANY,
        BackfillRules::run);
  }

  /** A recording rule with when it is evaluated. */
  private record Due(GroupSpec group, RuleSpec.Recording rule, Duration interval) {}

  private static int run(Command.Arguments a, Console console) throws IOException {
    a.require("start");
    Instant start = QueryServer.time(a, "start", "start time", Instant.EPOCH);
    Instant end = QueryServer.time(a, "end", "end time", Instant.now().minus(Duration.ofHours(3)));
    if (!start.isBefore(end)) {
      console.err().println("start time is not before end time");
      return 1;
    }
    List<Due> rules = rules(a, console);
    if (rules == null) {
      return 1;
    }
    List<ListBlocks.Row> rows = new ArrayList<>();
    try (ServerApi api = QueryServer.open(a, a.flags().get("url"))) {
      ImportReport report =
          ImportData.blocks(
              Path.of(a.flags().get("output-dir")),
              "rules",
              console,
              (into, progress) -> {
                for (Due d : rules) {
                  record(api, d, start, end, into, progress);
                }
              },
              b -> rows.add(ListBlocks.Row.of(b)));
      if (!a.flags().bool("quiet") && !rows.isEmpty()) {
        ListBlocks.print(rows, a.flags().bool("human-readable"), console);
      }
      report.notes().forEach(console.err()::println);
      return 0;
    }
  }

  /** Returns the recording rules of all files; null if one cannot be read, which was reported. */
  private static @Nullable List<Due> rules(Command.Arguments a, Console console)
      throws IOException {
    ParserOptions parser = PromqlFeatures.of(a.flags(), console).parser();
    Duration otherwise = Duration.ofMillis(a.flags().millis("eval-interval"));
    if (!otherwise.isPositive()) {
      throw new UsageException("--eval-interval must be above 0");
    }
    List<Due> out = new ArrayList<>();
    boolean failed = false;
    for (String f : Operands.files(a.operands())) {
      try {
        for (GroupSpec g : RuleFile.read(Path.of(f), NameScheme.UTF8, parser)) {
          if (g.type() != RuleType.METRICS) {
            console
                .err()
                .println(
                    f
                        + ": group "
                        + g.name()
                        + " is skipped: type is "
                        + g.type().text()
                        + "; only rules over metrics can be backfilled");
            continue;
          }
          Duration own = g.interval();
          for (RuleSpec r : g.rules()) {
            if (r instanceof RuleSpec.Recording recording) {
              out.add(new Due(g, recording, own == null ? otherwise : own));
            }
          }
        }
      } catch (ConfigException e) {
        RuleErrors.of(f, e).forEach(console.err()::println);
        failed = true;
      }
    }
    return failed ? null : out;
  }

  private static void record(
      ServerApi api, Due due, Instant from, Instant to, SampleSorter into, Progress progress)
      throws IOException {
    long step = due.interval().toMillis();
    long first = due.group().slot(from, due.interval()).toEpochMilli();
    first = first < from.toEpochMilli() ? first + step : first;
    long last = to.toEpochMilli();
    progress.step(due.rule().name(), Math.max(0, (last - first) / step + 1));
    for (long at = first; at <= last; at += POINTS * step) {
      long until = Math.min(at + (POINTS - 1) * step, last);
      try {
        take(api, due.rule(), at, until, step, into);
      } catch (IOException e) {
        throw new IOException(
            due.group().file()
                + ": group "
                + due.group().name()
                + ", rule "
                + due.rule().name()
                + ": "
                + e.getMessage(),
            e);
      }
      progress.advance((until - at) / step + 1);
    }
  }

  private static void take(
      ServerApi api, RuleSpec.Recording rule, long from, long to, long step, SampleSorter into)
      throws IOException {
    Map<String, @Nullable Object> data =
        Json.asObject(
            api.post(
                "/api/v1/query_range",
                List.of(
                    new ServerApi.Parameter("query", rule.query()),
                    ServerApi.Parameter.of("start", Instant.ofEpochMilli(from)),
                    ServerApi.Parameter.of("end", Instant.ofEpochMilli(to)),
                    new ServerApi.Parameter("step", GoFloat.f(step / 1000.0)))));
    for (Object s : ApiText.values(data, "result")) {
      Map<String, @Nullable Object> o = Json.asObject(s);
      if (!ApiText.values(o, "histograms").isEmpty()) {
        throw new IOException(
            "it returns native histograms, which the API does not fully expose: they cannot be"
                + " backfilled. Leave the rule out, or record a number of them");
      }
      LabelsBuilder labels = new LabelsBuilder(ApiText.labels(o.get("metric")));
      rule.labels().forEach(labels::set);
      labels.set(Labels.METRIC_NAME, rule.name());
      Labels recorded = labels.build();
      for (Object p : ApiText.values(o, "values")) {
        List<?> point = ApiText.list(p);
        long t = Math.round(ApiText.parsed(point.get(0)) * 1000);
        into.add(recorded, 0, t, ApiText.parsed(point.get(1)));
      }
    }
  }
}
