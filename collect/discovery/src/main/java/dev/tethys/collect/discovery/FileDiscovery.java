package dev.tethys.collect.discovery;

import dev.tethys.config.ConfigException;
import dev.tethys.config.FilePattern;
import dev.tethys.model.file.IoFailures;
import dev.tethys.model.log.JulLogger;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;

/**
 * Reads target files when their folders change and at least once a refresh interval.
 *
 * <p>Invariants: a file that is unreadable or invalid keeps its last groups; a removed file loses
 * them; only the discovery's own thread accesses the state.
 */
final class FileDiscovery implements Discovery {
  private static final System.Logger LOG = JulLogger.of(FileDiscovery.class.getName());
  static final String FILEPATH = "__meta_filepath";

  /** Quiet time of a folder after a change, because writers write in pieces. */
  private static final Duration SETTLE = Duration.ofMillis(50);

  private final FileConfig config;
  private final DiscoveryContext context;

  /** Number of groups of each file at its last reading. */
  private final Map<String, Integer> groupsOf = new HashMap<>();

  private final Map<String, TargetGroupCache> known = new HashMap<>();

  FileDiscovery(FileConfig config, DiscoveryContext context) {
    this.config = config;
    this.context = context;
  }

  @Override
  public void run(Sink sink) throws InterruptedException {
    try (WatchService watch = FileSystems.getDefault().newWatchService()) {
      Map<Path, WatchKey> watched = new HashMap<>();
      while (true) {
        watchFolders(watch, watched);
        refresh(sink);
        WatchKey key = watch.poll(config.refreshInterval().toMillis(), TimeUnit.MILLISECONDS);
        if (key != null) {
          context.pause().pause(SETTLE);
          for (WatchKey k = key; k != null; k = watch.poll()) {
            k.pollEvents();
            k.reset();
          }
        }
      }
    } catch (IOException e) {
      LOG.log(
          Level.WARNING,
          "folders cannot be watched ({0}); target files are read each {1}",
          IoFailures.describe(e),
          config.refreshInterval());
    }
    while (true) {
      refresh(sink);
      context.pause().pause(config.refreshInterval());
    }
  }

  private void watchFolders(WatchService watch, Map<Path, WatchKey> watched) {
    for (String f : config.files()) {
      Path folder = FilePattern.of(f).folder();
      WatchKey old = watched.get(folder);
      if (old != null && old.isValid()) {
        continue;
      }
      try {
        watched.put(
            folder,
            folder.register(
                watch,
                StandardWatchEventKinds.ENTRY_CREATE,
                StandardWatchEventKinds.ENTRY_MODIFY,
                StandardWatchEventKinds.ENTRY_DELETE));
      } catch (IOException e) {
        LOG.log(Level.DEBUG, "{0} cannot be watched: {1}", folder, IoFailures.reason(e));
      }
    }
  }

  /** Reads all files once. */
  void refresh(Sink sink) {
    long start = System.nanoTime();
    Set<String> files = files();
    List<TargetGroup> out = new ArrayList<>();
    for (String file : files) {
      try {
        List<TargetGroup> groups = read(Path.of(file));
        removeFrom(file, groups.size(), out);
        out.addAll(groups);
        groupsOf.put(file, groups.size());
      } catch (IOException | ConfigException e) {
        context.metrics().fileFailed();
        LOG.log(
            Level.WARNING,
            "target file {0} is not read, keeping its last targets: {1}",
            file,
            IoFailures.describe(e));
      }
    }
    for (String gone : new HashSet<>(groupsOf.keySet())) {
      if (!files.contains(gone)) {
        removeFrom(gone, 0, out);
        groupsOf.remove(gone);
        known.remove(gone);
        context.metrics().fileGone(gone);
      }
    }
    context.metrics().refreshed("file", System.nanoTime() - start);
    sink.update(out);
  }

  private void removeFrom(String file, int first, List<TargetGroup> out) {
    int had = groupsOf.getOrDefault(file, 0);
    for (int i = first; i < had; i++) {
      out.add(TargetGroup.removed(file + ":" + i));
    }
  }

  private List<TargetGroup> read(Path file) throws IOException {
    double modified = Files.getLastModifiedTime(file).toMillis() / 1e3;
    List<TargetGroup> groups =
        known
            .computeIfAbsent(file.toString(), f -> new TargetGroupCache(file.toString(), FILEPATH))
            .take(FileConfig.read(file));
    context.metrics().fileRead(file.toString(), modified);
    return groups;
  }

  private Set<String> files() {
    Set<String> out = new TreeSet<>();
    for (String pattern : config.files()) {
      try {
        FilePattern.of(pattern).files().forEach(f -> out.add(f.toString()));
      } catch (IOException e) {
        LOG.log(
            Level.WARNING,
            "the files of {0} cannot be listed: {1}",
            pattern,
            IoFailures.describe(e));
      }
    }
    return out;
  }
}
