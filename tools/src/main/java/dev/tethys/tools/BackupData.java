package dev.tethys.tools;

import dev.tethys.runtime.cli.Flag;
import dev.tethys.runtime.cli.UsageException;
import dev.tethys.store.archive.backup.BackupRepository;
import dev.tethys.store.archive.backup.BackupRepository.Backup;
import dev.tethys.store.archive.backup.BackupRepository.CreatedBackup;
import dev.tethys.store.archive.folder.DataFolder;
import dev.tethys.store.metrics.MetricsDatabase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/** {@code tsdb snapshot}, {@code backup}, {@code backups} and {@code restore}. */
final class BackupData {
  private static final DateTimeFormatter NAME =
      DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss.SSS'Z'").withZone(ZoneOffset.UTC);

  /** Snapshots that only a backup in progress needs. */
  private static final String OWN = "for-backup-";

  private BackupData() {}

  static List<Command> commands() {
    return List.of(
        new Command(
            "tsdb snapshot",
            "[<db path>] [<folder>]",
            "Make a copy of a data folder that can be opened as one. Blocks are hard links, so the"
                + " copy must be on the same file system; what is in memory or in the write-ahead"
                + " log becomes blocks of the copy. By default it is made below the folder's own"
                + " snapshots/. With --server a running server does it, there.",
            List.of(
                ServerSnapshot.SERVER,
                Flag.of(
                    "skip-head",
                    Flag.Kind.BOOLEAN,
                    "false",
                    "Leave out what is not in blocks yet.")),
            0,
            2,
            BackupData::snapshot),
        new Command(
            "tsdb backup",
            "<db path> <backup folder>",
            "Add a backup of a data folder to a folder of backups. Incremental: blocks that the"
                + " folder has are not copied again. Every copy is read and compared. With --server"
                + " while a server runs, else the folder is locked.",
            List.of(
                ServerSnapshot.SERVER,
                Flag.of(
                    "keep",
                    Flag.Kind.INTEGER,
                    "0",
                    "Number of backups to keep, the newest; 0 keeps all."),
                Flag.of(
                    "link",
                    Flag.Kind.BOOLEAN,
                    "false",
                    "Make hard links instead of copies where the file system allows: no space, and"
                        + " no protection against a broken disk.")),
            2,
            2,
            BackupData::backup),
        new Command(
            "tsdb backups",
            "<backup folder>",
            "List the backups in a folder. With --verify every byte of them is read and compared.",
            List.of(
                ListBlocks.HUMAN,
                Flag.of(
                    "verify",
                    Flag.Kind.BOOLEAN,
                    "false",
                    "Read every file and compare its checksum.")),
            1,
            1,
            BackupData::list),
        new Command(
            "tsdb restore",
            "<backup folder> <db path>",
            "Make a data folder of a backup, by default the newest. The backup is read and compared"
                + " before anything is put in place; a restore that is killed changes nothing.",
            List.of(
                Flag.of("backup", Flag.Kind.STRING, "", "Name of the backup, as backups shows it."),
                Flag.of(
                    "replace",
                    Flag.Kind.BOOLEAN,
                    "false",
                    "Move a data folder that is there aside first. It is not removed.")),
            2,
            2,
            BackupData::restore));
  }

  private static MetricsDatabase existing(Path data) throws IOException {
    if (DataFolder.find(data).kind() != DataFolder.Kind.OWN) {
      throw new UsageException(
          data + " holds data of Prometheus: ask that server for a snapshot, or import it");
    }
    return OpenStore.own(data);
  }

  private static int snapshot(Command.Arguments a, Console console) throws IOException {
    Path data = Path.of(a.operand(0, "data/"));
    String server = a.flags().get("server");
    if (!server.isEmpty()) {
      if (a.operands().size() > 1 || a.flags().bool("skip-head")) {
        throw new UsageException(
            "tethys tool tsdb snapshot: a server chooses the folder and takes everything; leave"
                + " <folder> and --skip-head out");
      }
      String name = ServerSnapshot.take(server);
      console.out().println(a.operands().isEmpty() ? name : ServerSnapshot.find(data, name));
      return 0;
    }
    try (MetricsDatabase db = existing(data)) {
      Path into =
          a.operands().size() > 1
              ? Path.of(a.operand(1, ""))
              : data.resolve("snapshots").resolve(NAME.format(Instant.now()));
      db.snapshot(into, a.flags().bool("skip-head"));
      console.out().println(into);
      return 0;
    }
  }

