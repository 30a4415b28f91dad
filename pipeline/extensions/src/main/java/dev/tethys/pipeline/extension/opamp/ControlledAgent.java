package dev.tethys.pipeline.extension.opamp;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.codec.opamp.AgentToServer.Available;
import dev.tethys.codec.opamp.AgentToServer.Capability;
import dev.tethys.codec.opamp.AgentToServer.RemoteStatus;
import dev.tethys.codec.opamp.ComponentHealth;
import dev.tethys.codec.opamp.CustomMessage;
import dev.tethys.codec.opamp.RemoteConfig;
import dev.tethys.config.ConfigException;
import dev.tethys.config.Secret;
import dev.tethys.config.TlsConfig;
import dev.tethys.model.file.IoFailures;
import dev.tethys.model.log.JulLogger;
import dev.tethys.pipeline.opamp.AgentContract;
import dev.tethys.pipeline.opamp.PipelineAccounts;
import dev.tethys.pipeline.web.NodeRecords;
import dev.tethys.web.client.HttpClientFactory;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.PublicKey;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * OpAMP client of a process whose configuration is set by a control plane. An offered configuration
 * is applied to the running process; if that fails, the previous one stays and the error is
 * reported. The last applied configuration is on disk, so a process starts with it if its control
 * plane is unreachable.
 *
 * <p>One thread applies offers in order; an offer that arrives while another is being applied
 * replaces earlier waiting ones. Live controls do not wait for that: removed components may take as
 * long to stop as their destination does not respond.
 */
public final class ControlledAgent implements AutoCloseable {
  private static final System.Logger LOG = JulLogger.of(ControlledAgent.class.getName());

  /** Interval of health and accounts after a change, for {@link #CLOSE_WATCH}. */
  private static final Duration OFTEN = Duration.ofMillis(500);

  private static final Duration CLOSE_WATCH = Duration.ofMinutes(1);

  static final ReconnectBackoff PACE =
      new ReconnectBackoff(
          Duration.ofMillis(250),
          Duration.ofSeconds(15),
          Duration.ofSeconds(10),
          Duration.ofSeconds(30),
          Duration.ofSeconds(90),
          Duration.ofMillis(100),
          OFTEN,
          Duration.ofSeconds(2));

  /** Process that is configured. */
  public interface Process {
    /**
     * Replaces the live controls, which drop data without a configuration change.
     *
     * @param document "" if none
     * @throws ConfigException if it is invalid; the previous controls stay
     */
    void control(String document);

    /**
     * Applies the files, merged in order; the running configuration changes only on success.
     *
     * @param files configuration files; empty for the process's own configuration
     * @param variables values for environment references, which take precedence over the process's
     *     own
     * @param runs callback for when the configuration runs; may be called while components of the
     *     previous one are still stopping
     * @throws ConfigException if the configuration is invalid
     * @throws IOException if a component cannot start
     */
    void apply(List<Path> files, Map<String, String> variables, Runnable runs) throws IOException;

    /** Whether it has a configuration without a control plane. */
    boolean hasOwnConfiguration();

    /**
     * Masks values of variables and files of this machine in an error, so that it may be reported.
     */
    default String masked(String error) {
      return error;
    }

    /** Returns the effective configuration with references as written and secrets masked. */
    String effective();

    ComponentHealth health();

    PipelineAccounts accounts();

    /**
     * Captures records before and after a node.
     *
     * @return a JSON object
     * @throws IOException if access is denied or the node does not exist
     */
    default String tap(NodeRecords.Request request) throws IOException, InterruptedException {
      throw new IOException("this process has no live tap");
    }

    /**
     * Applies this process's shares of fleet quotas; see {@code QuotaShare}.
     *
     * @throws IllegalArgumentException if the text is invalid
     */
    default void shareQuotas(String json) {}

    /** Whether the usage of a quota must be reported now; called once per report. */
    default boolean takeQuotaDue() {
      return false;
    }

    /** Volumes by attribute as a JSON object; "" for none. */
    default String volumes() {
      return "";
    }
  }

