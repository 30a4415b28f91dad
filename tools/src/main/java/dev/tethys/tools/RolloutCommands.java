package dev.tethys.tools;

import static dev.tethys.tools.ControlPlaneClient.call;
import static dev.tethys.tools.ControlPlaneClient.changing;
import static dev.tethys.tools.ControlPlaneClient.command;
import static dev.tethys.tools.ControlPlaneClient.counted;
import static dev.tethys.tools.ControlPlaneClient.list;
import static dev.tethys.tools.ControlPlaneClient.object;
import static dev.tethys.tools.ControlPlaneClient.text;
import static dev.tethys.tools.ControlPlaneClient.time;
import static dev.tethys.tools.ControlPlaneClient.with;

import dev.tethys.pipeline.web.Json;
import dev.tethys.runtime.cli.Flag;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Commands of {@code control} for rollouts of versions. */
final class RolloutCommands {
  static final Flag MIN_ITEMS =
      Flag.of(
          "min-items",
          Flag.Kind.INTEGER,
          "100",
          "Items that the agents of a stage must take before the next stage; 0 for no minimum.");
  static final Flag MAX_WAIT =
      Flag.of(
          "max-wait",
          Flag.Kind.DURATION,
          "5m",
          "Longest wait of a stage for evidence; then the rollout is paused.");

  private RolloutCommands() {}

  static List<Command> commands() {
    List<Command> out = new ArrayList<>();
    out.add(
        command(
            "rollout",
            "<name> [<version>]",
            "Roll out a version, the latest by default, in stages of 1, 3, 15, 75 … agents. A"
                + " latest version that was undone must be named.",
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
                    "Maximum relative change of exported data per item or byte; 0 for any."),
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
                    "Maximum age of queued data of an exporter; 0s for any.")),
            1,
            2,
            RolloutCommands::rollout));
    out.add(
        command(
            "rollout-outputs",
            "<rollout>",
            "Compare data exported by agents with and without the version of a rollout.",
            List.of(
                Flag.of(
                    "keys",
                    Flag.Kind.BOOLEAN,
                    "false",
                    "Compares attribute keys in a sample of 5s in place of items and bytes.")),
            1,
            1,
            RolloutCommands::outputs));
    out.add(
        command(
            "rollouts",
            "",
            "List rollouts, the latest first.",
            List.of(),
            0,
            0,
            RolloutCommands::rollouts));
    for (Map.Entry<String, String> e :
        List.of(
            Map.entry("pause", "Stop a rollout from reaching further agents."),
            Map.entry("resume", "Continue a paused rollout."),
            Map.entry("cancel", "End an active rollout and return its agents."),
            Map.entry("undo", "Return the agents of a rollout to the last version before it."))) {
      out.add(
          command(
              e.getKey(),
              "<rollout>",
              e.getValue(),
              ControlPlaneClient.CHANGE,
              1,
              1,
              (a, c) -> change(e.getKey(), a, c)));
    }
    return out;
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

  /** Prints the state of a rollout, and the version to which its agents return. */
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
              "true".equals(text(row, "vanished")) ? "(none taken, -100 %)" : text(row, "value"),
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
                "per accepted item, compared with "
                    + text(o, "against")
                    + "; differences below the error are insignificant");
        notJudged(object(r)).forEach(console.out()::println);
        return 0;
      }
    }
    throw new IOException("there is no rollout " + id);
  }

  private static boolean isActive(@Nullable Object rollout) {
    return List.of("running", "paused").contains(text(rollout, "state"));
  }

  /** Returns the unjudged conditions of a rollout, with reasons. */
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
}
