package dev.tethys.tools;

import dev.tethys.alert.manager.NotificationReplay;
import dev.tethys.alert.manager.config.AlertmanagerConfig;
import dev.tethys.alert.manager.match.MatcherSyntax;
import dev.tethys.alert.rule.Alert;
import dev.tethys.alert.rule.AlertState;
import dev.tethys.alert.rule.GroupSpec;
import dev.tethys.alert.rule.RuleFile;
import dev.tethys.alert.rule.RuleGroup;
import dev.tethys.alert.rule.RuleOptions;
import dev.tethys.alert.rule.RuleQuery;
import dev.tethys.alert.rule.RuleReplay;
import dev.tethys.alert.rule.RuleSettings;
import dev.tethys.alert.rule.RuleSpec;
import dev.tethys.alert.rule.RuleType;
import dev.tethys.config.ConfigException;
import dev.tethys.config.Durations;
import dev.tethys.model.Labels;
import dev.tethys.model.NameScheme;
import dev.tethys.query.promql.QueryException;
import dev.tethys.query.promql.Value;
import dev.tethys.query.promql.ast.Expr;
import dev.tethys.query.promql.parser.ParserOptions;
import dev.tethys.runtime.cli.Flag;
import dev.tethys.store.archive.Json;
import dev.tethys.tools.ruletest.MemoryStore;
import dev.tethys.tools.ruletest.RuleErrors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * {@code rules backtest}: evaluates alert rules over the stored data of a server. The rules behave
 * as in the server, with {@code for}, {@code keep_firing_for}, templates and resolving; a running
 * server executes their queries, range by range.
 */
final class BacktestRules {
  /** Points of one range query; servers reject more than 11,000. */
  private static final int POINTS = 10_000;

  private static final Logger RULES = Logger.getLogger("dev.tethys.alert.rule");

  private BacktestRules() {}

  static Command command() {
    return new Command(
        "rules backtest",
        "<server> <rule-files>...",
        "Try alert rules against history: when each would have fired over a range, with the labels"
            + " and annotations that would have been sent, and the receivers that an Alertmanager"
            + " would have notified. Recording rules are skipped: their results are read from the"
            + " server.",
        List.of(
            HttpAccess.CONFIG,
            Flag.of(
                "header", Flag.Kind.LIST, "", "Extra headers to send to the server, NAME=VALUE."),
            Flag.of(
                "start",
                Flag.Kind.STRING,
                "",
                "Start time (RFC3339 or Unix timestamp); a day before the end when not given."),
            Flag.of(
                "end",
                Flag.Kind.STRING,
                "",
                "End time (RFC3339 or Unix timestamp); now when not given."),
            Flag.of(
                "eval-interval",
                Flag.Kind.DURATION,
                "1m",
                "Evaluation interval of groups without their own."),
            Flag.of("alert", Flag.Kind.LIST, "", "Only alerts of this name. Can be repeated."),
            Flag.of(
                "external-label",
                Flag.Kind.LIST,
                "",
                "Label that the server adds to alerts without it, as NAME=VALUE. Can be repeated."),
            Flag.of(
                "alertmanager.config",
                Flag.Kind.STRING,
                "",
                "File alertmanager.yml: lists the notifications that it would have sent, without"
                    + " silences.")),
        2,
        Command.ANY,
        BacktestRules::run);
  }

  /** One time that an alert fired. */
  private record Firing(Alert alert, @Nullable Instant end) {}

  /** Start or end of an alert. */
  private record Transition(Instant at, Alert alert, boolean ends) {}

  private static int run(Command.Arguments a, Console console) throws IOException {
    RULES.setLevel(Level.OFF);
    Instant end = QueryServer.time(a, "end", "end time", Instant.now());
    Instant start = QueryServer.time(a, "start", "start time", end.minus(Duration.ofDays(1)));
    if (!start.isBefore(end)) {
      throw new QueryServer.BadTimeException("start time is not before end time");
    }
    List<String> files = Operands.files(a.operands().subList(1, a.operands().size()));
    List<String> names = a.flags().list("alert");
    ParserOptions parser = PromqlFeatures.of(a.flags(), console).parser();
    Duration interval = Duration.ofMillis(a.flags().millis("eval-interval"));
    Labels external =
        Labels.of(HttpAccess.pairs("external-label", a.flags().list("external-label")));
    String message = a.flags().get("alertmanager.config");
    AlertmanagerConfig manager =
        message.isEmpty() ? null : AlertmanagerConfig.read(Path.of(message), MatcherSyntax.UTF8);
    List<Transition> turns = new ArrayList<>();
    boolean failed = false;
    try (ServerApi api = QueryServer.open(a, a.operands().getFirst())) {
      for (String f : files) {
        List<GroupSpec> groups;
        try {
          groups = RuleFile.read(Path.of(f), NameScheme.UTF8, parser);
        } catch (ConfigException e) {
          RuleErrors.of(f, e).forEach(console.err()::println);
          failed = true;
          continue;
        }
        for (GroupSpec g : groups) {
          if (g.type() == RuleType.PROFILES) {
            console
                .err()
                .println(
                    f
                        + ": group "
                        + g.name()
                        + " is skipped: type is profiles, without a history API");
            continue;
          }
          for (RuleSpec r : g.rules()) {
            if (r instanceof RuleSpec.Alerting alert
                && (names.isEmpty() || names.contains(alert.name()))) {
              Duration own = g.interval();
              List<Firing> fired = new ArrayList<>();
              failed |=
                  !replay(
                      new Range(api, own == null ? interval : own, start, end, external),
                      g,
                      alert,
                      fired,
                      console);
              turns.addAll(turns(fired));
            }
          }
        }
      }
    }
    if (manager != null) {
      notifications(manager, turns, external, start, end, console);
    }
    return failed ? 1 : 0;
  }

