package dev.tethys.tools;

import dev.tethys.runtime.cli.Flag;
import dev.tethys.store.archive.Json;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** {@code logcli}: commands of Loki's command line client, against any server with Loki's API. */
final class LogCli {
  static final String NAME = GlobalFlags.LOGCLI;
  private static final String V1 = "/loki/api/v1/";
  private static final Duration TIMEOUT = Duration.ofMinutes(5);
  private static final ServerAddress ADDRESS = new ServerAddress("LOKI", "http://localhost:9090");

  /** Time range flags. */
  static final List<Flag> RANGE =
      List.of(
          Flag.of("since", Flag.Kind.DURATION, "1h", "Lookback window."),
          text("from", "", "Start of the time range, RFC 3339, inclusive."),
          text("to", "", "End of the time range, RFC 3339, exclusive."));

  private static final List<Flag> OUTPUT =
      List.of(
          text("output", "default", "Output: default, raw or jsonl. Short: -o."),
          text("timezone", "Local", "Time zone of timestamps: Local, UTC or +02:00."),
          Flag.of("no-labels", Flag.Kind.BOOLEAN, "false", "Print no labels."),
          Flag.of("include-label", Flag.Kind.LIST, "", "Labels to print."),
          Flag.of("exclude-label", Flag.Kind.LIST, "", "Labels not to print."),
          Flag.of(
              "include-common-labels",
              Flag.Kind.BOOLEAN,
              "false",
              "Print the labels that all streams have."),
          Flag.of("labels-length", Flag.Kind.INTEGER, "0", "Fixed length of labels."));

  private LogCli() {}

  private static Flag text(String name, String otherwise, String about) {
    return Flag.of(name, Flag.Kind.STRING, otherwise, about);
  }

  @SafeVarargs
  private static List<Flag> flags(List<Flag>... lists) {
    List<Flag> all = new ArrayList<>(ADDRESS.flags());
    for (List<Flag> l : lists) {
      all.addAll(l);
    }
    return all;
  }

  static List<Command> commands() {
    Flag limit =
        Flag.of(
            "limit",
            Flag.Kind.INTEGER,
            "30",
            "Maximum number of entries to print; 0 for no limit.");
    Flag step = text("step", "", "Resolution of metric queries, such as 30s.");
    List<Flag> query =
        List.of(
            limit,
            step,
            Flag.of("batch", Flag.Kind.INTEGER, "1000", "Entries of one request."),
            text("interval", "", "Minimum time between entries, such as 10s."),
            Flag.of("forward", Flag.Kind.BOOLEAN, "false", "Oldest entries first."),
            Flag.of("tail", Flag.Kind.BOOLEAN, "false", "Follow the query. Short: -t, -f."),
            Flag.of("delay-for", Flag.Kind.INTEGER, "0", "Seconds to delay a tail, at most 5."));
    List<Flag> volume =
        List.of(
            limit,
            Flag.of("target-labels", Flag.Kind.LIST, "", "Labels to aggregate by."),
            Flag.of("aggregate-by-labels", Flag.Kind.BOOLEAN, "false", "Volumes of labels."));
    return List.of(
        command(
            "query", "<query>", "Run a LogQL query.", flags(RANGE, OUTPUT, query), LogCli::query),
        command(
            "instant-query",
            "<query>",
            "Run an instant LogQL query.",
            flags(List.of(text("now", "", "Time of the query, RFC 3339."))),
            LogCli::instant),
        command(
            "labels", "[<name>]", "List names or values of labels.", flags(RANGE), LogCli::labels),
        command(
            "series",
            "<selector>",
            "List series.",
            flags(
                RANGE,
                List.of(
                    Flag.of(
                        "analyze-labels",
                        Flag.Kind.BOOLEAN,
                        "false",
                        "Count the values of each label."))),
            LogCli::series),
        command("stats", "<selector>", "Show size of streams.", flags(RANGE), LogCli::stats),
        command("volume", "<selector>", "Show volumes.", flags(RANGE, volume), LogCli::volume),
        command(
            "volume_range",
            "<selector>",
            "Show volumes over time.",
            flags(RANGE, volume, List.of(step)),
            LogCli::volumeRange),
        command(
            "detected-fields",
            "<query>",
            "List fields of log lines.",
            flags(
                RANGE, List.of(limit, Flag.of("line-limit", Flag.Kind.INTEGER, "1000", "Lines."))),
            LogCli::fields),
        new Command(
            NAME + " fmt",
            "[<query>]",
            "Format a LogQL query, from the standard input if none is given.",
            List.of(),
            0,
            1,
            LogCli::format),
        command(
            "delete create",
            "<query>",
            "Delete the entries of a query.",
            flags(RANGE),
            LogCli::delete),
        new Command(
            NAME + " delete list", "", "List deletions.", ADDRESS.flags(), 0, 0, LogCli::deletions),
        command(
            "delete cancel",
            "<id>",
            "Cancel a deletion.",
            ADDRESS.flags(),
            LogCli::cancelDeletion));
  }

