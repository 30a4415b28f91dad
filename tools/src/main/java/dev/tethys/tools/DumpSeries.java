package dev.tethys.tools;

import dev.tethys.model.GoFloat;
import dev.tethys.model.GoJson;
import dev.tethys.model.Histogram;
import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import dev.tethys.model.histogram.HistogramText;
import dev.tethys.model.storage.SampleBuffer;
import dev.tethys.model.storage.SelectHints;
import dev.tethys.model.storage.Selection;
import dev.tethys.query.promql.parser.PromqlParser;
import dev.tethys.runtime.cli.Flag;
import dev.tethys.store.archive.SeriesVisitor;
import dev.tethys.store.archive.text.OpenMetricsExport;
import dev.tethys.store.metrics.MetricsDatabase;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;

/** {@code tsdb dump} and {@code tsdb dump-openmetrics}: samples as text. */
final class DumpSeries {
  private static final String ALL = "{__name__=~'(?s:.*)'}";

  /** Flags that select data of a store. */
  static final List<Flag> SELECTION =
      List.of(
          Flag.of(
              "min-time",
              Flag.Kind.INTEGER,
              String.valueOf(Long.MIN_VALUE),
              "Minimum timestamp, in milliseconds since the Unix epoch."),
          Flag.of(
              "max-time",
              Flag.Kind.INTEGER,
              String.valueOf(Long.MAX_VALUE),
              "Maximum timestamp, in milliseconds since the Unix epoch."),
          Flag.of(
              "match", Flag.Kind.LIST, ALL, "Series selector. Can be specified multiple times."),
          Flag.of(
              "sandbox-dir-root",
              Flag.Kind.STRING,
              "",
              "Folder for a temporary store that reads data of Prometheus; removed at the end. The"
                  + " system's temporary folder by default."));

  /** Whether text includes data that its format does not support. */
  static final Flag FULL =
      Flag.of(
          "full",
          Flag.Kind.BOOLEAN,
          "false",
          "Write native histograms, staleness markers and start timestamps, too, in a form of"
              + " Tethys's own that its imports read and other programs do not.");

  private DumpSeries() {}

  static List<Command> commands() {
    List<Flag> dump = new ArrayList<>(SELECTION);
    dump.add(
        Flag.of(
            "format",
            Flag.Kind.STRING,
            "prom",
            "Output format: prom for a line per sample, seriesjson for the labels of each"
                + " series."));
    List<Flag> openMetrics = new ArrayList<>(SELECTION);
    openMetrics.add(FULL);
    return List.of(
        new Command(
            "tsdb dump",
            "[<db path>]",
            "Dump samples. The folder is locked: no server may be running on it.",
            dump,
            0,
            1,
            DumpSeries::dump),
        new Command(
            "tsdb dump-openmetrics",
            "[<db path>]",
            "Dump samples as OpenMetrics text. Native histograms, staleness markers and start"
                + " timestamps, which it has no form for, are left out without --full.",
            openMetrics,
            0,
            1,
            DumpSeries::dumpOpenMetrics));
  }

  private static int dump(Command.Arguments a, Console console) throws IOException {
    String format = a.flags().get("format");
    PrintStream out = console.out();
    SeriesVisitor to =
        switch (format) {
          case "prom" -> (labels, b) -> lines(labels, b, out);
          case "seriesjson" -> (labels, b) -> out.println(json(labels));
          default ->
              throw new CommandLineException(
                  "enum value must be one of prom,seriesjson, got '" + format + "'");
        };
    return run(a, console, to);
  }

  private static int dumpOpenMetrics(Command.Arguments a, Console console) throws IOException {
    OpenMetricsExport export = new OpenMetricsExport(console.out(), a.flags().bool("full"));
    int status = run(a, console, export);
    export.finish();
    return status;
  }

  private static int run(Command.Arguments a, Console console, SeriesVisitor to)
      throws IOException {
    try (OpenStore s =
        OpenStore.forReading(
            Path.of(a.operand(0, "data/")), a.flags().get("sandbox-dir-root"), console)) {
      forEach(s.database(), a, to);
      s.problems().forEach(console.err()::println);
      return s.problems().isEmpty() ? 0 : 1;
    }
  }

  /** Gives the series that the flags of {@link #SELECTION} name, ascending by labels. */
  static void forEach(MetricsDatabase db, Command.Arguments a, SeriesVisitor to) {
    forEach(
        db, a, SelectHints.range(a.flags().integer("min-time"), a.flags().integer("max-time")), to);
  }

  /** Variant for a time range. */
  static void forEach(
      MetricsDatabase db, Command.Arguments a, SelectHints hints, SeriesVisitor to) {
    List<List<Matcher>> sets = new ArrayList<>();
    for (String m : a.flags().list("match")) {
      sets.add(m.equals(ALL) ? List.of() : PromqlParser.parseMetricSelector(m));
    }
    SampleBuffer b = new SampleBuffer();
    List<Selection> open = new ArrayList<>();
    try {
      TreeMap<Labels, SelectedSeries> several = new TreeMap<>();
      for (List<Matcher> set : sets) {
        Selection s = db.select(hints, set);
        open.add(s);
        for (int i = 0; i < s.size(); i++) {
          if (sets.size() == 1) {
            read(s, i, b, to);
          } else {
            several.putIfAbsent(s.labels(i), new SelectedSeries(s, i));
          }
        }
      }
      several.values().forEach(p -> read(p.selection, p.series, b, to));
    } finally {
      open.forEach(DumpSeries::close);
    }
  }

  private record SelectedSeries(Selection selection, int series) {}

  private static void close(Selection s) {
    try {
      s.close();
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  private static void read(Selection s, int i, SampleBuffer b, SeriesVisitor to) {
    s.read(i, b);
    if (b.size > 0) {
      to.series(s.labels(i), b);
    }
  }

  private static void lines(Labels labels, SampleBuffer b, PrintStream out) {
    String l = labels.toString();
    for (int i = 0; i < b.size; i++) {
      Histogram h = b.histograms == null ? null : b.histograms[i];
      out.print(l);
      out.print(' ');
      out.print(h == null ? GoFloat.g(b.values[i]) : HistogramText.plain(h));
      out.print(' ');
      out.println(b.timestamps[i]);
    }
  }

  private static String json(Labels labels) {
    StringBuilder sb = new StringBuilder("{");
    String sep = "";
    for (Labels.Label l : labels.toList()) {
      sb.append(sep);
      sep = ",";
      GoJson.append(sb, l.name());
      sb.append(':');
      GoJson.append(sb, l.value());
    }
    return sb.append('}').toString();
  }
}
