package dev.tethys.control.fleet;

import dev.tethys.codec.opamp.AgentToServer.Capability;
import dev.tethys.codec.opamp.AgentToServer.RemoteStatus;
import dev.tethys.codec.opamp.ComponentHealth;
import dev.tethys.codec.opamp.PackageStatuses;
import dev.tethys.control.text.Texts;
import dev.tethys.pipeline.opamp.AgentContract;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import java.util.UUID;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Last known state of an agent.
 *
 * @param labels identifying and non-identifying attributes
 * @param health null if it was not reported
 * @param config effective configuration; "" when it was not reported or not kept
 * @param configOmitted reason why the effective configuration is not kept; "" if it is kept
 * @param remote null if it was not reported
 * @param totals null if they were not reported
 * @param totalsCount number of reports of accounts since the control plane started
 * @param seenMillis time of the last message, Unix milliseconds
 * @param changedNanos monotonic time of the last connect or disconnect
 * @param packages states of packages; null if they were not reported
 * @param hasOwnConfiguration whether it reports that it has a configuration without a control plane
 */
public record AgentState(
    UUID uid,
    Map<String, String> labels,
    long capabilities,
    @Nullable ComponentHealth health,
    String config,
    String configOmitted,
    @Nullable RemoteStatus remote,
    @Nullable Totals totals,
    long totalsCount,
    long sequence,
    String transport,
    boolean connected,
    long seenMillis,
    long changedNanos,
    @Nullable PackageStatuses packages,
    boolean hasOwnConfiguration) {
  /** Replaces the hash of a missing document. */
  public static final String NO_HASH = "0".repeat(64);

  /** Hash of an agent's own configuration. */
  public static final String OWN = Texts.sha256("");

  /** State without packages and own configuration. */
  AgentState(
      UUID uid,
      Map<String, String> labels,
      long capabilities,
      @Nullable ComponentHealth health,
      String config,
      String configOmitted,
      @Nullable RemoteStatus remote,
      @Nullable Totals totals,
      long totalsCount,
      long sequence,
      String transport,
      boolean connected,
      long seenMillis,
      long changedNanos) {
    this(
        uid,
        labels,
        capabilities,
        health,
        config,
        configOmitted,
        remote,
        totals,
        totalsCount,
        sequence,
        transport,
        connected,
        seenMillis,
        changedNanos,
        null,
        false);
  }

  /** Digits of one SHA-256. */
  private static final int HASH_DIGITS = 64;

  /** Labels that describe the process and machine rather than name the agent. */
  private static final Pattern DESCRIBING =
      Pattern.compile("(service|host|os|process|telemetry)\\..*");

  /** Label that is the title of an agent. */
  private static final String NAME = "name";

  private static final int MAX_NAME = 100;

  /**
   * Title of the agent: its label {@code name}, or its custom labels, or its service and host; ""
   * if none.
   */
  String name() {
    String title = labels.getOrDefault(NAME, "");
    if (!title.isBlank()) {
      return Texts.shortened(title, MAX_NAME);
    }
    String own =
        labels.entrySet().stream()
            .filter(e -> !DESCRIBING.matcher(e.getKey()).matches())
            .map(e -> e.getKey() + "=" + e.getValue())
            .collect(Collectors.joining(" "));
    String process =
        Stream.of("service.name", "host.name")
            .map(k -> labels.getOrDefault(k, ""))
            .filter(v -> !v.isEmpty())
            .collect(Collectors.joining(" "));
    return Texts.shortened(own.isEmpty() ? process : own, MAX_NAME);
  }

  /** Whether the agent accepts configurations. */
  public boolean acceptsConfiguration() {
    return (capabilities & Capability.ACCEPTS_REMOTE_CONFIG) != 0;
  }

  /** Whether the agent accepts packages. */
  public boolean acceptsPackages() {
    return (capabilities & Capability.ACCEPTS_PACKAGES) != 0;
  }

  /** Hash of the packages that it was offered last, in hexadecimal; "" for none. */
  public String packagesHash() {
    return packages == null ? "" : HexFormat.of().formatHex(packages.offeredHash());
  }

  /** Total state of the offered packages. */
  public RemoteStatus.State packageState() {
    if (packages == null) {
      return RemoteStatus.State.UNSET;
    }
    boolean installed = true;
    for (PackageStatuses.Status s : packages.packages().values()) {
      if (s.state() == PackageStatuses.State.INSTALL_FAILED) {
        return RemoteStatus.State.FAILED;
      }
      installed &=
          s.state() == PackageStatuses.State.INSTALLED
              && Arrays.equals(s.hasHash(), s.offeredHash());
    }
    return !packages.error().isEmpty()
        ? RemoteStatus.State.FAILED
        : installed ? RemoteStatus.State.APPLIED : RemoteStatus.State.APPLYING;
  }

  /** Reason for which the offered packages failed; "" if they did not. */
  public String packageError() {
    if (packages == null) {
      return "";
    }
    for (PackageStatuses.Status s : packages.packages().values()) {
      if (!s.error().isEmpty()) {
        return s.error();
      }
    }
    return packages.error();
  }

  /** Hash of the configuration that it received last, in hexadecimal; "" for none. */
  public String remoteHash() {
    return remoteHash(remote);
  }

  private static String remoteHash(@Nullable RemoteStatus remote) {
    return remote == null ? "" : HexFormat.of().formatHex(remote.hash());
  }

  /** Hash of the version that it contains, without live controls and variables. */
  public String configHash() {
    return configHash(remoteHash());
  }

  private static String configHash(String all) {
    return all.length() < HASH_DIGITS * 2 ? all : all.substring(0, HASH_DIGITS);
  }

  /** Hash of the version that an agent runs, or that of its own configuration. */
  static String configuration(@Nullable RemoteStatus remote) {
    String hash = configHash(remoteHash(remote));
    return hash.isEmpty() ? OWN : hash;
  }

  /** Hash of its live controls; "" if none. */
  public String controlsHash() {
    String hash = part(1);
    return hash.equals(NO_HASH) ? "" : hash;
  }

  private String part(int n) {
    String all = remoteHash();
    int end = HASH_DIGITS * (n + 1);
    return all.length() < end || all.length() % HASH_DIGITS != 0
        ? ""
        : all.substring(end - HASH_DIGITS, end);
  }

  /** State of that configuration. */
  public RemoteStatus.State remoteState() {
    return remote == null ? RemoteStatus.State.UNSET : remote.state();
  }

  /**
   * State of the version that it contains, which is applied even if only an addition to it failed.
   */
  public RemoteStatus.State configState() {
    return controlsFailed() || failedWith(AgentContract.VARIABLES_FAILED)
        ? RemoteStatus.State.APPLIED
        : remoteState();
  }

  /** Whether the agent refused the live controls. */
  public boolean controlsFailed() {
    return failedWith(AgentContract.CONTROLS_FAILED);
  }

  private boolean failedWith(String begin) {
    return remote != null
        && remote.state() == RemoteStatus.State.FAILED
        && remote.error().startsWith(begin);
  }

  /**
   * Whether the agent accepts live controls. Before its first report, which may arrive after its
   * connection to a restarted control plane, its offer decides: an offer without controls would
   * lift them for that time.
   */
  public boolean acceptsControls() {
    return totals != null
        ? totals.controls() != null
        : !part(1).isEmpty(); // also zeros, before variables
  }

  /** Health as reported; true if it was not. */
  public boolean isHealthy() {
    return health == null || health.healthy();
  }

  /** Start of its process as reported, Unix nanoseconds; 0 if it is unknown. */
  public long processStart() {
    return health == null ? 0 : health.startNanos();
  }
}
