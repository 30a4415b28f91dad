package dev.tethys.tools;

import dev.tethys.alert.manager.match.LabelMatcher;
import dev.tethys.codec.json.JsonFailures;
import dev.tethys.config.Durations;
import dev.tethys.model.file.IoFailures;
import dev.tethys.runtime.cli.Flag;
import dev.tethys.tools.AmtoolServer.Call;
import dev.tethys.tools.AmtoolServer.Failure;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code amtool silence …}: add, expire, import, query, update. */
final class AmtoolSilences {
  private static final int MAX_WORKERS = 256;

  private AmtoolSilences() {}

  private static Flag flag(String name, Flag.Kind kind, String otherwise, String help) {
    return Flag.of(name, kind, otherwise, help);
  }

  static List<Command> commands() {
    Flag quiet = flag("quiet", Flag.Kind.BOOLEAN, "false", "Only show silence ids.");
    Flag start =
        flag("start", Flag.Kind.STRING, "", "Set when the silence should start (RFC 3339).");
    Flag end =
        flag(
            "end",
            Flag.Kind.STRING,
            "",
            "Set when the silence should end (overwrites duration, RFC 3339).");
    Flag comment = flag("comment", Flag.Kind.STRING, "", "A comment to help describe the silence.");
    return List.of(
        new Command(
            "amtool silence add",
            "[<matcher-groups>...]",
            "Add a new alertmanager silence. A first word without an operator is the name of an"
                + " alert.",
            List.of(
                flag(
                    "author",
                    Flag.Kind.STRING,
                    System.getProperty("user.name", ""),
                    "Username for CreatedBy field."),
                flag("require-comment", Flag.Kind.BOOLEAN, "true", "Require comment to be set."),
                flag("duration", Flag.Kind.STRING, "1h", "Duration of silence."),
                start,
                end,
                comment,
                flag(
                    "annotation",
                    Flag.Kind.LIST,
                    "",
                    "Set an annotation to be included with the silence.")),
            0,
            Command.ANY,
            AmtoolSilences::add),
        new Command(
            "amtool silence expire",
            "[<silence-ids>...]",
            "Expire an alertmanager silence.",
            List.of(),
            0,
            Command.ANY,
            AmtoolSilences::expire),
        new Command(
            "amtool silence import",
            "[<input-file>]",
            "Import alertmanager silences from JSON file or stdin. The file is what query prints as"
                + " JSON.",
            List.of(
                flag(
                    "force",
                    Flag.Kind.BOOLEAN,
                    "false",
                    "Force adding new silences even if it already exists."),
                flag(
                    "worker",
                    Flag.Kind.INTEGER,
                    "8",
                    "Number of concurrent workers to use for import.")),
            0,
            1,
            AmtoolSilences::bulk),
        new Command(
            "amtool silence query",
            "[<matcher-groups>...]",
            "Query Alertmanager silences. A first word without an operator is the name of an"
                + " alert.",
            List.of(
                flag(
                    "expired",
                    Flag.Kind.BOOLEAN,
                    "false",
                    "Show expired silences instead of active."),
                quiet,
                flag(
                    "created-by",
                    Flag.Kind.STRING,
                    "",
                    "Show silences that belong to this creator."),
                flag("id", Flag.Kind.STRING, "", "Get a single silence by its ID."),
                flag(
                    "within",
                    Flag.Kind.STRING,
                    "",
                    "Show silences that will expire or have expired within a duration.")),
            0,
            Command.ANY,
            AmtoolSilences::query),
        new Command(
            "amtool silence update",
            "[<update-ids>...]",
            "Update silences.",
            List.of(
                quiet,
                flag("duration", Flag.Kind.STRING, "", "Duration of silence."),
                start,
                end,
                comment),
            0,
            Command.ANY,
            AmtoolSilences::update));
  }

  private static Duration duration(String text) {
    Duration d;
    try {
      d = Durations.parse(text);
    } catch (IllegalArgumentException e) {
      throw new Failure("not a valid duration string: \"" + text + "\"");
    }
    if (d.isZero()) {
      throw new Failure("silence duration must be greater than 0");
    }
    return d;
  }

