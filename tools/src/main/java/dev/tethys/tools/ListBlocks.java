package dev.tethys.tools;

import dev.tethys.model.storage.StorageException;
import dev.tethys.runtime.cli.Flag;
import dev.tethys.store.archive.ArchivedBlock;
import dev.tethys.store.archive.CorruptFileException;
import dev.tethys.store.archive.folder.DataFolder;
import dev.tethys.store.metrics.BlockInfo;
import dev.tethys.store.metrics.Downsampling;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** {@code tsdb list}: the blocks of a folder. */
final class ListBlocks {
  static final Flag HUMAN =
      Flag.of(
          "human-readable",
          Flag.Kind.BOOLEAN,
          "false",
          "Times as dates and sizes in units. Short: -r.");

  private ListBlocks() {}

  static Command command() {
    return new Command(
        "tsdb list",
        "[<db path>]",
        "List the blocks of a data folder, of Tethys or of Prometheus. What is only in memory or in"
            + " the write-ahead log is not in a block. A server may be running.",
        List.of(HUMAN),
        0,
        1,
        ListBlocks::run);
  }

  /** A row of the table. */
  record Row(
      String ulid,
      long minTime,
      long maxTime,
      long samples,
      long chunks,
      long series,
      long bytes,
      long resolution) {
    static Row of(ArchivedBlock b) {
      return new Row(
          b.ulid(),
          b.minTime(),
          b.maxTime(),
          b.samples(),
          b.chunks(),
          b.series(),
          b.bytes(),
          b.resolution());
    }

    static Row of(BlockInfo b) {
      return new Row(
          b.ulid(),
          b.minTime(),
          b.maxTime(),
          b.samples(),
          b.chunks(),
          b.series(),
          b.bytes(),
          b.resolution());
    }
  }

  private static int run(Command.Arguments a, Console console) throws IOException {
    Path path = Path.of(a.operand(0, "data/"));
    if (isEmpty(path)) {
      print(List.of(), false, console);
      return 0;
    }
    DataFolder folder = OpenStore.folder(path);
    List<Row> rows = new ArrayList<>();
    int status = 0;
    for (Path p : folder.blocks()) {
      try (ArchivedBlock b = folder.open(p)) {
        rows.add(Row.of(b));
      } catch (IOException | StorageException | CorruptFileException e) {
        console.err().println("block " + p + " cannot be opened: " + e.getMessage());
        status = 1;
      }
    }
    rows.sort(Comparator.comparing(Row::minTime).thenComparing(Row::ulid));
    print(rows, a.flags().bool("human-readable"), console);
    return status;
  }

  /**
   * Whether the folder is empty: a server that has not started yet has no blocks, which is not an
   * error.
   */
  private static boolean isEmpty(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      return false;
    }
    try (DirectoryStream<Path> s = Files.newDirectoryStream(folder)) {
      return !s.iterator().hasNext();
    }
  }

  /** Prints the table in promtool's format. */
  static void print(List<Row> rows, boolean human, Console console) {
    Table t = new Table();
    List<Object> head =
        new ArrayList<>(
            List.of(
                "BLOCK ULID",
                "MIN TIME",
                "MAX TIME",
                "DURATION",
                "NUM SAMPLES",
                "NUM CHUNKS",
                "NUM SERIES",
                "SIZE"));
    boolean downsampled = rows.stream().anyMatch(r -> r.resolution() > 0);
    if (downsampled) {
      head.add("RESOLUTION");
    }
    t.row(head.toArray());
    for (Row r : rows) {
      List<Object> cells =
          new ArrayList<>(
              List.of(
                  r.ulid(),
                  GoText.time(r.minTime(), human),
                  GoText.time(r.maxTime(), human),
                  GoText.duration(r.maxTime() - r.minTime()),
                  r.samples(),
                  r.chunks(),
                  r.series(),
                  GoText.bytes(r.bytes(), human)));
      if (downsampled) {
        cells.add(r.resolution() == 0 ? "samples" : Downsampling.text(r.resolution()));
      }
      t.row(cells.toArray());
    }
    t.print(console.out());
  }
}
