package dev.tethys.tools;

import dev.tethys.codec.opamp.SignedConfig;
import dev.tethys.pipeline.web.Json;
import dev.tethys.runtime.cli.Flag;
import dev.tethys.runtime.cli.UsageException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** {@code control}: client of the API of {@code tethys control}. */
final class ControlCommands {
  static final String NAME = "control";

  private static final String ROOT = "/api/v1/control";
  private static final Duration TIMEOUT = Duration.ofSeconds(30);
  private static final List<Flag> SERVER =
      List.of(
          Flag.of("url", Flag.Kind.STRING, "http://127.0.0.1:4320", "URL of the control plane."),
          Flag.of("token-file", Flag.Kind.STRING, "", "File with the bearer token."),
          HttpAccess.CONFIG);
  static final Flag AUTHOR =
      Flag.of(
          "author",
          Flag.Kind.STRING,
          System.getProperty("user.name", ""),
          "Author, where the control plane has no tokens.");
  private static final List<Flag> CHANGE =
      List.of(
          Flag.of("reason", Flag.Kind.STRING, "", "Reason, required; kept in the audit log."),
          AUTHOR);

  static final Flag MIN_ITEMS =
      Flag.of(
          "min-items",
          Flag.Kind.INTEGER,
          "100",
          "Fewest items that agents of a stage must take before the next one; 0 for any.");
  static final Flag MAX_WAIT =
      Flag.of(
          "max-wait",
          Flag.Kind.DURATION,
          "5m",
          "Longest wait of a stage for them; then the rollout is paused.");

  private ControlCommands() {}

  static Command command(
      String name,
      String operands,
      String about,
      List<Flag> flags,
      int least,
      int most,
      Command.Action action) {
    return new Command(
        NAME + " " + name,
        operands,
        about,
        Stream.concat(SERVER.stream(), flags.stream()).toList(),
        least,
        most,
        action);
  }

