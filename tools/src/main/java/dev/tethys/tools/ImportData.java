package dev.tethys.tools;

import dev.tethys.runtime.cli.Flag;
import dev.tethys.runtime.cli.UsageException;
import dev.tethys.store.archive.ImportReport;
import dev.tethys.store.archive.ImportReport.Part;
import dev.tethys.store.archive.Progress;
import dev.tethys.store.archive.SortedImport;
import dev.tethys.store.archive.folder.DataFolder;
import dev.tethys.store.archive.prometheus.PrometheusImport;
import dev.tethys.store.archive.text.JsonLinesImport;
import dev.tethys.store.archive.text.OpenMetricsImport;
import dev.tethys.store.metrics.BlockImport;
import dev.tethys.store.metrics.BlockInfo;
import dev.tethys.store.metrics.MetricsDatabase;
import dev.tethys.store.metrics.SampleSorter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;

/** {@code tsdb import}: imports data of other programs into a data folder of Tethys. */
final class ImportData {
  private ImportData() {}

  static List<Command> commands() {
    return List.of(
        new Command(
            "tsdb import prometheus",
            "<prometheus folder> <db path>",
            "Import the data folder of a Prometheus server, or one block, into a data folder of"
                + " Tethys. Every block is read again after writing and compared. Can be repeated:"
                + " blocks that are there already are left out. Stop that Prometheus first, or"
                + " import a snapshot of it. The source is never changed.",
            List.of(),
            2,
            2,
            ImportData::prometheus),
        new Command(
            "tsdb import openmetrics",
            "<file> <db path>",
            "Import OpenMetrics text whose samples all have times, in any order, of any size and"
                + " any age. A malformed file is refused with the line, and nothing of it"
                + " imported.",
            List.of(LABEL),
            2,
            2,
            (a, console) -> text(a, console, ImportData::openMetrics)),
        new Command(
            "tsdb import json",
            "<file> <db path>",
            "Import JSON lines, the format of VictoriaMetrics's /api/v1/export, in any order, of"
                + " any size and any age. A malformed file is refused with the line, and nothing of"
                + " it imported.",
            List.of(LABEL),
            2,
            2,
            (a, console) -> text(a, console, ImportData::json)),
        new Command(
            "tsdb create-blocks-from openmetrics",
            "<input file> [<output directory>]",
            "Import samples from OpenMetrics input into blocks of a data folder of Tethys, and"
                + " print them as promtool does. The folder may be a new one.",
            List.of(LABEL, ListBlocks.HUMAN, QUIET),
            1,
            2,
            ImportData::createBlocks));
  }

  static final Flag QUIET =
      Flag.of("quiet", Flag.Kind.BOOLEAN, "false", "Do not print created blocks. Short: -q.");

  private static final Flag LABEL =
      Flag.of(
          "label",
          Flag.Kind.LIST,
          "",
          "Label to attach to metrics, as name=value. Can be specified multiple times.");

  /** Reads a file into a sorter. */
  private interface Reader {
    void read(Path file, Map<String, String> labels, SampleSorter into, Progress progress)
        throws IOException;
  }

  private static void openMetrics(
      Path file, Map<String, String> labels, SampleSorter into, Progress progress)
      throws IOException {
    new OpenMetricsImport(labels, into, progress).read(file);
  }

  private static void json(
      Path file, Map<String, String> labels, SampleSorter into, Progress progress)
      throws IOException {
    new JsonLinesImport(labels, into, progress).read(file);
  }

  private static Map<String, String> labels(Command.Arguments a) {
    Map<String, String> out = new TreeMap<>();
    for (String l : a.flags().list("label")) {
      int eq = l.indexOf('=');
      if (eq <= 0) {
        throw new UsageException("--label=" + l + ": expected name=value");
      }
      out.put(l.substring(0, eq), l.substring(eq + 1));
    }
    return out;
  }

  private static int text(Command.Arguments a, Console console, Reader reader) throws IOException {
    ImportReport report = run(a, Path.of(a.operand(1, "")), console, reader, b -> {});
    return print(report, console);
  }

  private static int createBlocks(Command.Arguments a, Console console) throws IOException {
    List<ListBlocks.Row> rows = new ArrayList<>();
    ImportReport report =
        run(
            a,
            Path.of(a.operand(1, "data/")),
            console,
            ImportData::openMetrics,
            b -> rows.add(ListBlocks.Row.of(b)));
    if (!a.flags().bool("quiet") && !rows.isEmpty()) {
      ListBlocks.print(rows, a.flags().bool("human-readable"), console);
    }
    report.notes().forEach(console.err()::println);
    return 0;
  }

  private static ImportReport run(
      Command.Arguments a, Path into, Console console, Reader reader, Consumer<BlockInfo> made)
      throws IOException {
    Path file = Path.of(a.operand(0, ""));
    if (!Files.isRegularFile(file)) {
      throw new NoSuchFileException(file.toString());
    }
    Map<String, String> labels = labels(a);
    return blocks(
        into,
        String.valueOf(file.getFileName()),
        console,
        (sorter, progress) -> reader.read(file, labels, sorter, progress),
        made);
  }

  /** Returns samples in any order. */
  @FunctionalInterface
  interface Source {
    void fill(SampleSorter into, Progress progress) throws IOException;
  }

  /**
   * Writes samples of any order as blocks of a data folder.
   *
   * @param name source name used in the report
   * @param made called with each block
   */
  static ImportReport blocks(
      Path into, String name, Console console, Source source, Consumer<BlockInfo> made)
      throws IOException {
    ProgressLine line = console.progress("done");
    ImportReport report = new ImportReport();
    try (MetricsDatabase db = OpenStore.own(into);
        SampleSorter sorter = db.sampleSorter(SortedImport.memory())) {
      source.fill(sorter, line);
      try (BlockImport blocks = db.blockImport()) {
        SortedImport.write(
            name, sorter, SortedImport.range(sorter), (l, b) -> {}, blocks, report, line, made);
        if (blocks.refused() > 0) {
          report.note(
              blocks.refused() + " samples were not imported: the store has others at their times");
        }
      }
      long twice = sorter.samples() - report.samples();
      if (twice > 0) {
        report.note(
            twice + " samples had the time of another of their series: the first of each stays");
      }
    } finally {
      line.clear();
    }
    return report;
  }

  private static int prometheus(Command.Arguments a, Console console) throws IOException {
    Path from = Path.of(a.operand(0, ""));
    Path into = Path.of(a.operand(1, ""));
    if (DataFolder.find(from).kind() != DataFolder.Kind.PROMETHEUS) {
      throw new UsageException(from + " holds data of Tethys: it needs no import");
    }
    if (Files.exists(into) && Files.isSameFile(from, into)) {
      throw new UsageException(
          "tethys tool tsdb import: the data folder must differ from that of Prometheus");
    }
    ProgressLine line = console.progress("imported");
    try (MetricsDatabase db = OpenStore.own(into)) {
      ImportReport report = new PrometheusImport(db, line).run(from);
      line.clear();
      return print(report, console);
    }
  }

  /** Prints the result of an import; returns the exit code. */
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
