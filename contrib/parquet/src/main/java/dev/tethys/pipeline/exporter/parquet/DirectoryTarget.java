package dev.tethys.pipeline.exporter.parquet;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.model.log.JulLogger;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Stream;

/**
 * Target folder. All files of a group are first written to a hidden folder next to their
 * destinations and then moved. A full disk is therefore detected before any file is visible, and a
 * killed process leaves files only there; they are deleted after a day. If a file cannot be moved,
 * the previous ones are removed, because the group is written again under new names each time.
 */
final class DirectoryTarget implements FileTarget {
  private static final System.Logger LOG = JulLogger.of(DirectoryTarget.class.getName());
  private static final String UNFINISHED = ".tethys-unfinished";
  private static final Duration OLD = Duration.ofDays(1);

  private final Path folder;
  private final InstantSource clock;

  @GuardedBy("this")
  private boolean swept;

  DirectoryTarget(Path folder, InstantSource clock) {
    this.folder = folder;
    this.clock = clock;
  }

  private Path unfinished() throws IOException {
    Path p = Files.createDirectories(folder.resolve(UNFINISHED));
    synchronized (this) {
      if (!swept) {
        sweep(p);
        swept = true;
      }
    }
    return p;
  }

  private void sweep(Path in) throws IOException {
    FileTime before = FileTime.from(clock.instant().minus(OLD));
    try (Stream<Path> files = Files.list(in)) {
      for (Path p : files.toList()) {
        if (Files.getLastModifiedTime(p).compareTo(before) < 0) {
          Files.deleteIfExists(p);
        }
      }
    }
  }

  private static void sync(Path p) throws IOException {
    try (FileChannel ch = FileChannel.open(p, StandardOpenOption.READ)) {
      ch.force(true);
    }
  }

  @Override
  public void publish(List<NewFile> files) throws IOException {
    Path temporary = unfinished();
    List<Path> written = new ArrayList<>();
    List<Path> moved = new ArrayList<>();
    boolean done = false;
    try {
      for (NewFile f : files) {
        Path p = temporary.resolve(UUID.randomUUID().toString());
        written.add(p);
        try (FileChannel ch =
            FileChannel.open(p, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
          ByteBuffer b = ByteBuffer.wrap(f.content());
          while (b.hasRemaining()) {
            ch.write(b);
          }
          ch.force(true);
        }
      }
      for (NewFile f : files) {
        Files.createDirectories(folder.resolve(f.path()).getParent());
      }
      Set<Path> folders = new LinkedHashSet<>();
      for (int i = 0; i < files.size(); i++) {
        Path to = folder.resolve(files.get(i).path());
        moved.add(to);
        Files.move(
            written.get(i),
            to,
            StandardCopyOption.ATOMIC_MOVE,
            StandardCopyOption.REPLACE_EXISTING);
        // A new folder is itself an entry of the one above.
        for (Path p = to.getParent(); p != null && p.startsWith(folder); p = p.getParent()) {
          folders.add(p);
        }
      }
      for (Path p : folders) {
        sync(p);
      }
      done = true;
    } finally {
      if (!done) {
        delete(
            moved,
            "Partial group dropped, file not deleted, its rows are sent again file={0}"
                + " error=\"{1}\"");
        delete(written, "{0} remains and will be deleted when it is a day old: {1}");
      }
    }
  }

  /** Deletes files on a best-effort basis: callers receive the failure of the group. */
  private static void delete(List<Path> files, String left) {
    for (Path p : files) {
      try {
        Files.deleteIfExists(p);
      } catch (IOException e) {
        LOG.log(System.Logger.Level.WARNING, left, p, e.toString());
      }
    }
  }

  @Override
  public String check() throws IOException {
    unfinished();
    return "files can be made in " + folder;
  }

  @Override
  public byte[] read(String path) throws IOException {
    return Files.readAllBytes(folder.resolve(path));
  }

  @Override
  public void remove(String path) throws IOException {
    Files.deleteIfExists(folder.resolve(path));
  }
}