  private static List<Transition> turns(List<Firing> fired) {
    List<Transition> all = new ArrayList<>();
    for (Firing f : fired) {
      all.add(new Transition(begin(f.alert()), f.alert(), false));
      Instant end = f.end();
      if (end != null) {
        all.add(new Transition(end, f.alert(), true));
      }
    }
    return all;
  }

  /** Simulates the Alertmanager's notifications for all alerts. */
  private static void notifications(
      AlertmanagerConfig config,
      List<Transition> turns,
      Labels external,
      Instant start,
      Instant end,
      Console console)
      throws IOException {
    turns.sort(Comparator.comparing(Transition::at));
    List<NotificationReplay.Sent> sent = new ArrayList<>();
    Path folder = Files.createTempDirectory("tethys-backtest");
    try (NotificationReplay replay = new NotificationReplay(config, folder, start, sent::add)) {
      for (Transition t : turns) {
        Map<String, String> labels = new TreeMap<>(external.toMap());
        labels.putAll(t.alert().labels().toMap());
        Map<String, String> annotations = t.alert().annotations();
        if (t.ends()) {
          replay.ends(labels, annotations, begin(t.alert()), t.at());
        } else {
          replay.fires(labels, annotations, t.at());
        }
      }
      replay.until(end);
    } finally {
      BackupData.delete(folder);
    }
    console.out().println("Notifications: " + (sent.isEmpty() ? "none" : sent.size()));
    for (NotificationReplay.Sent n : sent) {
      console
          .out()
          .println(
              "  "
                  + n.at()
                  + " "
                  + n.receiver()
                  + " "
                  + n.group()
                  + ": "
                  + n.firing()
                  + " firing"
                  + (n.resolved() == 0 ? "" : ", " + n.resolved() + " resolved"));
    }
  }

  /** Time range of a backtest: the server's history between two times, evaluated in steps. */
  private record Range(
      ServerApi api, Duration interval, Instant from, Instant to, Labels external) {}

  private static boolean replay(
      Range range, GroupSpec group, RuleSpec.Alerting rule, List<Firing> fired, Console console) {
    ServerApi api = range.api();
    Duration interval = range.interval();
    Instant to = range.to();
    GroupSpec one = group.with(List.of(rule), interval);
    RuleQuery history =
        group.type() == RuleType.TRACES
            ? new TraceHistory(api, group.tenant(), interval)
            : new History(api, Source.of(group), interval.toMillis(), to.toEpochMilli());
    Map<Labels, Alert> firing = new LinkedHashMap<>();
    RuleReplay replay =
        new RuleReplay(
            new MemoryStore(),
            history,
            Map.of(
                RuleType.LOGS, (tenant, every) -> history,
                RuleType.TRACES, (tenant, every) -> history),
            (query, alerts) -> {
              for (Alert x : alerts) {
                if (x.state() == AlertState.FIRING) {
                  firing.putIfAbsent(x.labels(), x);
                } else {
                  Alert first = firing.remove(x.labels());
                  if (first != null) {
                    fired.add(new Firing(first, x.resolvedAt()));
                  }
                }
              }
            },
            RuleOptions.defaults(api.base()),
            new RuleSettings(interval, Duration.ZERO, range.external()),
            List.of(one));
    RuleGroup g = replay.groups().getFirst();
    long step = interval.toMillis();
    long first = (range.from().toEpochMilli() + step - 1) / step * step;
    ProgressLine bar = console.progress("evaluations");
    bar.step(rule.name(), (to.toEpochMilli() - first) / step + 1);
    for (long t = first; t <= to.toEpochMilli(); t += step) {
      replay.evaluate(g, Instant.ofEpochMilli(t));
      String error = g.rules().getFirst().lastError();
      if (error != null) {
        bar.clear();
        console
            .err()
            .println(
                group.file()
                    + ": group "
                    + group.name()
                    + ", alert "
                    + rule.name()
                    + " at "
                    + Instant.ofEpochMilli(t)
                    + ": "
                    + error);
        return false;
      }
      bar.advance(1);
    }
    bar.clear();
    firing.values().forEach(x -> fired.add(new Firing(x, null)));
    print(group, rule, fired, to, console);
    return true;
  }

