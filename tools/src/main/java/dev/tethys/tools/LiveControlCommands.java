package dev.tethys.tools;

import static dev.tethys.tools.ControlPlaneClient.call;
import static dev.tethys.tools.ControlPlaneClient.counted;
import static dev.tethys.tools.ControlPlaneClient.list;
import static dev.tethys.tools.ControlPlaneClient.object;
import static dev.tethys.tools.ControlPlaneClient.text;
import static dev.tethys.tools.ControlPlaneClient.time;

import dev.tethys.pipeline.web.Json;
import dev.tethys.runtime.cli.Flag;
import dev.tethys.runtime.cli.UsageException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/** Commands of {@code control} for live controls. */
final class LiveControlCommands {
  private static final List<Flag> SCOPE =
      List.of(
          Flag.of("selector", Flag.Kind.STRING, "", "Agents; empty for all."),
          Flag.of("service", Flag.Kind.STRING, "", "Resource attribute service.name."),
          Flag.of(
              "attribute",
              Flag.Kind.LIST,
              "",
              "Resource attribute, as name=value. Can be repeated."),
          Flag.of(
              "signal",
              Flag.Kind.LIST,
              "",
              "Signal: traces, metrics, logs or profiles; all by default. Can be repeated."),
          Flag.of("condition", Flag.Kind.STRING, "", "OTTL condition; requires --signal."),
          Flag.of("pipeline", Flag.Kind.STRING, "", "Pipeline, such as logs/edge; all by default."),
          Flag.of("for", Flag.Kind.STRING, "1h", "Time after which the control ends."),
          Flag.of("id", Flag.Kind.STRING, "", "ID; a number by default."),
          Flag.of("owner", Flag.Kind.STRING, "", "Stated owner; the author by default."),
          Flag.of(
              "await-agents",
              Flag.Kind.BOOLEAN,
              "false",
              "Starts the control although no agent matches yet."),
          Flag.of(
              "preview",
              Flag.Kind.BOOLEAN,
              "false",
              "Count for 5s the items that would be dropped, without dropping any; requires no"
                  + " reason."));

  private static final List<String> BYTES = List.of("B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB");

  private static final List<Flag> QUOTA =
      List.of(
          Flag.of("unit", Flag.Kind.STRING, "bytes", "Unit of the limit: items, bytes or cost."),
          Flag.of("period", Flag.Kind.STRING, "24h", "Period, in UTC."),
          Flag.of(
              "by",
              Flag.Kind.STRING,
              "",
              "Resource attribute, such as team, each value of which has the limit."),
          Flag.of("warn-at", Flag.Kind.STRING, "80%", "Share of the limit from which it warns."),
          Flag.of(
              "sample-at",
              Flag.Kind.STRING,
              "0",
              "Share of the limit from which logs and spans are sampled; 0 for never."),
          Flag.of("sample-share", Flag.Kind.STRING, "10%", "Share that sampling keeps."),
          Flag.of(
              "target",
              Flag.Kind.STRING,
              "",
              "Pipeline for items over the limit, such as logs/archive; they are dropped without."),
          Flag.of("price-per-gib", Flag.Kind.STRING, "0", "Price of 1 GiB, for the unit cost."),
          Flag.of(
              "price-per-million-items",
              Flag.Kind.STRING,
              "0",
              "Price of one million items, for the unit cost."));

  private LiveControlCommands() {}

  private static void quota(Json j, Command.Arguments a) {
    put(j, "target", a.flags().get("target"));
    j.key("quota").open('{').key("limit").raw(number("limit", a.operands().getFirst()));
    j.key("unit").text(a.flags().get("unit")).key("period").text(a.flags().get("period"));
    put(j, "by", a.flags().get("by"));
    j.key("warnAt").raw(share(a.flags().get("warn-at")));
    j.key("sampleAt").raw(share(a.flags().get("sample-at")));
    j.key("sampleShare").raw(share(a.flags().get("sample-share")));
    j.key("pricePerGib").raw(number("price-per-gib", a.flags().get("price-per-gib")));
    j.key("pricePerMillionItems")
        .raw(number("price-per-million-items", a.flags().get("price-per-million-items")))
        .close('}');
  }

