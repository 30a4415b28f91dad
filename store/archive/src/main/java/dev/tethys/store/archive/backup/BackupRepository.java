package dev.tethys.store.archive.backup;

import dev.tethys.model.storage.StorageException;
import dev.tethys.store.archive.CorruptFileException;
import dev.tethys.store.archive.Progress;
import dev.tethys.store.metrics.StoredBlock;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Backups of one store in a folder.
 *
 * <pre>
 * FOLDER/lock
 * FOLDER/blocks/ULID-CHECKSUM/      chunks, index, meta.json of a block: immutable, shared by backups
 * FOLDER/backups/TIME/manifest      {@link BackupManifest}
 * FOLDER/backups/TIME/ULID/         what changes in a block: its tombstones at that time
 * </pre>
 *
 * <p>Invariants:
 *
 * <ul>
 *   <li>A folder below blocks or backups that does not end in ".tmp" is whole and durable: it got
 *       its name last. A backup that was killed leaves the earlier ones as they were, and the
 *       blocks it had copied for the next.
 *   <li>A block is removed only when no backup names it.
 * </ul>
 */
public final class BackupRepository implements AutoCloseable {
  private static final DateTimeFormatter NAME =
      DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss.SSS'Z'").withZone(ZoneOffset.UTC);
  private static final String TMP = ".tmp";
  private static final String MANIFEST = "manifest";
  private static final String TOMBSTONES = "tombstones";

  /** Number of digits of the index checksum that follows the ULID in a block's name. */
  private static final int NAME_DIGITS = 16;

  private final Path folder;
  private final Progress progress;
  private final InstantSource clock;
  private final FileChannel lock;

  /**
   * A backup that exists.
   *
   * @param created ISO 8601
   * @param samples number of samples in its blocks
   * @param bytes total size in bytes, including shared blocks
   */
  public record Backup(String name, String created, long samples, int blocks, long bytes) {}

  /**
   * Result of creating a backup.
   *
   * @param copiedBytes bytes that the repository did not contain before
   */
  public record CreatedBackup(Backup backup, int copiedBlocks, int knownBlocks, long copiedBytes) {}

  /**
   * Opens a repository, or creates one in an empty or absent folder.
   *
   * @throws StorageException UNAVAILABLE when another backup or restore works on it
   * @throws IOException if the folder holds something else
   */
  public BackupRepository(Path folder, Progress progress, InstantSource clock) throws IOException {
    this.folder = folder.toAbsolutePath();
    this.progress = progress;
    this.clock = clock;
    if (Files.exists(folder) && !Files.isDirectory(folder.resolve("backups"))) {
      try (Stream<Path> s = Files.list(folder)) {
        if (s.anyMatch(p -> !p.getFileName().toString().equals("lock"))) {
          throw new IOException(
              folder + " is not empty and holds no backups: choose another folder");
        }
      }
    }
    Files.createDirectories(folder.resolve("blocks"));
    Files.createDirectories(folder.resolve("backups"));
    lock = lock(folder.resolve("lock"));
  }

  private static FileChannel lock(Path path) throws IOException {
    FileChannel ch = FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    boolean held = false;
    try {
      held = ch.tryLock() != null;
    } catch (OverlappingFileLockException e) {
      held = false;
    } finally {
      if (!held) {
        ch.close();
      }
    }
    if (!held) {
      throw new StorageException(
          StorageException.Reason.UNAVAILABLE, path + " is locked by another process");
    }
    return ch;
  }

  private Path blocks() {
    return folder.resolve("blocks");
  }

  private Path backups() {
    return folder.resolve("backups");
  }

  /** Returns the existing backups, oldest first. */
  public List<Backup> list() throws IOException {
    List<Backup> out = new ArrayList<>();
    for (Path p : finished(backups())) {
      out.add(describe(p.getFileName().toString(), BackupManifest.read(p.resolve(MANIFEST))));
    }
    return out;
  }

  private static Backup describe(String name, BackupManifest m) {
    int blocks = (int) m.files().stream().filter(f -> f.restored().endsWith("/index")).count();
    return new Backup(name, m.created(), m.samples(), blocks, m.bytes());
  }

  private static List<Path> finished(Path where) throws IOException {
    try (Stream<Path> s = Files.list(where)) {
      return s.filter(p -> !p.getFileName().toString().endsWith(TMP)).sorted().toList();
    }
  }

