package dev.tethys.tools;

import dev.tethys.config.Durations;
import dev.tethys.model.storage.SelectHints;
import dev.tethys.runtime.cli.Flag;
import dev.tethys.runtime.cli.UsageException;
import dev.tethys.store.archive.Ulids;
import dev.tethys.store.archive.prometheus.BlockExport;
import dev.tethys.store.archive.prometheus.PrometheusBlock;
import dev.tethys.store.archive.text.JsonLinesExport;
import dev.tethys.store.archive.text.OpenMetricsExport;
import dev.tethys.store.metrics.MetricsDatabase;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** {@code tsdb export}: exports Tethys data in formats of other programs. */
final class ExportData {
  private static final Duration TWO_HOURS = Duration.ofHours(2);

  private ExportData() {}

  static List<Command> commands() {
    List<Flag> blocks = new ArrayList<>(DumpSeries.SELECTION);
    blocks.add(
        Flag.of(
            "block-duration",
            Flag.Kind.DURATION,
            "",
            "Time range of a block, a multiple of 2h. By default 2h, or longer where that would be"
                + " more than 60 blocks."));
    List<Flag> text = new ArrayList<>(DumpSeries.SELECTION);
    text.add(DumpSeries.FULL);
    return List.of(
        new Command(
            "tsdb export prometheus",
            "<db path> <folder>",
            "Export as blocks that Prometheus opens: give it the folder as --storage.tsdb.path, or"
                + " move the blocks into its own. Start timestamps, which chunks of Prometheus 3.5"
                + " have no place for, are left out.",
            blocks,
            2,
            2,
            ExportData::prometheus),
        new Command(
            "tsdb export openmetrics",
            "<db path> <file>",
            "Export as OpenMetrics text that promtool's create-blocks-from openmetrics takes."
                + " Native histograms, staleness markers and start timestamps are left out and"
                + " counted, without --full.",
            text,
            2,
            2,
            ExportData::openMetrics),
        new Command(
            "tsdb export json",
            "<db path> <file>",
            "Export as JSON lines, the format of VictoriaMetrics's /api/v1/export. Native"
                + " histograms, staleness markers and start timestamps are left out and counted,"
                + " without --full.",
            text,
            2,
            2,
            ExportData::json));
  }

  private static OpenStore open(Command.Arguments a, Console console) throws IOException {
    return OpenStore.forReading(
        Path.of(a.operand(0, "")), a.flags().get("sandbox-dir-root"), console);
  }

  private static int done(OpenStore s, Console console, String what) {
    s.problems().forEach(console.err()::println);
    console.err().println(what);
    return s.problems().isEmpty() ? 0 : 1;
  }

  /** Text formats. */
  private interface Writer {
    void write(MetricsDatabase db, PrintStream to);
  }

  private static void write(Path file, OpenStore s, Writer w) throws IOException {
    if (Files.exists(file)) {
      throw new UsageException(file + " already exists: choose another name");
    }
    // Whole or not there.
    Path tmp = file.resolveSibling(file.getFileName() + ".tmp");
    try (PrintStream out =
        new PrintStream(
            new BufferedOutputStream(
                Files.newOutputStream(
                    tmp,
                    StandardOpenOption.CREATE,
                    StandardOpenOption.TRUNCATE_EXISTING,
                    StandardOpenOption.WRITE),
                1 << 16),
            false,
            StandardCharsets.UTF_8)) {
      w.write(s.database(), out);
      if (out.checkError()) {
        throw new IOException("cannot write " + tmp + ": is the disk full?");
      }
    }
    Files.move(tmp, file);
  }

  private static int openMetrics(Command.Arguments a, Console console) throws IOException {
    OpenMetricsExport[] made = new OpenMetricsExport[1];
    try (OpenStore s = open(a, console)) {
      write(
          Path.of(a.operand(1, "")),
          s,
          (db, out) -> {
            OpenMetricsExport e = new OpenMetricsExport(out, a.flags().bool("full"));
            DumpSeries.forEach(db, a, e);
            e.finish();
            made[0] = e;
          });
      return done(
          s,
          console,
          text(made[0].samples(), made[0].histograms(), made[0].stale(), made[0].starts()));
    }
  }

  private static int json(Command.Arguments a, Console console) throws IOException {
    JsonLinesExport[] made = new JsonLinesExport[1];
    try (OpenStore s = open(a, console)) {
      write(
          Path.of(a.operand(1, "")),
          s,
          (db, out) -> {
            JsonLinesExport e = new JsonLinesExport(out, a.flags().bool("full"));
            DumpSeries.forEach(db, a, e);
            made[0] = e;
          });
      return done(
          s,
          console,
          text(made[0].samples(), made[0].histograms(), made[0].stale(), made[0].starts()));
    }
  }

  private static String text(long samples, long histograms, long stale, long starts) {
    String out = String.format(Locale.ROOT, "%,d samples exported", samples);
    return histograms + stale + starts == 0
        ? out
        : out
            + String.format(
                Locale.ROOT,
                "; left out: %,d native histograms, %,d staleness markers, %,d start timestamps"
                    + " (--full keeps them)",
                histograms,
                stale,
                starts);
  }

  private static int prometheus(Command.Arguments a, Console console) throws IOException {
    Path into = Path.of(a.operand(1, ""));
    if (Files.exists(into.resolve("wal")) || Files.exists(into.resolve("lock"))) {
      throw new UsageException(into + " is a data folder in use: export into an empty folder");
    }
    String wanted = a.flags().get("block-duration");
    long range = wanted.isEmpty() ? 0 : Durations.parse(wanted).toMillis();
    if (range % TWO_HOURS.toMillis() != 0) {
      throw new UsageException(
          "tethys tool tsdb export prometheus: --block-duration must be a multiple of 2h");
    }
    Files.createDirectories(into);
    List<ListBlocks.Row> rows = new ArrayList<>();
    long starts = 0;
    long min = a.flags().integer("min-time");
    long max = a.flags().integer("max-time");
    Ulids names = new Ulids(InstantSource.system());
    try (OpenStore s = open(a, console)) {
      ProgressLine line = console.progress("exported");
      TimeRanges ranges = TimeRanges.of(s.database(), min, max, range);
      line.step("export", ranges.starts().size());
      for (long start : ranges.starts()) {
        SelectHints hints =
            SelectHints.range(Math.max(start, min), Math.min(start + ranges.length() - 1, max));
        try (BlockExport block = new BlockExport(into, names.next())) {
          DumpSeries.forEach(s.database(), a, hints, block);
          if (!block.isEmpty()) {
            starts += block.starts();
            try (PrometheusBlock made = new PrometheusBlock(block.finish())) {
              rows.add(ListBlocks.Row.of(made));
            }
          }
        }
        line.advance(1);
      }
      line.clear();
      ListBlocks.print(rows, false, console);
      console.out().flush();
      return done(
          s,
          console,
          String.format(
              Locale.ROOT,
              "%,d samples exported%s",
              rows.stream().mapToLong(ListBlocks.Row::samples).sum(),
              starts == 0 ? "" : "; left out: the start timestamps of " + starts + " of them"));
    }
  }
}
