package dev.tethys.app.tool;

import dev.tethys.app.cli.UsageException;
import dev.tethys.store.archive.DataFolder;
import dev.tethys.store.archive.ImportReport;
import dev.tethys.store.archive.ImportReport.Part;
import dev.tethys.store.archive.prometheus.PrometheusImport;
import dev.tethys.store.metrics.MetricsDatabase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/** {@code tsdb import}: brings data of others into a data folder of ours. */
final class ImportData {
  private ImportData() {}

  static List<Command> commands() {
    return List.of(
        new Command(
            "tsdb import prometheus",
            "<prometheus folder> <db path>",
            "Import the data folder of a Prometheus server, or one block, into a data folder of Tethys."
                + " Every block is read again after writing and compared. Can be repeated: blocks that"
                + " are there already are left out. Stop that Prometheus first, or import a snapshot"
                + " of it. The source is never changed.",
            List.of(),
            2,
            2,
            ImportData::prometheus));
  }

  private static int prometheus(Command.Arguments a, Console console) throws IOException {
    Path from = Path.of(a.operand(0, ""));
    Path into = Path.of(a.operand(1, ""));
    if (DataFolder.find(from).kind() != DataFolder.Kind.PROMETHEUS) {
      throw new UsageException(from + " holds data of Tethys: it needs no import");
    }
    if (Files.exists(into) && Files.isSameFile(from, into)) {
      throw new UsageException(
          "tethys tool tsdb import: the data folder must be another than that of Prometheus");
    }
    ProgressLine line = (ProgressLine) console.progress("imported");
    try (MetricsDatabase db = OpenStore.own(into)) {
      ImportReport report = new PrometheusImport(db, line).run(from);
      line.clear();
      return print(report, console);
    }
  }

  /** Shows what an import did; the exit code. */
  static int print(ImportReport report, Console console) {
    Table t = new Table();
    t.row("SOURCE", "RESULT", "MIN TIME", "MAX TIME", "SERIES", "SAMPLES", "CHECKSUM");
    for (Part p : report.parts()) {
      t.row(
          p.source(),
          p.outcome().name().toLowerCase(Locale.ROOT).replace('_', ' '),
          p.samples() == 0 ? "" : p.minTime(),
          p.samples() == 0 ? "" : p.maxTime(),
          p.series(),
          p.samples() + p.toHead(),
          p.samples() == 0 ? "" : String.format(Locale.ROOT, "%016x", p.checksum()));
    }
    t.print(console.out());
    console.out().flush();
    report.notes().forEach(console.err()::println);
    report.problems().forEach(console.err()::println);
    console
        .err()
        .printf(
            Locale.ROOT,
            "%,d samples imported and verified%s%n",
            report.samples(),
            report.problemCount() == 0
                ? ""
                : "; " + report.problemCount() + " parts could not be read, see above");
    return report.problemCount() == 0 ? 0 : 1;
  }
}
