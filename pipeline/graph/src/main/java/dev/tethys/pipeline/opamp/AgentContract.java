package dev.tethys.pipeline.opamp;

import dev.tethys.codec.opamp.CustomMessage;
import dev.tethys.pipeline.web.NodeRecords;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/**
 * Names, strings and times on which an agent and the control plane agree: custom capabilities with
 * the types of their messages, content types of offered files, and errors of configurations.
 */
public final class AgentContract {
  /** Content type of the file with live controls in an offered configuration. */
  public static final String CONTROLS = "application/vnd.tethys.controls+json";

  /** Content type of the file with variables in an offered configuration. */
  public static final String VARIABLES = "application/vnd.tethys.variables+json";

  /** Error prefix for a configuration that was applied with its previous variables. */
  public static final String VARIABLES_FAILED = "variables: ";

  /** Error prefix for a configuration that was applied without its live controls. */
  public static final String CONTROLS_FAILED = "controls: ";

  /**
   * Capability of custom messages for a live tap. The control plane sends a request of {@link
   * NodeRecords}; its type is the name of the request, and that of the response.
   */
  public static final String TAP = "dev.tethys.tap";

  /** Payload of a message that ends the tap of its type because no client is connected to it. */
  @SuppressWarnings("MutablePublicArray") // is empty
  public static final byte[] END_TAP = {};

  /**
   * Capability of an agent that has a configuration without a control plane, to which it returns by
   * an offer without one.
   */
  public static final String OWN_CONFIGURATION = "dev.tethys.own-configuration";

  /**
   * Capability of custom messages with shares of the process in quotas of the fleet, which {@code
   * QuotaShare} writes.
   */
  public static final String QUOTAS = "dev.tethys.quotas";

  /**
   * Capability of custom messages with the time of the control plane, in Unix milliseconds as text,
   * which it sends once to each connection of an agent that declares it.
   */
  public static final String CLOCK = "dev.tethys.clock";

  /** Capability of custom messages with counts of the agent. */
  public static final String ACCOUNTS = "dev.tethys.accounts";

  /** Type of messages with {@link PipelineAccounts} as JSON. */
  public static final String TOTALS = "totals";

  /** Type of messages with volumes by attribute, see {@code VolumesJson.report}. */
  public static final String VOLUMES = "volumes";

  /**
   * Type of a message with the last live controls of processes that have ended, once for each: a
   * JSON array, the oldest process first, of objects with its start as {@link #ENDED_PROCESS}, in
   * Unix nanoseconds, and its accounts as {@link #TOTALS}.
   */
  public static final String ENDED = "ended";

  /** Key for a process's start time in an {@link #ENDED} message. */
  public static final String ENDED_PROCESS = "process";

  /** Key of the run in volumes: only counts of the same run can be compared. */
  public static final String VOLUMES_RUN = "run";

  /** Key of the set of live controls in volumes, because controls change the counts. */
  public static final String VOLUMES_CONTROLS = "controls";

  /** Sign between a component and its signal in the keys of accounts. */
  public static final String SIGNAL = "@";

  /** Time after a change of counts within which an agent reports them. */
  public static final Duration REPORTED_WITHIN = Duration.ofSeconds(10);

  /**
   * The longest time for which agents are away from a control plane that was started again, be they
   * controlled by it or report to it as others do.
   */
  public static final Duration LONGEST_ABSENCE = Duration.ofSeconds(100);

  /** Largest archive of a package, in bytes. */
  public static final long MAX_PACKAGE_BYTES = 1L << 30;

  private AgentContract() {}

  /** Creates a message with the time of the control plane. */
  public static CustomMessage clock(long unixMillis) {
    return new CustomMessage(
        CLOCK, "time", Long.toString(unixMillis).getBytes(StandardCharsets.UTF_8));
  }

  /**
   * Creates a message with quota shares.
   *
   * @param shares shares as serialized by {@code QuotaShare}
   */
  public static CustomMessage quotas(String shares) {
    return new CustomMessage(QUOTAS, "shares", shares.getBytes(StandardCharsets.UTF_8));
  }
}
