package dev.tethys.control.source;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.config.ConfigException;
import dev.tethys.control.audit.AuditLog;
import dev.tethys.control.automation.Automation;
import dev.tethys.control.text.Texts;
import dev.tethys.control.validation.VersionCheck;
import dev.tethys.control.versions.ConfigStore;
import dev.tethys.control.versions.ConfigVersion;
import dev.tethys.model.log.JulLogger;
import dev.tethys.pipeline.Scheduler;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Git repository, folder or cluster as the source of configurations and resources. Each file {@code
 * NAME.yaml} is a configuration, unless it is a manifest; a {@code TethysPipeline} has one too. A
 * change of it is a new version with the author and subject of its commit, where its tests pass. A
 * version is rolled out by a resource only. What cannot be read changes nothing that runs.
 */
public final class Repository {
  private static final System.Logger LOG = JulLogger.of(Repository.class.getName());

  /**
   * Repository settings.
   *
   * @param folder clone, or a folder in it
   * @param isGit whether it is a clone; otherwise its files are read directly
   * @param pull whether commits are pulled
   */
  public record Settings(Path folder, boolean isGit, boolean pull, Duration interval) {
    public SourceFiles files() {
      return isGit ? new SourceFiles.OfGit(folder, pull) : new SourceFiles.OfFolder(folder);
    }
  }

  /**
   * File of a configuration in the last commit.
   *
   * @param version version with its text; 0 if it is invalid
   * @param commit commit that changed it last
   * @param error reason why it is invalid; "" for a valid one
   */
  public record Source(String name, int version, String commit, String error) {}

  /**
   * Result of the last check of the repository.
   *
   * @param error reason of a failure; "" for a success
   */
  public record State(
      long millis,
      String commit,
      String error,
      List<Source> files,
      List<SourceResources.Item> resources,
      List<SourceResources.Item> others) {}

  private final SourceFiles files;
  private final Duration interval;
  private final ConfigStore store;
  private final VersionCheck check;
  private final AuditLog audit;
  private final SourceResources resources;
  private final Automation automation;
  private final Scheduler clock;

  @GuardedBy("this")
  private String commit = "";

  @GuardedBy("this")
  private String author = "";

  @GuardedBy("this")
  private String error = "";

  @GuardedBy("this")
  private long readMillis;

  @GuardedBy("this")
  private List<Source> sources = List.of();

  private final AtomicBoolean reported = new AtomicBoolean();
  private volatile boolean closed;

  public Repository(
      SourceFiles files,
      Duration interval,
      ConfigStore store,
      VersionCheck check,
      AuditLog audit,
      SourceResources resources,
      Automation automation,
      Scheduler clock) {
    this.files = files;
    this.interval = interval;
    this.store = store;
    this.check = check;
    this.audit = audit;
    this.resources = resources;
    this.automation = automation;
    this.clock = clock;
  }

  /** Returns the last check, with the current states of resources. */
  public synchronized State state() {
    Set<String> names = new HashSet<>();
    sources.forEach(s -> names.add(s.name()));
    return new State(
        readMillis,
        commit,
        error,
        sources,
        resources.items(),
        resources.others(names, automation.rules()));
  }

  /** Reads the files now, in each interval, and when they report a change. */
  public void start() {
    files.start(this::refreshSoon);
    clock.execute("repository", this::tick);
  }

  /** Reads once for all changes that are reported before it begins. */
  private void refreshSoon() {
    if (reported.compareAndSet(false, true)) {
      clock.execute(
          "repository",
          () -> {
            synchronized (this) { // of those that come while it waits one look is enough
              reported.set(false);
              tryRefresh();
            }
          });
    }
  }

  private void tick() {
    tryRefresh();
    if (!closed) {
      clock.schedule(interval, () -> clock.execute("repository", this::tick));
    }
  }

