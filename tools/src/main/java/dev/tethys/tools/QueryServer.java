package dev.tethys.tools;

import dev.tethys.runtime.cli.Flag;
import dev.tethys.tools.ruletest.UnitTestFile;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * {@code query instant}, {@code range}, {@code series}, {@code labels}: queries a running server.
 */
final class QueryServer {
  static final Flag FORMAT =
      Flag.of(
          "format",
          Flag.Kind.STRING,
          "promql",
          "Output format of the query: promql or json. Short: -o.");
  private static final Flag HEADER =
      Flag.of("header", Flag.Kind.LIST, "", "Extra headers to send to the server, NAME=VALUE.");
  private static final Flag START = time("start", "Start time");
  private static final Flag END = time("end", "End time");
  private static final Flag MATCH =
      Flag.of("match", Flag.Kind.LIST, "", "Series selector. Can be specified multiple times.");

  /** Default range of series and labels: more than a year in either direction. */
  private static final Duration FAR = Duration.ofHours(9999);

  private QueryServer() {}

  private static Flag time(String name, String what) {
    return Flag.of(name, Flag.Kind.STRING, "", what + " (RFC3339 or Unix timestamp).");
  }

  static List<Command> commands() {
    return List.of(
        new Command(
            "query instant",
            "<server> <expr>",
            "Run an instant query.",
            List.of(FORMAT, HttpAccess.CONFIG, HEADER, time("time", "Query evaluation time")),
            2,
            2,
            (a, c) -> ask(a, c, QueryServer::instant)),
        new Command(
            "query range",
            "<server> <expr>",
            "Run a range query.",
            List.of(
                FORMAT,
                HttpAccess.CONFIG,
                HEADER,
                START,
                END,
                Flag.of("step", Flag.Kind.STRING, "", "Query step size (duration).")),
            2,
            2,
            (a, c) -> ask(a, c, QueryServer::range)),
        new Command(
            "query series",
            "<server>",
            "Run a series query.",
            List.of(FORMAT, HttpAccess.CONFIG, MATCH, START, END),
            1,
            1,
            (a, c) -> ask(a, c, QueryServer::series)),
        new Command(
            "query labels",
            "<server> <name>",
            "Run a query for the values of a label.",
            List.of(FORMAT, HttpAccess.CONFIG, MATCH, START, END),
            2,
            2,
            (a, c) -> ask(a, c, QueryServer::labels)));
  }

  /** Queries a server and returns the output. */
  private interface ServerQuery {
    String ask(ServerApi api, Command.Arguments a, boolean json) throws IOException;
  }

  /** Thrown if a time on the command line cannot be parsed or is invalid. */
  static final class BadTimeException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    BadTimeException(String message) {
      super(message);
    }
  }

  private static int ask(Command.Arguments a, Console console, ServerQuery q) throws IOException {
    String format = a.flags().get("format");
    if (!format.equals("promql") && !format.equals("json")) {
      throw new CommandLineException("enum value must be one of promql,json, got '" + format + "'");
    }
    try (ServerApi api = open(a, a.operands().getFirst())) {
      console.out().print(q.ask(api, a, format.equals("json")));
      return 0;
    } catch (BadTimeException e) {
      console.err().println(e.getMessage());
    } catch (IOException e) {
      console.err().println("query error: " + e.getMessage());
    }
    return 1;
  }

  /** Opens the server given as an operand. */
  static ServerApi open(Command.Arguments a, String url) throws IOException {
    List<String> headers = new ArrayList<>();
    if (a.flags().values().containsKey("header")) {
      headers.addAll(a.flags().list("header"));
    }
    return new ServerApi(HttpAccess.of(url, a.flags().get("http.config.file"), headers));
  }

  /** Returns the time given by a flag, or a default. */
  static Instant time(Command.Arguments a, String flag, String what, Instant otherwise) {
    String text = a.flags().get(flag);
    if (text.isEmpty()) {
      return otherwise;
    }
    try {
      return UnitTestFile.time(text);
    } catch (IllegalArgumentException e) {
      throw new BadTimeException("error parsing " + what + ": " + e.getMessage());
    }
  }

  private static String instant(ServerApi api, Command.Arguments a, boolean json)
      throws IOException {
    Instant at = time(a, "time", "evaluation time", Instant.now());
    return printed(api.query(a.operands().get(1), at), json);
  }

  private static String printed(Map<String, @Nullable Object> data, boolean json) {
    return json
        ? ApiText.resultJson(new StringBuilder(), data.get("result")).append('\n').toString()
        : ApiText.value(data) + "\n";
  }

  private static String range(ServerApi api, Command.Arguments a, boolean json) throws IOException {
    Instant end = time(a, "end", "end time", Instant.now());
    Instant start = time(a, "start", "start time", end.minus(Duration.ofMinutes(5)));
    if (!start.isBefore(end)) {
      throw new BadTimeException("start time is not before end time");
    }
    String given = a.flags().get("step");
    Duration step =
        given.isEmpty()
            ? Duration.ofSeconds(Math.max(Duration.between(start, end).toSeconds() / 250, 1))
            : DurationFlags.parse(given);
    return printed(
        dev.tethys.store.archive.Json.asObject(
            api.post(
                "/api/v1/query_range",
                List.of(
                    new ServerApi.Parameter("query", a.operands().get(1)),
                    ServerApi.Parameter.of("start", start),
                    ServerApi.Parameter.of("end", end),
                    new ServerApi.Parameter(
                        "step", dev.tethys.model.GoFloat.f(step.toNanos() / 1e9))))),
        json);
  }

  private static List<ServerApi.Parameter> window(Command.Arguments a) {
    List<ServerApi.Parameter> out = new ArrayList<>();
    a.flags().list("match").forEach(m -> out.add(new ServerApi.Parameter("match[]", m)));
    Instant now = Instant.now();
    out.add(ServerApi.Parameter.of("start", time(a, "start", "start time", now.minus(FAR))));
    out.add(ServerApi.Parameter.of("end", time(a, "end", "end time", now.plus(FAR))));
    return out;
  }

  private static String series(ServerApi api, Command.Arguments a, boolean json)
      throws IOException {
    a.require("match");
    Object data = api.post("/api/v1/series", window(a));
    if (json) {
      return ApiText.json(new StringBuilder(), data).append('\n').toString();
    }
    StringBuilder sb = new StringBuilder();
    ApiText.list(data).forEach(s -> sb.append(ApiText.labels(s)).append('\n'));
    return sb.toString();
  }

  private static String labels(ServerApi api, Command.Arguments a, boolean json)
      throws IOException {
    Object data =
        api.get("/api/v1/label/" + ServerApi.encoded(a.operands().get(1)) + "/values", window(a));
    if (json) {
      return ApiText.json(new StringBuilder(), data).append('\n').toString();
    }
    StringBuilder sb = new StringBuilder();
    ApiText.list(data).forEach(v -> sb.append(v).append('\n'));
    return sb.toString();
  }
}
