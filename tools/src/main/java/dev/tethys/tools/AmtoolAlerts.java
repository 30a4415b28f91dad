package dev.tethys.tools;

import dev.tethys.runtime.cli.Flag;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** {@code amtool alert query} and {@code amtool alert add}. */
final class AmtoolAlerts {
  private AmtoolAlerts() {}

  private static Flag flag(String name, Flag.Kind kind, String help) {
    return Flag.of(name, kind, kind == Flag.Kind.BOOLEAN ? "false" : "", help);
  }

  static List<Command> commands() {
    return List.of(
        new Command(
            "amtool alert query",
            "[<matcher-groups>...]",
            "View and search through current alerts. A first word without an operator is the name"
                + " of an alert; without flags of states only active alerts are shown.",
            List.of(
                flag("inhibited", Flag.Kind.BOOLEAN, "Show inhibited alerts."),
                flag("silenced", Flag.Kind.BOOLEAN, "Show silenced alerts."),
                flag("active", Flag.Kind.BOOLEAN, "Show active alerts."),
                flag("unprocessed", Flag.Kind.BOOLEAN, "Show unprocessed alerts."),
                flag(
                    "receiver",
                    Flag.Kind.STRING,
                    "Show alerts matching receiver (Supports regex syntax).")),
            0,
            Command.ANY,
            AmtoolAlerts::query),
        new Command(
            "amtool alert add",
            "[<labels>...]",
            "Add a new alert. A first word without = is its name.",
            List.of(
                flag(
                    "generator-url",
                    Flag.Kind.STRING,
                    "Set the URL of the source that generated the alert."),
                flag("start", Flag.Kind.STRING, "Set when the alert should start (RFC 3339)."),
                flag("end", Flag.Kind.STRING, "Set when the alert should end (RFC 3339)."),
                flag(
                    "annotation",
                    Flag.Kind.LIST,
                    "Set an annotation to be included with the alert.")),
            0,
            Command.ANY,
            AmtoolAlerts::add),
        AmtoolTrace.command(),
        AmtoolNotes.command());
  }

  private static int query(Command.Arguments a, Console console) throws IOException {
    AmtoolOutput output = new AmtoolOutput(a, console.out());
    Map<String, Boolean> states = new LinkedHashMap<>();
    for (String s : List.of("active", "inhibited", "silenced", "unprocessed")) {
      states.put(s, a.flags().bool(s));
    }
    if (!states.containsValue(true)) {
      states.put("active", true);
    }
    StringBuilder query = new StringBuilder();
    states.forEach(
        (k, v) -> query.append(query.isEmpty() ? "" : "&").append(k).append('=').append(v));
    try (AmtoolServer server = new AmtoolServer(a)) {
      for (String m : server.withName(a.operands())) {
        query.append("&filter=").append(URLEncoder.encode(m, StandardCharsets.UTF_8));
      }
      if (!a.flags().get("receiver").isEmpty()) {
        query
            .append("&receiver=")
            .append(URLEncoder.encode(a.flags().get("receiver"), StandardCharsets.UTF_8));
      }
      output.alerts(server.call(AmtoolServer.Call.GET_ALERTS, "", query.toString(), null));
    }
    return 0;
  }

  private static int add(Command.Arguments a, Console console) throws IOException {
    try (AmtoolServer server = new AmtoolServer(a)) {
      Map<String, Object> alert = new LinkedHashMap<>();
      Map<String, String> labels = server.pairs("labels", server.withName(a.operands()));
      alert.put("annotations", server.pairs("annotations", a.flags().list("annotation")));
      if (!a.flags().get("start").isEmpty()) {
        alert.put("startsAt", AmtoolServer.time(a.flags().get("start")).toString());
      }
      if (!a.flags().get("end").isEmpty()) {
        alert.put("endsAt", AmtoolServer.time(a.flags().get("end")).toString());
      }
      if (!a.flags().get("generator-url").isEmpty()) {
        alert.put("generatorURL", a.flags().get("generator-url"));
      }
      alert.put("labels", labels);
      String body = AmtoolServer.JSON.writeValueAsString(List.of(alert));
      server.call(AmtoolServer.Call.POST_ALERTS, "", "", body);
    }
    return 0;
  }
}
