package dev.tethys.tools;

import static dev.tethys.tools.ControlPlaneClient.list;
import static dev.tethys.tools.ControlPlaneClient.object;
import static dev.tethys.tools.ControlPlaneClient.text;

import dev.tethys.pipeline.web.Json;
import dev.tethys.runtime.cli.Flag;
import dev.tethys.runtime.cli.UsageException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/** {@code control dry-run}: a configuration on samples, compared with a version. */
final class DryRunCommand {
  private DryRunCommand() {}

  static Command command() {
    return ControlPlaneClient.command(
        "dry-run",
        "<name> <file>",
        "Run a configuration on sampled records without sending them: items and bytes of each node,"
            + " edge and destination, compared with a version.",
        List.of(
            Flag.of(
                "samples",
                Flag.Kind.STRING,
                "",
                "File with a request of OTLP in JSON in each line, as the exporter file writes."),
            Flag.of(
                "tap",
                Flag.Kind.STRING,
                "",
                "Node of agents, such as receiver:otlp, whose records are sampled now."),
            Flag.of("selector", Flag.Kind.STRING, "", "Agents of the tap; empty for all."),
            Flag.of("seconds", Flag.Kind.INTEGER, "5", "Time of the tap, at most 30."),
            Flag.of("records", Flag.Kind.INTEGER, "100", "Records of each agent, at most 100."),
            Flag.of(
                "baseline",
                Flag.Kind.STRING,
                "",
                "Version to compare with, by default the newest that was not undone; 0 for none."),
            Flag.of("edges", Flag.Kind.BOOLEAN, "false", "Print edges."),
            Flag.of("examples", Flag.Kind.BOOLEAN, "false", "Print some requests.")),
        2,
        2,
        DryRunCommand::run);
  }

  private static int run(Command.Arguments a, Console console) throws IOException {
    String file = a.flags().get("samples");
    String node = a.flags().get("tap");
    if (file.isEmpty() == node.isEmpty()) {
      throw new UsageException("give either --samples or --tap");
    }
    List<String> samples = file.isEmpty() ? tapped(a, console, node) : lines(Path.of(file));
    if (samples.isEmpty()) {
      throw new IOException("there is no sample: " + (file.isEmpty() ? "no record passed" : file));
    }
    Json body = new Json().open('{').key("name").text(a.operands().get(0));
    body.key("text").text(Files.readString(Path.of(a.operands().get(1))));
    String baseline = a.flags().get("baseline");
    if (!baseline.isEmpty()) {
      try {
        body.key("baseline").number(Integer.parseInt(baseline));
      } catch (NumberFormatException e) {
        throw new UsageException("--baseline=" + baseline + " must be the number of a version");
      }
    }
    body.key("samples").open('[');
    samples.forEach(body::raw);
    Object out =
        ControlPlaneClient.call(a, "POST", "/dry-run", body.close(']').close('}').toString());
    print(out, a, console);
    return 0;
  }

  private static List<String> lines(Path file) throws IOException {
    List<String> out = new ArrayList<>();
    int number = 0;
    for (String line : Files.readAllLines(file)) {
      number++;
      if (!line.isBlank()) {
        try {
          JsonMapper.shared().readTree(line);
        } catch (JacksonException e) {
          throw new IOException(file + ":" + number + ": no JSON: " + e.getOriginalMessage(), e);
        }
        out.add(line);
      }
    }
    return out;
  }

  /** Records that arrived at a node, or left it where only these are seen. */
  private static List<String> tapped(Command.Arguments a, Console console, String node)
      throws IOException {
    String path =
        "/tap?node="
            + ServerApi.encoded(node)
            + "&seconds="
            + a.flags().integer("seconds")
            + "&records="
            + a.flags().integer("records")
            + "&selector="
            + ServerApi.encoded(a.flags().get("selector"));
    List<String> out = new ArrayList<>();
    for (Object agent : list(object(ControlPlaneClient.call(a, "GET", path, null)).get("agents"))) {
      if (!text(agent, "error").isEmpty()) {
        console.err().println(text(agent, "uid") + ": " + text(agent, "error"));
      }
      for (Object r : list(object(agent).get("records"))) {
        Object before = object(r).get("before");
        Object record = before == null ? object(r).get("after") : before;
        if (record != null) {
          out.add(JsonMapper.shared().writeValueAsString(record));
        }
      }
    }
    return out;
  }

