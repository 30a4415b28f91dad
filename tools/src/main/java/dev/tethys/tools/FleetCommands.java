package dev.tethys.tools;

import static dev.tethys.tools.ControlPlaneClient.call;
import static dev.tethys.tools.ControlPlaneClient.list;
import static dev.tethys.tools.ControlPlaneClient.object;
import static dev.tethys.tools.ControlPlaneClient.text;
import static dev.tethys.tools.ControlPlaneClient.time;

import dev.tethys.runtime.cli.Flag;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/** Commands of {@code control} that look into agents, and at effects and automation. */
final class FleetCommands {
  private static final double HOURS_OF_30_DAYS = 720;

  private FleetCommands() {}

  static List<Command> commands() {
    return List.of(
        ControlPlaneClient.command(
            "nodes",
            "[<selector>]",
            "List the nodes of agents, which tap and dry-run name.",
            List.of(),
            0,
            1,
            FleetCommands::nodes),
        ControlPlaneClient.command(
            "follow",
            "<signal>",
            "Follow one log record or span (logs, traces) at each agent to where it ends.",
            List.of(
                Flag.of("selector", Flag.Kind.STRING, "", "Agents; empty for all."),
                Flag.of("seconds", Flag.Kind.INTEGER, "5", "Time in seconds, at most 30."),
                Flag.of("contains", Flag.Kind.STRING, "", "Text in the JSON of the record.")),
            1,
            1,
            FleetCommands::follow),
        ControlPlaneClient.command(
            "effect",
            "<control>",
            "Compare data before and after the start of a control, in items, bytes and money.",
            List.of(),
            1,
            1,
            FleetCommands::effect),
        ControlPlaneClient.command(
            "automation",
            "",
            "List the rules of automation and the results of their steps, the latest first.",
            List.of(Flag.of("limit", Flag.Kind.INTEGER, "50", "Maximum number of steps.")),
            0,
            0,
            FleetCommands::automation));
  }

  private static int nodes(Command.Arguments a, Console console) throws IOException {
    Table t = new Table();
    t.row("AGENT", "NODE", "KIND");
    boolean failed = false;
    String path = "/nodes?selector=" + ServerApi.encoded(a.operand(0, ""));
    for (Object agent : list(object(call(a, "GET", path, null)).get("agents"))) {
      failed |= failed(agent, console);
      for (Object n : list(object(agent).get("nodes"))) {
        t.row(text(agent, "uid"), text(n, "id"), text(n, "kind"));
      }
    }
    t.print(console.out());
    return failed ? 1 : 0;
  }

  private static boolean failed(@Nullable Object agent, Console console) {
    String error = text(agent, "error");
    if (!error.isEmpty()) {
      console.err().println(text(agent, "uid") + ": " + error);
    }
    return !error.isEmpty();
  }

  private static int follow(Command.Arguments a, Console console) throws IOException {
    String path =
        "/follow?signal="
            + ServerApi.encoded(a.operands().getFirst())
            + "&seconds="
            + a.flags().integer("seconds")
            + "&selector="
            + ServerApi.encoded(a.flags().get("selector"))
            + "&contains="
            + ServerApi.encoded(a.flags().get("contains"));
    boolean failed = false;
    for (Object agent : list(object(call(a, "GET", path, null)).get("agents"))) {
      if (failed(agent, console)) {
        failed = true;
        continue;
      }
      console.out().println(text(agent, "uid"));
      List<?> hops = list(object(agent).get("hops"));
      if (hops.isEmpty()) {
        console.out().println("  no record with that text came within the time");
      }
      for (Object h : hops) {
        console
            .out()
            .println(
                "  +"
                    + text(h, "millis")
                    + " ms "
                    + text(h, "from")
                    + " -> "
                    + text(h, "to")
                    + " "
                    + JsonMapper.shared().writeValueAsString(object(h).get("record")));
      }
      for (Object e : list(object(agent).get("ends"))) {
        boolean passed = text(e, "end").equals("exporter");
        console
            .out()
            .println("  " + (passed ? "passed to " : "not passed on by ") + text(e, "node"));
      }
    }
    return failed ? 1 : 0;
  }

