package dev.tethys.alert.manager.dispatch;

import dev.tethys.alert.manager.config.InhibitRule;
import dev.tethys.alert.manager.state.Alert;
import dev.tethys.alert.manager.state.AlertStore;
import dev.tethys.alert.manager.state.LabelSet;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Determines which alerts are inhibited by others.
 *
 * <p>Invariants: guarded by this object. For each rule it holds the alerts that meet the source
 * matchers, by the values of the labels that have to be equal; those that are over go when garbage
 * is collected. It holds only alerts that the store has accepted.
 */
public final class Inhibitor implements AutoCloseable {
  private final InstantSource clock;
  private final List<Sources> rules;
  private final Runnable end;

  private record Sources(
      String name, InhibitRule rule, Map<List<String>, Map<LabelSet, Alert>> byEqual) {
    List<String> equalValues(LabelSet labels) {
      List<String> values = new ArrayList<>(rule.equal().size());
      rule.equal().forEach(name -> values.add(labels.get(name)));
      return values;
    }
  }

  public Inhibitor(List<InhibitRule> rules, AlertStore alerts, InstantSource clock) {
    this.clock = clock;
    List<Sources> all = new ArrayList<>();
    for (InhibitRule r : rules) {
      String name = r.name().isEmpty() ? "rule " + (all.size() + 1) : r.name();
      all.add(new Sources(name, r, new HashMap<>()));
    }
    this.rules = List.copyOf(all);
    this.end = rules.isEmpty() ? () -> {} : alerts.listen((List<Alert> notified) -> note(notified));
  }

  private synchronized void note(List<Alert> notified) {
    notified.forEach(this::note);
  }

  private void note(Alert a) {
    for (Sources s : rules) {
      if (s.rule.source().matches(a.labels().map())) {
        s.byEqual
            .computeIfAbsent(s.equalValues(a.labels()), k -> new HashMap<>())
            .put(a.labels(), a);
      }
    }
  }

  /**
   * Alert that inhibits others.
   *
   * @param rule the name of the rule, or "rule n", counted from 1
   */
  public record Inhibition(String rule, InhibitRule config, Alert source) {
    /** Returns the labels that must be equal. */
    public List<String> equal() {
      return List.copyOf(config.equal());
    }
  }

  /**
   * Returns the fingerprint of an alert that inhibits those with these labels; null if there is
   * none. An alert that matches both sides of a rule is not inhibited by another that does.
   */
  public @Nullable String inhibiting(LabelSet labels) {
    Inhibition i = inhibition(labels);
    return i == null ? null : i.source.labels().fingerprintText();
  }

  /** Returns the inhibition of an alert, with its rule; null if none. */
  public synchronized @Nullable Inhibition inhibition(LabelSet labels) {
    Instant now = clock.instant();
    for (Sources s : rules) {
      if (!s.rule.target().matches(labels.map())) {
        continue;
      }
      boolean both = s.rule.source().matches(labels.map());
      for (Alert a : s.byEqual.getOrDefault(s.equalValues(labels), Map.of()).values()) {
        boolean excluded = both && s.rule.target().matches(a.labels().map());
        if (!excluded && !a.isResolvedAt(now)) {
          return new Inhibition(s.name, s.rule, a);
        }
      }
    }
    return null;
  }

  /** Removes alerts that have ended. */
  public synchronized void collectGarbage() {
    Instant now = clock.instant();
    for (Sources s : rules) {
      s.byEqual.values().forEach(m -> m.values().removeIf(a -> a.isResolvedAt(now)));
      s.byEqual.values().removeIf(Map::isEmpty);
    }
  }

  @Override
  public void close() {
    end.run();
  }
}