  static List<Command> commands() {
    List<Command> out = new ArrayList<>();
    out.add(
        command(
            "agents",
            "[<selector>]",
            "List agents that a selector such as env=prod,region=~eu.* matches.",
            List.of(),
            0,
            1,
            ControlCommands::agents));
    out.add(
        command(
            "fidelity",
            "[<selector>]",
            "Print what checks of fidelity found in the data that exporters delivered.",
            List.of(),
            0,
            1,
            ControlCommands::fidelity));
    out.add(
        command(
            "volumes",
            "[<selector>]",
            "Print items and bytes by the values of an attribute, those with the most bytes in the"
                + " last minute first.",
            List.of(
                Flag.of(
                    "by",
                    Flag.Kind.STRING,
                    "",
                    "Attribute, such as service.name, severity or metric.name."),
                Flag.of(
                    "signal",
                    Flag.Kind.STRING,
                    "",
                    "logs, traces, metrics or profiles; empty for all."),
                Flag.of(
                    "order",
                    Flag.Kind.STRING,
                    "rate",
                    "rate for bytes in a second over the last minute, sum for those since the start"
                        + " of the agents."),
                Flag.of("limit", Flag.Kind.INTEGER, "20", "Maximum number of values.")),
            0,
            1,
            ControlCommands::volumes));
    out.add(
        command(
            "configurations",
            "[<name>]",
            "List configurations, or the versions of one.",
            List.of(),
            0,
            1,
            ControlCommands::configurations));
    out.add(
        command(
            "show",
            "<name> <version>",
            "Print the text of a version.",
            List.of(),
            2,
            2,
            ControlCommands::show));
    out.add(
        command(
            "diff",
            "<name> <from> <to>",
            "Compare two versions by components, edges and text.",
            List.of(),
            3,
            3,
            ControlCommands::diff));
    out.add(
        command(
            "push",
            "<name> <file>",
            "Add a version of a configuration.",
            with(
                Flag.of(
                    "validate",
                    Flag.Kind.BOOLEAN,
                    "true",
                    "Refuse a text that the collector of this program cannot read."),
                Flag.of(
                    "sign-key",
                    Flag.Kind.STRING,
                    "",
                    "Private key of Ed25519, in PEM, that signs the version; empty for the text as"
                        + " it is.")),
            2,
            2,
            ControlCommands::push));
    out.add(
        new Command(
            NAME + " sign",
            "<name> <file>",
            "Sign the text of a configuration in its file, by a last line that is a comment.",
            List.of(Flag.of("sign-key", Flag.Kind.STRING, "", "Private key of Ed25519, in PEM.")),
            2,
            2,
            ControlCommands::sign));
    out.add(
        command(
            "rollout",
            "<name> [<version>]",
            "Roll out a version, the latest by default, in stages of 1, 3, 15, 75 … agents. A latest"
                + " version that was undone must be named.",
            with(
                Flag.of("selector", Flag.Kind.STRING, "", "Agents; empty for all."),
                Flag.of("soak", Flag.Kind.DURATION, "10s", "Observation of each stage."),
                Flag.of(
                    "query",
                    Flag.Kind.STRING,
                    "",
                    "PromQL query; the rollout is undone if it has a result."),
                Flag.of(
                    "apply-timeout",
                    Flag.Kind.DURATION,
                    "15s",
                    "Time within which an agent must apply the version."),
                Flag.of(
                    "max-lost",
                    Flag.Kind.FLOAT,
                    "0.01",
                    "Largest rise of the share of dropped items, 0 to 1."),
                MIN_ITEMS,
                MAX_WAIT,
                Flag.of(
                    "max-output-change",
                    Flag.Kind.FLOAT,
                    "0",
                    "Largest relative change of what exporters get for each item or byte; 0 for"
                        + " any."),
                Flag.of(
                    "max-memory-growth",
                    Flag.Kind.FLOAT,
                    "1",
                    "Largest relative growth of the memory of an agent, beyond 256 MiB; 0 for"
                        + " any."),
                Flag.of(
                    "max-queue-age",
                    Flag.Kind.DURATION,
                    "0s",
                    "Largest age of what waits in the queue of an exporter; 0s for any.")),
            1,
            2,
            ControlCommands::rollout));
    out.add(
        command(
            "rollout-outputs",
            "<rollout>",
            "Compare what agents with and without the version of a rollout give to exporters.",
            List.of(
                Flag.of(
                    "keys",
                    Flag.Kind.BOOLEAN,
                    "false",
                    "Compares attribute keys in a sample of 5s in place of items and bytes.")),
            1,
            1,
            ControlCommands::outputs));
    out.add(
        command(
            "rollouts",
            "",
            "List rollouts, the latest first.",
            List.of(),
            0,
            0,
            ControlCommands::rollouts));
    for (Map.Entry<String, String> e :
        List.of(
            Map.entry("pause", "Stop a rollout from reaching further agents."),
            Map.entry("resume", "Continue a paused rollout."),
            Map.entry("cancel", "End an active rollout and return its agents."),
            Map.entry(
                "undo",
                "Return the agents of a rollout to the last version that stands without it."))) {
      out.add(
          command(
              e.getKey(),
              "<rollout>",
              e.getValue(),
              CHANGE,
              1,
              1,
              (a, c) -> change(e.getKey(), a, c)));
    }
    out.add(
        command(
            "audit",
            "",
            "List changes, the latest first.",
            List.of(
                Flag.of("limit", Flag.Kind.INTEGER, "50", "Maximum number of entries."),
                Flag.of("text", Flag.Kind.STRING, "", "Text in the entries; empty for all."),
                Flag.of(
                    "details",
                    Flag.Kind.BOOLEAN,
                    "false",
                    "Print the states before and after too.")),
            0,
            0,
            ControlCommands::audit));
    out.addAll(RepositoryCommands.commands());
    out.addAll(PackageCommands.commands());
    out.add(DryRunCommand.command());
    out.add(RecommendationsCommand.command());
    out.add(FindingsCommand.command());
    out.add(UnusedMetricsCommand.command());
    out.addAll(LiveControlCommands.commands());
    out.addAll(FleetCommands.commands());
    return out;
  }

  static List<Flag> with(Flag... flags) {
    return Stream.concat(Stream.of(flags), CHANGE.stream()).toList();
  }