  private static void print(@Nullable Object out, Command.Arguments a, Console console) {
    Object result = object(out).get("result");
    Object before = object(out).get("baseline");
    String note = text(out, "baselineNote");
    if (!note.isEmpty()) {
      console.err().println(note);
    }
    list(object(result).get("warnings")).forEach(w -> console.err().println("warning: " + w));
    String version = before == null ? "" : "VERSION " + text(out, "baselineVersion");
    console.out().println(text(result, "validation"));
    Map<String, Object> was = new HashMap<>();
    for (Object d : before == null ? List.of() : list(object(before).get("destinations"))) {
      if (d != null) {
        was.put(key(d), d);
      }
    }
    Table t = new Table();
    t.row("DESTINATION", "ITEMS", "BYTES", "OF SAMPLES", version, before == null ? "" : "CHANGE");
    Object sums = object(result).get("samples");
    for (Object d : list(object(result).get("destinations"))) {
      double items = number(d, "items");
      double bytes = number(d, "bytes");
      Object old = was.remove(key(d));
      t.row(
          key(d),
          text(d, "items"),
          text(d, "bytes"),
          percent(items, number(object(sums).get(text(d, "signal")), "items")),
          before == null ? "" : old == null ? "absent" : text(old, "bytes") + " bytes",
          old == null ? "" : change(number(old, "bytes"), bytes));
    }
    was.forEach((k, old) -> t.row(k, "absent", "", "", text(old, "bytes") + " bytes", ""));
    t.print(console.out());
    Table nodes = new Table();
    nodes.row("NODE", "SIGNAL", "IN", "OUT", "HELD", "DROPPED");
    for (Object n : list(object(result).get("nodes"))) {
      List<String> dropped = new ArrayList<>();
      object(object(n).get("dropped"))
          .keySet()
          .forEach(why -> dropped.add(why + " " + text(object(n).get("dropped"), why)));
      nodes.row(
          text(n, "kind") + ":" + text(n, "component"),
          text(n, "signal"),
          text(n, "in"),
          text(n, "out"),
          text(n, "held"),
          text(n, "passesAll").equals("true")
              ? "(passes all in a dry run)"
              : String.join(", ", dropped));
    }
    nodes.print(console.out());
    if (a.flags().bool("edges")) {
      edges(result, console);
    }
    if (a.flags().bool("examples")) {
      examples(result, console);
    }
  }

  private static void edges(@Nullable Object result, Console console) {
    Table t = new Table();
    t.row("FROM", "TO", "PIPELINE", "ITEMS", "BYTES");
    for (Object e : list(object(result).get("edges"))) {
      t.row(
          text(e, "from"), text(e, "to"), text(e, "pipeline"), text(e, "items"), text(e, "bytes"));
    }
    t.print(console.out());
  }

  private static void examples(@Nullable Object result, Console console) {
    for (Object d : list(object(result).get("destinations"))) {
      for (Object e : list(object(d).get("examples"))) {
        console.out().println(key(d) + " " + JsonMapper.shared().writeValueAsString(e));
      }
    }
  }

  private static String key(@Nullable Object destination) {
    return text(destination, "exporter") + " " + text(destination, "signal");
  }

  private static double number(@Nullable Object o, String key) {
    String text = o == null ? "" : text(o, key); // a signal without samples has no sums
    return text.isEmpty() ? 0 : Double.parseDouble(text);
  }

  private static String percent(double part, double of) {
    return of == 0 ? "" : String.format(Locale.ROOT, "%.1f%%", 100 * part / of);
  }

  private static String change(double was, double now) {
    return was == 0 ? "" : String.format(Locale.ROOT, "%+.1f%% bytes", 100 * (now - was) / was);
  }
}
