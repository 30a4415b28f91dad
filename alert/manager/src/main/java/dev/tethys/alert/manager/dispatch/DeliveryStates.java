package dev.tethys.alert.manager.dispatch;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Outcomes of the last requests to the integrations of receivers, since process startup. An
 * integration keeps them over a reload of the configuration while its name stays the same. Guarded
 * by this object.
 */
public final class DeliveryStates {
  /**
   * Delivery outcomes of an integration.
   *
   * @param kind such as {@code webhook}
   * @param index position among integrations of the same kind
   * @param sentAt last acknowledged notification; null if none
   * @param failingSince first failed attempt since then; null if the last attempt did not fail
   * @param lastError error of the last failed attempt; empty if {@code failingSince} is null
   */
  public record State(
      String receiver,
      String kind,
      int index,
      @Nullable Instant sentAt,
      @Nullable Instant failingSince,
      String lastError) {}

  private record Key(String receiver, String kind, int index) {}

  @GuardedBy("this")
  private final Map<Key, State> states = new HashMap<>();

  @GuardedBy("this")
  private List<Key> order = List.of();

  private static Key key(Integration i) {
    return new Key(i.receiver(), i.kind(), i.index());
  }

  /** Sets the integrations that exist; the states of others are dropped. */
  synchronized void apply(Map<String, List<Integration>> receivers) {
    List<Key> all = new ArrayList<>();
    receivers.values().forEach(some -> some.forEach(i -> all.add(key(i))));
    order = List.copyOf(all);
    Set<Key> kept = new HashSet<>(all);
    states.keySet().retainAll(kept);
  }

  /** Records that an integration acknowledged a notification. */
  synchronized void sent(Integration i, Instant at) {
    states.put(key(i), new State(i.receiver(), i.kind(), i.index(), at, null, ""));
  }

  /** Records that an attempt failed. */
  synchronized void failed(Integration i, Instant at, String error) {
    State before = states.get(key(i));
    Instant since = before == null ? null : before.failingSince;
    states.put(
        key(i),
        new State(
            i.receiver(),
            i.kind(),
            i.index(),
            before == null ? null : before.sentAt,
            since == null ? at : since,
            error));
  }

  /** Returns the states of all integrations, in the order of the configuration. */
  public synchronized List<State> all() {
    List<State> out = new ArrayList<>();
    for (Key k : order) {
      State none = new State(k.receiver, k.kind, k.index, null, null, "");
      out.add(states.getOrDefault(k, none));
    }
    return out;
  }
}