  static @Nullable Object call(
      Command.Arguments a, String method, String path, @Nullable String body) throws IOException {
    String file = a.flags().get("token-file");
    List<String> headers =
        file.isEmpty()
            ? List.of()
            : List.of("Authorization=Bearer " + Files.readString(Path.of(file)).strip());
    try (HttpAccess access =
        HttpAccess.of(a.flags().get("url"), a.flags().get("http.config.file"), headers)) {
      HttpAccess.Reply r =
          access.send(
              method,
              ROOT + path,
              body == null ? null : body.getBytes(StandardCharsets.UTF_8),
              body == null ? Map.of() : Map.of("Content-Type", "application/json"),
              TIMEOUT);
      Map<String, @Nullable Object> m;
      try {
        m = dev.tethys.store.archive.Json.object(r.body());
      } catch (IllegalArgumentException e) {
        throw new IOException(
            access.base() + ROOT + path + " answered " + r.statusText() + " and no JSON", e);
      }
      if (r.status() != 200) {
        // The place of a member is one in a body that the user has not written.
        String error = text(m, "error").replaceFirst("^body:\\d+:\\d+: ", "");
        throw new IOException(r.status() == 422 ? error : r.statusText() + ": " + error);
      }
      return m.get("data");
    }
  }

  static Map<String, @Nullable Object> object(@Nullable Object o) {
    return dev.tethys.store.archive.Json.asObject(o);
  }

  static String text(@Nullable Object o, String key) {
    Object v = object(o).get(key);
    return v == null
        ? ""
        : v instanceof Double d && d == Math.rint(d) ? d.longValue() + "" : v + "";
  }

  /** A number of things: "1 agent", "2 agents". */
  static String counted(Object n, String one) {
    return n + " " + one + (n.toString().equals("1") ? "" : "s");
  }

  static List<?> list(@Nullable Object o) {
    return o instanceof List<?> l ? l : List.of();
  }

  static String time(@Nullable Object o, String key) {
    String millis = text(o, key);
    return millis.isEmpty() ? "" : Instant.ofEpochMilli(Long.parseLong(millis)).toString();
  }

  private static int agents(Command.Arguments a, Console console) throws IOException {
    String selector = a.operand(0, "");
    Table t = new Table();
    t.row(
        "AGENT",
        "SERVICE",
        "LABELS",
        "CONNECTED",
        "HEALTHY",
        "CONFIGURATION",
        "STATE",
        "IN",
        "OUT",
        "ERROR");
    for (Object o :
        list(call(a, "GET", "/agents?limit=10000&selector=" + ServerApi.encoded(selector), null))) {
      Object configuration = object(o).get("configuration");
      Object items = object(o).get("items");
      Object health = object(o).get("health");
      String name = text(configuration, "name");
      t.row(
          text(o, "uid"),
          text(object(o).get("labels"), "service.name"),
          ownLabels(object(object(o).get("labels"))),
          text(o, "connected"),
          health == null ? "" : text(health, "healthy"),
          name.isEmpty() ? "" : name + "/" + text(configuration, "version"),
          text(configuration, "state"),
          items == null ? "" : text(items, "in"),
          items == null ? "" : text(items, "out"),
          text(configuration, "kept").isEmpty()
              ? text(configuration, "error")
              : text(configuration, "kept"));
    }
    t.print(console.out());
    return 0;
  }

  /** Labels without those that agents describe their machine and process by. */
  private static String ownLabels(Map<String, @Nullable Object> labels) {
    List<String> out = new ArrayList<>();
    labels.forEach(
        (k, v) -> {
          if (!k.startsWith("service.") && !k.startsWith("os.") && !k.equals("host.arch")) {
            out.add(k + "=" + v);
          }
        });
    return String.join(",", out);
  }