  private static int effect(Command.Arguments a, Console console) throws IOException {
    String id = a.operands().getFirst();
    Object c = call(a, "GET", "/controls/" + ServerApi.encoded(id), null);
    Object e = object(c).get("effect");
    if (e == null) {
      throw new IOException(
          "the effect of control " + id + " is not known: " + text(c, "effectMissing"));
    }
    String value = text(e, "value");
    Object before = object(e).get("before");
    Object now = object(e).get("now");
    Table t = new Table();
    t.row(
        value.isEmpty() ? "ALL SERVICES" : text(e, "attribute") + "=" + value,
        "BEFORE",
        "WITH THE CONTROL",
        "CHANGE");
    row(t, "items/s in", before, now, "inItemsPerSecond", 1);
    row(t, "bytes/s in", before, now, "inBytesPerSecond", 1);
    row(t, "items/s out", before, now, "outItemsPerSecond", 1);
    row(t, "bytes/s out", before, now, "outBytesPerSecond", 1);
    String currency = before == null ? "" : text(before, "currency");
    if (!currency.isEmpty()) {
      row(t, currency + " in 30 days", before, now, "costPerHour", HOURS_OF_30_DAYS);
    }
    t.print(console.out());
    console.out().println(text(c, "removedBytes") + " bytes were dropped or moved");
    if (!text(c, "scope").isEmpty()) {
      console
          .out()
          .println(
              "only agents of "
                  + text(c, "scope")
                  + ", to which the token is limited; the control concerns further ones");
    }
    if (now == null) {
      console.out().println("agents report volumes every 10 s; ask again after 20 s");
    }
    return 0;
  }

  private static void row(
      Table t,
      String name,
      @Nullable Object before,
      @Nullable Object now,
      String key,
      double factor) {
    Double was = number(before, key, factor);
    Double is = number(now, key, factor);
    t.row(name, shown(was), shown(is), was == null || is == null ? "" : change(was, is));
  }

  private static @Nullable Double number(@Nullable Object of, String key, double factor) {
    String text = of == null ? "" : text(of, key);
    return text.isEmpty() ? null : Double.parseDouble(text) * factor;
  }

  private static String shown(@Nullable Double n) {
    return n == null ? "unknown" : String.format(Locale.ROOT, "%.2f", n);
  }

  private static String change(double was, double is) {
    return was == 0 ? "" : String.format(Locale.ROOT, "%+.1f%%", 100 * (is - was) / was);
  }

  private static int automation(Command.Arguments a, Console console) throws IOException {
    Object all = call(a, "GET", "/automation?limit=" + a.flags().integer("limit"), null);
    Table rules = new Table();
    rules.row("RULE", "ALERT", "STATUS", "STARTS", "ENDS", "UNDO", "COOL-DOWN", "");
    for (Object r : list(object(all).get("rules"))) {
      rules.row(
          text(r, "name"),
          text(r, "alert") + labels(object(r).get("labels")),
          text(r, "status"),
          text(r, "startControls"),
          String.join(
              ", ", list(object(r).get("endControls")).stream().map(String::valueOf).toList()),
          text(r, "undo"),
          text(r, "coolDown"),
          text(r, "dryRun").equals("true") ? "dry run" : "");
    }
    rules.print(console.out());
    Table steps = new Table();
    steps.row("TIME", "RULE", "ALERT", "ACTION", "CONTROL", "RESULT", "DETAIL");
    for (Object s : list(object(all).get("steps"))) {
      steps.row(
          time(s, "timeMillis"),
          text(s, "rule"),
          text(s, "alert"),
          text(s, "action"),
          text(s, "control"),
          text(s, "result"),
          text(s, "error").isEmpty() ? text(s, "detail") : text(s, "error"));
    }
    steps.print(console.out());
    return 0;
  }

  private static String labels(@Nullable Object labels) {
    Map<String, @Nullable Object> m = object(labels);
    return m.isEmpty() ? "" : " " + m;
  }
}
