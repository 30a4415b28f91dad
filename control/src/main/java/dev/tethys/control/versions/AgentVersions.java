package dev.tethys.control.versions;

import dev.tethys.codec.opamp.AgentToServer.RemoteStatus;
import dev.tethys.control.access.Selector;
import dev.tethys.control.fleet.AgentState;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Function from the history of rollouts at one time to the version that each agent is to run. Never
 * changes.
 *
 * <p>Of the rollouts in effect, which are those that were neither undone nor cancelled, an agent
 * has the version of
 *
 * <ol>
 *   <li>the active one that has reached it; otherwise
 *   <li>the one that completed last among those whose selector matches its labels; otherwise
 *   <li>the one that completed last among those that assigned it a version, since its labels may
 *       have changed; otherwise
 *   <li>none: it returns to the version that it ran before any rollout. That is a version that is
 *       known here, or its own configuration.
 * </ol>
 *
 * <p>An agent that has no configuration of its own keeps a version that was undone, since without
 * one it would do nothing.
 *
 * @param active versions of active rollouts, by the agents that these have reached
 * @param held versions of completed rollouts, the latest last
 * @param reached the latest of these that assigned a version to an agent
 * @param bases versions that agents ran before any rollout
 * @param gave versions assigned by rollouts, in any state, by the hash of the offer
 * @param undone hashes of versions from a rollout that is no longer in effect
 */
public record AgentVersions(
    Map<UUID, Target> active,
    List<Held> held,
    Map<UUID, Target> reached,
    Map<UUID, ConfigVersion> bases,
    Map<String, Target> gave,
    Set<String> undone) {
  public static final AgentVersions NONE =
      new AgentVersions(Map.of(), List.of(), Map.of(), Map.of(), Map.of(), Set.of());

  /** Version, and the rollout that assigned it; 0 if none. */
  public record Target(ConfigVersion version, long rollout) {}

  /** Version for the agents that a selector matches. */
  public record Held(Selector selector, Target target) {}

  /** Kinds of {@link Wanted}. */
  public enum Kind {
    /** The version of a rollout, or the previous one all rollouts. */
    VERSION,
    /** The agent's own configuration. */
    OWN,
    /** A version that was undone: it has nothing to return to. */
    KEPT,
    /** A configuration of another control plane, which is unknown here. */
    UNKNOWN
  }

  /**
   * Version or other configuration that an agent is to run.
   *
   * @param target null without a version
   * @param why reason for which an undone version stays; "" for another kind
   */
  public record Wanted(Kind kind, @Nullable Target target, String why) {
    private static final Wanted OF_OWN = new Wanted(Kind.OWN, null, "");
    private static final Wanted OF_UNKNOWN = new Wanted(Kind.UNKNOWN, null, "");

    public @Nullable ConfigVersion version() {
      return target == null ? null : target.version;
    }

    /** Returns the hash of the configuration in an offer; null if none must be offered. */
    public @Nullable String hash() {
      return target != null ? target.version.hash() : kind == Kind.OWN ? AgentState.OWN : null;
    }

    /** Returns the text shown to users. */
    public String text() {
      return switch (kind) {
        case VERSION, KEPT -> {
          ConfigVersion v = version();
          yield v == null ? "" : "version " + v.number() + " of " + v.name();
        }
        case OWN -> "own configuration";
        case UNKNOWN -> "configuration of another control plane";
      };
    }
  }

  /** Returns the version of the rollout that applies to an agent; null if none. */
  public @Nullable Target given(AgentState a) {
    Target t = active.get(a.uid());
    if (t != null) {
      return t;
    }
    Held h = matching(a);
    return h != null ? h.target : reached.get(a.uid());
  }

  private @Nullable Held matching(AgentState a) {
    for (Held h : held.reversed()) {
      if (h.selector.matches(a.labels())) {
        return h;
      }
    }
    return null;
  }

  /**
   * Returns the rollout that assigns a version to an agent by its labels and has not recorded it
   * yet; 0 if none.
   */
  public long unnoted(AgentState a) {
    if (active.containsKey(a.uid())) {
      return 0;
    }
    Held h = matching(a);
    Target noted = reached.get(a.uid());
    return h == null || noted != null && noted.rollout == h.target.rollout ? 0 : h.target.rollout;
  }

  /** Returns the version an agent should run. */
  public Wanted wanted(AgentState a) {
    Target t = given(a);
    if (t != null) {
      return new Wanted(Kind.VERSION, t, "");
    }
    String has = a.configHash();
    if (has.isEmpty() || has.equals(AgentState.OWN)) {
      return Wanted.OF_OWN;
    }
    ConfigVersion base = bases.get(a.uid());
    if (base != null && !undone.contains(base.hash())) {
      // A configuration that it received from another control plane in the meantime stays.
      return base.hash().equals(has) || gave.containsKey(has)
          ? new Wanted(Kind.VERSION, new Target(base, 0), "")
          : Wanted.OF_UNKNOWN;
    }
    Target was = gave.get(has);
    if (was == null) {
      return Wanted.OF_UNKNOWN;
    }
    return a.hasOwnConfiguration() ? Wanted.OF_OWN : new Wanted(Kind.KEPT, was, kept(a, was));
  }

  private static String kept(AgentState a, Target was) {
    String what = "version " + was.version.number() + " of " + was.version.name();
    String by = was.rollout == 0 ? "" : " of rollout " + was.rollout;
    return (a.configState() == RemoteStatus.State.FAILED
            ? "did not apply " + what + by + ", and keeps its previous configuration"
            : "keeps " + what + by + ", which was undone")
        + ": it does not report an own configuration (--config) to which it could return";
  }

  /** Returns the version an agent ran before any rollout, if known here; null otherwise. */
  public static @Nullable ConfigVersion base(AgentState a, ConfigStore store, AgentVersions now) {
    String has = a.configHash();
    return has.isEmpty() || has.equals(AgentState.OWN) || now.gave.containsKey(has)
        ? null
        : store.find(has);
  }
}