  private static int add(Command.Arguments a, Console console) throws IOException {
    try (AmtoolServer server = new AmtoolServer(a)) {
      List<Map<String, Object>> matchers = new ArrayList<>();
      for (String word : server.withName(a.operands())) {
        LabelMatcher m = server.matcher(word);
        Map<String, Object> o = new LinkedHashMap<>();
        o.put("isEqual", m.isEqual());
        o.put("isRegex", m.isRegex());
        o.put("name", m.name());
        o.put("value", m.value());
        matchers.add(o);
      }
      if (matchers.isEmpty()) {
        throw new Failure("no matchers specified");
      }
      String start = a.flags().get("start");
      String end = a.flags().get("end");
      Instant from = start.isEmpty() ? Instant.now() : AmtoolServer.time(start);
      Instant until =
          end.isEmpty() ? from.plus(duration(a.flags().get("duration"))) : AmtoolServer.time(end);
      if (from.isAfter(until)) {
        throw new Failure("silence cannot start after it ends");
      }
      if (a.flags().bool("require-comment") && a.flags().get("comment").isEmpty()) {
        throw new Failure("comment required by config");
      }
      Map<String, Object> silence = new LinkedHashMap<>();
      List<String> annotations = a.flags().list("annotation");
      if (!annotations.isEmpty()) {
        silence.put("annotations", server.pairs("annotations", annotations));
      }
      silence.put("comment", a.flags().get("comment"));
      silence.put("createdBy", a.flags().get("author"));
      silence.put("endsAt", until.toString());
      silence.put("matchers", matchers);
      silence.put("startsAt", from.toString());
      String body = AmtoolServer.JSON.writeValueAsString(silence);
      JsonNode made = server.call(Call.POST_SILENCES, "", "", body);
      console.out().println(made.path("silenceID").asString(""));
    }
    return 0;
  }

  private static int expire(Command.Arguments a, Console console) throws IOException {
    if (a.operands().isEmpty()) {
      throw new Failure("no silence IDs specified");
    }
    try (AmtoolServer server = new AmtoolServer(a)) {
      for (String id : a.operands()) {
        server.call(Call.DELETE_SILENCE, id, "", null);
      }
    }
    return 0;
  }

  private static int query(Command.Arguments a, Console console) throws IOException {
    AmtoolOutput output = new AmtoolOutput(a, console.out());
    boolean expired = a.flags().bool("expired");
    String text = a.flags().get("within");
    Duration within = text.isEmpty() ? Duration.ZERO : DurationFlags.parse(text);
    ArrayNode shown = AmtoolServer.JSON.createArrayNode();
    try (AmtoolServer server = new AmtoolServer(a)) {
      StringBuilder filters = new StringBuilder();
      for (String m : server.withName(a.operands())) {
        filters.append(filters.isEmpty() ? "" : "&").append("filter=");
        filters.append(URLEncoder.encode(m, StandardCharsets.UTF_8));
      }
      Instant now = Instant.now();
      for (JsonNode s : server.call(Call.GET_SILENCES, "", filters.toString(), null)) {
        Instant end = AmtoolOutput.instant(s.path("endsAt"));
        boolean near =
            within.isZero()
                || (expired ? !end.isBefore(now.minus(within)) : !end.isAfter(now.plus(within)));
        boolean state = expired ? !end.isAfter(now) : !end.isBefore(now);
        if (near
            && state
            && isOrAny(a.flags().get("created-by"), s.path("createdBy"))
            && isOrAny(a.flags().get("id"), s.path("id"))) {
          shown.add(s);
        }
      }
    }
    print(a, console, output, shown);
    return 0;
  }

  private static boolean isOrAny(String wanted, JsonNode n) {
    return wanted.isEmpty() || wanted.equals(n.asString(""));
  }

  private static void print(
      Command.Arguments a, Console console, AmtoolOutput output, JsonNode shown) {
    if (a.flags().bool("quiet")) {
      shown.forEach(s -> console.out().println(s.path("id").asString("")));
    } else {
      output.silences(shown);
    }
  }