  // ---- backup

  /**
   * Adds a backup.
   *
   * @param snapshot a folder of blocks that no longer changes: a snapshot of the store
   * @param link creates hard links instead of copies if the file system supports it; they cost no
   *     space and protect against deletion, not against a broken disk
   */
  public CreatedBackup add(Path snapshot, boolean link) throws IOException {
    sweep();
    List<BackupManifest.Entry> entries = new ArrayList<>();
    String name = NAME.format(clock.instant());
    Path made = backups().resolve(name + TMP);
    Files.createDirectory(made);
    long samples = 0;
    long copied = 0;
    int copiedBlocks = 0;
    List<Path> sources = StoredBlock.folders(snapshot);
    long total = 0;
    for (Path block : sources) {
      for (Path f : files(block)) {
        total += Files.size(f);
      }
    }
    progress.step("backup", total);
    for (Path block : sources) {
      try (StoredBlock b = StoredBlock.open(block)) {
        samples += b.info().samples();
      }
      long bytes = keep(block, link, entries);
      copied += bytes;
      copiedBlocks += bytes > 0 ? 1 : 0;
      Path tombstones = block.resolve(TOMBSTONES);
      if (Files.exists(tombstones)) {
        String ulid = block.getFileName().toString();
        Files.createDirectories(made.resolve(ulid));
        Path to = made.resolve(ulid).resolve(TOMBSTONES);
        String sum = Checksums.copy(tombstones, to, progress);
        Checksums.syncFolder(made.resolve(ulid));
        copied += Files.size(to);
        entries.add(
            new BackupManifest.Entry(
                Files.size(to),
                sum,
                "backups/" + name + "/" + ulid + "/" + TOMBSTONES,
                ulid + "/" + TOMBSTONES));
      }
    }
    BackupManifest manifest = new BackupManifest(clock.instant().toString(), samples, entries);
    Path file = made.resolve(MANIFEST);
    try (FileChannel ch =
        FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      ch.write(StandardCharsets.UTF_8.encode(manifest.text()));
      ch.force(true);
    }
    Checksums.syncFolder(made);
    Files.move(made, backups().resolve(name), StandardCopyOption.ATOMIC_MOVE);
    Checksums.syncFolder(backups());
    return new CreatedBackup(
        describe(name, manifest), copiedBlocks, sources.size() - copiedBlocks, copied);
  }

  /** Returns the immutable files of a block. */
  private static List<Path> files(Path block) throws IOException {
    try (Stream<Path> s = Files.list(block)) {
      return s.filter(p -> !p.getFileName().toString().startsWith(TOMBSTONES)).sorted().toList();
    }
  }