  private static Command command(
      String name, String operands, String about, List<Flag> flags, Command.Action action) {
    int least = operands.startsWith("[") ? 0 : 1;
    return new Command(NAME + " " + name, operands, about, flags, least, 1, action);
  }

  private static HttpAccess open(Command.Arguments a) throws IOException {
    return ADDRESS.open(a);
  }

  /** Request parameters. */
  private static final class Params {
    private final StringBuilder sb = new StringBuilder();

    Params add(String name, String value) {
      if (!value.isEmpty()) {
        sb.append(sb.isEmpty() ? '?' : '&').append(name).append('=');
        sb.append(ServerApi.encoded(value));
      }
      return this;
    }

    @Override
    public String toString() {
      return sb.toString();
    }
  }

  private static HttpAccess.Reply send(
      HttpAccess to, String method, String path, Params p, Command.Arguments a, Console console)
      throws IOException {
    if (!a.flags().bool("quiet")) {
      console.err().println(method + " " + to.base() + V1 + path + p);
    }
    HttpAccess.Reply r = to.send(method, V1 + path + p, null, Map.of(), TIMEOUT);
    if (r.status() / 100 != 2) {
      throw new IOException(
          "Error response from server: " + r.text().strip() + " (" + r.statusText() + ")");
    }
    return r;
  }

  private static Map<String, @Nullable Object> get(
      HttpAccess to, String path, Params p, Command.Arguments a, Console console)
      throws IOException {
    return Json.object(send(to, "GET", path, p, a, console).body());
  }

  /** Time of a flag in RFC 3339. */
  static Instant time(Command.Arguments a, String flag, Instant otherwise) {
    String v = a.flags().get(flag);
    if (v.isEmpty()) {
      return otherwise;
    }
    try {
      return OffsetDateTime.parse(v).toInstant();
    } catch (DateTimeException e) {
      throw new CommandLineException(
          "--" + flag + "=" + v + " must be an RFC 3339 time such as 2026-01-01T00:00:00Z");
    }
  }

  private static long nanos(Instant t) {
    return Math.addExact(Math.multiplyExact(t.getEpochSecond(), 1_000_000_000L), t.getNano());
  }

  /** Time range of a query in Unix nanoseconds. */
  private record Span(long from, long to) {
    static Span of(Command.Arguments a) {
      Instant end = time(a, "to", Instant.now());
      Instant start = time(a, "from", end.minusMillis(a.flags().millis("since")));
      if (!start.isBefore(end)) {
        throw new CommandLineException(
            "the start " + start + " of the time range is not before its end " + end);
      }
      return new Span(nanos(start), nanos(end));
    }

    Params addTo(Params p) {
      return p.add("start", String.valueOf(from)).add("end", String.valueOf(to));
    }
  }

  private static void print(Console console, @Nullable Object json) {
    console.out().println(ApiText.json(new StringBuilder(), json));
  }