  private static int fidelity(Command.Arguments a, Console console) throws IOException {
    List<String> results =
        List.of("sent", "match", "mismatch", "missing", "unknown", "doubled", "unpaired");
    Table t = new Table();
    List<Object> head = new ArrayList<>(List.of("CHECK", "SIGNAL", "AGENTS"));
    results.forEach(r -> head.add(r.toUpperCase(Locale.ROOT)));
    head.addAll(List.of("ALL ITEMS", "REFUSED"));
    t.row(head.toArray());
    List<?> all =
        list(call(a, "GET", "/fidelity?selector=" + ServerApi.encoded(a.operand(0, "")), null));
    for (Object o : all) {
      List<Object> row = new ArrayList<>();
      row.add(text(o, "check"));
      row.add(text(o, "signal"));
      row.add(text(o, "agents"));
      results.forEach(r -> row.add(count(o, r)));
      long refused = count(o, "refused");
      row.add(count(o, "accepted") + refused);
      row.add(refused);
      t.row(row.toArray());
    }
    t.print(console.out());
    if (all.isEmpty()) {
      console
          .out()
          .println(
              "No agent has a check: the processor fidelity at the points sent and delivered.");
    }
    return 0;
  }

  private static long count(@Nullable Object o, String key) {
    String n = text(o, key);
    return n.isEmpty() ? 0 : Long.parseLong(n);
  }

  private static int volumes(Command.Arguments a, Console console) throws IOException {
    Object v =
        call(
            a,
            "GET",
            "/volumes?selector="
                + ServerApi.encoded(a.operand(0, ""))
                + "&by="
                + ServerApi.encoded(a.flags().get("by"))
                + "&signal="
                + ServerApi.encoded(a.flags().get("signal"))
                + "&order="
                + ServerApi.encoded(a.flags().get("order"))
                + "&limit="
                + ServerApi.encoded(a.flags().get("limit")),
            null);
    Table t = new Table();
    List<?> currencies = list(object(v).get("currencies"));
    t.row(
        text(v, "by"),
        "SIGNAL",
        "ITEMS IN/S",
        "BYTES IN/S",
        "BYTES OUT/S",
        "ITEMS IN",
        "BYTES IN",
        "ITEMS OUT",
        "BYTES OUT",
        currencies.size() == 1 ? "COST IN " + currencies.getFirst() : "COST");
    for (Object o : list(object(v).get("rows"))) {
      String value = text(o, "value");
      volumesRow(t, value.isEmpty() ? "(none)" : value, o);
    }
    volumesRow(t, "(other)", object(v).get("other"));
    t.print(console.out());
    Object b = object(v).get("balance");
    console.out().println(counted(text(v, "agents"), "agent") + ": " + balance(b));
    return 0;
  }

  private static void volumesRow(Table t, String value, @Nullable Object o) {
    t.row(
        value,
        text(o, "signal"),
        perSecond(text(o, "inItemsPerSecond")),
        perSecond(text(o, "inBytesPerSecond")),
        perSecond(text(o, "outBytesPerSecond")),
        text(o, "inItems"),
        text(o, "inBytes"),
        text(o, "outItems"),
        (text(o, "outBytesEstimated").equals("true") ? "about " : "") + text(o, "outBytes"),
        cost(text(o, "costMicros")));
  }

  /** Empty where the agents have not reported for long enough: that is not 0. */
  private static String perSecond(String rate) {
    return rate.isEmpty() ? "" : String.format(Locale.ROOT, "%.1f", Double.parseDouble(rate));
  }

  private static String cost(String micros) {
    return micros.matches("0?")
        ? ""
        : String.format(Locale.ROOT, "%.4f", Double.parseDouble(micros) / 1e6);
  }

  /** The equation of the accounts, with the terms that are not zero. */
  private static String balance(@Nullable Object b) {
    List<String> right = new ArrayList<>();
    for (String key : List.of("out", "held", "waiting", "deadLettered", "returned", "kept")) {
      if (key.equals("out") || !text(b, key).matches("0?")) {
        right.add(key + " " + text(b, key));
      }
    }
    object(object(b).get("dropped"))
        .forEach((reason, n) -> right.add("dropped " + reason + " " + number(n)));
    List<String> left = new ArrayList<>();
    for (String key : List.of("in", "created", "restored", "revived", "copied")) {
      if (key.equals("in") || !text(b, key).matches("0?")) {
        left.add(key + " " + text(b, key));
      }
    }
    return String.join(" + ", left) + " = " + String.join(" + ", right);
  }