  private static int update(Command.Arguments a, Console console) throws IOException {
    if (a.operands().isEmpty()) {
      throw new Failure("no silence IDs specified");
    }
    AmtoolOutput output = new AmtoolOutput(a, console.out());
    ArrayNode updated = AmtoolServer.JSON.createArrayNode();
    try (AmtoolServer server = new AmtoolServer(a)) {
      for (String id : a.operands()) {
        ObjectNode s = (ObjectNode) server.call(Call.GET_SILENCE, id, "", null);
        if (!a.flags().get("start").isEmpty()) {
          s.put("startsAt", AmtoolServer.time(a.flags().get("start")).toString());
        }
        if (!a.flags().get("end").isEmpty()) {
          s.put("endsAt", AmtoolServer.time(a.flags().get("end")).toString());
        } else if (!a.flags().get("duration").isEmpty()) {
          Instant from = AmtoolOutput.instant(s.path("startsAt"));
          s.put("endsAt", from.plus(duration(a.flags().get("duration"))).toString());
        }
        Instant from = AmtoolOutput.instant(s.path("startsAt"));
        if (from.isAfter(AmtoolOutput.instant(s.path("endsAt")))) {
          throw new Failure("silence cannot start after it ends");
        }
        if (!a.flags().get("comment").isEmpty()) {
          s.put("comment", a.flags().get("comment"));
        }
        JsonNode made = server.call(Call.POST_SILENCES, "", "", postable(s).toString());
        s.put("id", made.path("silenceID").asString(""));
        updated.add(s);
      }
    }
    print(a, console, output, updated);
    return 0;
  }

  /** Silence without the fields set by the server. */
  private static ObjectNode postable(JsonNode s) {
    ObjectNode o = AmtoolServer.JSON.createObjectNode();
    for (String name :
        List.of("id", "annotations", "comment", "createdBy", "endsAt", "matchers", "startsAt")) {
      if (s.has(name)) {
        o.set(name, s.path(name));
      }
    }
    return o;
  }

  private static int bulk(Command.Arguments a, Console console) throws IOException {
    byte[] input =
        a.operands().isEmpty()
            ? console.in().readAllBytes()
            : Files.readAllBytes(Path.of(Operands.files(a.operands()).getFirst()));
    JsonNode all;
    try {
      all = AmtoolServer.JSON.readTree(input);
    } catch (tools.jackson.core.JacksonException e) {
      throw new Failure("couldn't unmarshal input data, is it JSON?: " + JsonFailures.describe(e));
    }
    // As in amtool, any empty value is an empty list: {} and null, too.
    boolean isList = all.isArray() || (!all.isMissingNode() && all.isEmpty());
    if (!isList || !all.valueStream().allMatch(s -> s.isObject() || s.isNull())) {
      throw new Failure("couldn't unmarshal input data, is it JSON?: expected a list of silences");
    }
    int workers = Math.clamp(a.flags().integer("worker"), 1, MAX_WORKERS);
    int failed = 0;
    try (AmtoolServer server = new AmtoolServer(a);
        ExecutorService pool = Executors.newFixedThreadPool(workers)) {
      List<Future<Boolean>> done = new ArrayList<>();
      for (JsonNode s : all) {
        ObjectNode o = postable(s);
        if (a.flags().bool("force")) {
          o.put("id", "");
        }
        done.add(pool.submit(() -> add(server, o, console)));
      }
      for (Future<Boolean> f : done) {
        failed += f.get() ? 0 : 1;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    } catch (ExecutionException e) {
      throw new IOException(e.getCause());
    }
    if (failed > 0) {
      throw new Failure("couldn't import " + failed + " out of " + all.size() + " silences");
    }
    return 0;
  }

  private static boolean add(AmtoolServer server, ObjectNode silence, Console console) {
    String id = silence.path("id").asString("");
    try {
      JsonNode made;
      try {
        made = server.call(Call.POST_SILENCES, "", "", silence.toString());
      } catch (Failure e) {
        if (!AmtoolServer.isNotFound(e)) {
          throw e;
        }
        silence.put("id", ""); // unknown id: a new silence is created
        made = server.call(Call.POST_SILENCES, "", "", silence.toString());
      }
      console.out().println(made.path("silenceID").asString(""));
      return true;
    } catch (Failure | IOException e) {
      console.err().println("Error adding silence id='" + id + "': " + IoFailures.describe(e));
      return false;
    }
  }
}