  /**
   * Client settings.
   *
   * @param endpoint {@code ws} or {@code wss}
   * @param token bearer token; "" for none
   * @param labels reported as non-identifying attributes
   * @param configKey verifies signatures of configurations; null to accept them unsigned
   */
  public record Settings(
      URI endpoint,
      TlsConfig tls,
      String token,
      Path folder,
      Map<String, String> labels,
      @Nullable PublicKey configKey) {
    /** Settings that accept configurations without a signature. */
    public Settings(
        URI endpoint, TlsConfig tls, String token, Path folder, Map<String, String> labels) {
      this(endpoint, tls, token, folder, labels, null);
    }
  }

  private final Settings settings;
  private final ControlClock clock;
  private final Process process;
  private final RemoteConfigFolder folder;
  private final @Nullable PackageUpgrades upgrades;
  private volatile String startError = "";
  private final Reports reports;
  private final OpampLink link;
  private final AtomicReference<@Nullable Offer> offered = new AtomicReference<>();
  private final AtomicLong offers = new AtomicLong();
  private final Object controlling = new Object();
  private long controlled; // number of the last offer with applied controls; used by controlling

  @GuardedBy("controlling")
  private String controlError = ""; // of these

  private final LiveTaps taps;
  private final CountReports counts;
  private final ConfigSignatures signatures;
  private final CountDownLatch over = new CountDownLatch(1);
  private final SequencedMap<String, String> identity = new LinkedHashMap<>();
  private volatile long changedNanos;
  private volatile boolean started;

  /** Strings of the running configuration; null if unknown. */
  @GuardedBy("this")
  private @Nullable List<String> running;

  @GuardedBy("this")
  private Map<String, String> variables; // with which it runs

  /**
   * Creates an unconnected client.
   *
   * @param clients creates connections, through the environment's proxy; not closed here
   * @param identity attributes that identify the process, such as {@code service.name}
   * @param clock clock for the live controls of the process
   * @throws IOException if the folder cannot be read or written
   */
  public ControlledAgent(
      Settings settings,
      HttpClientFactory clients,
      Map<String, String> identity,
      ControlClock clock,
      Process process)
      throws IOException {
    this(settings, clients, identity, clock, process, null);
  }

  /**
   * Variant with upgrades.
   *
   * @param upgrades null if packages are rejected
   */
  public ControlledAgent(
      Settings settings,
      HttpClientFactory clients,
      Map<String, String> identity,
      ControlClock clock,
      Process process,
      @Nullable PackageUpgrades upgrades)
      throws IOException {
    this.upgrades = upgrades;
    this.settings = settings;
    this.clock = clock;
    this.process = process;
    this.identity.putAll(identity);
    this.folder = new RemoteConfigFolder(settings.folder(), clock::millis);
    clock.restore(folder.ahead());
    this.running = folder.texts();
    this.variables = folder.variables();
    this.reports =
        new Reports(
            folder.uid(),
            Capability.REPORTS_STATUS
                | Capability.ACCEPTS_REMOTE_CONFIG
                | Capability.REPORTS_EFFECTIVE_CONFIG
                | Capability.REPORTS_REMOTE_CONFIG
                | Capability.REPORTS_HEALTH
                | Capability.REPORTS_HEARTBEAT
                | (upgrades == null
                    ? 0
                    : Capability.ACCEPTS_PACKAGES | Capability.REPORTS_PACKAGE_STATUSES),
            new Available(new byte[0], null),
            PACE.heartbeat(),
            clock::nanos,
            LOG,
            this::offer);
    reports.takeCustom(this::take);
    reports.takeUids(other -> clock.execute("control-identity", () -> identify(other)));
    this.taps = new LiveTaps(process, reports, clock);
    this.counts = new CountReports(process, reports, folder, clock);
    this.signatures = new ConfigSignatures(settings.configKey());
    List<String> custom =
        new ArrayList<>(List.of(AgentContract.ACCOUNTS, AgentContract.TAP, AgentContract.CLOCK));
    if (process.hasOwnConfiguration()) {
      custom.add(AgentContract.OWN_CONFIGURATION);
    }
    reports.declare(List.copyOf(custom));
    if (upgrades != null) {
      reports.takePackages(upgrades::offer);
      upgrades.reportTo(reports::packages);
    }
    Map<String, Secret> headers =
        settings.token().isEmpty()
            ? Map.of()
            : Map.of("Authorization", new Secret("Bearer " + settings.token()));
    this.link =
        new SocketLink(
            new OpampSettings.Server(settings.endpoint(), settings.tls(), headers, null, null),
            null,
            clients::connect,
            PACE,
            clock);
  }

