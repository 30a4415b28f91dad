package dev.tethys.control;

import dev.tethys.config.ConfigException;
import dev.tethys.model.log.JulLogger;
import dev.tethys.pipeline.Scheduler;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Git repository as the source of configurations. Each file {@code NAME.yaml} of the last commit is
 * a configuration; a change of it is a new version with the author and subject of its commit. A
 * version is not rolled out by itself.
 */
final class Repository {
  private static final System.Logger LOG = JulLogger.of(Repository.class.getName());
  private static final int MAX_FILES = 1000;
  private static final String ENDING = ".yaml";

  /**
   * Settings of the repository.
   *
   * @param folder clone, or a folder in it
   * @param pull whether commits are pulled
   */
  record Settings(Path folder, boolean pull, Duration interval) {}

  /**
   * File of the last commit.
   *
   * @param version of its text; 0 where it is none
   * @param commit that changed it last
   * @param error why it is no version; "" where it is one
   */
  record Source(String name, int version, String commit, String error) {}

  /**
   * Result of the last look at the repository.
   *
   * @param error why the last look failed; "" where it did not
   */
  record State(long millis, String commit, String error, List<Source> files) {}

  private final Settings settings;
  private final GitCommand git;
  private final ConfigStore store;
  private final GraphValidator validator;
  private final AuditLog audit;
  private final Scheduler clock;
  private volatile State state = new State(0, "", "", List.of());
  private volatile boolean closed;

  Repository(
      Settings settings,
      ConfigStore store,
      GraphValidator validator,
      AuditLog audit,
      Scheduler clock) {
    this.settings = settings;
    this.git = new GitCommand(settings.folder());
    this.store = store;
    this.validator = validator;
    this.audit = audit;
    this.clock = clock;
  }

  State state() {
    return state;
  }

  /** Looks now, and then in each interval. */
  void start() {
    clock.execute("repository", this::tick);
  }

  private void tick() {
    if (closed) {
      return;
    }
    refresh();
    clock.schedule(settings.interval(), () -> clock.execute("repository", this::tick));
  }

  /** Pulls, and reads the files where there is another commit. */
  synchronized State refresh() {
    State before = state;
    State next;
    try {
      if (settings.pull()) {
        git.run("pull", "--ff-only", "--quiet");
      }
      String commit = git.run("rev-parse", "HEAD").strip();
      boolean read = before.error().isEmpty() && commit.equals(before.commit());
      next = new State(clock.millis(), commit, "", read ? before.files() : files());
    } catch (IOException e) {
      String error = String.valueOf(e.getMessage());
      next = new State(clock.millis(), before.commit(), error, before.files());
      LOG.log(
          error.equals(before.error()) ? Level.DEBUG : Level.WARNING,
          "Repository not read, versions stay folder={0} error=\"{1}\"",
          settings.folder(),
          error);
    }
    state = next;
    return next;
  }

  private List<Source> files() throws IOException {
    List<Source> out = new ArrayList<>();
    Map<String, String> names = new HashMap<>();
    String listed = git.run("ls-tree", "-r", "-z", "--name-only", "HEAD", ".");
    for (String path : listed.split("\0", -1)) {
      if (!path.endsWith(ENDING)) {
        continue;
      }
      if (out.size() >= MAX_FILES) {
        throw new IOException("the repository has more than " + MAX_FILES + " files " + ENDING);
      }
      String name = path.substring(0, path.length() - ENDING.length()).replace('/', '.');
      String other = names.put(name, path);
      out.add(
          other != null
              ? new Source(name, 0, "", path + " has the same name as " + other)
              : source(name, path));
    }
    return List.copyOf(out);
  }

  private Source source(String name, String path) throws IOException {
    String text = git.run("show", "HEAD:./" + path);
    String[] last =
        git.run("log", "-1", "--format=%h%x00%an%x00%s", "--", path).strip().split("\0");
    String commit = last[0];
    String author = last.length > 1 ? last[1] : "";
    String subject = last.length > 2 ? last[2] : "";
    List<ConfigVersion> versions = store.versions(name);
    for (ConfigVersion v : versions.reversed()) {
      // One that this commit made before stays, though another source added versions after it.
      boolean latest = v.number() == versions.size();
      if (v.text().equals(text) && (latest || v.reason().startsWith(commit + " "))) {
        return new Source(name, v.number(), commit, "");
      }
    }
    try {
      ConfigStore.checkName(name);
      String validation = validator.check(path, text);
      ConfigVersion v =
          store.add(
              name,
              text,
              Texts.shortened(author, 256),
              Texts.shortened(commit + " " + subject, 4096),
              validation,
              clock.millis());
      audit.append(
          "git:" + author,
          "configuration.add",
          "configuration/" + name + "/" + v.number(),
          v.reason(),
          Map.of("hash", versions.isEmpty() ? "" : versions.getLast().hash()),
          Map.of("hash", v.hash(), "validation", validation));
      LOG.log(
          Level.INFO,
          "Version added from the repository configuration={0} version={1} commit={2}",
          name,
          Integer.toString(v.number()),
          commit);
      return new Source(name, v.number(), commit, "");
    } catch (ConfigException | IllegalArgumentException e) {
      return new Source(name, 0, commit, String.valueOf(e.getMessage()));
    }
  }

  void close() {
    closed = true;
  }
}