  private void tryRefresh() {
    try {
      if (!closed && files.mayAct()) {
        refresh();
      }
    } catch (RuntimeException e) { // the next read may succeed
      LOG.log(Level.ERROR, "Repository not read, keeping the running resources", e);
    }
  }

  /** Pulls, and reads the files if there is a new commit. */
  public synchronized State refresh() {
    try {
      SourceFiles.Snapshot s = files.read(error.isEmpty() ? commit : "");
      if (s != null) {
        take(s);
        commit = s.commit();
        author = s.author();
      }
      Map<String, Source> byName = new TreeMap<>();
      sources.forEach(x -> byName.put(x.name(), x));
      resources.apply(byName, commit, author);
      error = "";
    } catch (IOException | ConfigException e) {
      String now = String.valueOf(e.getMessage());
      LOG.log(
          now.equals(error) || e instanceof SourceFiles.NotReadyException
              ? Level.DEBUG
              : Level.WARNING,
          "Repository not read, keeping the running resources folder={0} error=\"{1}\"",
          files.place(),
          now);
      error = now.isEmpty() ? e.toString() : now;
    }
    readMillis = clock.millis();
    State now = state();
    files.took(now);
    return now;
  }

  @GuardedBy("this")
  private void take(SourceFiles.Snapshot s) throws IOException {
    List<SourceFiles.File> configurations = new ArrayList<>();
    List<SourceFiles.File> manifests = new ArrayList<>();
    for (SourceFiles.File f : s.files()) {
      boolean manifest =
          f.problem().isEmpty()
              ? SourceResource.isManifest(f.text())
              : resources.isKept(f.path()); // what it defined before stays
      (manifest ? manifests : configurations).add(f);
    }
    resources.read(manifests);
    List<Source> out = new ArrayList<>();
    Map<String, String> names = new HashMap<>();
    for (SourceFiles.File f : configurations) {
      String path = f.path();
      String name =
          path.substring(0, path.length() - SourceFiles.ENDING.length()).replace('/', '.');
      String other = names.put(name, path);
      out.add(
          other != null
              ? new Source(name, 0, "", path + " has the same name as " + other)
              : source(name, f));
    }
    for (SourceResources.PipelineText p : resources.pipelines()) {
      String other = names.put(p.name(), p.file().path());
      out.add(
          other != null
              ? new Source(p.name(), 0, "", other + " has a configuration of this name")
              : source(p.name(), p.file()));
    }
    sources = List.copyOf(out);
  }

  private Source source(String name, SourceFiles.File f) throws IOException {
    if (!f.problem().isEmpty()) {
      return new Source(name, 0, f.commit(), f.problem());
    }
    String text = f.text();
    List<ConfigVersion> versions = store.versions(name);
    int known = 0;
    for (ConfigVersion v : versions.reversed()) {
      // One that this commit made before stays, though another source added versions after it.
      boolean latest = v.number() == versions.size();
      if (v.text().equals(text) && (latest || v.reason().startsWith(f.commit() + " "))) {
        known = v.number();
        break;
      }
    }
    try {
      ConfigStore.checkName(name);
      String validation = check.check(name, f.path(), text);
      if (known > 0) {
        return new Source(name, known, f.commit(), "");
      }
      ConfigVersion v =
          store.add(
              name,
              text,
              new ConfigVersion.Author(Texts.shortened(f.author(), 256), ""),
              Texts.shortened(f.commit() + " " + f.subject(), 4096),
              validation,
              clock.millis(),
              ConfigStore.noting(audit, files.actorPrefix() + f.author()));
      LOG.log(
          Level.INFO,
          "Version added from the repository configuration={0} version={1} commit={2}",
          name,
          Integer.toString(v.number()),
          f.commit());
      return new Source(name, v.number(), f.commit(), "");
    } catch (ConfigException | IllegalArgumentException e) {
      return new Source(name, known, f.commit(), String.valueOf(e.getMessage()));
    }
  }

  public void close() {
    closed = true;
    files.close();
  }
}
