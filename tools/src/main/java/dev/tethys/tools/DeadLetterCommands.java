package dev.tethys.tools;

import dev.tethys.model.file.FileAccess;
import dev.tethys.model.file.RealFiles;
import dev.tethys.pipeline.delivery.DeadLetter;
import dev.tethys.pipeline.delivery.DeadLetterFolder;
import dev.tethys.pipeline.delivery.EncodedRequest;
import dev.tethys.runtime.cli.Flag;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * {@code dlq}: reads the requests that exporters' destinations rejected permanently, while the
 * process that keeps them does not run. For a running process, use {@code
 * /api/v1/pipelines/dead-letters} instead.
 */
final class DeadLetterCommands {
  private static final Flag LIMIT =
      Flag.of(
          "limit",
          Flag.Kind.INTEGER,
          "1000",
          "Maximum number of dead letters of each queue, the oldest first.");
  private static final Flag REPLAY_LIMIT =
      Flag.of(
          "limit",
          Flag.Kind.INTEGER,
          "0",
          "Maximum number of dead letters, the oldest first; 0 for no limit.");
  private static final FileAccess FILES = new RealFiles();
  private static final String PLACE = "<storage folder>";

  private DeadLetterCommands() {}

  static List<Command> commands() {
    return List.of(
        new Command(
            "dlq list",
            PLACE,
            "List the dead letters of all queues in a folder of file_storage. No process may be"
                + " using it; one that runs answers GET /api/v1/pipelines/dead-letters.",
            List.of(LIMIT),
            1,
            1,
            DeadLetterCommands::list),
        new Command(
            "dlq inspect",
            "<queue folder> <id>",
            "Show one dead letter; its body as sent is written to standard output.",
            List.of(),
            2,
            2,
            DeadLetterCommands::inspect),
        new Command(
            "dlq replay",
            "<queue folder> [<id>...]",
            "Put dead letters, all or some, back into their queue, to be sent when the process"
                + " runs again.",
            List.of(REPLAY_LIMIT),
            1,
            Command.ANY,
            DeadLetterCommands::replay));
  }

  private static int list(Command.Arguments a, Console console) throws IOException {
    Path place = Path.of(a.operands().getFirst());
    List<Path> folders = DeadLetterFolder.find(FILES, place);
    if (folders.isEmpty()) {
      console.err().println("there is no queue in " + place);
      return 1;
    }
    int most = (int) a.flags().integer("limit");
    List<String> more = new ArrayList<>();
    Table t = new Table();
    t.row("QUEUE", "ID", "TIME", "SIGNAL", "ITEMS", "BYTES", "ATTEMPTS", "REASON");
    for (Path folder : folders) {
      try (DeadLetterFolder f = DeadLetterFolder.open(FILES, folder)) {
        if (f.count() > most) {
          more.add(
              folder.getFileName()
                  + " has "
                  + f.count()
                  + " dead letters, of which the oldest "
                  + most
                  + " are listed: --limit lists more");
        }
        for (DeadLetter d : f.list(most)) {
          t.row(
              folder.getFileName(),
              d.id(),
              Instant.ofEpochMilli(d.millis()),
              d.signal().name().toLowerCase(Locale.ROOT),
              d.items(),
              d.bytes(),
              d.attempts(),
              d.reason());
        }
      }
    }
    t.print(console.out());
    more.forEach(console.err()::println);
    return 0;
  }

  private static int inspect(Command.Arguments a, Console console) throws IOException {
    Path folder = Path.of(a.operands().getFirst());
    String id = a.operands().get(1);
    try (DeadLetterFolder f = DeadLetterFolder.open(FILES, folder)) {
      for (DeadLetter d : f.list(Integer.MAX_VALUE)) {
        if (d.id().equals(id)) {
          console.err().println(d.signal() + ", " + d.items() + " items: " + d.reason());
          d.headers().forEach((k, v) -> console.err().println(k + ": " + v));
        }
      }
      Optional<EncodedRequest> p = f.read(id);
      if (p.isEmpty()) {
        console.err().println("there is no dead letter " + id + " in " + folder);
        return 1;
      }
      console.out().write(p.get().body(), 0, p.get().body().length);
      return 0;
    }
  }

  private static int replay(Command.Arguments a, Console console) throws IOException {
    Path folder = Path.of(a.operands().getFirst());
    try (DeadLetterFolder f = DeadLetterFolder.open(FILES, folder)) {
      List<String> ids = new ArrayList<>(a.operands().subList(1, a.operands().size()));
      boolean all = ids.isEmpty();
      if (all) {
        int most = (int) a.flags().integer("limit");
        f.list(most <= 0 ? Integer.MAX_VALUE : most).forEach(d -> ids.add(d.id()));
      }
      int done = f.replay(ids, System.currentTimeMillis());
      console.out().println(done + " of " + ids.size() + " dead letters are in the queue again");
      if (all && f.count() > 0) {
        console.err().println(f.count() + " are left");
      }
      return done == ids.size() ? 0 : 1;
    }
  }
}