  private static void print(
      GroupSpec group, RuleSpec.Alerting rule, List<Firing> fired, Instant to, Console console) {
    Duration total = Duration.ZERO;
    for (Firing f : fired) {
      total = total.plus(Duration.between(begin(f.alert()), f.end() == null ? to : f.end()));
    }
    console
        .out()
        .println(
            rule.name()
                + " (group "
                + group.name()
                + "): "
                + (fired.isEmpty()
                    ? "would not have fired"
                    : "would have fired "
                        + fired.size()
                        + (fired.size() == 1 ? " time, " : " times, ")
                        + Durations.format(total)
                        + " in all"));
    fired.sort(
        Comparator.comparing((Firing f) -> begin(f.alert()))
            .thenComparing(f -> f.alert().labels()));
    for (Firing f : fired) {
      Instant until = f.end();
      console
          .out()
          .println(
              "  "
                  + begin(f.alert())
                  + " to "
                  + (until == null ? "the end" : until.toString())
                  + " ("
                  + Durations.format(Duration.between(begin(f.alert()), until == null ? to : until))
                  + ") "
                  + f.alert().labels());
      f.alert().annotations().forEach((k, v) -> console.out().println("    " + k + ": " + v));
    }
    console.out().println();
  }

  private static Instant begin(Alert a) {
    Instant at = a.firedAt();
    return at == null ? a.activeAt() : at;
  }

  /** Query API of a group, and the tenant whose logs it reads. */
  private record Source(String path, String tenant) {
    static Source of(GroupSpec group) {
      return group.type() == RuleType.LOGS
          ? new Source("/loki/api/v1", group.tenant())
          : new Source("/api/v1", "");
    }

    Map<String, String> headers() {
      return tenant.isEmpty() ? Map.of() : Map.of("X-Scope-OrgID", tenant);
    }
  }

  /**
   * Runs rule queries on a server, one range at a time. Not thread-safe; times of a query ascend by
   * the interval.
   */
  private static final class History implements RuleQuery {
    private final ServerApi api;
    private final Source source;
    private final long step;
    private final long end;
    private final Map<Long, List<Value.Sample>> known = new HashMap<>();
    private long upTo = Long.MIN_VALUE;

    History(ServerApi api, Source source, long step, long end) {
      this.api = api;
      this.source = source;
      this.step = step;
      this.end = end;
    }

    @Override
    public List<Value.Sample> query(String text, @Nullable Expr expr, long time) {
      if (time > upTo) {
        fetch(text, time);
      }
      List<Value.Sample> found = known.remove(time);
      return found == null ? List.of() : found;
    }

    private void fetch(String text, long from) {
      known.clear();
      upTo = Math.min(from + (POINTS - 1) * step, Math.max(end, from));
      try {
        Map<String, @Nullable Object> data =
            Json.asObject(
                api.post(
                    source.path + "/query_range",
                    source.headers(),
                    List.of(
                        new ServerApi.Parameter("query", text),
                        ServerApi.Parameter.of("start", Instant.ofEpochMilli(from)),
                        ServerApi.Parameter.of("end", Instant.ofEpochMilli(upTo)),
                        new ServerApi.Parameter(
                            "step", dev.tethys.model.GoFloat.f(step / 1000.0)))));
        for (Object s : ApiText.values(data, "result")) {
          Map<String, @Nullable Object> o = Json.asObject(s);
          Labels labels = ApiText.labels(o.get("metric"));
          for (Object p : ApiText.values(o, "values")) {
            long t = Math.round(ApiText.parsed(ApiText.list(p).get(0)) * 1000);
            double v = ApiText.parsed(ApiText.list(p).get(1));
            known.computeIfAbsent(t, k -> new ArrayList<>()).add(new Value.Sample(labels, v, null));
          }
          if (!ApiText.values(o, "histograms").isEmpty()) {
            throw QueryException.execution(
                "an alert on native histograms cannot be tested: compare a number of them");
          }
        }
      } catch (IOException e) {
        throw QueryException.execution(String.valueOf(e.getMessage()));
      }
    }

    @Override
    public List<Value.Sample> query(String text, long time) {
      try {
        Map<String, @Nullable Object> data =
            Json.asObject(
                api.post(
                    source.path + "/query",
                    source.headers(),
                    List.of(
                        new ServerApi.Parameter("query", text),
                        ServerApi.Parameter.of("time", Instant.ofEpochMilli(time)))));
        if (Json.text(data, "resultType").equals("scalar")) {
          double v = ApiText.parsed(ApiText.values(data, "result").get(1));
          return List.of(new Value.Sample(Labels.EMPTY, v, null));
        }
        List<Value.Sample> out = new ArrayList<>();
        for (Object s : ApiText.values(data, "result")) {
          Map<String, @Nullable Object> o = Json.asObject(s);
          double v = ApiText.parsed(ApiText.values(o, "value").get(1));
          out.add(new Value.Sample(ApiText.labels(o.get("metric")), v, null));
        }
        return out;
      } catch (IOException e) {
        throw QueryException.execution(String.valueOf(e.getMessage()));
      }
    }
  }
}