  private static String number(String name, String text) {
    try {
      double d = Double.parseDouble(text);
      if (Double.isFinite(d)) {
        return Double.toString(d);
      }
    } catch (NumberFormatException e) {
      // reported below
    }
    throw new UsageException(name + " \"" + text + "\" must be a number");
  }

  private static int tap(Command.Arguments a, Console console) throws IOException {
    String path =
        "/tap?node="
            + ServerApi.encoded(a.operands().getFirst())
            + "&seconds="
            + a.flags().integer("seconds")
            + "&records="
            + a.flags().integer("records")
            + "&selector="
            + ServerApi.encoded(a.flags().get("selector"))
            + "&contains="
            + ServerApi.encoded(a.flags().get("contains"));
    boolean failed = false;
    for (Object agent : list(object(call(a, "GET", path, null)).get("agents"))) {
      String uid = text(agent, "uid");
      if (!text(agent, "error").isEmpty()) {
        console.err().println(uid + ": " + text(agent, "error"));
        failed = true;
        continue;
      }
      for (Object r : list(object(agent).get("records"))) {
        console.out().println(uid + " " + changeWords(text(r, "change")) + " " + text(r, "edge"));
        for (String side : List.of("before", "after")) {
          Object record = object(r).get(side);
          if (record != null) {
            console
                .out()
                .println("  " + side + " " + JsonMapper.shared().writeValueAsString(record));
          }
        }
      }
    }
    return failed ? 1 : 0;
  }

  private static int quotas(Command.Arguments a, Console console) throws IOException {
    Table t = new Table();
    t.row("CONTROL", "VALUE", "AGENT", "USED", "LIMIT", "STEP");
    for (Object o : list(call(a, "GET", "/quotas", null))) {
      for (Object v : list(object(o).get("values"))) {
        use(t, o, v, "(all)", v);
        for (Object agent : list(object(v).get("agents"))) {
          use(t, o, v, text(agent, "uid"), agent);
        }
      }
    }
    t.print(console.out());
    return 0;
  }

  private static void use(
      Table t, @Nullable Object quota, @Nullable Object value, String agent, @Nullable Object use) {
    String unit = text(object(quota).get("quota"), "unit");
    t.row(
        text(quota, "id"),
        text(value, "value"),
        agent,
        amount(text(use, "used"), unit),
        amount(text(use, "limit"), unit),
        text(use, "step"));
  }

  /**
   * {@code 998 items}, {@code 1.9 GiB} or {@code 12.50}, a small sum with two digits that differ
   * from 0; the response of the API is exact.
   */
  static String amount(String number, String unit) {
    double n;
    try {
      n = Double.parseDouble(number);
    } catch (NumberFormatException e) {
      return number;
    }
    return switch (unit) {
      case "items" ->
          String.format(
              Locale.ROOT, "%,d %s", Math.round(n), Math.round(n) == 1 ? "item" : "items");
      case "bytes" -> bytes(n);
      default -> cost(n);
    };
  }

  private static String cost(double n) {
    int zeros = n > 0 && n < 1 ? (int) Math.ceil(-Math.log10(n)) : 0;
    return String.format(Locale.ROOT, "%,." + Math.clamp(zeros + 1L, 2, 9) + "f", n);
  }

  private static String bytes(double n) {
    int power = 0;
    while (power < BYTES.size() - 1 && n >= 1023.95) {
      n /= 1024;
      power++;
    }
    return String.format(Locale.ROOT, power == 0 ? "%.0f %s" : "%.1f %s", n, BYTES.get(power));
  }

  private interface Settings {
    void add(Json body, Command.Arguments a);
  }

