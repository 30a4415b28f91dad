package dev.tethys.tools;

import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import dev.tethys.query.promql.parser.PromqlParser;
import dev.tethys.runtime.cli.Flag;
import dev.tethys.runtime.cli.UsageException;
import dev.tethys.store.archive.ArchivedBlock;
import dev.tethys.store.archive.folder.DataFolder;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** {@code tsdb analyze}: explains the size of a block. */
final class AnalyzeBlock {
  private AnalyzeBlock() {}

  static Command command() {
    return new Command(
        "tsdb analyze",
        "[<db path>] [<block id>]",
        "Analyze churn and label pair cardinality of a block, by default the newest. Works on data"
            + " folders of Tethys and of Prometheus; a server may be running.",
        List.of(
            Flag.of("limit", Flag.Kind.INTEGER, "20", "Number of items of each list."),
            Flag.of(
                "extended",
                Flag.Kind.BOOLEAN,
                "false",
                "Run extended analysis: how many samples, bytes and buckets chunks hold."),
            Flag.of("match", Flag.Kind.STRING, "", "Series selector to analyze.")),
        0,
        2,
        AnalyzeBlock::run);
  }

  private static int run(Command.Arguments a, Console console) throws IOException {
    DataFolder folder = OpenStore.folder(Path.of(a.operand(0, "data/")));
    List<Path> blocks = folder.blocks();
    String wanted = a.operand(1, "");
    Path path =
        blocks.stream()
            .filter(p -> wanted.isEmpty() || p.getFileName().toString().equals(wanted))
            .max(Comparator.comparing(p -> p.getFileName().toString()))
            .orElseThrow(
                () ->
                    new UsageException(
                        wanted.isEmpty()
                            ? "there is no block in "
                                + folder.path()
                                + ": its samples are still in the write-ahead log"
                            : "invalid block ID " + wanted));
    String match = a.flags().get("match");
    List<Matcher> matchers = match.isEmpty() ? List.of() : PromqlParser.parseMetricSelector(match);
    try (ArchivedBlock b = folder.open(path)) {
      Analysis found = new Analysis(b.maxTime() - b.minTime());
      b.forEach(
          (labels, samples) -> {
            if (Matcher.matchAll(matchers, labels)) {
              found.add(labels, samples.timestamps[samples.size - 1] - samples.timestamps[0]);
            }
          },
          console.progress("read"));
      console.out().println("Block ID: " + b.ulid());
      console.out().println("Duration: " + GoText.duration(b.maxTime() - b.minTime()));
      console.out().println("Total Series: " + b.series());
      if (!match.isEmpty()) {
        console.out().println("Matcher: " + match);
      }
      found.print(console.out(), a.flags().integer("limit"), !match.isEmpty());
      b.problems().forEach(console.err()::println);
      boolean whole = b.problems().isEmpty();
      return a.flags().bool("extended") && !chunks(folder, path, matchers, console) || !whole
          ? 1
          : 0;
    }
  }

  /** Prints how full chunks are; returns false if some could not be read. */
  private static boolean chunks(
      DataFolder folder, Path block, List<Matcher> matchers, Console console) throws IOException {
    ChunkStatistics figures = new ChunkStatistics();
    try (ArchivedBlock b = folder.open(block)) {
      b.forEachChunk(
          (labels, samples, bytes) -> {
            if (Matcher.matchAll(matchers, labels)) {
              figures.add(samples, bytes);
            }
          },
          console.progress("read"));
      figures.print(console.out());
      b.problems().forEach(console.err()::println);
      return b.problems().isEmpty();
    }
  }

  /** Statistics over the series of a block. */
  private static final class Analysis {
    private final long duration;
    private long series;
    private long entries;
    private final Map<String, Long> nameUncovered = new TreeMap<>();
    private final Map<String, Map<String, long[]>> pairs = new TreeMap<>();

    Analysis(long duration) {
      this.duration = duration;
    }

    /** Counts a series that covers {@code covered} milliseconds of the block. */
    void add(Labels labels, long covered) {
      series++;
      long uncovered = duration - covered;
      for (Labels.Label l : labels.toList()) {
        nameUncovered.merge(l.name(), uncovered, Long::sum);
        long[] p =
            pairs
                .computeIfAbsent(l.name(), k -> new HashMap<>())
                .computeIfAbsent(l.value(), k -> new long[2]);
        p[0] += uncovered;
        p[1]++;
        entries++;
      }
    }

    void print(PrintStream out, long limit, boolean matched) {
      out.println("Label names: " + pairs.size());
      if (matched) {
        out.println("Matched series: " + series);
      }
      Map<String, Long> churn = new HashMap<>();
      Map<String, Long> common = new HashMap<>();
      Map<String, Long> lengths = new HashMap<>();
      Map<String, Long> cardinality = new HashMap<>();
      pairs.forEach(
          (name, values) -> {
            long length = 0;
            for (Map.Entry<String, long[]> v : values.entrySet()) {
              churn.put(name + "=" + v.getKey(), share(v.getValue()[0]));
              common.put(name + "=" + v.getKey(), v.getValue()[1]);
              length += v.getKey().getBytes(StandardCharsets.UTF_8).length;
            }
            lengths.put(name, length);
            cardinality.put(name, (long) values.size());
          });
      Map<String, Long> names = new HashMap<>();
      nameUncovered.forEach((k, v) -> names.put(k, share(v)));
      Map<String, Long> metrics = new HashMap<>();
      pairs
          .getOrDefault(Labels.METRIC_NAME, Map.of())
          .forEach((name, counts) -> metrics.put(name, counts[1]));
      out.println("Postings (unique label pairs): " + churn.size());
      out.println("Postings entries (total label pairs): " + entries);
      list(out, "Label pairs most involved in churning", churn, limit);
      list(out, "Label names most involved in churning", names, limit);
      list(out, "Most common label pairs", common, limit);
      list(out, "Label names with highest cumulative label value length", lengths, limit);
      list(out, "Highest cardinality labels", cardinality, limit);
      list(out, "Highest cardinality metric names", metrics, limit);
    }

    private long share(long uncovered) {
      return duration == 0 ? 0 : (long) ((double) uncovered / duration);
    }

    private static void list(PrintStream out, String title, Map<String, Long> counts, long limit) {
      out.println();
      out.println(title + ":");
      counts.entrySet().stream()
          .sorted(
              Map.Entry.<String, Long>comparingByValue()
                  .reversed()
                  .thenComparing(Map.Entry.comparingByKey()))
          .limit(Math.max(0, limit))
          .forEach(e -> out.println(e.getValue() + " " + e.getKey()));
    }
  }
}
