package dev.tethys.tools;

import dev.tethys.codec.exposition.ExpositionException;
import dev.tethys.codec.exposition.Families;
import dev.tethys.model.NameScheme;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.exposition.MetricFamily.Buckets;
import dev.tethys.model.exposition.MetricFamily.Metric;
import dev.tethys.model.exposition.MetricFamily.Quantiles;
import dev.tethys.runtime.cli.Flag;
import java.io.IOException;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/** {@code check metrics}: lints an exposition and counts its series. */
final class CheckMetrics {
  private CheckMetrics() {}

  static Command command() {
    return new Command(
        "check metrics",
        "",
        "Pass Prometheus metrics over stdin to lint them for consistency and correctness: curl -s"
            + " http://localhost:9090/metrics | tethys tool check metrics.",
        List.of(
            Flag.of(
                "extended", Flag.Kind.BOOLEAN, "false", "Print how many series each metric has."),
            Flag.of("lint", Flag.Kind.STRING, "all", "Linting checks to apply: all, none.")),
        0,
        0,
        CheckMetrics::run);
  }

  private static int run(Command.Arguments a, Console console) throws IOException {
    boolean lint = !a.flags().get("lint").equals("none");
    boolean extended = a.flags().bool("extended");
    if (!lint && !extended) {
      console.err().println("error: at least one of --extended or linting must be enabled");
      console
          .err()
          .println(
              "Use --extended for cardinality analysis, or remove --lint=none to enable linting");
      return 1;
    }
    List<MetricFamily> families;
    try {
      families = Families.text(console.in().readAllBytes(), NameScheme.UTF8);
    } catch (ExpositionException e) {
      console
          .err()
          .println(
              (lint ? "error while linting: " : "error while parsing text to metric families: ")
                  + e.getMessage());
      return 1;
    }
    List<MetricLint.Problem> problems = lint ? MetricLint.problems(families) : List.of();
    problems.forEach(p -> console.err().println(p.metric() + " " + p.text()));
    if (extended) {
      print(families, console);
    }
    return problems.isEmpty() ? 0 : CheckRules.LINT;
  }

  private record Row(String name, int series) {}

  private static void print(List<MetricFamily> families, Console console) {
    List<Row> rows =
        families.stream()
            .map(f -> new Row(f.name(), series(f)))
            .sorted(Comparator.comparing(Row::series).reversed().thenComparing(Row::name))
            .toList();
    int total = rows.stream().mapToInt(Row::series).sum();
    Table t = new Table(4, 4);
    t.row("Metric", "Cardinality", "Percentage", "");
    for (Row r : rows) {
      t.row(
          r.name(),
          r.series(),
          String.format(Locale.ROOT, "%.2f%%", 100.0 * r.series() / total),
          "");
    }
    t.row("Total", total, "100%", "");
    t.print(console.out());
  }

  private static int series(MetricFamily f) {
    List<Metric> m = f.metrics();
    return m.size()
        * switch (m.getFirst().point()) {
          case Buckets b -> 2 + b.bounds().length;
          case Quantiles q -> 2 + q.quantiles().length;
          default -> 1;
        };
  }
}
