package dev.tethys.pipeline.extension.opamp;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.codec.opamp.CustomMessage;
import dev.tethys.model.log.JulLogger;
import dev.tethys.pipeline.opamp.AgentContract;
import dev.tethys.pipeline.opamp.PipelineAccounts;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Reports the counts of a controlled process: the accounts of its pipelines and its volumes by
 * attribute. Counts of live controls are also on disk, so the next process reports those that this
 * one could not.
 */
final class CountReports {
  private static final System.Logger LOG = JulLogger.of(CountReports.class.getName());

  /** Interval of volumes after a change: outputs with it are compared over several reports. */
  private static final Duration CLOSE_VOLUMES = Duration.ofSeconds(4);

  /** Maximum number of earlier processes without a connection whose counts are kept. */
  private static final int MAX_ENDED = 20;

  private final ControlledAgent.Process process;
  private final Reports reports;
  private final RemoteConfigFolder folder;
  private final ControlClock clock;
  private final String boot = Long.toHexString(new SecureRandom().nextLong());
  private final AtomicLong changes =
      new AtomicLong(); // configuration changes, counted before and after each

  private @Nullable PipelineAccounts reported; // of the reporting thread
  private long reportedWholes; // of the reporting thread
  private long reportedNanos; // of the reporting thread
  private String volumes = ""; // that were reported; of the reporting thread
  private long volumesNanos; // of the reporting thread

  /** Last counts of processes before, which are to be reported. */
  @GuardedBy("this")
  private List<String> ended;

  @GuardedBy("this")
  private List<String> kept;

  /**
   * @throws IOException if counts of processes before cannot be read
   */
  CountReports(
      ControlledAgent.Process process,
      Reports reports,
      RemoteConfigFolder folder,
      ControlClock clock)
      throws IOException {
    this.process = process;
    this.reports = reports;
    this.folder = folder;
    this.clock = clock;
    this.kept = folder.counts();
    this.ended = kept.subList(Math.max(0, kept.size() - MAX_ENDED), kept.size());
    reports.sendCountsAnew(Set.of(AgentContract.TOTALS, AgentContract.VOLUMES));
  }

  /** Reports the counts of processes before, ahead of the first accounts of this one. */
  synchronized void start() {
    if (!ended.isEmpty()) {
      reports.sendOnce(message(AgentContract.ENDED, "[" + String.join(",", ended) + "]"));
    }
  }

  /** Records that the running configuration is about to change, or has changed. */
  void change() {
    changes.incrementAndGet();
  }

  /** Returns the accounts at the end of the process. */
  CustomMessage last() {
    return message(AgentContract.TOTALS, process.accounts().json());
  }

  /**
   * Reports changes since the last report when it is due. Called by one thread.
   *
   * @param close whether a recent change is being watched
   */
  void report(boolean close) {
    long now = clock.nanos();
    long wholes = reports.wholes();
    if (wholes != reportedWholes) { // counts that are sent late would seem to be of now
      reportedWholes = wholes;
      reported = null;
      volumes = "";
    }
    PipelineAccounts accounts = process.accounts();
    keep(accounts);
    long seldom = AgentContract.REPORTED_WITHIN.toNanos();
    if (close
        || process.takeQuotaDue()
        || now - reportedNanos >= seldom && !accounts.isLike(reported)
        || reported == null) {
      reported = accounts;
      reportedNanos = now;
      reports.sendCustom(message(AgentContract.TOTALS, accounts.json()));
    }
    if (volumes.isEmpty() || now - volumesNanos >= (close ? CLOSE_VOLUMES.toNanos() : seldom)) {
      volumesNanos = now;
      reportVolumes(accounts, now);
    }
  }

  private void reportVolumes(PipelineAccounts accounts, long now) {
    long changesBefore = changes.get();
    String next = process.volumes();
    String controls = controls(accounts);
    boolean steady =
        changes.get() == changesBefore && controls.equals(controls(process.accounts()));
    String labelled = labelled(next, changesBefore + (steady ? "" : "+" + now), controls);
    if (!labelled.equals(volumes)) {
      volumes = labelled;
      reports.sendCustom(message(AgentContract.VOLUMES, labelled));
    }
  }

  /**
   * Returns the active live controls and quota steps, which make counts before and after differ.
   */
  private static String controls(PipelineAccounts of) {
    StringBuilder out = new StringBuilder();
    Map<String, PipelineAccounts.Control> all = of.controls();
    if (all != null) {
      new TreeMap<>(all)
          .forEach(
              (id, c) -> {
                if (c.active()) {
                  out.append(id).append('@').append(c.startMillis());
                  c.quotas().forEach(q -> out.append(',').append(q.step()));
                  out.append(' ');
                }
              });
    }
    return out.isEmpty() ? "" : Integer.toHexString(out.toString().hashCode());
  }

  /**
   * Adds run and live controls to a report of volumes: only reports with the same ones are
   * comparable.
   */
  private String labelled(String json, String change, String controls) {
    return json.isEmpty()
        ? ""
        : "{\""
            + AgentContract.VOLUMES_RUN
            + "\":\""
            + boot
            + "."
            + change
            + "\",\""
            + AgentContract.VOLUMES_CONTROLS
            + "\":\""
            + controls
            + "\","
            + json.substring(1);
  }

  /** Stores the counts of live controls, which the next process reports if this one cannot. */
  synchronized void keep(PipelineAccounts accounts) {
    if (!ended.isEmpty()
        && reports.messagesReceived() > 0
        && !reports.isUnsent(AgentContract.ENDED)) {
      ended = List.of();
    }
    PipelineAccounts now = accounts.ofControls();
    List<String> lines = new ArrayList<>(ended);
    if (now != null) {
      lines.add(
          "{\""
              + AgentContract.ENDED_PROCESS
              + "\":"
              + process.health().startNanos()
              + ",\""
              + AgentContract.TOTALS
              + "\":"
              + now.json()
              + "}");
    }
    try {
      if (!lines.equals(kept)) {
        folder.keepCounts(lines);
        kept = lines;
      }
    } catch (IOException e) { // the next report tries again
      LOG.log(Level.WARNING, "Counts of live controls not kept", e);
    }
  }

  private static CustomMessage message(String type, String json) {
    return new CustomMessage(AgentContract.ACCOUNTS, type, json.getBytes(StandardCharsets.UTF_8));
  }
}
