package dev.tethys.pipeline.processor.sampling.tail;

import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.ottl.Conditions;
import dev.tethys.pipeline.ottl.Ottl;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Policies of a processor, dropping policies first: a drop ends the evaluation. */
final class PolicySet {
  private record Entry(PolicySettings settings, Policy policy, List<Conditions> conditions) {}

  private final List<Entry> entries;
  private final boolean firstMatch;
  private final Scheduler clock;
  private final Ottl ottl;
  private final TailMetrics metrics;
  private final System.Logger log;

  private PolicySet(
      TailSettings settings,
      @Nullable PolicySet before,
      Scheduler clock,
      Ottl ottl,
      TailMetrics metrics,
      System.Logger log) {
    this.firstMatch = settings.firstMatch();
    this.clock = clock;
    this.ottl = ottl;
    this.metrics = metrics;
    this.log = log;
    List<Entry> all = new ArrayList<>();
    for (boolean drops : new boolean[] {true, false}) {
      for (PolicySettings p : settings.policies()) {
        if (p.type().equals(PolicySettings.DROP) == drops) {
          Entry known = before == null ? null : before.find(p);
          all.add(known == null ? make(p) : known);
        }
      }
    }
    entries = List.copyOf(all);
  }

  static PolicySet of(
      TailSettings settings, Scheduler clock, Ottl ottl, TailMetrics metrics, System.Logger log) {
    return new PolicySet(settings, null, clock, ottl, metrics, log);
  }

  /** Returns the policies of other settings; unchanged ones continue counting. */
  PolicySet with(TailSettings other) {
    return new PolicySet(other, this, clock, ottl, metrics, log);
  }

  private Entry make(PolicySettings p) {
    List<Conditions> conditions = new ArrayList<>();
    return new Entry(
        p, p.rule().policy(new SamplingPolicy.Tools(clock, ottl, conditions)), conditions);
  }

  private @Nullable Entry find(PolicySettings p) {
    return entries.stream().filter(e -> e.settings.equals(p)).findFirst().orElse(null);
  }

  /** Returns all conditions, for their counters. */
  List<Conditions> conditions() {
    return entries.stream().flatMap(e -> e.conditions.stream()).toList();
  }

  /** Returns the combined decision: a drop takes precedence, then a sampling decision. */
  Decision decide(Trace trace) {
    boolean sampled = false;
    for (Entry e : entries) {
      Decision d = ask(e, trace);
      if (d == Decision.DROPPED) {
        return d;
      }
      sampled |= d == Decision.SAMPLED;
      if (sampled && firstMatch) {
        break;
      }
    }
    return Decision.of(sampled);
  }

  /** Returns the decision of one policy, or null if it fails. */
  private @Nullable Decision ask(Entry e, Trace trace) {
    long begin = clock.nanos();
    String name = e.settings.name();
    try {
      Decision d = e.policy.decide(trace);
      metrics.countDecision(name, d, trace.spanCount(), clock.nanos() - begin);
      return d;
    } catch (RuntimeException | StackOverflowError x) {
      metrics.failed(name);
      log.log(Level.DEBUG, "policy " + name + " could not decide on a trace", x);
      return null;
    }
  }
}
