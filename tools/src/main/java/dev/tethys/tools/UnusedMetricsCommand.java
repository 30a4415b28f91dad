package dev.tethys.tools;

import static dev.tethys.tools.ControlPlaneClient.list;
import static dev.tethys.tools.ControlPlaneClient.object;
import static dev.tethys.tools.ControlPlaneClient.text;

import dev.tethys.config.YamlDocument;
import dev.tethys.runtime.cli.Flag;
import dev.tethys.runtime.cli.UsageException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** {@code control unused}: metrics of the fleet that no rule, dashboard or query uses. */
final class UnusedMetricsCommand {
  private static final Duration TIMEOUT = Duration.ofSeconds(30);

  private UnusedMetricsCommand() {}

  static Command command() {
    return ControlPlaneClient.command(
        "unused",
        "[<selector>]",
        "List metrics that agents receive and that no given rule, dashboard or query uses, those"
            + " with the most bytes first.",
        List.of(
            Flag.of("rules", Flag.Kind.LIST, "", "File of rules. Can be repeated."),
            Flag.of(
                "dashboards",
                Flag.Kind.LIST,
                "",
                "File of a Grafana dashboard, or a folder of them. Can be repeated."),
            Flag.of(
                "server",
                Flag.Kind.STRING,
                "",
                "URL of a Prometheus server, of which the rules and recent queries are read.")),
        0,
        1,
        UnusedMetricsCommand::run);
  }

  private static int run(Command.Arguments a, Console console) throws IOException {
    UsedMetrics used = new UsedMetrics();
    for (String f : a.flags().list("rules")) {
      if (!f.isEmpty()) {
        used.addDocument(YamlDocument.parse(f, null, Files.readString(Path.of(f))).root().asTree());
      }
    }
    for (String f : a.flags().list("dashboards")) {
      if (!f.isEmpty()) {
        dashboards(used, Path.of(f));
      }
    }
    String server = a.flags().get("server");
    if (!server.isEmpty()) {
      queries(used, server, a);
    }
    if (used.expressions() == 0) {
      throw new UsageException(
          "no expression was read; give --rules, --dashboards or --server with some, or every"
              + " metric would be unused");
    }
    Object volumes =
        ControlPlaneClient.call(
            a,
            "GET",
            "/volumes?by=metric.name&limit=10000&selector=" + ServerApi.encoded(a.operand(0, "")),
            null);
    Table t = new Table();
    t.row("METRIC", "ITEMS IN", "BYTES IN", "SHARE");
    double all = bytes(object(volumes).get("other"));
    for (Object o : list(object(volumes).get("rows"))) {
      all += bytes(o);
    }
    double unused = 0;
    int n = 0;
    for (Object o : list(object(volumes).get("rows"))) {
      String metric = text(o, "value");
      if (!metric.isEmpty() && !used.contains(metric)) {
        n++;
        unused += bytes(o);
        t.row(metric, text(o, "inItems"), text(o, "inBytes"), share(bytes(o), all));
      }
    }
    t.print(console.out());
    console
        .out()
        .println(
            n
                + " metrics are in none of "
                + used.expressions()
                + " expressions: "
                + share(unused, all)
                + " of the bytes of metrics");
    return 0;
  }

  private static double bytes(@Nullable Object row) {
    String text = text(row, "inBytes");
    return text.isEmpty() ? 0 : Double.parseDouble(text);
  }

  private static String share(double part, double of) {
    return of == 0 ? "" : String.format(Locale.ROOT, "%.1f%%", 100 * part / of);
  }

  private static void dashboards(UsedMetrics used, Path path) throws IOException {
    List<Path> files;
    try (Stream<Path> all = Files.walk(path, 8)) {
      files =
          all.filter(p -> p.toString().endsWith(".json") && Files.isRegularFile(p))
              .sorted()
              .toList();
    }
    for (Path f : files) {
      try {
        used.addDocument(dev.tethys.store.archive.Json.object(Files.readAllBytes(f)));
      } catch (IllegalArgumentException e) {
        throw new IOException(f + " is not a JSON object: " + e.getMessage(), e);
      }
    }
  }

  private static void queries(UsedMetrics used, String server, Command.Arguments a)
      throws IOException {
    try (HttpAccess access = HttpAccess.of(server, a.flags().get("http.config.file"), List.of())) {
      for (String path : List.of("/api/v1/rules", "/api/v1/status/queries")) {
        HttpAccess.Reply r = access.send("GET", path, null, Map.of(), TIMEOUT);
        if (r.status() == 404) {
          continue; // a server without a list of queries
        }
        if (r.status() != 200) {
          throw new IOException(
              access.base()
                  + path
                  + " answered "
                  + r.statusText()
                  + ": "
                  + new String(r.body(), StandardCharsets.UTF_8));
        }
        used.addDocument(dev.tethys.store.archive.Json.object(r.body()));
      }
    }
  }
}