  /** Files of the last configuration that was applied; empty for that without a control plane. */
  public List<Path> files() throws IOException {
    return folder.files();
  }

  /** Variables that were applied last. */
  public synchronized Map<String, String> variables() {
    return variables;
  }

  /**
   * Applies the last applied live controls before the process accepts data. Unsupported ones are
   * skipped: the control plane offers them again.
   */
  public void restoreControls() throws IOException {
    String document = folder.controls();
    try {
      process.control(document);
    } catch (ConfigException e) {
      LOG.log(Level.ERROR, "Last live controls not applied error={0}", e.getMessage());
    }
  }

  /**
   * Records that the files of {@link #files} could not be applied at process startup.
   *
   * @throws IOException if that cannot be written
   */
  public synchronized void failed(String error) throws IOException {
    running = null;
    List<Path> files = folder.files();
    startError =
        process.masked(named(error, files, Collections.nCopies(files.size(), "configuration")));
    byte[] hash = folder.current();
    if (hash != null) {
      folder.fail(hash, startError);
    }
  }

  /** Connects once the process is running. */
  public void start() {
    RemoteConfigFolder.Failure failed = folder.failed();
    byte[] current = folder.current();
    if (failed != null) {
      reports.remote(new RemoteStatus(failed.hash(), RemoteStatus.State.FAILED, failed.error()));
    } else if (current != null) {
      reports.remote(new RemoteStatus(current, RemoteStatus.State.APPLIED, ""));
    }
    SequencedMap<String, String> others = new TreeMap<>(HostFacts.attributes());
    others.putAll(settings.labels());
    reports.describe(identity, others);
    reports.run(process.effective());
    counts.start();
    changedNanos = clock.nanos();
    started = true;
    watch();
    clock.execute(
        "control",
        () -> {
          try {
            new OpampConnection("control", settings.endpoint(), link, reports, PACE, LOG).run();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          } finally {
            over.countDown();
          }
        });
  }

  private synchronized void identify(UUID other) {
    try {
      folder.identify(other);
    } catch (IOException e) { // the next process requests another one
      LOG.log(Level.WARNING, "Instance uid of the control plane not kept", e);
    }
  }

  /** Handles a custom message of the control plane. Must not block. */
  private void take(CustomMessage m) {
    if (m.capability().equals(AgentContract.TAP)) {
      taps.take(m);
    } else if (m.capability().equals(AgentContract.CLOCK)) {
      try {
        clock.set(Long.parseLong(new String(m.data(), StandardCharsets.UTF_8)));
      } catch (NumberFormatException e) {
        LOG.log(Level.WARNING, "Clock of the control plane not read error=\"{0}\"", e.getMessage());
      }
    } else if (m.capability().equals(AgentContract.QUOTAS)) {
      try {
        process.shareQuotas(new String(m.data(), StandardCharsets.UTF_8));
      } catch (IllegalArgumentException e) {
        LOG.log(Level.WARNING, "Quota shares not applied error=\"{0}\"", e.getMessage());
      }
    }
  }

  /** Returns the identity of this process at its control plane. */
  public String instanceUid() {
    return reports.uid().toString();
  }

  private void watch() {
    if (reports.isStopping()) {
      return;
    }
    try {
      report();
    } catch (RuntimeException e) { // the next check may succeed
      LOG.log(Level.ERROR, "Health and accounts not reported", e);
    }
    clock.schedule(OFTEN, () -> clock.execute("control-watch", this::watch));
  }

