package dev.tethys.pipeline.extension.opamp;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.codec.opamp.PackageStatuses;
import dev.tethys.codec.opamp.PackageStatuses.State;
import dev.tethys.codec.opamp.PackageStatuses.Status;
import dev.tethys.codec.opamp.PackagesOffer;
import dev.tethys.codec.opamp.PackagesOffer.Offered;
import dev.tethys.model.file.FileAccess;
import dev.tethys.model.file.IoFailures;
import dev.tethys.model.file.RealFiles;
import dev.tethys.model.log.JulLogger;
import dev.tethys.pipeline.Scheduler;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.PublicKey;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * Upgrades of the process with packages of its control plane. A package is downloaded, verified,
 * unpacked and checked while the current version runs; then the process ends, and the launcher
 * starts the new version on trial. A version that does not confirm in time is stopped by the
 * launcher, which restarts the previous one.
 *
 * <p>Files of the folder: {@code versions/HASH} are unpacked packages by their SHA-256, {@code
 * versions/HASH.json} describes them. {@code current} names the running version; without it the
 * launcher starts its own. {@code trial} names the version to try, or {@code own}, and its time in
 * seconds; the launcher renames it to {@code trying} at its start, and to {@code failed} with the
 * reason after a failure. {@code why} is the missing condition of a version on trial. {@code offer}
 * is the last offer.
 *
 * <p>Invariant: {@code current} changes only when the version that it will name is connected to the
 * control plane. One thread at a time changes the folder.
 */
public final class PackageUpgrades {
  /** Exit code that requests the version on trial from the launcher. */
  public static final int EXIT_CODE = 75;

  /** Name of the version that the launcher belongs to. */
  static final String OWN = "own";

  static final Duration DOWNLOAD = Duration.ofMinutes(10);
  private static final Duration CHECK = Duration.ofMinutes(3);
  private static final System.Logger LOG = JulLogger.of(PackageUpgrades.class.getName());
  private static final int MAX_REASON = 1000;

  /**
   * Settings.
   *
   * @param key null to reject packages
   * @param running version that the launcher started: its hash, or {@link #OWN}
   * @param ownVersion text of the launcher's own version
   * @param check arguments with which a new version must succeed
   * @param trial time within which a new version must be connected
   */
  public record Settings(
      Path folder,
      @Nullable PublicKey key,
      String running,
      String ownVersion,
      List<String> check,
      Duration trial) {}

  /** Downloads an offered file. */
  public interface Download {
    /**
     * Writes the file.
     *
     * @param progress called with percentages
     * @param goesOn whether the download is still wanted
     */
    void to(Path file, Offered what, Consumer<Double> progress, BooleanSupplier goesOn)
        throws IOException, InterruptedException;
  }

  /** Package that is installed. */
  @SuppressWarnings("ArrayRecordComponent") // not compared
  private record Installed(String name, String version, byte[] hash) {}

  private final FileAccess files = new RealFiles();
  private final Settings settings;
  private final Download download;
  private final Scheduler clock;
  private final Runnable restart;
  private final BooleanSupplier canRestart;
  private final AtomicReference<@Nullable PackagesOffer> waiting = new AtomicReference<>();
  private volatile Consumer<PackageStatuses> reporter = s -> {};
  private volatile PackageStatuses last;

  @GuardedBy("this")
  private @Nullable PackagesOffer offer;

  private volatile boolean onTrial;
  private volatile boolean restarting;
  private String why = ""; // of the watching thread

