package dev.tethys.tools;

import dev.tethys.model.storage.StorageException;
import dev.tethys.store.archive.ArchivedBlock;
import dev.tethys.store.archive.CorruptFileException;
import dev.tethys.store.archive.SampleDigest;
import dev.tethys.store.archive.folder.DataFolder;
import dev.tethys.store.metrics.LogCheck;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** {@code tsdb verify}: reads everything and reports unreadable data. */
final class VerifyFolder {
  private VerifyFolder() {}

  static Command command() {
    return new Command(
        "tsdb verify",
        "[<db path>]",
        "Read every block, decode every sample, check every checksum, of a data folder of Tethys or"
            + " of Prometheus. Changes nothing; a server may be running. Exit code 1 when something"
            + " is damaged.",
        List.of(),
        0,
        1,
        VerifyFolder::run);
  }

  private static int run(Command.Arguments a, Console console) throws IOException {
    DataFolder folder = DataFolder.find(Path.of(a.operand(0, "data/")));
    ProgressLine line = console.progress("checked");
    Table t = new Table();
    t.row("BLOCK ULID", "SERIES", "SAMPLES", "CHECKSUM", "RESULT");
    List<String> problems = new ArrayList<>();
    for (Path p : folder.blocks()) {
      try (ArchivedBlock b = folder.open(p)) {
        long[] n = new long[3];
        b.forEach(
            (labels, s) -> {
              n[0]++;
              n[1] += s.size;
              n[2] = SampleDigest.mix(n[2], SampleDigest.of(labels, s));
            },
            line);
        t.row(
            b.ulid(),
            n[0],
            n[1],
            String.format(Locale.ROOT, "%016x", n[2]),
            b.problems().isEmpty() ? "ok" : b.problems().size() + " problems");
        problems.addAll(b.problems());
      } catch (IOException | StorageException | CorruptFileException e) {
        t.row(p.getFileName(), 0, 0, "", "cannot be opened");
        problems.add("block " + p + ": " + e.getMessage());
      }
    }
    if (folder.kind() == DataFolder.Kind.OWN) {
      LogCheck.CheckResult log = LogCheck.run(folder.path());
      problems.addAll(log.problems());
      line.clear();
      t.print(console.out());
      console
          .out()
          .printf(
              Locale.ROOT,
              "write-ahead log: %d segments, %d records, %d bytes not finished at the end%n",
              log.segments(),
              log.records(),
              log.tornBytes());
    } else {
      line.clear();
      t.print(console.out());
    }
    console.out().flush();
    problems.forEach(console.err()::println);
    console.err().println(problems.isEmpty() ? "everything is whole" : "there is damage");
    return problems.isEmpty() ? 0 : 1;
  }
}
