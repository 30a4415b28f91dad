package dev.tethys.control.rollout;

import dev.tethys.control.access.Actor;
import dev.tethys.control.access.Selector;
import dev.tethys.control.fleet.RecentIntake;
import dev.tethys.control.fleet.Totals;
import dev.tethys.control.text.Texts;
import dev.tethys.control.versions.ConfigVersion;
import dev.tethys.control.versions.Packages;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Rollout of a version in stages; its fields are guarded by the lock of {@link Rollouts}.
 *
 * <p>Invariant: agents in {@code reached} have the version while the state is {@link
 * State#isActive}.
 */
public final class Rollout {
  /** Rollout states. */
  public enum State {
    RUNNING,
    PAUSED,
    DONE,
    UNDONE,
    CANCELLED;

    public boolean isActive() {
      return this == RUNNING || this == PAUSED;
    }

    /** Whether agents have its version, if no later one applies to them. */
    public boolean stands() {
      return isActive() || this == DONE;
    }

    public String word() {
      return name().toLowerCase(java.util.Locale.ROOT);
    }
  }

  /**
   * Version assigned to agents outside rollouts.
   *
   * @param rollout rollout that created the assignment
   */
  public record Assignment(String configuration, int version, Selector selector, long rollout) {}

  /** Version delivered to agents. */
  record Given(String configuration, int version) {}

  /** Agent that was offered the version; readings are those of the guard. */
  public static final class Reached {
    final long sinceNanos;
    final boolean healthyBefore;

    /** Part of the items that it lost by signal, and of in total. */
    final Map<String, Double> lostBefore;

    final double inPerSecondBefore;
    final int stage;

    /** Whether its exporters had delivered items before it was offered the version. */
    final boolean deliveredBefore;

    /**
     * Exporters that had accepted items and delivered none before the agent was offered the
     * version.
     */
    final Set<String> silentBefore;

    /** Resident memory of its process, median of reports; 0 if it is unknown. */
    final long memoryBefore;

    /**
     * Exporters whose queues were already older than the guard permits before the agent was offered
     * the version.
     */
    final Set<String> lateBefore;

    /** Whether it has sent a message since the control plane was started. */
    boolean heard;

    /** Whether a user decided to continue without it, until it sends a message. */
    boolean excused;

    long appliedNanos;
    public boolean applied;
    @Nullable Totals atApply;
    long reportsAtApply;

    /**
     * First accounts reported with the version. {@link #atApply} may be older and followed by
     * deliveries of the previous version.
     */
    @Nullable Totals withVersion;

    /**
     * Monotonic time when items with the version were first seen, if none have been delivered
     * since: for each exporter and signal, and in total.
     */
    final Map<String, Long> undeliveredSince = new HashMap<>();

    /** Monotonic time since which it rejects more than before; null if it does not. */
    @Nullable Long refusesSince;

    /** Accounts of the agent at that time. */
    @Nullable Totals refusesFrom;

    /** Exporters and signals that delivered nothing for long before it was offered the version. */
    Set<String> stalledBefore = Set.of();

    /** Monotonic time up to which it was seen to apply an offer that it had before this one. */
    long freeNanos;

    /** Number of its reports at {@link #withVersion}. */
    long reportsWithVersion;

    /** Usual intake before it was offered the version, by key. */
    Map<String, RecentIntake.Usual> intakeBefore = Map.of();

    /** Start of its process as last reported, in Unix nanoseconds; 0 if unknown. */
    long processStart;

    /** Number of process restarts after the version was applied. */
    int restarts;

    /**
     * Creates the state of an agent before it is offered the version.
     *
     * @param lostBefore part of its items that it lost by signal, and of all together
     * @param inPerSecondBefore items that it received per second; 0 if unknown
     * @param stage stage in which the agent is reached
     * @param deliveredBefore whether its exporters had delivered items
     * @param silentBefore exporters that had taken items and delivered none
     * @param memoryBefore resident memory of its process; 0 if that is unknown
     * @param lateBefore exporters whose queues were older than the guard permits
     */
    Reached(
        long sinceNanos,
        boolean healthyBefore,
        Map<String, Double> lostBefore,
        double inPerSecondBefore,
        int stage,
        boolean deliveredBefore,
        Set<String> silentBefore,
        long memoryBefore,
        Set<String> lateBefore) {
      this.sinceNanos = sinceNanos;
      this.freeNanos = sinceNanos;
      this.healthyBefore = healthyBefore;
      this.lostBefore = Map.copyOf(lostBefore);
      this.inPerSecondBefore = inPerSecondBefore;
      this.stage = stage;
      this.deliveredBefore = deliveredBefore;
      this.silentBefore = Set.copyOf(silentBefore);
      this.memoryBefore = memoryBefore;
      this.lateBefore = Set.copyOf(lateBefore);
    }
  }

  public final long id;
  public final String configuration;
  public final int version;
  public final Selector selector;
  public final Guard guard;
  public final String author;
  public final String reason;
  public final long startedMillis;
  public final @Nullable Assignment before;
  public final Map<UUID, Reached> reached = new LinkedHashMap<>();

  /** Agents that received the version after the end because their labels match. */
  final Set<UUID> joined = new LinkedHashSet<>();

  /** Versions delivered to agents by this rollout; further ones have the same text. */
  final SortedSet<Integer> versions = new TreeSet<>();

  public State state = State.RUNNING;
  public String stateReason = "";
  public int stage;
  public long endedMillis;

  /** Last stage accepted by a user although its guard could not be judged. */
  public int acceptedStage = -1;

  /** Outputs of the reached agents; since the control plane started. */
  public final OutputComparison outputs = new OutputComparison();

  /** Checks not made in the guard's last run, with the reasons; since the control plane started. */
  public List<String> notJudged = List.of();

  /** Kind of actor that started it. */
  final Actor.Cause startedBy;

  /** Kind of actor that ended it; null if unknown, or not ended. */
  Actor.@Nullable Cause endedBy;

  /** Whether the guard paused it, since it could not judge the stage. */
  public boolean pausedByGuard;

  /** Whether the guard paused it, since agents sent no message after a start. */
  public boolean pausedBySilence;

  /** Start of that pause in Unix milliseconds. */
  long silentMillis;

  /** Accounts of agents without the version when the stage began; not kept over a restart. */
  Map<UUID, Totals> othersThen = Map.of();

  /** Usual intake of agents without the version then; not kept over a restart. */
  Map<UUID, Map<String, RecentIntake.Usual>> othersIntake = Map.of();

  /** Part of the items that agents without the version lost when the stage began. */
  Map<String, Double> othersLostBefore = Map.of();

  Rollout(
      long id,
      String configuration,
      int version,
      Selector selector,
      Guard guard,
      Actor author,
      String reason,
      long startedMillis,
      @Nullable Assignment before) {
    this.id = id;
    this.configuration = configuration;
    this.version = version;
    this.selector = selector;
    this.guard = guard;
    this.author = author.name();
    this.startedBy = author.cause();
    this.reason = reason;
    this.startedMillis = startedMillis;
    this.before = before;
    versions.add(version);
  }

  /** Returns the monotonic time at which the last agent applied the version. */
  long lastApplied() {
    long last = Long.MIN_VALUE;
    for (Reached x : reached.values()) {
      last =
          x.applied && (last == Long.MIN_VALUE || x.appliedNanos - last > 0)
              ? x.appliedNanos
              : last;
    }
    return last;
  }

  /** Whether it is of a package. */
  public boolean isPackage() {
    return configuration.startsWith(Packages.PREFIX);
  }

  /** Returns the hash of all packages offered by a rollout; it differs between rollouts. */
  public static String offerHash(ConfigVersion v, long rollout) {
    return Texts.sha256(v.hash() + "\n" + rollout);
  }

  /**
   * Returns the number of agents reached after a stage, counted from 0: 1, 3, then five times as
   * many.
   */
  static int size(int stage) {
    if (stage == 0) {
      return 1;
    }
    long n = 3;
    for (int i = 1; i < stage && n < Integer.MAX_VALUE; i++) {
      n *= 5;
    }
    return (int) Math.min(n, Integer.MAX_VALUE);
  }
}