  /** Stores the last counts of live controls, after the process has accepted its last data. */
  public void keepLastCounts() {
    counts.keep(process.accounts());
  }

  private void keepAhead() {
    try {
      folder.keepAhead(clock.ahead());
    } catch (IOException e) { // the next report tries again
      LOG.log(Level.WARNING, "Difference from the clock of the control plane not kept", e);
    }
  }

  /**
   * Returns the missing condition of a version on trial: a connection, or a configuration that it
   * can apply.
   */
  private String lacks() {
    return reports.messagesReceived() == 0
        ? "it has no connection to the control plane"
        : startError.isEmpty() ? "" : "it did not apply the configuration: " + startError;
  }

  private void report() {
    if (upgrades != null && upgrades.isOnTrial()) {
      upgrades.observe(lacks());
    }
    keepAhead();
    reports.reportHealth(masked(process.health()));
    counts.report(clock.nanos() - changedNanos < CLOSE_WATCH.toNanos());
  }

  private ComponentHealth masked(ComponentHealth h) {
    Map<String, ComponentHealth> parts = new LinkedHashMap<>();
    h.parts().forEach((name, part) -> parts.put(name, masked(part)));
    return new ComponentHealth(
        h.healthy(),
        h.startNanos(),
        h.error().isEmpty() ? "" : process.masked(h.error()),
        h.status(),
        h.statusNanos(),
        parts);
  }

  /**
   * Configuration offered by the control plane.
   *
   * @param number sequence number
   */
  private record Offer(RemoteConfig config, long number) {}

  private void offer(RemoteConfig config) {
    Offer next = new Offer(config, offers.incrementAndGet());
    offered.set(next);
    clock.execute("control-set", () -> setControls(next));
    clock.execute("control-apply", this::applyOffered);
  }

  /**
   * Applies the live controls of an offer while another offer may be in progress, which reports
   * errors.
   */
  private void setControls(Offer of) {
    try {
      RemoteConfigFolder.check(of.config);
      control(of);
    } catch (IOException e) {
      LOG.log(Level.DEBUG, "reported when the offer is applied", e);
    }
  }

  private synchronized void applyOffered() {
    Offer offer = offered.getAndSet(null);
    if (offer == null || reports.isStopping()) {
      return;
    }
    RemoteConfig config = offer.config;
    long start = clock.nanos();
    reports.remote(new RemoteStatus(config.hash(), RemoteStatus.State.APPLYING, ""));
    String error = apply(offer);
    reports.run(process.effective());
    if (error.isEmpty()) {
      LOG.log(
          Level.INFO,
          "Configuration of the control plane applied hash={0} took={1}ms",
          shortened(config.hash()),
          Long.toString((clock.nanos() - start) / 1_000_000));
      reports.remote(new RemoteStatus(config.hash(), RemoteStatus.State.APPLIED, ""));
    } else {
      LOG.log(
          Level.ERROR,
          "{0} of the control plane not applied, keeping the previous ones hash={1} error={2}",
          error.startsWith(AgentContract.CONTROLS_FAILED) ? "Live controls" : "Configuration",
          shortened(config.hash()),
          error);
      reports.remote(new RemoteStatus(config.hash(), RemoteStatus.State.FAILED, error));
    }
    changedNanos = clock.nanos();
  }