  /**
   * @param restart ends the process with {@link #EXIT_CODE}
   * @param canRestart whether a launcher is present
   * @throws IOException if the folder cannot be read or written
   */
  public PackageUpgrades(
      Settings settings,
      Download download,
      Scheduler clock,
      Runnable restart,
      BooleanSupplier canRestart)
      throws IOException {
    this.settings = settings;
    this.download = download;
    this.clock = clock;
    this.restart = restart;
    this.canRestart = canRestart;
    Files.createDirectories(settings.folder().resolve("versions"));
    String trying = first(read("trying"));
    onTrial = trying.equals(settings.running());
    String failed = read("failed");
    offer = PackageOffers.read(read("offer"));
    State state = onTrial ? State.INSTALLING : State.INSTALLED;
    String error = "";
    if (!failed.isEmpty() && !onTrial) {
      state = State.INSTALL_FAILED;
      error = failed.substring(first(failed).length()).strip();
      LOG.log(
          Level.ERROR,
          "New version not kept, the former one runs version={0} reason=\"{1}\"",
          first(failed),
          error);
    }
    if (offer != null && !onTrial && failed.isEmpty() && !isInstalled(offer)) {
      offer = null; // the process ended within the installation: it is to be offered again
    }
    last = statuses(state, error, 0);
  }

  private boolean isInstalled(PackagesOffer o) {
    Installed has = installed(settings.running());
    if (o.packages().isEmpty()) {
      return has == null;
    }
    Offered p = has == null ? null : o.packages().get(has.name);
    return has != null && p != null && Arrays.equals(p.hash(), has.hash);
  }

  /** Receives states from now on, starting with the current one. */
  void reportTo(Consumer<PackageStatuses> to) {
    reporter = to;
    to.accept(last);
  }

  private void report(State state, String error, double percent) {
    PackageStatuses s = statuses(state, error, percent);
    last = s;
    reporter.accept(s);
  }

  private synchronized PackageStatuses statuses(State state, String error, double percent) {
    Installed has = installed(settings.running());
    SequencedMap<String, Status> out = new TreeMap<>();
    PackagesOffer o = offer;
    byte[] all = o == null ? new byte[0] : o.hash();
    String problem = "";
    if (o == null || o.packages().isEmpty()) {
      if (has != null) {
        out.put(
            has.name,
            new Status(has.version, has.hash, has.version, has.hash, state, error, percent));
      } else {
        problem = error;
      }
      return new PackageStatuses(out, all, problem);
    }
    o.packages()
        .forEach(
            (name, p) -> {
              boolean own = has == null || !has.name.equals(name);
              out.put(
                  name,
                  new Status(
                      own || has == null ? settings.ownVersion() : has.version,
                      own || has == null ? new byte[0] : has.hash,
                      p.version(),
                      p.hash(),
                      state,
                      error,
                      percent));
            });
    return new PackageStatuses(out, all, "");
  }

  /** Whether this process is a version on trial. */
  boolean isOnTrial() {
    return onTrial;
  }

  /**
   * Records whether the process works, which confirms a version on trial.
   *
   * @param lacks missing condition; "" for none
   */
  void observe(String lacks) {
    if (!onTrial) {
      return;
    }
    try {
      if (lacks.isEmpty()) {
        confirm();
      } else if (!lacks.equals(why)) {
        why = lacks;
        write("why", lacks);
      }
    } catch (IOException e) { // the next look tries again; the launcher has the deadline
      LOG.log(Level.ERROR, "New version not confirmed", e);
    }
  }

  private synchronized void confirm() throws IOException {
    String running = settings.running();
    String before = first(read("current"));
    if (running.equals(OWN)) {
      remove("current");
    } else {
      write("current", running + "\n");
    }
    write("former", (before.isEmpty() ? OWN : before) + "\n");
    remove("trying");
    remove("why");
    remove("failed");
    onTrial = false;
    LOG.log(Level.INFO, "New version confirmed version={0}", running);
    report(State.INSTALLED, "", 0);
    removeOldVersions(running, before);
  }

  private void removeOldVersions(String running, String before) {
    try (Stream<Path> all = Files.list(settings.folder().resolve("versions"))) {
      for (Path p : all.toList()) {
        String name = p.getFileName().toString();
        boolean kept = name.startsWith(running) || !before.isEmpty() && name.startsWith(before);
        if (!kept) {
          files.delete(p);
        }
      }
    } catch (IOException e) { // the next upgrade tries again
      LOG.log(Level.WARNING, "Old versions not removed", e);
    }
  }

  /** Accepts an offer without blocking. */
  void offer(PackagesOffer next) {
    waiting.set(next);
    clock.execute("control-upgrade", this::next);
  }

