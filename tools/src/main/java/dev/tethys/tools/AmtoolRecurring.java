package dev.tethys.tools;

import dev.tethys.alert.manager.match.LabelMatcher;
import dev.tethys.runtime.cli.Flag;
import dev.tethys.tools.AmtoolServer.Call;
import dev.tethys.tools.AmtoolServer.Failure;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * {@code amtool recurring …} and {@code amtool heartbeat query}: recurring silences, and expected
 * alerts, which the original lacks.
 */
final class AmtoolRecurring {
  private static final String ONLY = " Only for Tethys's Alertmanager.";

  private AmtoolRecurring() {}

  private static Flag flag(String name, String otherwise, String help) {
    return Flag.of(name, Flag.Kind.STRING, otherwise, help);
  }

  static List<Command> commands() {
    Flag schedule =
        flag(
            "schedule",
            "",
            "Time intervals, as in time_intervals of alertmanager.yml: [{weekdays: [sunday], times:"
                + " [{start_time: '02:00', end_time: '04:00'}], location: Europe/Paris}]");
    Flag until = flag("until", "", "End time (RFC 3339); none by default.");
    Flag comment = flag("comment", "", "A comment to help describe the silence.");
    Flag author = flag("author", System.getProperty("user.name", ""), "Creator.");
    Flag quiet = Flag.of("quiet", Flag.Kind.BOOLEAN, "false", "Only show ids.");
    return List.of(
        new Command(
            "amtool recurring add",
            "<matchers...>",
            "Add a recurring silence. Prints its id." + ONLY,
            List.of(author, comment, schedule, until),
            1,
            Command.ANY,
            AmtoolRecurring::add),
        new Command(
            "amtool recurring expire",
            "<ids...>",
            "Remove recurring silences and end the silences that they have active now." + ONLY,
            List.of(),
            1,
            Command.ANY,
            AmtoolRecurring::expire),
        new Command(
            "amtool recurring preview",
            "<matchers...>",
            "Show the next times at which a recurring silence would be active, and the alerts that"
                + " it would mute now."
                + ONLY,
            List.of(schedule, until),
            1,
            Command.ANY,
            AmtoolRecurring::preview),
        new Command(
            "amtool recurring query",
            "",
            "Show recurring silences." + ONLY,
            List.of(quiet),
            0,
            0,
            AmtoolRecurring::query),
        new Command(
            "amtool recurring update",
            "<id>",
            "Change a recurring silence. Its id changes and is printed." + ONLY,
            List.of(author, comment, schedule, until),
            1,
            1,
            AmtoolRecurring::update),
        new Command(
            "amtool heartbeat query",
            "",
            "Show the expected alerts and those that are missing; the exit code is 1 if one is"
                + " missing."
                + ONLY,
            List.of(),
            0,
            0,
            AmtoolRecurring::heartbeats));
  }

  private static ObjectNode matchers(Command.Arguments a, AmtoolServer server) {
    ObjectNode o = AmtoolServer.JSON.createObjectNode();
    var list = o.putArray("matchers");
    for (String word : server.withName(a.operands())) {
      LabelMatcher m = server.matcher(word);
      list.addObject()
          .put("name", m.name())
          .put("value", m.value())
          .put("isRegex", m.isRegex())
          .put("isEqual", m.isEqual());
    }
    return o;
  }

  /** Applies flags to the existing silence. */
  private static void applyFlags(Command.Arguments a, ObjectNode o) {
    Map<String, String> texts = new LinkedHashMap<>();
    texts.put("schedule", a.flags().get("schedule"));
    String until = a.flags().get("until");
    texts.put("until", until.isEmpty() ? "" : AmtoolServer.time(until).toString());
    texts.forEach(
        (k, v) -> {
          if (!v.isEmpty()) {
            o.put(k, v);
          }
        });
    if (!o.has("schedule")) {
      throw new Failure("no schedule specified");
    }
  }

  private static int add(Command.Arguments a, Console console) throws IOException {
    try (AmtoolServer server = new AmtoolServer(a)) {
      ObjectNode o = matchers(a, server);
      applyFlags(a, o);
      if (a.flags().get("comment").isEmpty()) {
        throw new Failure("comment required");
      }
      o.put("comment", a.flags().get("comment")).put("createdBy", a.flags().get("author"));
      JsonNode made = server.call(Call.POST_RECURRING, "", "", o.toString());
      console.out().println(made.path("id").asString());
    }
    return 0;
  }

  private static int update(Command.Arguments a, Console console) throws IOException {
    String id = a.operands().getFirst();
    try (AmtoolServer server = new AmtoolServer(a)) {
      for (JsonNode s : server.call(Call.GET_RECURRING, "", "", null)) {
        if (s.path("id").asString().equals(id)) {
          ObjectNode o = AmtoolServer.JSON.createObjectNode();
          for (String name : List.of("id", "matchers", "schedule", "until", "comment")) {
            if (s.has(name)) {
              o.set(name, s.path(name));
            }
          }
          applyFlags(a, o);
          if (!a.flags().get("comment").isEmpty()) {
            o.put("comment", a.flags().get("comment"));
          }
          o.put("createdBy", a.flags().get("author"));
          JsonNode made = server.call(Call.POST_RECURRING, "", "", o.toString());
          console.out().println(made.path("id").asString());
          return 0;
        }
      }
    }
    throw new Failure("there is no recurring silence of the id " + id);
  }

  private static int expire(Command.Arguments a, Console console) throws IOException {
    try (AmtoolServer server = new AmtoolServer(a)) {
      for (String id : a.operands()) {
        server.call(Call.DELETE_RECURRING, id, "", null);
      }
    }
    return 0;
  }

  private static int query(Command.Arguments a, Console console) throws IOException {
    try (AmtoolServer server = new AmtoolServer(a)) {
      JsonNode all = server.call(Call.GET_RECURRING, "", "", null);
      if (a.flags().bool("quiet")) {
        all.forEach(s -> console.out().println(s.path("id").asString()));
      } else {
        new AmtoolOutput(a, console.out()).recurring(all);
      }
    }
    return 0;
  }

  private static int preview(Command.Arguments a, Console console) throws IOException {
    AmtoolOutput output = new AmtoolOutput(a, console.out());
    try (AmtoolServer server = new AmtoolServer(a)) {
      ObjectNode o = matchers(a, server);
      applyFlags(a, o);
      JsonNode times = server.call(Call.PREVIEW_RECURRING, "", "", o.toString()).path("times");
      List<String> filters = new ArrayList<>();
      for (String m : server.withName(a.operands())) {
        filters.add("filter=" + AmtoolServer.encoded(m));
      }
      JsonNode alerts = server.call(Call.GET_ALERTS, "", String.join("&", filters), null);
      output.preview(times, alerts);
    }
    return 0;
  }

  private static int heartbeats(Command.Arguments a, Console console) throws IOException {
    try (AmtoolServer server = new AmtoolServer(a)) {
      JsonNode all = server.call(Call.GET_HEARTBEATS, "", "", null);
      new AmtoolOutput(a, console.out()).heartbeats(all);
      for (JsonNode h : all) {
        if (h.path("missing").asBoolean()) {
          return 1;
        }
      }
    }
    return 0;
  }
}