  private static String number(@Nullable Object n) {
    return n instanceof Double d ? Long.toString(d.longValue()) : String.valueOf(n);
  }

  private static int configurations(Command.Arguments a, Console console) throws IOException {
    String name = a.operand(0, "");
    Table t = new Table();
    t.row("NAME", "VERSION", "TIME", "AUTHOR", "SIGNED", "VALIDATION", "REASON");
    for (Object o :
        list(
            call(
                a,
                "GET",
                "/configurations" + (name.isEmpty() ? "" : "/" + ServerApi.encoded(name)),
                null))) {
      t.row(
          text(o, "name"),
          text(o, "version"),
          time(o, "timeMillis"),
          text(o, "author"),
          text(o, "signed"),
          text(o, "validation"),
          text(o, "reason"));
    }
    t.print(console.out());
    return 0;
  }

  private static int show(Command.Arguments a, Console console) throws IOException {
    Object v =
        call(
            a,
            "GET",
            "/configurations/"
                + ServerApi.encoded(a.operands().get(0))
                + "/"
                + ServerApi.encoded(a.operands().get(1)),
            null);
    console.out().print(text(v, "text"));
    return 0;
  }

  private static int diff(Command.Arguments a, Console console) throws IOException {
    Object d =
        call(
            a,
            "GET",
            "/diff/"
                + ServerApi.encoded(a.operands().get(0))
                + "?from="
                + ServerApi.encoded(a.operands().get(1))
                + "&to="
                + ServerApi.encoded(a.operands().get(2)),
            null);
    for (Object c : list(object(d).get("components"))) {
      List<String> keys = list(object(c).get("keys")).stream().map(String::valueOf).toList();
      console
          .out()
          .println(
              text(c, "change")
                  + " "
                  + text(c, "component")
                  + (keys.isEmpty() ? "" : ": " + String.join(", ", keys)));
    }
    list(object(d).get("edges")).forEach(console.out()::println);
    console.out().print(text(d, "text"));
    return 0;
  }

  /**
   * Reason of a change.
   *
   * @throws UsageException where the command has none
   */
  static String reason(Command.Arguments a) {
    String reason = a.flags().get("reason");
    if (reason.isBlank()) {
      throw new UsageException("--reason is required: say why, which the audit log keeps");
    }
    return reason;
  }

  /** Begin of the body of a change, which has a reason. */
  static Json changing(Command.Arguments a) {
    return bodyOf(a, reason(a));
  }

  /** Begin of the body of a request with a reason and an author. */
  static Json bodyOf(Command.Arguments a, String reason) {
    return new Json()
        .open('{')
        .key("reason")
        .text(reason)
        .key("author")
        .text(a.flags().get("author"));
  }

  private static int push(Command.Arguments a, Console console) throws IOException {
    Json body =
        changing(a)
            .key("name")
            .text(a.operands().get(0))
            .key("text")
            .text(signed(a, Files.readString(Path.of(a.operands().get(1)))))
            .key("validate")
            .raw(String.valueOf(a.flags().bool("validate")))
            .close('}');
    Object v = call(a, "POST", "/configurations", body.toString());
    console
        .out()
        .println(text(v, "name") + " version " + text(v, "version") + ": " + text(v, "validation"));
    return 0;
  }

  private static String signed(Command.Arguments a, String text) throws IOException {
    String key = a.flags().get("sign-key");
    if (key.isEmpty()) {
      return text;
    }
    String name = a.operands().get(0);
    String plain = SignedConfig.of(text).text(); // a former signature is replaced
    return SignedConfig.sign(
        name, plain, SigningKey.read(Path.of(key)).sign(SignedConfig.statement(name, plain)));
  }

  private static int sign(Command.Arguments a, Console console) throws IOException {
    if (a.flags().get("sign-key").isEmpty()) {
      throw new UsageException("--sign-key is required");
    }
    Path file = Path.of(a.operands().get(1));
    Files.writeString(file, signed(a, Files.readString(file)));
    console.out().println(file + ": signed as configuration " + a.operands().get(0));
    return 0;
  }

