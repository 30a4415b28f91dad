package dev.tethys.collect.logs.file;

import dev.tethys.model.Labels;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.file.RealFiles;
import dev.tethys.model.logs.LogEntry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Tailing without threads: it polls and reads on request, with its own clock. */
final class Rig implements AutoCloseable {
  final Path folder;
  final List<LogEntry> entries = new ArrayList<>();
  final List<LogEntry> owed = new ArrayList<>();
  final Registry registry = new Registry();
  final FileMetrics metrics = new FileMetrics(registry);
  boolean settles = true;
  Consumer<LogEntry> whenSettled = e -> {};
  long now = 1_700_000_000_000L;
  final InstantSource clock = () -> Instant.ofEpochMilli(now);
  Positions positions;
  private @Nullable FileTailing tailing;
  private @Nullable FileJob job;

  Rig(Path folder) {
    this.folder = folder;
    this.positions = open(folder.resolve("positions.yaml"), false);
  }

  Positions open(Path file, boolean ignoreInvalid) {
    try {
      return new Positions(new RealFiles(), file, ignoreInvalid, false, clock);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  Rig tail(String glob, String... labels) {
    return tail(FileOptions.DEFAULT, 100, glob, labels);
  }

  Rig tail(FileOptions options, int maxOpen, String glob, String... labels) {
    FileTailing t =
        new FileTailing(FileTailing.Frequency.DEFAULT, positions, metrics, clock, maxOpen);
    tailing = t;
    job =
        t.prepared(
            "job",
            options,
            e -> {
              e.line(); // kept longer than the buffer that it is in
              entries.add(e);
              if (settles) {
                settle(e);
              } else {
                owed.add(e);
              }
            });
    return target(glob, labels).look();
  }

  /** Another target, with labels. */
  Rig target(String glob, String... labels) {
    Objects.requireNonNull(job)
        .targets(List.of(new FileTarget(Glob.of(folder + "/" + glob), null, Labels.of(labels))));
    return this;
  }

  /** Other targets, by their patterns. */
  Rig targets(String... globs) {
    List<FileTarget> all = new ArrayList<>();
    for (String g : globs) {
      all.add(new FileTarget(Glob.of(folder + "/" + g), null, Labels.EMPTY));
    }
    Objects.requireNonNull(job).targets(all);
    return this;
  }

  private final Set<LogEntry> settled = Collections.newSetFromMap(new IdentityHashMap<>());
  private final Set<String> delivered = new HashSet<>();

  private void settle(LogEntry e) {
    settled.add(e);
    delivered.add(e.line());
    e.settle();
    whenSettled.accept(e);
  }

  /** Settles one of those that are owed. */
  void settle(int index) {
    settle(owed.remove(index));
  }

  /** Whether an entry was delivered, and not lost when its reader was killed. */
  boolean isSettled(LogEntry e) {
    return settled.contains(e);
  }

  /** Whether a line was. */
  boolean isDelivered(String line) {
    return delivered.contains(line);
  }

  /** Whether nothing is owed of what the job has read. */
  boolean isFullyDelivered() {
    return Objects.requireNonNull(job).isDelivered();
  }

  /** Looks for files and reads what there is. */
  Rig look() {
    Objects.requireNonNull(tailing).scan();
    return read();
  }

  /** Looks for files, and reads nothing. */
  Rig see() {
    Objects.requireNonNull(tailing).scan();
    return this;
  }

  Rig read() {
    try {
      Objects.requireNonNull(job).readAll();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
    return this;
  }

  /** Lets time pass, so that idle files end. */
  Rig later() {
    now += 2 * FileReadScheduler.ROTATE_WAIT;
    return look().look();
  }

  /** Ends in good order and begins anew with what was saved. */
  Rig restart(String glob, String... labels) {
    stop();
    return begin(glob, labels);
  }

  /** Ends the job and begins one in its place, as a reload does with one that changed. */
  Rig reload(String glob, String... labels) {
    Objects.requireNonNull(job).stop();
    close();
    return tail(glob, labels);
  }

  void stop() {
    Objects.requireNonNull(job).stop();
    positions.save();
    close();
  }

  /** Begins anew with the saved positions, regardless of how it ended. */
  Rig begin(String glob, String... labels) {
    now += 1000;
    positions = open(folder.resolve("positions.yaml"), false);
    return tail(glob, labels);
  }

  List<String> lines() {
    return entries.stream().map(LogEntry::line).toList();
  }

  List<String> take() {
    List<String> out = lines();
    entries.clear();
    return out;
  }

  Path file(String name) {
    return folder.resolve(name);
  }

  Rig write(String name, String text) {
    return write(name, text.getBytes(StandardCharsets.UTF_8));
  }

  Rig write(String name, byte[] bytes) {
    try {
      Files.createDirectories(file(name).getParent());
      Files.write(file(name), bytes, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return this;
  }

  Rig move(String from, String to) {
    try {
      Files.move(file(from), file(to));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return this;
  }

  /** As logrotate does with copytruncate. */
  Rig copyTruncate(String name, String to) {
    try {
      Files.copy(file(name), file(to));
      Files.write(file(name), new byte[0], StandardOpenOption.TRUNCATE_EXISTING);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return this;
  }

  Rig delete(String name) {
    try {
      Files.delete(file(name));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return this;
  }

  double metric(String name, String... labels) {
    Labels wanted = Labels.of(labels);
    for (MetricFamily f : registry.gather()) {
      for (MetricFamily.Metric m : f.metrics()) {
        if (f.name().equals(name)
            && m.labels().equals(wanted)
            && m.point() instanceof MetricFamily.Value v) {
          return v.value();
        }
      }
    }
    return Double.NaN;
  }

  @Override
  public void close() {
    if (tailing != null) {
      tailing.close();
    }
  }
}