  /**
   * Applies the live controls, which take effect immediately, then the configuration and the
   * variables if they changed.
   *
   * @return the error, "" for none
   */
  @GuardedBy("this")
  private String apply(Offer offer) {
    RemoteConfig config = offer.config;
    try {
      RemoteConfigFolder.check(config);
      String controls = control(offer);
      String refusal = signatures.refusal(config);
      if (!refusal.isEmpty()) {
        return failed(config, refusal);
      }
      List<String> texts = RemoteConfigFolder.texts(config);
      if (texts.isEmpty()
          && running != null
          && !running.isEmpty()
          && !process.hasOwnConfiguration()) {
        return failed(
            config,
            "the offer has no configuration, and this process has none itself (--config), "
                + "so it would do nothing");
      }
      Map<String, String> values = RemoteConfigFolder.variables(config);
      boolean same = texts.equals(running);
      if (same && values.equals(variables) && controls.isEmpty() && folder.keep(config.hash())) {
        return "";
      }
      List<Path> files = folder.stage(config);
      if (!same || !values.equals(variables)) {
        counts.change();
        Runnable runs = () -> commitEarly(config, values);
        String error =
            process.masked(
                named(replace(files, values, runs), files, RemoteConfigFolder.names(config)));
        counts.change();
        if (!error.isEmpty()) {
          return failed(config, same ? AgentContract.VARIABLES_FAILED + error : error);
        }
        running = texts;
        variables = values;
        folder.keepVariables(values);
      }
      folder.commit(config.hash());
      return controls.isEmpty() ? "" : failed(config, controls);
    } catch (IOException e) {
      return IoFailures.describe(e);
    }
  }

  /**
   * Verifies the signatures of the last applied configuration before the process uses it.
   *
   * @throws IOException if one is missing or invalid
   */
  public void verify() throws IOException {
    for (String text : folder.texts()) {
      String refusal = signatures.refusal(text);
      if (!refusal.isEmpty()) {
        throw new IOException(refusal);
      }
    }
  }

  /**
   * Records a running configuration before the previous one has stopped, which can take a long
   * time, so that a process killed meanwhile starts with it.
   */
  private void commitEarly(RemoteConfig config, Map<String, String> values) {
    try {
      folder.keepVariables(values);
      folder.commit(config.hash());
    } catch (IOException e) {
      LOG.log(Level.DEBUG, "committed once more when the former one has ended", e);
    }
  }

  private String replace(List<Path> files, Map<String, String> values, Runnable runs) {
    try {
      process.apply(files, values, runs);
      return "";
    } catch (ConfigException e) {
      return String.valueOf(e.getMessage());
    } catch (IOException e) {
      return IoFailures.describe(e);
    } catch (RuntimeException e) {
      LOG.log(Level.ERROR, "Configuration not applied", e);
      return e.toString();
    }
  }

  /**
   * Returns an error with the names of the offer in place of the paths at which its files are
   * staged.
   */
  private static String named(String error, List<Path> files, List<String> names) {
    String out = error;
    for (int i = 0; i < Math.min(files.size(), names.size()); i++) {
      out = out.replace(files.get(i).toString(), names.get(i));
    }
    return out;
  }

  /**
   * Applies the live controls of an offer, unless later ones are set; returns the error, "" for
   * none.
   */
  private String control(Offer of) throws IOException {
    synchronized (controlling) {
      if (of.number <= controlled || reports.isStopping()) {
        return of.number == controlled ? controlError : "";
      }
      String document = RemoteConfigFolder.controls(of.config);
      String error = "";
      try {
        process.control(document);
      } catch (ConfigException e) {
        error = AgentContract.CONTROLS_FAILED + e.getMessage();
      }
      if (error.isEmpty()) {
        folder.keepControls(document);
      }
      controlled = of.number;
      controlError = error;
      return error;
    }
  }

  private String failed(RemoteConfig config, String error) throws IOException {
    folder.fail(config.hash(), error);
    return error;
  }

  private static String shortened(byte[] hash) {
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < Math.min(6, hash.length); i++) {
      out.append(String.format("%02x", hash[i]));
    }
    return out.toString();
  }

  /** Waits for an application in progress; none starts once the reports have stopped. */
  private synchronized void awaitApplied() {
    running = null;
    synchronized (controlling) {
      controlled = Long.MAX_VALUE;
    }
  }

  /** Sends the last message and disconnects. */
  @Override
  public void close() {
    reports.stop(started ? counts.last() : null);
    awaitApplied();
    if (started && link.isUp()) {
      try {
        over.await(PACE.farewell().toMillis(), TimeUnit.MILLISECONDS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
    link.end();
  }
}