  private synchronized void next() {
    PackagesOffer next = waiting.getAndSet(null);
    if (next == null || restarting) {
      return;
    }
    PackagesOffer before = offer;
    boolean same = before != null && Arrays.equals(before.hash(), next.hash());
    if (same) {
      reporter.accept(last); // its outcome is known
      return;
    }
    if (onTrial) {
      // The version on trial is confirmed or ended first; the control plane offers again.
      return;
    }
    offer = next;
    try {
      write("offer", PackageOffers.write(next));
      remove("failed");
      install(next);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (IOException e) {
      fail(IoFailures.describe(e));
    } catch (RuntimeException e) {
      LOG.log(Level.ERROR, "Package not installed", e);
      fail(e.toString());
    }
  }

  private void fail(String error) {
    String text = error.length() > MAX_REASON ? error.substring(0, MAX_REASON) : error;
    LOG.log(Level.ERROR, "Package not installed, keeping the current version error=\"{0}\"", text);
    try {
      write("failed", "offer\n" + text + "\n");
    } catch (IOException e) {
      LOG.log(Level.ERROR, "Package failure not recorded", e);
    }
    report(State.INSTALL_FAILED, text, 0);
  }

  private void install(PackagesOffer next) throws IOException, InterruptedException {
    if (next.packages().isEmpty()) {
      if (settings.running().equals(OWN)) {
        report(State.INSTALLED, "", 0);
      } else {
        attempt(OWN);
      }
      return;
    }
    if (next.packages().size() > 1) {
      throw new IOException("this agent supports one package, not " + next.packages().size());
    }
    String name = next.packages().firstEntry().getKey();
    Offered p = next.packages().firstEntry().getValue();
    Installed has = installed(settings.running());
    if (has != null && has.name.equals(name) && Arrays.equals(has.hash, p.hash())) {
      report(State.INSTALLED, "", 0);
      return;
    }
    verify(name, p);
    String id = HexFormat.of().formatHex(p.contentHash());
    Path folder = settings.folder().resolve("versions").resolve(id);
    if (!Files.isDirectory(folder) || installed(id) == null) {
      fetch(p, folder);
    }
    ObjectNode info = JsonMapper.shared().createObjectNode().put("name", name);
    info.put("version", p.version()).put("hash", HexFormat.of().formatHex(p.hash()));
    write("versions/" + id + ".json", info.toString());
    report(State.INSTALLING, "", 0);
    check(folder);
    attempt(id);
  }

  private void verify(String name, Offered p) throws IOException {
    PublicKey key = settings.key();
    if (p.addon()) {
      throw new IOException("this agent does not support add-on packages");
    }
    if (key == null) {
      throw new IOException(
          "this agent has no public key to verify packages; start it with --control.upgrade-key");
    }
    if (p.contentHash().length != 32) {
      throw new IOException("the package has no SHA-256 of its content");
    }
    if (p.signature().length == 0) {
      throw new IOException("the package has no signature");
    }
    byte[] statement = PackageFile.statement(name, p.version(), p.contentHash());
    if (!PackageFile.verify(key, statement, p.signature())) {
      throw new IOException(
          "the signature of the package does not match this agent's key for its name, version "
              + "and content");
    }
  }

  private void fetch(Offered p, Path folder) throws IOException, InterruptedException {
    Path archive = settings.folder().resolve("download.zip");
    try {
      report(State.DOWNLOADING, "", 0);
      download.to(
          archive,
          p,
          percent -> report(State.DOWNLOADING, "", percent),
          () -> waiting.get() == null);
      report(State.INSTALLING, "", 0);
      if (!Arrays.equals(PackageFile.sha256(archive), p.contentHash())) {
        throw new IOException("the content of the package has another SHA-256 than was offered");
      }
      Path next = folder.resolveSibling(folder.getFileName() + ".new");
      PackageFile.unpack(archive, next, PackageFile.MAX_UNPACKED);
      files.delete(folder);
      files.rename(next, folder);
      files.syncDirectory(settings.folder().resolve("versions"));
    } finally {
      Files.deleteIfExists(archive);
    }
  }

  /** Starts the new launcher for a moment, while the present version runs. */
  private void check(Path folder) throws IOException, InterruptedException {
    List<String> command =
        Stream.concat(
                Stream.of(folder.resolve(PackageFile.LAUNCHER).toString()),
                settings.check().stream())
            .toList();
    Path log = settings.folder().resolve("check.log");
    java.lang.Process p =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()).start();
    try {
      p.getOutputStream().close();
      if (!p.waitFor(CHECK.toMillis(), TimeUnit.MILLISECONDS)) {
        throw new IOException(
            "the new version did not finish its check within " + CHECK.toSeconds() + " s");
      }
      if (p.exitValue() != 0) {
        throw new IOException(
            "the check of the new version ended with code " + p.exitValue() + ": " + tail(log));
      }
    } finally {
      p.descendants().forEach(ProcessHandle::destroyForcibly);
      p.destroyForcibly();
    }
  }