  private static int backup(Command.Arguments a, Console console) throws IOException {
    Path data = Path.of(a.operand(0, ""));
    Path to = Path.of(a.operand(1, ""));
    long keep = a.flags().integer("keep");
    if (keep < 0) {
      throw new UsageException("tethys tool tsdb backup: --keep must not be negative");
    }
    String server = a.flags().get("server");
    ProgressLine line = console.progress("read");
    try (BackupRepository repository = new BackupRepository(to, line, InstantSource.system())) {
      CreatedBackup made;
      if (server.isEmpty()) {
        try (MetricsDatabase db = existing(data)) {
          removeOwn(data);
          Path snapshot = data.resolve("snapshots").resolve(OWN + NAME.format(Instant.now()));
          try {
            db.snapshot(snapshot, false);
            made = repository.add(snapshot, a.flags().bool("link"));
          } finally {
            delete(snapshot);
          }
        }
      } else {
        Path snapshot = ServerSnapshot.find(data, ServerSnapshot.take(server));
        try {
          made = repository.add(snapshot, a.flags().bool("link"));
        } finally {
          delete(snapshot);
        }
      }
      line.clear();
      print(List.of(made.backup()), false, console);
      console
          .err()
          .printf(
              Locale.ROOT,
              "%d blocks copied (%,d bytes), %d were there%n",
              made.copiedBlocks(),
              made.copiedBytes(),
              made.knownBlocks());
      if (keep > 0) {
        console
            .err()
            .printf(
                Locale.ROOT,
                "%d older backups removed%n",
                repository.prune((int) Math.min(Integer.MAX_VALUE, keep)));
      }
      return 0;
    }
  }

  /** Removes snapshots of backups that were killed. Under the lock of the store. */
  private static void removeOwn(Path data) throws IOException {
    Path all = data.resolve("snapshots");
    if (Files.isDirectory(all)) {
      try (Stream<Path> s = Files.list(all)) {
        for (Path p : s.filter(x -> x.getFileName().toString().startsWith(OWN)).toList()) {
          delete(p);
        }
      }
    }
  }

  static void delete(Path folder) throws IOException {
    if (Files.exists(folder)) {
      try (Stream<Path> s = Files.walk(folder)) {
        for (Path p : s.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(p);
        }
      }
    }
  }

  private static BackupRepository existingRepository(Path folder, ProgressLine line)
      throws IOException {
    if (!Files.isDirectory(folder.resolve("backups"))) {
      throw new IOException(folder + " holds no backups");
    }
    return new BackupRepository(folder, line, InstantSource.system());
  }

  private static int list(Command.Arguments a, Console console) throws IOException {
    ProgressLine line = console.progress("read");
    try (BackupRepository r = existingRepository(Path.of(a.operand(0, "")), line)) {
      List<Backup> all = r.list();
      print(all, a.flags().bool("human-readable"), console);
      console.out().flush();
      int status = 0;
      if (a.flags().bool("verify")) {
        for (Backup b : all) {
          List<String> problems = r.verify(b.name());
          line.clear();
          problems.forEach(console.err()::println);
          console.err().println(b.name() + (problems.isEmpty() ? " is whole" : " is damaged"));
          status = problems.isEmpty() ? status : 1;
        }
      }
      return status;
    }
  }

  private static void print(List<Backup> backups, boolean human, Console console) {
    Table t = new Table();
    t.row("BACKUP", "CREATED", "NUM BLOCKS", "NUM SAMPLES", "SIZE");
    for (Backup b : backups) {
      t.row(b.name(), b.created(), b.blocks(), b.samples(), GoText.bytes(b.bytes(), human));
    }
    t.print(console.out());
  }

  private static int restore(Command.Arguments a, Console console) throws IOException {
    Path into = Path.of(a.operand(1, ""));
    ProgressLine line = console.progress("read");
    try (BackupRepository r = existingRepository(Path.of(a.operand(0, "")), line)) {
      String name = a.flags().get("backup");
      name = name.isEmpty() ? r.newest() : name;
      Path temporary = r.restore(name, into, a.flags().bool("replace"));
      line.clear();
      console.out().println("restored " + name + " to " + into);
      if (!temporary.equals(into.toAbsolutePath())) {
        console.out().println("previous content moved to " + temporary);
      }
      return 0;
    }
  }
}
