package dev.tethys.control.fleet;

import dev.tethys.codec.opamp.AgentToServer;
import dev.tethys.codec.opamp.ComponentHealth;
import dev.tethys.codec.opamp.PackageStatuses;
import dev.tethys.pipeline.opamp.PipelineAccounts;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Account of the memory that the states of agents take: labels, health, configurations, accounts
 * and volumes. Its limit is a quarter of the heap, which the tokens of agents share. Thread-safe;
 * calls nothing.
 *
 * <p>Invariant: the sum over agents is at most the limit. Parts without which an agent is still
 * selected and judged leave a quarter of it to the others.
 */
public final class FleetMemory {
  /** Fixed size of an agent: state, rates, points of its accounts, and its session. */
  static final int AGENT_BYTES = 4096;

  /** Part of the limit that parts which can be omitted do not take. */
  private static final int LEFT_PART = 4;

  private static final int ENTRY_BYTES = 64;
  private static final int TEXT_BYTES = 56;
  private static final int COMPONENT_BYTES = 160;
  private static final int EXPORTER_BYTES = 48;
  private static final int CONTROL_BYTES = 96;
  private static final int QUOTA_BYTES = 56;

  /** Parts of an agent's state. */
  enum Part {
    /** Labels, states of offers, and accounts. */
    STATE(false),
    HEALTH(true),
    CONFIGURATION(true),
    VOLUMES(true);

    private final boolean optional;

    Part(boolean optional) {
      this.optional = optional;
    }
  }

  private record Agent(String token, EnumMap<Part, Long> parts) {}

  private final FairShares bytes;
  private final Map<UUID, Agent> agents = new HashMap<>();

  /**
   * Creates an account.
   *
   * @param tokens number of tokens of agents, at least 1
   */
  FleetMemory(long limit, int tokens) {
    bytes = new FairShares(limit, tokens);
  }

  /** Creates an account sized by this process's heap. */
  static FleetMemory ofHeap(int tokens) {
    return new FleetMemory(Runtime.getRuntime().maxMemory() / 4, tokens);
  }

  /** Sets the token that an agent is charged to, together with its memory. */
  synchronized void assign(UUID uid, String token) {
    Agent a = agents.get(uid);
    if (a != null && !a.token.equals(token)) {
      long held = sum(a);
      bytes.add(a.token, -held);
      bytes.add(token, held);
      agents.put(uid, new Agent(token, a.parts));
    } else if (a == null) {
      agents.put(uid, new Agent(token, new EnumMap<>(Part.class)));
    }
  }

  private static long sum(Agent a) {
    return a.parts.values().stream().mapToLong(x -> x).sum();
  }

  /**
   * Sets the bytes of a part.
   *
   * @return whether they fit; otherwise the part is as before
   */
  synchronized boolean set(UUID uid, Part part, long size) {
    Agent a = agents.computeIfAbsent(uid, k -> new Agent("", new EnumMap<>(Part.class)));
    long more = size - a.parts.getOrDefault(part, 0L);
    long left = part.optional ? bytes.limit() / LEFT_PART : 0;
    if (!bytes.fits(a.token, more, left)) {
      return false;
    }
    bytes.add(a.token, more);
    a.parts.put(part, size);
    return true;
  }

  /** Returns the bytes charged for one part. */
  synchronized long of(UUID uid, Part part) {
    Agent a = agents.get(uid);
    return a == null ? 0 : a.parts.getOrDefault(part, 0L);
  }

  /** Removes an agent. */
  synchronized void remove(UUID uid) {
    Agent a = agents.remove(uid);
    if (a != null) {
      bytes.add(a.token, -sum(a));
    }
  }

  /** Returns the bytes used by agent states. */
  public synchronized long used() {
    return bytes.used();
  }

  /** Returns the maximum bytes for agent states. */
  public long limit() {
    return bytes.limit();
  }

  static long of(String text) {
    return TEXT_BYTES + 2L * text.length();
  }

  static long of(Map<String, String> labels) {
    long n = 0;
    for (Map.Entry<String, String> e : labels.entrySet()) {
      n += ENTRY_BYTES + of(e.getKey()) + of(e.getValue());
    }
    return n;
  }

  static long of(AgentToServer.@Nullable RemoteStatus s) {
    return s == null ? 0 : s.hash().length + of(s.error());
  }

  static long of(@Nullable PackageStatuses s) {
    long n = 0;
    if (s != null) {
      n += s.offeredHash().length + of(s.error());
      for (Map.Entry<String, PackageStatuses.Status> e : s.packages().entrySet()) {
        PackageStatuses.Status p = e.getValue();
        n += ENTRY_BYTES + of(e.getKey()) + of(p.hasVersion()) + of(p.offeredVersion());
        n += p.hasHash().length + p.offeredHash().length + of(p.error());
      }
    }
    return n;
  }

  static long of(@Nullable ComponentHealth h) {
    if (h == null) {
      return 0;
    }
    long n = COMPONENT_BYTES + of(h.error()) + of(h.status());
    for (Map.Entry<String, ComponentHealth> e : h.parts().entrySet()) {
      n += ENTRY_BYTES + of(e.getKey()) + of(e.getValue());
    }
    return n;
  }

  static long of(@Nullable Totals t) {
    if (t == null) {
      return 0;
    }
    long n = counts(t.dropped()) + counts(t.receivers());
    n += RecentIntake.bytes(1 + t.signals().size() + t.receivers().size());
    for (String exporter : t.exporters().keySet()) {
      n += ENTRY_BYTES + of(exporter) + EXPORTER_BYTES;
    }
    for (Map.Entry<String, Totals.Losses> e : t.signals().entrySet()) {
      n += ENTRY_BYTES + of(e.getKey()) + counts(e.getValue().reasons());
    }
    for (Map.Entry<String, Map<String, Long>> e : t.fidelity().entrySet()) {
      n += ENTRY_BYTES + of(e.getKey()) + counts(e.getValue());
    }
    if (t.controls() != null) {
      for (Map.Entry<String, PipelineAccounts.Control> e : t.controls().entrySet()) {
        n += ENTRY_BYTES + of(e.getKey()) + CONTROL_BYTES;
        for (PipelineAccounts.QuotaUse u : e.getValue().quotas()) {
          n += QUOTA_BYTES + of(u.value()) + of(u.step());
        }
      }
    }
    return n;
  }

  private static long counts(Map<String, Long> of) {
    long n = 0;
    for (String key : of.keySet()) {
      n += ENTRY_BYTES + of(key) + Long.BYTES * 3;
    }
    return n;
  }
}