  static List<Command> commands() {
    List<Command> out = new ArrayList<>();
    out.add(starting("mute", "", "Drop all items of a scope.", List.of(), 0, (j, a) -> {}));
    out.add(
        starting(
            "filter",
            "<condition>",
            "Drop the items of a scope for which an OTTL condition holds.",
            List.of(),
            1,
            (j, a) -> j.key("condition").text(a.operands().getFirst())));
    out.add(
        starting(
            "sample",
            "<share>",
            "Keep a share of the spans or log records of a scope, such as 10% or 0.1: above 0 and"
                + " below 100%. mute drops all.",
            List.of(
                Flag.of("keep-errors", Flag.Kind.BOOLEAN, "false", "Keeps all errors."),
                Flag.of(
                    "keep-slow",
                    Flag.Kind.STRING,
                    "",
                    "Minimum duration of spans that are all kept, such as 500ms."),
                Flag.of(
                    "keep-rare",
                    Flag.Kind.INTEGER,
                    "0",
                    "Spans of each name and log lines of each form that are kept per minute before"
                        + " sampling.")),
            1,
            (j, a) -> {
              j.key("share").raw(kept(a.operands().getFirst()));
              j.key("keepErrors").raw(String.valueOf(a.flags().bool("keep-errors")));
              put(j, "keepSlow", a.flags().get("keep-slow"));
              j.key("keepRare").raw(a.flags().get("keep-rare"));
            }));
    out.add(
        starting(
            "redact",
            "",
            "Mask personal data and credentials in the items of a scope.",
            List.of(
                Flag.of(
                    "detector",
                    Flag.Kind.LIST,
                    "",
                    "Detector: card, iban, email, phone, ip, token or key; all by default. Can be"
                        + " repeated.")),
            0,
            (j, a) -> {
              j.key("detectors").open('[');
              a.flags().list("detector").stream().filter(d -> !d.isEmpty()).forEach(j::text);
              j.close(']');
            }));
    out.add(
        starting(
            "limit",
            "<rate>",
            "Limit the items of a scope per second at each agent.",
            List.of(),
            1,
            (j, a) -> j.key("rate").number(rate(a.operands().getFirst()))));
    out.add(
        starting(
            "route",
            "<pipeline>",
            "Move all items of a scope to another pipeline, such as logs/archive.",
            List.of(),
            1,
            (j, a) -> j.key("target").text(a.operands().getFirst())));
    out.add(
        starting(
            "quota",
            "<limit>",
            "Pass an amount of a scope in each period at all agents together, then move or drop the"
                + " rest.",
            QUOTA,
            1,
            LiveControlCommands::quota));
    out.add(
        ControlPlaneClient.command(
            "tap",
            "<node>",
            "Show records before and after a node of agents, such as processor:batch@logs.",
            List.of(
                Flag.of("selector", Flag.Kind.STRING, "", "Agents; empty for all."),
                Flag.of("seconds", Flag.Kind.INTEGER, "5", "Time in seconds, at most 30."),
                Flag.of("records", Flag.Kind.INTEGER, "20", "Records of each agent, at most 100."),
                Flag.of("contains", Flag.Kind.STRING, "", "Text in the JSON of the records.")),
            1,
            1,
            LiveControlCommands::tap));
    out.add(
        ControlPlaneClient.command(
            "quotas",
            "",
            "List the uses of active quotas by value, with the share of each agent in the limit.",
            List.of(),
            0,
            0,
            LiveControlCommands::quotas));
    out.add(
        ControlPlaneClient.command(
            "controls",
            "",
            "List live controls, the latest first.",
            List.of(Flag.of("all", Flag.Kind.BOOLEAN, "false", "Lists ended controls, too.")),
            0,
            0,
            LiveControlCommands::controls));
    out.add(
        ControlPlaneClient.command(
            "end",
            "<control>",
            "End a live control.",
            ControlPlaneClient.with(),
            1,
            1,
            LiveControlCommands::end));
    return out;
  }