  /** Brings a block into the repository; the bytes that were copied, 0 if it was known. */
  private long keep(Path block, boolean link, List<BackupManifest.Entry> entries)
      throws IOException {
    String ulid = block.getFileName().toString();
    String index = Checksums.of(block.resolve("index"), Progress.NONE);
    String name = ulid + "-" + index.substring(0, NAME_DIGITS);
    Path kept = blocks().resolve(name);
    List<Path> files = files(block);
    if (Files.exists(kept)) {
      List<BackupManifest.Entry> known = known(name, ulid);
      if (sameSizes(known, files, ulid)) {
        entries.addAll(known);
        for (BackupManifest.Entry e : known) {
          progress.advance(e.size());
        }
        return 0;
      }
      throw new IOException(
          "block "
              + block
              + " has the name and index of "
              + kept
              + " but other files: one of them is damaged; run tethys tool tsdb verify on both");
    }
    Path tmp = blocks().resolve(name + TMP);
    delete(tmp);
    Files.createDirectory(tmp);
    long bytes = 0;
    StringBuilder sums = new StringBuilder();
    for (Path f : files) {
      Path to = tmp.resolve(f.getFileName());
      String sum;
      if (link && linked(f, to)) {
        sum = Checksums.of(to, progress);
      } else {
        sum = Checksums.copy(f, to, progress);
        String read = Checksums.of(to, Progress.NONE);
        if (!read.equals(sum)) {
          throw new CorruptFileException(to, 0, "differs from the written bytes when read back");
        }
      }
      long size = Files.size(to);
      bytes += size;
      sums.append(size).append(' ').append(sum).append(' ').append(f.getFileName()).append('\n');
      entries.add(entry(size, sum, name, ulid, f.getFileName().toString()));
    }
    // Read before it is trusted: a damaged block is not worth keeping as a backup.
    try (StoredBlock b = StoredBlock.open(tmp)) {
      if (!b.info().ulid().equals(ulid)) {
        throw new IOException(block + " calls itself " + b.info().ulid());
      }
    }
    Path list = tmp.resolve("sums");
    String text = sums + "sha256 " + Checksums.of(sums.toString()) + "\n";
    try (FileChannel ch =
        FileChannel.open(list, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      ch.write(StandardCharsets.UTF_8.encode(text));
      ch.force(true);
    }
    Checksums.syncFolder(tmp);
    Files.move(tmp, kept, StandardCopyOption.ATOMIC_MOVE);
    Checksums.syncFolder(blocks());
    return bytes;
  }

  private static BackupManifest.Entry entry(
      long size, String sum, String name, String ulid, String file) {
    return new BackupManifest.Entry(size, sum, "blocks/" + name + "/" + file, ulid + "/" + file);
  }

  /** Entries of a block in the repository, as recorded when it was copied. */
  private List<BackupManifest.Entry> known(String name, String ulid) throws IOException {
    Path list = blocks().resolve(name).resolve("sums");
    String text = Files.readString(list);
    int last = text.lastIndexOf("sha256 ");
    if (last < 0
        || !text.substring(last).equals("sha256 " + Checksums.of(text.substring(0, last)) + "\n")) {
      throw new CorruptFileException(list, Math.max(0, last), "this list is incomplete");
    }
    List<BackupManifest.Entry> out = new ArrayList<>();
    for (String line : text.substring(0, last).split("\n")) {
      String[] w = line.split(" ");
      out.add(entry(Long.parseLong(w[0]), w[1], name, ulid, w[2]));
    }
    return out;
  }

  private static boolean sameSizes(List<BackupManifest.Entry> known, List<Path> files, String ulid)
      throws IOException {
    if (known.size() != files.size()) {
      return false;
    }
    for (Path f : files) {
      long size = Files.size(f);
      String name = ulid + "/" + f.getFileName();
      if (known.stream().noneMatch(e -> e.restored().equals(name) && e.size() == size)) {
        return false;
      }
    }
    return true;
  }

  private static boolean linked(Path from, Path to) {
    try {
      Files.createLink(to, from);
      return true;
    } catch (IOException | UnsupportedOperationException e) {
      return false; // another file system: it is copied
    }
  }

  /** Removes the files left by killed backups. */
  private void sweep() throws IOException {
    for (Path where : List.of(blocks(), backups())) {
      try (Stream<Path> s = Files.list(where)) {
        for (Path p : s.filter(x -> x.getFileName().toString().endsWith(TMP)).toList()) {
          delete(p);
        }
      }
    }
  }

  /**
   * Removes all backups but the newest, then blocks that no backup names.
   *
   * @param keep number of backups to keep, at least 1
   * @return number of removed backups
   */
  public int prune(int keep) throws IOException {
    if (keep < 1) {
      throw new IllegalArgumentException("at least one backup must be kept");
    }
    List<Path> all = finished(backups());
    int gone = Math.max(0, all.size() - keep);
    Set<String> named = new HashSet<>();
    for (Path p : all.subList(gone, all.size())) {
      for (BackupManifest.Entry e : BackupManifest.read(p.resolve(MANIFEST)).files()) {
        named.add(e.stored());
      }
    }
    for (Path p : all.subList(0, gone)) {
      // Renamed first: a backup exists with all its blocks, or not at all.
      Path dying = p.resolveSibling(p.getFileName() + TMP);
      Files.move(p, dying, StandardCopyOption.ATOMIC_MOVE);
      Checksums.syncFolder(backups());
      delete(dying);
    }
    for (Path b : finished(blocks())) {
      if (!named.contains("blocks/" + b.getFileName() + "/index")) {
        Path dying = b.resolveSibling(b.getFileName() + TMP);
        Files.move(b, dying, StandardCopyOption.ATOMIC_MOVE);
        delete(dying);
      }
    }
    return gone;
  }

  // ---- verify and restore

  private BackupManifest manifest(String name) throws IOException {
    return BackupManifest.read(backups().resolve(name).resolve(MANIFEST));
  }

  /** Returns the name of the newest backup. */
  public String newest() throws IOException {
    List<Path> all = finished(backups());
    if (all.isEmpty()) {
      throw new IOException("there is no backup in " + folder);
    }
    return all.getLast().getFileName().toString();
  }

  /** Reads every file of a backup and returns the differences. */
  public List<String> verify(String name) throws IOException {
    BackupManifest m = manifest(name);
    List<String> problems = new ArrayList<>();
    progress.step("verify", m.bytes());
    for (BackupManifest.Entry e : m.files()) {
      Path p = folder.resolve(e.stored());
      if (!Files.exists(p)) {
        problems.add(p + ": the file is missing");
      } else if (Files.size(p) != e.size()) {
        problems.add(p + ": it has " + Files.size(p) + " bytes, " + e.size() + " were stored");
      } else if (!Checksums.of(p, progress).equals(e.sha256())) {
        problems.add(p + ": its checksum (SHA-256) is not the one that was stored");
      }
    }
    return problems;
  }

  /**
   * Creates a data folder of a backup. Everything is read and compared before the folder gets its
   * final name.
   *
   * @param into an absent or empty folder
   * @param replace whether an existing folder is moved aside first; it is never removed
   * @return path to which it was moved, or the folder itself
   * @throws StorageException CORRUPT when the backup is not whole; nothing has changed then
   */
  public Path restore(String name, Path into, boolean replace) throws IOException {
    Path target = into.toAbsolutePath();
    BackupManifest m = manifest(name);
    boolean occupied = isOccupied(target);
    if (occupied && !replace) {
      throw new IOException(
          target + " is not empty: choose another folder, or --replace to move it aside");
    }
    List<String> problems = verify(name);
    if (!problems.isEmpty()) {
      throw new StorageException(
          StorageException.Reason.CORRUPT,
          "backup " + name + " is damaged, nothing was restored:\n" + String.join("\n", problems));
    }
    Path tmp = target.resolveSibling(target.getFileName() + ".restoring");
    delete(tmp);
    Files.createDirectories(tmp);
    progress.step("restore", m.bytes());
    for (BackupManifest.Entry e : m.files()) {
      Path to = tmp.resolve(e.restored());
      Files.createDirectories(to.getParent());
      if (!Checksums.copy(folder.resolve(e.stored()), to, progress).equals(e.sha256())) {
        throw new CorruptFileException(to, 0, "differs from the stored bytes when read back");
      }
    }
    for (Path b : StoredBlock.folders(tmp)) {
      try (StoredBlock s = StoredBlock.open(b)) {
        s.info(); // its index is whole
      }
      Checksums.syncFolder(b);
    }
    // So that an empty backup is a data folder too.
    Files.createDirectories(tmp.resolve("wal"));
    Checksums.syncFolder(tmp);
    return put(tmp, target, occupied);
  }

  private Path put(Path tmp, Path target, boolean occupied) throws IOException {
    Path temporary = target;
    if (occupied) {
      temporary =
          target.resolveSibling(
              target.getFileName() + ".before-restore-" + NAME.format(clock.instant()));
      // No other process may be working there.
      try (FileChannel held = lock(target.resolve("lock"))) {
        Files.move(target, temporary, StandardCopyOption.ATOMIC_MOVE);
        Files.move(tmp, target, StandardCopyOption.ATOMIC_MOVE);
      }
    } else {
      Files.deleteIfExists(target);
      Files.move(tmp, target, StandardCopyOption.ATOMIC_MOVE);
    }
    Path parent = target.getParent();
    if (parent != null) {
      Checksums.syncFolder(parent);
    }
    return temporary;
  }

  private static boolean isOccupied(Path target) throws IOException {
    if (!Files.exists(target)) {
      return false;
    }
    try (Stream<Path> s = Files.list(target)) {
      return s.findAny().isPresent();
    }
  }

  static void delete(Path p) throws IOException {
    if (!Files.exists(p, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    try (Stream<Path> s = Files.walk(p)) {
      for (Path x : s.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(x);
      }
    }
  }

  @Override
  public void close() throws IOException {
    lock.close();
  }
}