  private static int query(Command.Arguments a, Console console) throws IOException {
    LogCliOutput out = LogCliOutput.of(a, console);
    String query = a.operands().getFirst();
    if (a.flags().bool("tail")) {
      URI base = HttpAccess.url(ADDRESS.url(a));
      Params p = new Params().add("query", query).add("limit", a.flags().get("limit"));
      p.add("delay_for", a.flags().get("delay-for"));
      p.add("start", String.valueOf(Span.of(a).from()));
      String uri = base.toString().replaceFirst("^http", "ws") + V1 + "tail" + p;
      return LogCliTail.follow(
          URI.create(uri), HttpAccess.pairs("header", ADDRESS.headers(a)), out, console);
    }
    Span span = Span.of(a);
    boolean forward = a.flags().bool("forward");
    long limit = a.flags().integer("limit");
    long remaining = limit == 0 ? Long.MAX_VALUE : limit;
    long batch = Math.max(1, a.flags().integer("batch"));
    Set<String> atEdge = new HashSet<>(); // printed entries with the time of the last one
    try (HttpAccess to = open(a)) {
      ProgressLine progress = console.progress("entries");
      boolean first = true;
      long printed = 0;
      while (remaining > 0 && span.from < span.to) {
        long n = Math.min(batch, remaining + atEdge.size());
        Params p = new Params().add("query", query).add("limit", String.valueOf(n));
        span.addTo(p).add("direction", forward ? "forward" : "backward");
        p.add("step", a.flags().get("step")).add("interval", a.flags().get("interval"));
        Map<String, @Nullable Object> data =
            Json.asObject(get(to, "query_range", p, a, console).get("data"));
        if (!Json.text(data, "resultType").equals("streams")) {
          print(console, data.get("result"));
          return 0;
        }
        if (first && limit > batch) {
          progress.step("query", limit);
        }
        List<LogCliOutput.Entry> entries = LogCliOutput.entries(data.get("result"), forward);
        List<LogCliOutput.Entry> fresh =
            entries.stream().filter(e -> !atEdge.contains(e.identity())).toList();
        List<LogCliOutput.Entry> shown = fresh.subList(0, (int) Math.min(fresh.size(), remaining));
        if (first) {
          out.common(entries);
        }
        first = false;
        progress.clear();
        out.print(shown);
        printed += shown.size();
        remaining -= shown.size();
        if (entries.size() < n || shown.isEmpty()) {
          if (entries.size() == n && shown.isEmpty()) {
            console
                .err()
                .println(
                    "More entries have one time than --batch=" + batch + "; increase --batch.");
            return 1;
          }
          break;
        }
        if (limit > batch) {
          progress.advance(shown.size());
        }
        long edge = entries.getLast().time();
        entries.stream().filter(e -> e.time() == edge).forEach(e -> atEdge.add(e.identity()));
        span = forward ? new Span(edge, span.to) : new Span(span.from, edge + 1);
        atEdge.removeIf(id -> !id.startsWith(edge + " "));
      }
      progress.clear();
      if (!a.flags().bool("quiet")) {
        console.err().println(printed + (printed == 1 ? " entry" : " entries"));
      }
      return 0;
    }
  }

  private static int instant(Command.Arguments a, Console console) throws IOException {
    Params p = new Params().add("query", a.operands().getFirst());
    p.add("time", String.valueOf(nanos(time(a, "now", Instant.now()))));
    try (HttpAccess to = open(a)) {
      print(console, Json.asObject(get(to, "query", p, a, console).get("data")).get("result"));
      return 0;
    }
  }

  private static int labels(Command.Arguments a, Console console) throws IOException {
    String name = a.operand(0, "");
    String path = name.isEmpty() ? "labels" : "label/" + ServerApi.encoded(name) + "/values";
    try (HttpAccess to = open(a)) {
      Map<String, @Nullable Object> m = get(to, path, Span.of(a).addTo(new Params()), a, console);
      ApiText.list(m.get("data")).forEach(console.out()::println);
      return 0;
    }
  }

  private static int series(Command.Arguments a, Console console) throws IOException {
    Params p = new Params().add("match[]", a.operands().getFirst());
    try (HttpAccess to = open(a)) {
      Map<String, @Nullable Object> m = get(to, "series", Span.of(a).addTo(p), a, console);
      List<?> series = ApiText.list(m.get("data"));
      if (a.flags().bool("analyze-labels")) {
        analyze(series, console);
      } else {
        series.forEach(s -> console.out().println(ApiText.labels(s)));
      }
      return 0;
    }
  }

  /** Prints number of values and streams of each label, as logcli does. */
  private static void analyze(List<?> series, Console console) {
    Map<String, List<String>> values = new TreeMap<>();
    for (Object s : series) {
      Json.asObject(s)
          .forEach(
              (name, v) ->
                  values.computeIfAbsent(name, _ -> new ArrayList<>()).add(String.valueOf(v)));
    }
    List<Object[]> rows = new ArrayList<>();
    values.forEach(
        (name, all) -> rows.add(new Object[] {name, all.stream().distinct().count(), all.size()}));
    rows.sort(Comparator.comparingLong((Object[] r) -> (long) r[1]).reversed());
    PrintStream out = console.out();
    out.println("Total Streams:  " + series.size());
    out.println("Unique Labels:  " + values.size());
    out.println();
    Table t = new Table(0, 2);
    t.row("Label Name", "Unique Values", "Found In Streams");
    rows.forEach(t::row);
    t.print(out);
  }

