package dev.tethys.pipeline.graph;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.component.ComponentId;
import dev.tethys.pipeline.component.Storage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Folders of receivers created by a node, all below the node's folder. An unused folder is kept for
 * a while: its receiver may be added again and then continues from its last position. The
 * modification time records since when it is unused, also across restarts.
 *
 * <p>Bound: {@link #MOST} unused folders, for {@link #KEEP} and {@link #EVERY}, where {@code EVERY}
 * starts with the node: until then their users are unknown.
 */
final class ReceiverFolders {
  static final Duration KEEP = Duration.ofDays(1);
  static final Duration EVERY = Duration.ofMinutes(10);
  static final int MOST = 1000;

  /** Maximum length of a file's name; systems allow 255 bytes. */
  private static final int LONGEST_NAME = 200;

  private final ComponentId node;
  private final String name;
  private final Scheduler clock;
  private final System.Logger log;

  @GuardedBy("this")
  private final Set<Path> parents = new HashSet<>();

  @GuardedBy("this")
  private final Set<Path> used = new HashSet<>();

  @GuardedBy("this")
  private long checkedAt;

  ReceiverFolders(ComponentId node, String name, Scheduler clock, System.Logger log) {
    this.node = node;
    this.name = name;
    this.clock = clock;
    this.log = log;
    this.checkedAt = clock.nanos();
  }

  /** Returns the storage as seen by one receiver. */
  Storage of(Storage all, Set<Path> its) {
    return new Storage() {
      @Override
      public Path folder(String kind, ComponentId component, String part) {
        Path parent = all.folder("receiver", node, "made");
        Path folder =
            parent.resolve(shortened(all.folder(kind, component, part).getFileName().toString()));
        its.add(folder);
        return folder;
      }

      @Override
      public boolean durable() {
        return all.durable();
      }

      @Override
      public long maxBytes() {
        return all.maxBytes();
      }
    };
  }

  private static String shortened(String name) {
    if (name.length() <= LONGEST_NAME) {
      return name;
    }
    try {
      byte[] hash =
          MessageDigest.getInstance("SHA-256").digest(name.getBytes(StandardCharsets.UTF_8));
      return name.substring(0, LONGEST_NAME - 17) + "~" + HexFormat.of().formatHex(hash, 0, 8);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // every JDK has it
    }
  }

  /** Marks these as used from now on. */
  synchronized void use(Set<Path> folders) {
    used.addAll(folders);
    folders.forEach(f -> parents.add(f.getParent()));
  }

  /** Marks these as unused. */
  synchronized void release(Set<Path> folders) {
    if (folders.isEmpty()) {
      return;
    }
    used.removeAll(folders);
    for (Path f : folders) {
      try {
        Files.setLastModifiedTime(f, FileTime.fromMillis(clock.millis()));
      } catch (NoSuchFileException e) {
        // nothing was stored
      } catch (IOException e) {
        log.log(Level.WARNING, "{0}: cannot mark folder {1} as recently used: {2}", name, f, e);
      }
    }
    removeExpired();
  }

  /** Periodically removes folders that are too old or too many. */
  @GuardedBy("this")
  private void removeExpired() {
    long now = clock.nanos();
    if (now - checkedAt < EVERY.toNanos()) {
      return;
    }
    checkedAt = now;
    for (Path parent : parents) {
      try {
        removeExpired(parent);
      } catch (IOException | UncheckedIOException e) {
        log.log(
            Level.WARNING,
            "{0}: state of removed receivers not deleted, retrying: folder={1} error={2}",
            name,
            parent,
            e);
      }
    }
  }

  private record UnusedFolder(Path folder, long since) {}

  @GuardedBy("this")
  private void removeExpired(Path parent) throws IOException {
    List<UnusedFolder> left = new ArrayList<>();
    try (DirectoryStream<Path> all = Files.newDirectoryStream(parent)) {
      for (Path p : all) {
        if (!used.contains(p)) {
          left.add(new UnusedFolder(p, Files.getLastModifiedTime(p).toMillis()));
        }
      }
    } catch (NoSuchFileException e) {
      return;
    }
    left.sort(Comparator.comparingLong(UnusedFolder::since).reversed());
    long oldest = clock.millis() - KEEP.toMillis();
    for (int i = 0; i < left.size(); i++) {
      if (i >= MOST || left.get(i).since < oldest) {
        remove(left.get(i).folder);
      }
    }
  }

  private static void remove(Path folder) throws IOException {
    try (Stream<Path> all = Files.walk(folder)) {
      for (Path p : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(p);
      }
    }
  }
}