  private static Command starting(
      String name,
      String operands,
      String about,
      List<Flag> flags,
      int operandCount,
      Settings settings) {
    List<Flag> all = new ArrayList<>(flags);
    SCOPE.stream()
        .filter(f -> !(name.equals("filter") && f.name().equals("condition")))
        .forEach(all::add);
    return ControlPlaneClient.command(
        name,
        operands,
        about,
        ControlPlaneClient.with(all.toArray(Flag[]::new)),
        operandCount,
        operandCount,
        (a, c) -> start(name, settings, a, c));
  }

  /** Parses a number from 0 to 1, or a percentage. */
  static String share(String text) {
    try {
      return text.endsWith("%")
          ? Double.toString(Double.parseDouble(text.substring(0, text.length() - 1)) / 100)
          : Double.toString(Double.parseDouble(text));
    } catch (NumberFormatException e) {
      throw new UsageException("share \"" + text + "\" must be a number such as 10% or 0.1");
    }
  }

  /** Returns the share that sampling keeps. */
  static String kept(String text) {
    String share = share(text);
    double d = Double.parseDouble(share);
    if (!(d > 0 && d < 1)) {
      throw new UsageException(
          "share \"" + text + "\" must be above 0 and below 100%; mute drops all");
    }
    return share;
  }

  private static long rate(String text) {
    try {
      return Long.parseLong(text);
    } catch (NumberFormatException e) {
      throw new UsageException("rate \"" + text + "\" must be a whole number of items a second");
    }
  }

  private static int start(String name, Settings settings, Command.Arguments a, Console console)
      throws IOException {
    boolean preview = a.flags().bool("preview");
    Json j =
        preview
            ? ControlPlaneClient.bodyOf(a, a.flags().get("reason"))
            : ControlPlaneClient.changing(a);
    j.key("action").text(name.equals("limit") ? "rate_limit" : name);
    settings.add(j, a);
    for (String key : List.of("selector", "pipeline", "id", "owner")) {
      put(j, key, a.flags().get(key));
    }
    if (!name.equals("filter")) {
      put(j, "condition", a.flags().get("condition"));
    }
    if (!preview) {
      put(j, "duration", a.flags().get("for"));
    }
    List<String> signals = a.flags().list("signal").stream().filter(s -> !s.isEmpty()).toList();
    if (!signals.isEmpty()) {
      j.key("signals").open('[');
      signals.forEach(j::text);
      j.close(']');
    }
    attributes(j, a);
    if (!preview && a.flags().bool("await-agents")) {
      j.key("awaitAgents").raw("true");
    }
    Object o = call(a, "POST", preview ? "/controls/preview" : "/controls", j.close('}') + "");
    console
        .out()
        .println(
            preview
                ? previewed(name, o)
                : "control "
                    + text(o, "id")
                    + " is active until "
                    + time(o, "endMillis")
                    + matching(o));
    return 0;
  }

  /**
   * Returns the agents currently affected by a control, and its selector with the token's
   * conditions.
   */
  private static String matching(@Nullable Object o) {
    int agents = list(object(o).get("agents")).size();
    String selector = text(o, "selector");
    return ", for "
        + counted(agents, "agent")
        + (selector.isEmpty() ? "" : " of " + selector)
        + (agents == 0 ? " until further ones connect" : "");
  }

  private static String previewed(String name, @Nullable Object o) {
    long dropped = whole(o, "wouldDrop");
    long changed = whole(o, "wouldChange");
    String verb =
        switch (name) {
          case "redact" -> "masked";
          case "route" -> "moved";
          case "quota" -> "dropped or moved";
          default -> "dropped";
        };
    long lacking =
        list(object(o).get("agents")).stream()
            .filter(a -> text(a, "state").equals("no such target"))
            .count();
    return (name.equals("redact") || name.equals("route") ? changed : dropped + changed)
        + " of "
        + counted(text(o, "items"), "item")
        + " would be "
        + verb
        + " within "
        + text(o, "windowMillis")
        + " ms, at "
        + counted(list(object(o).get("agents")).size(), "agent")
        + "; "
        + counted(whole(o, "wouldRemoveBytes"), "byte")
        + (whole(o, "matched") > 0 ? "; the scope has " + whole(o, "matched") : "")
        + (lacking == 0 ? "" : "; the target does not run at " + lacking + " of them");
  }

