package dev.tethys.tools;

import static dev.tethys.tools.ControlPlaneClient.call;
import static dev.tethys.tools.ControlPlaneClient.command;
import static dev.tethys.tools.ControlPlaneClient.counted;
import static dev.tethys.tools.ControlPlaneClient.list;
import static dev.tethys.tools.ControlPlaneClient.object;
import static dev.tethys.tools.ControlPlaneClient.text;

import dev.tethys.runtime.cli.Flag;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Commands of {@code control} that list agents, their volumes and their fidelity. */
final class AgentCommands {
  private AgentCommands() {}

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
            AgentCommands::agents));
    out.add(
        command(
            "fidelity",
            "[<selector>]",
            "Print what checks of fidelity found in the data that exporters delivered.",
            List.of(),
            0,
            1,
            AgentCommands::fidelity));
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
            AgentCommands::volumes));
    return out;
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
          text(o, "acceptsConfiguration").equals("false")
              ? "none"
              : name.isEmpty() ? "" : name + "/" + text(configuration, "version"),
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

  /** Empty if the agents have not reported for long enough, which is not 0. */
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
}