  private static Params selector(Command.Arguments a) {
    return Span.of(a).addTo(new Params().add("query", a.operands().getFirst()));
  }

  private static int stats(Command.Arguments a, Console console) throws IOException {
    try (HttpAccess to = open(a)) {
      Map<String, @Nullable Object> m = get(to, "index/stats", selector(a), a, console);
      console.out().println("{");
      for (String key : List.of("bytes", "chunks", "streams", "entries")) {
        console.out().println("  " + key + ": " + ApiText.json(new StringBuilder(), m.get(key)));
      }
      console.out().println("}");
      return 0;
    }
  }

  private static Params volumeParams(Command.Arguments a) {
    Params p = selector(a).add("limit", a.flags().get("limit"));
    p.add("targetLabels", String.join(",", a.flags().list("target-labels")));
    return p.add("aggregateBy", a.flags().bool("aggregate-by-labels") ? "labels" : "series");
  }

  private static int volume(Command.Arguments a, Console console) throws IOException {
    try (HttpAccess to = open(a)) {
      Map<String, @Nullable Object> m = get(to, "index/volume", volumeParams(a), a, console);
      print(console, Json.asObject(m.get("data")).get("result"));
      return 0;
    }
  }

  private static int volumeRange(Command.Arguments a, Console console) throws IOException {
    Params p = volumeParams(a).add("step", a.flags().get("step"));
    try (HttpAccess to = open(a)) {
      Map<String, @Nullable Object> m = get(to, "index/volume_range", p, a, console);
      print(console, Json.asObject(m.get("data")).get("result"));
      return 0;
    }
  }

  private static int fields(Command.Arguments a, Console console) throws IOException {
    Params p = selector(a).add("limit", a.flags().get("limit"));
    p.add("line_limit", a.flags().get("line-limit"));
    try (HttpAccess to = open(a)) {
      Map<String, @Nullable Object> m = get(to, "detected_fields", p, a, console);
      for (Object f : ApiText.list(m.get("fields"))) {
        Map<String, @Nullable Object> o = Json.asObject(f);
        console
            .out()
            .printf(
                "label: %-20s type: %-10s cardinality: %s%n",
                Json.text(o, "label"),
                Json.text(o, "type"),
                ApiText.json(new StringBuilder(), o.get("cardinality")));
      }
      return 0;
    }
  }

  private static int format(Command.Arguments a, Console console) throws IOException {
    String query = a.operand(0, "");
    if (query.isEmpty()) {
      query = new String(console.in().readNBytes(1 << 20), java.nio.charset.StandardCharsets.UTF_8);
    }
    try {
      console.out().println(dev.tethys.query.logql.exec.LogqlEngine.format(query));
      return 0;
    } catch (dev.tethys.query.logql.parser.LogqlParseException e) {
      console.err().println(e.getMessage());
      return 1;
    }
  }

  private static int delete(Command.Arguments a, Console console) throws IOException {
    Span span = Span.of(a);
    Params p = new Params().add("query", a.operands().getFirst());
    p.add("start", seconds(span.from)).add("end", seconds(span.to));
    try (HttpAccess to = open(a)) {
      send(to, "POST", "delete", p, a, console);
      console.out().println("Deletion created");
      return 0;
    }
  }

  private static String seconds(long nanos) {
    return Instant.ofEpochSecond(0, nanos).toString();
  }

  private static int deletions(Command.Arguments a, Console console) throws IOException {
    try (HttpAccess to = open(a)) {
      console.out().println(send(to, "GET", "delete", new Params(), a, console).text());
      return 0;
    }
  }

  private static int cancelDeletion(Command.Arguments a, Console console) throws IOException {
    Params p = new Params().add("request_id", a.operands().getFirst());
    try (HttpAccess to = open(a)) {
      send(to, "DELETE", "delete", p, a, console);
      console.out().println("Deletion cancelled");
      return 0;
    }
  }

  /** Parses the time zone of a flag. */
  static ZoneId zone(String name) {
    try {
      return name.equalsIgnoreCase("local") ? ZoneId.systemDefault() : ZoneId.of(name);
    } catch (DateTimeException e) {
      throw new CommandLineException("--timezone=" + name + "; use Local, UTC or +02:00");
    }
  }
}