  private static long whole(@Nullable Object o, String key) {
    String text = text(o, key);
    return text.isEmpty() ? 0 : Long.parseLong(text);
  }

  private static void put(Json j, String key, String value) {
    if (!value.isEmpty()) {
      j.key(key).text(value);
    }
  }

  private static void attributes(Json j, Command.Arguments a) {
    List<Map.Entry<String, String>> all = new ArrayList<>();
    if (!a.flags().get("service").isEmpty()) {
      all.add(Map.entry("service.name", a.flags().get("service")));
    }
    for (String one : a.flags().list("attribute")) {
      int eq = one.indexOf('=');
      if (eq < 1 && !one.isEmpty()) {
        throw new UsageException("--attribute=" + one + " must be name=value");
      }
      if (!one.isEmpty()) {
        all.add(Map.entry(one.substring(0, eq), one.substring(eq + 1)));
      }
    }
    if (!all.isEmpty()) {
      j.key("attributes").open('{');
      all.forEach(e -> j.key(e.getKey()).text(e.getValue()));
      j.close('}');
    }
  }

  /** Describes the effect of a node on a record. */
  static String changeWords(String change) {
    return switch (change) {
      case "only_before" -> "held or dropped";
      case "only_after" -> "released or added";
      default -> change;
    };
  }

  private static int controls(Command.Arguments a, Console console) throws IOException {
    Table t = new Table();
    t.row(
        "CONTROL",
        "ACTION",
        "SCOPE",
        "SELECTOR",
        "STATE",
        "AGENTS",
        "MATCHED",
        "DROPPED",
        "CHANGED",
        "END",
        "OWNER",
        "AUTHOR",
        "REASON");
    String path = "/controls?limit=10000" + (a.flags().bool("all") ? "" : "&state=active");
    List<?> all = list(call(a, "GET", path, null));
    for (Object o : all) {
      Map<String, @Nullable Object> states = object(object(o).get("agentStates"));
      List<String> agents = new ArrayList<>();
      states.forEach((k, v) -> agents.add(text(states, k) + " " + k));
      t.row(
          text(o, "id"),
          text(o, "action"),
          scope(o),
          text(o, "selector"),
          text(o, "state"),
          String.join(", ", agents),
          text(o, "matched"),
          text(o, "dropped"),
          text(o, "changed"),
          time(o, "endMillis"),
          text(o, "owner"),
          text(o, "author"),
          text(o, "reason"));
    }
    t.print(console.out());
    if (all.isEmpty() && !a.flags().bool("all")) {
      console.out().println("No control is active; --all lists ended ones.");
    }
    return 0;
  }

  private static String scope(@Nullable Object o) {
    List<String> parts = new ArrayList<>();
    parts.add(
        String.join("+", list(object(o).get("signals")).stream().map(String::valueOf).toList()));
    Object attributes = object(o).get("attributes");
    if (attributes != null) {
      object(attributes).forEach((k, v) -> parts.add(k + "=" + v));
    }
    for (String key : List.of("condition", "pipeline")) {
      if (!text(o, key).isEmpty()) {
        parts.add(text(o, key));
      }
    }
    if (!text(o, "target").isEmpty()) {
      parts.add("to " + text(o, "target"));
    }
    if (!text(o, "quotaStep").isEmpty()) {
      parts.add("quota: " + text(o, "quotaStep"));
    }
    if (!text(o, "share").isEmpty()) {
      parts.add("keep " + text(o, "share"));
    }
    if (!text(o, "rate").isEmpty()) {
      parts.add("keep " + text(o, "rate") + "/s");
    }
    return String.join(" ", parts);
  }

  private static int end(Command.Arguments a, Console console) throws IOException {
    String id = a.operands().getFirst();
    call(
        a,
        "DELETE",
        "/controls/" + ServerApi.encoded(id),
        ControlPlaneClient.changing(a).close('}').toString());
    console.out().println("control " + id + " has ended");
    return 0;
  }
}