  private static int rollout(Command.Arguments a, Console console) throws IOException {
    Json body =
        changing(a)
            .key("configuration")
            .text(a.operands().getFirst())
            .key("selector")
            .text(a.flags().get("selector"))
            .key("soak")
            .text(a.flags().get("soak"))
            .key("applyTimeout")
            .text(a.flags().get("apply-timeout"))
            .key("query")
            .text(a.flags().get("query"))
            .key("maxLost")
            .raw(String.valueOf(Double.parseDouble(a.flags().get("max-lost"))))
            .key("minItems")
            .number(a.flags().integer("min-items"))
            .key("maxWait")
            .text(a.flags().get("max-wait"))
            .key("maxOutputChange")
            .raw(String.valueOf(Double.parseDouble(a.flags().get("max-output-change"))))
            .key("maxMemoryGrowth")
            .raw(String.valueOf(Double.parseDouble(a.flags().get("max-memory-growth"))))
            .key("maxQueueAge")
            .text(a.flags().get("max-queue-age"));
    if (a.operands().size() > 1) {
      body.key("version").number(Long.parseLong(a.operands().get(1)));
    }
    Object r = call(a, "POST", "/rollouts", body.close('}').toString());
    printState(console, r);
    return 0;
  }

  /** Prints the state of a rollout, and to what its agents return. */
  private static void printState(Console console, @Nullable Object rollout) {
    console.out().println("rollout " + text(rollout, "id") + " is " + text(rollout, "state"));
    Object returns = object(rollout).get("returns");
    for (Object to : returns == null ? List.of() : list(returns)) {
      String why = text(to, "why");
      console
          .out()
          .println(
              counted(text(to, "agents"), "agent")
                  + ": "
                  + (why.isEmpty() ? "to run " + text(to, "to") : why));
    }
  }

  private static int outputs(Command.Arguments a, Console console) throws IOException {
    String id = a.operands().getFirst();
    if (a.flags().bool("keys")) {
      return keys(id, a, console);
    }
    for (Object r : list(call(a, "GET", "/rollouts", null))) {
      if (text(r, "id").equals(id)) {
        Object o = object(r).get("outputs");
        if (o == null && !text(r, "outputsHidden").isEmpty()) {
          throw new IOException("rollout " + id + ": " + text(r, "outputsHidden"));
        }
        if (o == null) {
          console
              .out()
              .println(
                  "rollout "
                      + id
                      + (isActive(r)
                          ? ": not compared yet; reports come every 10 s"
                          : ": not compared: too few reports of volumes with items came while it"
                              + " ran"));
          return 0;
        }
        Table t = new Table();
        t.row(
            "SIGNAL",
            "ATTRIBUTE",
            "VALUE",
            "ITEMS BEFORE",
            "ITEMS",
            "ERROR",
            "BYTES BEFORE",
            "BYTES",
            "ERROR");
        for (Object row : list(object(o).get("rows"))) {
          t.row(
              text(row, "signal"),
              text(row, "attribute"),
              text(row, "value"),
              ratio(row, "itemsBefore"),
              ratio(row, "items"),
              ratio(row, "itemsError"),
              ratio(row, "bytesBefore"),
              ratio(row, "bytes"),
              ratio(row, "bytesError"));
        }
        t.print(console.out());
        console
            .out()
            .println(
                "for each that was taken, beside "
                    + text(o, "against")
                    + "; a smaller difference than the error is none");
        notJudged(object(r)).forEach(console.out()::println);
        return 0;
      }
    }
    throw new IOException("there is no rollout " + id);
  }

  private static boolean isActive(@Nullable Object rollout) {
    return List.of("running", "paused").contains(text(rollout, "state"));
  }

