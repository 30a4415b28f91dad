package dev.tethys.tools;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.jaeger.JaegerTraceWriter;
import dev.tethys.codec.otlp.wire.OtlpJsonWriter;
import dev.tethys.codec.otlp.wire.OtlpReader;
import dev.tethys.codec.otlp.wire.OtlpSignal;
import dev.tethys.codec.text.TextBuffer;
import dev.tethys.model.GoDurationText;
import dev.tethys.model.telemetry.TracesData;
import dev.tethys.runtime.cli.Flag;
import dev.tethys.store.archive.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** {@code traces}: commands for the traces of any server with Tempo's API. */
final class TraceCommands {
  static final String NAME = GlobalFlags.TRACES;
  private static final String DELETE = "/api/delete";
  private static final Pattern ID = Pattern.compile("[0-9a-fA-F]{1,32}");
  private static final Duration TIMEOUT = Duration.ofMinutes(5);
  private static final ServerAddress ADDRESS =
      new ServerAddress("TEMPO", "http://localhost:9090/tempo");

  private TraceCommands() {}

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
    List<Flag> range = LogCli.RANGE;
    Flag scope =
        text("scope", "", "Only tags of: resource, span, event, link, instrumentation, intrinsic.");
    Flag query = text("query", "", "Only values of spans that fit filters of TraceQL.");
    return List.of(
        new Command(
            NAME + " search",
            "[<query>]",
            "Find traces by TraceQL. Without a query all traces are found.",
            flags(
                range,
                List.of(
                    Flag.of("limit", Flag.Kind.INTEGER, "20", "Maximum number of traces to print."),
                    text("output", "default", "Output: default or jsonl. Short: -o."))),
            0,
            1,
            TraceCommands::search),
        new Command(
            NAME + " get",
            "<id>",
            "Print a trace. As a tree of its spans, or as JSON.",
            flags(List.of(text("output", "tree", "Output: tree, otlp or jaeger. Short: -o."))),
            1,
            1,
            TraceCommands::get),
        new Command(
            NAME + " export",
            "[<query>]",
            "Write whole traces as lines of OTLP JSON. Without a query all traces of the range.",
            flags(
                range,
                List.of(
                    Flag.of(
                        "limit",
                        Flag.Kind.INTEGER,
                        "1000",
                        "Maximum number of traces; 0 for no limit."),
                    Flag.of("batch", Flag.Kind.INTEGER, "100", "Traces of one search."))),
            0,
            1,
            TraceCommands::export),
        new Command(
            NAME + " diff",
            "<id> <id>",
            "Compare two traces. Spans of only one of them are marked with - and +, spans with"
                + " another status with !. Exits with 1 if there are any.",
            flags(),
            2,
            2,
            TraceCommands::diff),
        new Command(
            NAME + " tags",
            "",
            "List names of attributes.",
            flags(range, List.of(scope)),
            0,
            0,
            TraceCommands::tags),
        new Command(
            NAME + " values",
            "<tag>",
            "List values of an attribute, such as resource.service.name.",
            flags(range, List.of(query)),
            1,
            1,
            TraceCommands::values),
        new Command(
            NAME + " delete create",
            "<id>|<query>",
            "Delete a trace by its id, or the spans that fit filters of TraceQL (Tethys's API)."
                + " Without a time range, all spans of the trace, or those of a query in the last"
                + " hour.",
            flags(range),
            1,
            1,
            TraceCommands::delete),
        new Command(
            NAME + " delete list",
            "",
            "List deletions of spans.",
            flags(),
            0,
            0,
            TraceCommands::deletions),
        new Command(
            NAME + " delete cancel",
            "<request-id>",
            "Cancel a deletion of spans that are still on the disk.",
            flags(),
            1,
            1,
            TraceCommands::cancelDeletion));
  }

  private static HttpAccess.Reply send(
      HttpAccess to, String path, Map<String, String> headers, Command.Arguments a, Console console)
      throws IOException {
    return send("GET", to, path, headers, a, console);
  }

  private static HttpAccess.Reply send(
      String method,
      HttpAccess to,
      String path,
      Map<String, String> headers,
      Command.Arguments a,
      Console console)
      throws IOException {
    if (!a.flags().bool("quiet")) {
      console.err().println(method + " " + to.base() + path);
    }
    HttpAccess.Reply r = to.send(method, path, null, headers, TIMEOUT);
    if (r.status() / 100 != 2) {
      throw new IOException(
          "Error response from server: " + r.text().strip() + " (" + r.statusText() + ")");
    }
    return r;
  }

  private static Map<String, @Nullable Object> object(
      HttpAccess to,
      String path,
      List<ServerApi.Parameter> parameters,
      Command.Arguments a,
      Console console)
      throws IOException {
    HttpAccess.Reply r =
        send(
            to,
            path + "?" + ServerApi.form(parameters),
            Map.of("Accept", "application/json"),
            a,
            console);
    try {
      return Json.object(r.body());
    } catch (IllegalArgumentException e) {
      throw new IOException("answer of " + to.base() + path + " is not JSON: " + e.getMessage(), e);
    }
  }

  /**
   * Range in Unix seconds, as Tempo's searches have it.
   *
   * @param to last second, inclusive
   */
  private record Seconds(long from, long to) {
    static Seconds of(Command.Arguments a) {
      Instant end = LogCli.time(a, "to", Instant.now());
      Instant start = LogCli.time(a, "from", end.minusMillis(a.flags().millis("since")));
      if (!start.isBefore(end)) {
        throw new CommandLineException(
            "the start " + start + " of the time range is not before its end " + end);
      }
      long to = end.getEpochSecond() + (end.getNano() > 0 ? 1 : 0);
      return new Seconds(start.getEpochSecond(), Math.max(to, start.getEpochSecond() + 1));
    }

    void addTo(List<ServerApi.Parameter> p) {
      p.add(new ServerApi.Parameter("start", String.valueOf(from)));
      p.add(new ServerApi.Parameter("end", String.valueOf(to)));
    }
  }

  private static List<Map<String, @Nullable Object>> found(
      HttpAccess to, Seconds range, long limit, Command.Arguments a, Console console)
      throws IOException {
    List<ServerApi.Parameter> p = new ArrayList<>();
    p.add(new ServerApi.Parameter("q", a.operand(0, "{ }")));
    p.add(new ServerApi.Parameter("limit", String.valueOf(limit)));
    range.addTo(p);
    List<Map<String, @Nullable Object>> out = new ArrayList<>();
    Object traces = object(to, "/api/search", p, a, console).get("traces");
    for (Object t : traces == null ? List.of() : ApiText.list(traces)) {
      out.add(Json.asObject(t));
    }
    return out;
  }

  private static int search(Command.Arguments a, Console console) throws IOException {
    String output = a.flags().get("output");
    if (!output.equals("default") && !output.equals("jsonl")) {
      throw new CommandLineException("--output=" + output + "; use default or jsonl");
    }
    long limit = a.flags().integer("limit");
    if (limit < 1) {
      throw new CommandLineException("--limit=" + limit + "; it must be at least 1");
    }
    try (HttpAccess to = ADDRESS.open(a)) {
      List<Map<String, @Nullable Object>> traces = found(to, Seconds.of(a), limit, a, console);
      for (Map<String, @Nullable Object> t : traces) {
        if (output.equals("jsonl")) {
          console.out().println(ApiText.json(new StringBuilder(), t));
          continue;
        }
        long start = Long.parseLong(orZero(Json.text(t, "startTimeUnixNano")));
        long millis = t.get("durationMs") instanceof Number n ? n.longValue() : 0;
        console
            .out()
            .println(
                Json.text(t, "traceID")
                    + "  "
                    + Instant.ofEpochSecond(0, start)
                    + "  "
                    + GoDurationText.of(millis * 1_000_000)
                    + "  "
                    + TerminalText.printable(Json.text(t, "rootServiceName"))
                    + ": "
                    + TerminalText.printable(Json.text(t, "rootTraceName")));
      }
      if (!a.flags().bool("quiet")) {
        console.err().println(traces.size() + (traces.size() == 1 ? " trace" : " traces"));
      }
      return 0;
    }
  }

  private static String orZero(String s) {
    return s.isEmpty() ? "0" : s;
  }

  /** Trace as OTLP's protobuf. */
  private static byte[] trace(HttpAccess to, String id, Command.Arguments a, Console console)
      throws IOException {
    return send(
            to,
            "/api/traces/" + ServerApi.encoded(id),
            Map.of("Accept", "application/protobuf"),
            a,
            console)
        .body();
  }

  private static TracesData read(byte[] otlp, String id) throws IOException {
    try {
      return new OtlpReader().traces(otlp, 0, otlp.length);
    } catch (CodecException e) {
      throw new IOException("answer for trace " + id + " is not OTLP: " + e.getMessage(), e);
    }
  }

  private static String json(byte[] otlp, String id) throws IOException {
    try {
      byte[] b = OtlpJsonWriter.toJson(OtlpSignal.TRACES, otlp, 0, otlp.length);
      return new String(b, StandardCharsets.UTF_8);
    } catch (CodecException e) {
      throw new IOException("answer for trace " + id + " is not OTLP: " + e.getMessage(), e);
    }
  }

  private static int get(Command.Arguments a, Console console) throws IOException {
    String output = a.flags().get("output");
    if (!Set.of("tree", "otlp", "jaeger").contains(output)) {
      throw new CommandLineException("--output=" + output + "; use tree, otlp or jaeger");
    }
    String id = a.operands().getFirst();
    try (HttpAccess to = ADDRESS.open(a)) {
      byte[] otlp = trace(to, id, a, console);
      switch (output) {
        case "otlp" -> console.out().println(json(otlp, id));
        case "jaeger" -> {
          // as Jaeger's API and its UI's upload have traces
          TextBuffer out = new TextBuffer();
          out.put("{\"data\":[");
          JaegerTraceWriter.write(read(otlp, id), out);
          out.put("]}");
          console.out().println(new String(out.toByteArray(), StandardCharsets.UTF_8));
        }
        default -> new SpanTree(read(otlp, id)).print(id, console.out());
      }
      return 0;
    }
  }

  private static int diff(Command.Arguments a, Console console) throws IOException {
    String left = a.operands().getFirst();
    String right = a.operands().getLast();
    try (HttpAccess to = ADDRESS.open(a)) {
      SpanTree l = new SpanTree(read(trace(to, left, a, console), left));
      SpanTree r = new SpanTree(read(trace(to, right, a, console), right));
      return SpanTree.printDifference(l, r, console.out()) ? 0 : 1;
    }
  }

  /** Writes traces of a range, part by part: a search that is full is repeated for its halves. */
  private static final class Export {
    private final HttpAccess to;
    private final Command.Arguments a;
    private final Console console;
    private final long batch;
    private final ProgressLine progress;
    private final Set<String> written = new HashSet<>();
    private long left;
    private int gone;
    private boolean incomplete;

    Export(HttpAccess to, Command.Arguments a, Console console) {
      this.to = to;
      this.a = a;
      this.console = console;
      this.batch = a.flags().integer("batch");
      long limit = a.flags().integer("limit");
      if (batch < 1 || limit < 0) {
        throw new CommandLineException(
            batch < 1
                ? "--batch=" + batch + "; it must be at least 1"
                : "--limit=" + limit + "; it must be at least 0");
      }
      this.left = limit == 0 ? Long.MAX_VALUE : limit;
      this.progress = console.progress("traces");
    }

    int run() throws IOException {
      Seconds all = Seconds.of(a);
      progress.step("export", left);
      range(all);
      progress.clear();
      if (!a.flags().bool("quiet")) {
        console.err().println(written.size() - gone + " traces");
      }
      if (gone > 0) {
        console.err().println(gone + " traces were found and removed before they were read");
      }
      return incomplete ? 1 : 0;
    }

    private void range(Seconds range) throws IOException {
      if (left <= 0) {
        return;
      }
      List<Map<String, @Nullable Object>> traces = found(to, range, batch, a, console);
      if (traces.size() >= batch && left > traces.size() && range.to - range.from > 1) {
        long middle = range.from + (range.to - range.from) / 2;
        range(new Seconds(range.from, middle));
        range(new Seconds(middle, range.to));
        return;
      }
      for (Map<String, @Nullable Object> t : traces) {
        write(Json.text(t, "traceID"));
      }
      if (traces.size() >= batch && left > 0) {
        incomplete = true;
        console
            .err()
            .println(
                "More than --batch="
                    + batch
                    + " traces are at "
                    + Instant.ofEpochSecond(range.from)
                    + "; not all were written. Increase --batch.");
      }
    }

    private void write(String id) throws IOException {
      if (left <= 0 || !written.add(id)) {
        return;
      }
      String path = "/api/traces/" + ServerApi.encoded(id);
      HttpAccess.Reply r =
          to.send("GET", path, null, Map.of("Accept", "application/protobuf"), TIMEOUT);
      if (r.status() == 404) {
        gone++;
        return;
      }
      if (r.status() / 100 != 2) {
        throw new IOException(
            "Error response from server for trace "
                + id
                + ": "
                + r.text().strip()
                + " ("
                + r.statusText()
                + ")");
      }
      console.out().println(json(r.body(), id));
      left--;
      progress.advance(1);
    }
  }

  private static int export(Command.Arguments a, Console console) throws IOException {
    try (HttpAccess to = ADDRESS.open(a)) {
      return new Export(to, a, console).run();
    }
  }

  private static int tags(Command.Arguments a, Console console) throws IOException {
    List<ServerApi.Parameter> p = new ArrayList<>();
    p.add(new ServerApi.Parameter("scope", a.flags().get("scope")));
    Seconds.of(a).addTo(p);
    p.removeIf(x -> x.value().isEmpty());
    try (HttpAccess to = ADDRESS.open(a)) {
      Object scopes = object(to, "/api/v2/search/tags", p, a, console).get("scopes");
      for (Object s : scopes == null ? List.of() : ApiText.list(scopes)) {
        Map<String, @Nullable Object> scope = Json.asObject(s);
        String name = Json.text(scope, "name");
        for (Object tag : ApiText.list(scope.getOrDefault("tags", List.of()))) {
          console
              .out()
              .println(
                  TerminalText.printable(
                      name.equals("intrinsic") ? String.valueOf(tag) : name + "." + tag));
        }
      }
      return 0;
    }
  }

  private static int values(Command.Arguments a, Console console) throws IOException {
    List<ServerApi.Parameter> p = new ArrayList<>();
    p.add(new ServerApi.Parameter("q", a.flags().get("query")));
    Seconds.of(a).addTo(p);
    p.removeIf(x -> x.value().isEmpty());
    String path = "/api/v2/search/tag/" + ServerApi.encoded(a.operands().getFirst()) + "/values";
    try (HttpAccess to = ADDRESS.open(a)) {
      Object values = object(to, path, p, a, console).get("tagValues");
      for (Object v : values == null ? List.of() : ApiText.list(values)) {
        console.out().println(TerminalText.printable(Json.text(Json.asObject(v), "value")));
      }
      return 0;
    }
  }

  private static int delete(Command.Arguments a, Console console) throws IOException {
    String what = a.operands().getFirst();
    boolean id = ID.matcher(what).matches();
    List<ServerApi.Parameter> p = new ArrayList<>();
    p.add(new ServerApi.Parameter(id ? "traceId" : "query", what));
    if (!id || Stream.of("since", "from", "to").anyMatch(a.flags()::isGiven)) {
      Instant end = LogCli.time(a, "to", Instant.now());
      Instant start = LogCli.time(a, "from", end.minusMillis(a.flags().millis("since")));
      if (!start.isBefore(end)) {
        throw new CommandLineException(
            "the start " + start + " of the time range is not before its end " + end);
      }
      p.add(new ServerApi.Parameter("start", start.toString()));
      // the server includes the end, the flag does not
      p.add(new ServerApi.Parameter("end", end.minusNanos(1).toString()));
    }
    try (HttpAccess to = ADDRESS.open(a)) {
      String path = DELETE + "?" + ServerApi.form(p);
      HttpAccess.Reply r = send("POST", to, path, Map.of(), a, console);
      console.out().println("Deletion created: " + TerminalText.printable(r.text().strip()));
      return 0;
    }
  }

  private static int deletions(Command.Arguments a, Console console) throws IOException {
    try (HttpAccess to = ADDRESS.open(a)) {
      HttpAccess.Reply r = send("GET", to, DELETE, Map.of(), a, console);
      console.out().println(TerminalText.printable(r.text().strip()));
      return 0;
    }
  }

  private static int cancelDeletion(Command.Arguments a, Console console) throws IOException {
    var id = new ServerApi.Parameter("request_id", a.operands().getFirst());
    try (HttpAccess to = ADDRESS.open(a)) {
      send("DELETE", to, DELETE + "?" + ServerApi.form(List.of(id)), Map.of(), a, console);
      console.out().println("Deletion cancelled");
      return 0;
    }
  }
}
