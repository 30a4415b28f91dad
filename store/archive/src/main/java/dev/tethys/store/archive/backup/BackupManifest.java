package dev.tethys.store.archive.backup;

import dev.tethys.store.archive.CorruptFileException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Backup manifest.
 *
 * <pre>
 * tethys-backup 1
 * created ISO-8601 time
 * samples N
 * file SIZE SHA-256 PATH-IN-REPOSITORY PATH-IN-STORE      one line each
 * sha256 OF-ALL-LINES-BEFORE
 * </pre>
 *
 * @param created start time of the backup, ISO 8601
 * @param samples number of samples in its blocks, including deleted ones
 */
record BackupManifest(String created, long samples, List<Entry> files) {
  private static final String HEAD = "tethys-backup 1";

  /**
   * A file.
   *
   * @param stored its path in the repository
   * @param restored its path in the data folder
   */
  record Entry(long size, String sha256, String stored, String restored) {}

  /** Returns the total size of all files in bytes. */
  long bytes() {
    return files.stream().mapToLong(Entry::size).sum();
  }

  String text() {
    StringBuilder sb = new StringBuilder(HEAD).append('\n');
    sb.append("created ").append(created).append('\n');
    sb.append("samples ").append(samples).append('\n');
    for (Entry e : files) {
      sb.append(
          String.format(Locale.ROOT, "file %d %s %s %s%n", e.size, e.sha256, e.stored, e.restored));
    }
    return sb + "sha256 " + Checksums.of(sb.toString()) + "\n";
  }

  /**
   * Reads a manifest.
   *
   * @throws CorruptFileException if it is not as it was written
   */
  static BackupManifest read(Path path) throws IOException {
    String text = Files.readString(path, StandardCharsets.UTF_8);
    int last = text.lastIndexOf("sha256 ");
    if (!text.startsWith(HEAD + "\n")
        || last < 0
        || !text.substring(last).equals("sha256 " + Checksums.of(text.substring(0, last)) + "\n")) {
      throw new CorruptFileException(path, Math.max(0, last), "this manifest is incomplete");
    }
    String created = "";
    long samples = 0;
    List<Entry> files = new ArrayList<>();
    for (String line : text.substring(0, last).split("\n")) {
      String[] w = line.split(" ");
      switch (w[0]) {
        case "created" -> created = w[1];
        case "samples" -> samples = Long.parseLong(w[1]);
        case "file" -> files.add(entry(path, w));
        default -> {}
      }
    }
    return new BackupManifest(created, samples, List.copyOf(files));
  }

  private static Entry entry(Path path, String[] w) {
    if (w.length != 5 || !inside(w[3]) || !inside(w[4])) {
      throw new CorruptFileException(path, 0, "a file line is not valid");
    }
    return new Entry(Long.parseLong(w[1]), w[2], w[3], w[4]);
  }

  /** Paths lead nowhere but into their folder. */
  private static boolean inside(String p) {
    Path n = Path.of(p).normalize();
    return !n.isAbsolute() && !n.startsWith("..") && n.toString().equals(p);
  }
}