  /** What of a rollout was not judged, and why. */
  private static List<String> notJudged(Map<String, @Nullable Object> rollout) {
    List<String> out = new ArrayList<>();
    Object outputs = rollout.get("outputs");
    for (Object row : outputs == null ? List.of() : list(object(outputs).get("rows"))) {
      if (text(row, "judged").equals("false") && text(row, "attribute").isEmpty()) {
        out.add("outputs of " + text(row, "signal") + " not judged: " + text(row, "notJudged"));
      }
    }
    Object guard = rollout.get("notJudged");
    for (Object what : guard == null ? List.of() : list(guard)) {
      out.add(String.valueOf(what));
    }
    String stage = text(rollout, "acceptedStage");
    if (!stage.isEmpty()) {
      out.add("a user let stage " + stage + " pass, whose guard could not be judged");
    }
    return out;
  }

  private static int keys(String id, Command.Arguments a, Console console) throws IOException {
    Object k = call(a, "GET", "/rollouts/" + ServerApi.encoded(id) + "/keys", null);
    Table t = new Table();
    t.row("EXPORTER", "KEY", "SHARE WITHOUT", "SHARE WITH");
    for (Object row : list(object(k).get("rows"))) {
      t.row(
          text(row, "exporter"), text(row, "key"), share(row, "shareBefore"), share(row, "share"));
    }
    t.print(console.out());
    for (Object e : list(object(k).get("exporters"))) {
      console
          .out()
          .println(
              text(e, "node")
                  + ": "
                  + counted(text(e, "records"), "record")
                  + " with the version, "
                  + text(e, "recordsWithout")
                  + " without"
                  + (text(e, "compared").equals("true") ? "" : ", too few to compare"));
    }
    if (text(k, "complete").equals("false")) {
      console.out().println("there are too many keys; further ones were not compared");
    }
    List<?> errors = list(object(k).get("errors"));
    for (Object e : errors) {
      console.err().println(text(e, "uid") + ": " + text(e, "error"));
    }
    return errors.isEmpty() ? 0 : 1;
  }

  private static String share(Object row, String name) {
    return String.format(Locale.ROOT, "%.1f%%", 100 * Double.parseDouble(text(row, name)));
  }

  private static String ratio(Object row, String name) {
    return String.format(Locale.ROOT, "%.3f", Double.parseDouble(text(row, name)));
  }

  private static int rollouts(Command.Arguments a, Console console) throws IOException {
    Table t = new Table();
    List<String> notJudged = new ArrayList<>();
    t.row("ROLLOUT", "CONFIGURATION", "SELECTOR", "STATE", "AGENTS", "STARTED", "REASON");
    for (Object o : list(call(a, "GET", "/rollouts", null))) {
      notJudged(object(o)).forEach(n -> notJudged.add("rollout " + text(o, "id") + ": " + n));
      String why = text(o, "stateReason");
      t.row(
          text(o, "id"),
          text(o, "configuration") + "/" + text(o, "version"),
          text(o, "selector"),
          text(o, "state"),
          list(object(o).get("agents")).size(),
          time(o, "startedMillis"),
          why.isEmpty() ? text(o, "reason") : why);
    }
    t.print(console.out());
    notJudged.forEach(console.out()::println);
    return 0;
  }

  private static int change(String what, Command.Arguments a, Console console) throws IOException {
    Object r =
        call(
            a,
            "POST",
            "/rollouts/" + ServerApi.encoded(a.operands().getFirst()) + "/" + what,
            changing(a).close('}').toString());
    printState(console, r);
    return 0;
  }

  private static int audit(Command.Arguments a, Console console) throws IOException {
    Table t = new Table();
    t.row("TIME", "ACTOR", "ACTION", "TARGET", "REASON");
    String path =
        "/audit?limit="
            + a.flags().integer("limit")
            + "&text="
            + ServerApi.encoded(a.flags().get("text"));
    for (Object o : list(call(a, "GET", path, null))) {
      t.row(
          text(o, "time"),
          text(o, "actor"),
          text(o, "action"),
          text(o, "target"),
          text(o, "reason"));
      if (a.flags().bool("details")) {
        for (String side : List.of("before", "after")) {
          object(object(o).get(side)).forEach((k, v) -> t.row("", "", side, k, String.valueOf(v)));
        }
      }
    }
    t.print(console.out());
    return 0;
  }
}