  private static String tail(Path log) throws IOException {
    byte[] all = Files.readAllBytes(log);
    int from = Math.max(0, all.length - 400);
    return new String(all, from, all.length - from, StandardCharsets.UTF_8).strip();
  }

  /** Ends the process for the launcher to start another version on trial. */
  private void attempt(String version) throws IOException {
    if (!canRestart.getAsBoolean()) {
      throw new IOException("the launcher of this process has exited; restart the process");
    }
    report(State.INSTALLING, "", 0);
    remove("why");
    write("trial", version + "\n" + Math.max(1, settings.trial().toSeconds()) + "\n");
    restarting = true;
    LOG.log(Level.INFO, "Process ends for another version version={0}", version);
    restart.run();
  }

  /** Returns the package of a version, or null for the running one. */
  private @Nullable Installed installed(String version) {
    if (version.equals(OWN)) {
      return null;
    }
    try {
      JsonNode n =
          JsonMapper.shared()
              .readTree(
                  Files.readString(settings.folder().resolve("versions/" + version + ".json")));
      return new Installed(
          n.path("name").asString(""),
          n.path("version").asString(""),
          HexFormat.of().parseHex(n.path("hash").asString("")));
    } catch (IOException | JacksonException | IllegalArgumentException e) {
      return null;
    }
  }

  private String read(String name) throws IOException {
    try {
      return Files.readString(settings.folder().resolve(name));
    } catch (NoSuchFileException e) {
      return "";
    }
  }

  private static String first(String text) {
    return text.lines().findFirst().orElse("").strip();
  }

  private void write(String name, String text) throws IOException {
    files.replace(settings.folder().resolve(name), text.getBytes(StandardCharsets.UTF_8));
  }

  private void remove(String name) throws IOException {
    Files.deleteIfExists(settings.folder().resolve(name));
    files.syncDirectory(settings.folder());
  }

  /** Offers as JSON. */
  private static final class PackageOffers {
    private static String write(PackagesOffer o) {
      ObjectNode n = JsonMapper.shared().createObjectNode();
      n.put("hash", HexFormat.of().formatHex(o.hash()));
      ObjectNode all = n.putObject("packages");
      o.packages()
          .forEach(
              (name, p) ->
                  all.putObject(name)
                      .put("version", p.version())
                      .put("hash", HexFormat.of().formatHex(p.hash())));
      return n.toString();
    }

    private static @Nullable PackagesOffer read(String text) {
      if (text.isEmpty()) {
        return null;
      }
      try {
        JsonNode n = JsonMapper.shared().readTree(text);
        SequencedMap<String, Offered> all = new TreeMap<>();
        for (Map.Entry<String, JsonNode> e : n.path("packages").properties()) {
          all.put(
              e.getKey(),
              new Offered(
                  false,
                  e.getValue().path("version").asString(""),
                  "",
                  new byte[0],
                  new byte[0],
                  Map.of(),
                  HexFormat.of().parseHex(e.getValue().path("hash").asString(""))));
        }
        return new PackagesOffer(all, HexFormat.of().parseHex(n.path("hash").asString("")));
      } catch (JacksonException | IllegalArgumentException e) {
        return null; // treated as missing: the control plane offers it again
      }
    }
  }
}
