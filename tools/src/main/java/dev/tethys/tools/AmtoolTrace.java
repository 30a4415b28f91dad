package dev.tethys.tools;

import java.io.IOException;
import java.io.PrintStream;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/**
 * {@code amtool alert trace}: explains why an alert does, or does not, notify. An extension of the
 * original that only Tethys's Alertmanager supports.
 */
final class AmtoolTrace {
  private AmtoolTrace() {}

  static Command command() {
    return new Command(
        "amtool alert trace",
        "<labels...>",
        "Show why an alert with these labels does, or does not, notify now: routes, group,"
            + " inhibition, silences, times, what was sent. A first word without = is its name."
            + " Exits with 1 when no receiver is, or will be, notified. Only for Tethys's"
            + " Alertmanager.",
        List.of(),
        1,
        Command.ANY,
        AmtoolTrace::run);
  }

  private static int run(Command.Arguments a, Console console) throws IOException {
    JsonNode t;
    try (AmtoolServer server = new AmtoolServer(a)) {
      Map<String, String> labels = server.pairs("labels", server.withName(a.operands()));
      String body = AmtoolServer.JSON.writeValueAsString(Map.of("labels", labels));
      t = server.call(AmtoolServer.Call.TRACE, "", "", body);
    }
    if (a.flags().get("output").equals("json")) {
      console.out().println(t);
    } else {
      print(t, console.out());
    }
    for (JsonNode route : t.path("routes")) {
      switch (route.path("outcome").asString()) {
        case "unknown", "waiting", "due", "notified", "acknowledged" -> {
          return 0;
        }
        default -> {}
      }
    }
    return 1;
  }

  private static void print(JsonNode t, PrintStream out) {
    JsonNode alert = t.path("alert");
    out.println(
        alert.isMissingNode()
            ? "No such alert was received."
            : "Alert "
                + t.path("fingerprint").asString()
                + " "
                + alert.path("status").asString()
                + " since "
                + alert.path("startsAt").asString());
    JsonNode ack = t.path("acknowledgement");
    if (!ack.isMissingNode()) {
      out.println(
          "Acknowledged by "
              + ack.path("author").asString()
              + " at "
              + ack.path("at").asString()
              + ": "
              + ack.path("text").asString());
    }
    JsonNode inhibition = t.path("inhibition");
    if (!inhibition.isMissingNode()) {
      out.println(
          "Inhibited by " + inhibition.path("labels") + ", " + inhibition.path("rule").asString());
    }
    out.println("Routes that were asked:");
    for (JsonNode s : t.path("steps")) {
      out.println(
          "  route "
              + s.path("id")
              + ": "
              + (s.path("matched").asBoolean() ? "matches" : "does not match"));
      for (JsonNode v : s.path("verdicts")) {
        out.println(
            "    "
                + (v.path("met").asBoolean() ? "yes " : "no  ")
                + v.path("matcher").asString()
                + "  (value "
                + v.path("value")
                + ")");
      }
    }
    t.path("routes").forEach(r -> route(r, out));
  }

  private static void route(JsonNode r, PrintStream out) {
    out.println(
        "Route "
            + r.path("id")
            + " ("
            + r.path("where").asString()
            + "), receiver "
            + r.path("receiver").asString()
            + ": "
            + r.path("outcome").asString());
    out.println("  because: " + r.path("because").asString());
    out.println("  group " + r.path("groupKey").asString() + ", alerts " + r.path("alertsInGroup"));
    line(out, "  last flush", r.path("lastLook"));
    line(out, "  next flush", r.path("nextLook"));
    for (JsonNode i : r.path("timeIntervals")) {
      out.println(
          "  "
              + i.path("kind").asString()
              + " time interval "
              + i.path("name").asString()
              + (i.path("holds").asBoolean() ? ": now" : ": not now"));
    }
    for (JsonNode s : r.path("silences")) {
      out.println(
          "  silence "
              + s.path("id").asString()
              + " until "
              + s.path("endsAt").asString()
              + " by "
              + s.path("createdBy").asString()
              + ": "
              + s.path("comment").asString());
    }
    for (JsonNode i : r.path("integrations")) {
      out.println(
          "  "
              + i.path("integration").asString()
              + (i.path("toldOfThis").asBoolean() ? ": notified" : ": not notified")
              + ", now: "
              + i.path("reason").asString());
      line(out, "    sent last", i.path("lastSent"));
      line(out, "    repeated after", i.path("repeatDue"));
      JsonNode failure = i.path("lastFailure");
      if (!failure.isMissingNode()) {
        out.println(
            "    failed last "
                + failure.path("at").asString()
                + ": "
                + failure.path("detail").asString());
      }
    }
  }

  private static void line(PrintStream out, String what, JsonNode value) {
    if (!value.isMissingNode()) {
      out.println(what + " " + value.asString());
    }
  }
}
