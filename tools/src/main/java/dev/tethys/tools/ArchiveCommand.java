package dev.tethys.tools;

import dev.tethys.model.file.FileAccess;
import dev.tethys.model.file.RealFiles;
import dev.tethys.pipeline.archive.Archive;
import dev.tethys.pipeline.archive.ArchiveReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** {@code archive}: segments and replays of an archive, also while a process writes it. */
final class ArchiveCommand {
  private static final FileAccess FILES = new RealFiles();

  private ArchiveCommand() {}

  static Command command() {
    return new Command(
        "archive",
        "<directory>",
        "Show the segments and replays of an archive of pipelines. A process may be writing it.",
        List.of(),
        1,
        1,
        ArchiveCommand::show);
  }

  private static int show(Command.Arguments a, Console console) throws IOException {
    Path folder = Path.of(a.operands().getFirst());
    List<ArchiveReader.SegmentInfo> segments = new ArchiveReader(FILES, folder).segments();
    if (segments.isEmpty()) {
      console.err().println("there is no archive in " + folder);
      return 1;
    }
    Table t = new Table();
    t.row("SEGMENT", "BYTES", "SIGNAL", "REQUESTS", "ITEMS", "FROM", "TO");
    for (ArchiveReader.SegmentInfo s : segments) {
      Map<String, Sum> bySignal = new TreeMap<>();
      for (Archive.Entry e : s.entries()) {
        bySignal
            .computeIfAbsent(e.summary().signal().name().toLowerCase(Locale.ROOT), _ -> new Sum())
            .add(e);
      }
      bySignal.forEach(
          (signal, n) ->
              t.row(
                  Long.toString(s.number()),
                  s.bytes(),
                  signal,
                  n.requests,
                  n.items,
                  time(n.min),
                  time(n.max)));
    }
    t.print(console.out());
    replays(folder.resolve(Archive.REPLAYS), console);
    return 0;
  }

  private static String time(long nanos) {
    return nanos == 0 ? "-" : Instant.ofEpochMilli(nanos / 1_000_000).toString();
  }

  private static void replays(Path folder, Console console) throws IOException {
    Table t = new Table();
    t.row("REPLAY", "STATE", "ITEMS", "SEGMENT", "LAST SEGMENT");
    boolean any = false;
    for (Path p : FILES.list(folder)) {
      String name = String.valueOf(p.getFileName());
      if (name.endsWith(".json")) {
        JsonNode n;
        try {
          n = JsonMapper.shared().readTree(new String(FILES.read(p), StandardCharsets.UTF_8));
        } catch (JacksonException e) {
          throw new IOException(p + " is damaged", e);
        }
        t.row(
            name.substring(0, name.length() - ".json".length()),
            n.path("done").asBoolean(false) ? "done" : "incomplete",
            n.path("items").asLong(0),
            n.path("segment").asLong(0),
            n.path("endSegment").asLong(0));
        any = true;
      }
    }
    if (any) {
      console.out().println();
      t.print(console.out());
    }
  }

  /** Counts of one signal in a segment. */
  private static final class Sum {
    private long requests;
    private long items;
    private long min;
    private long max;

    void add(Archive.Entry e) {
      requests++;
      items += e.summary().items();
      long from = e.summary().minNanos();
      if (from != 0) {
        min = min == 0 ? from : Math.min(min, from);
        max = Math.max(max, e.summary().maxNanos());
      }
    }
  }
}
