package dev.tethys.pipeline.processor.sampling.tail;

import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.pipeline.Scheduler;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/** Policies composed of other policies. */
final class CombinedRules {
  private static final Section ALL = new Section("and", "Samples if all policies sample.");
  private static final Key<List<PolicySettings>> ALL_OF =
      ALL.required("and_sub_policy", Type.list(PolicySettings.INNER), "Policies to combine.");

  private static final Section OPPOSITE =
      new Section("not", "Samples if a policy does not sample.");
  private static final Key<PolicySettings> NOT_THIS =
      OPPOSITE.required("not_sub_policy", PolicySettings.INNER, "Policy to negate.");

  private static final Section VETO =
      new Section("drop", "Drops if all policies sample, regardless of other policies.");
  private static final Key<List<PolicySettings>> DROP_ALL_OF =
      VETO.required("drop_sub_policy", Type.list(PolicySettings.INNER), "Policies to combine.");

  private static final Section ALLOCATION =
      new Section("rate_allocation", "Share of a policy in the total rate.");
  private static final Key<String> POLICY =
      ALLOCATION.required("policy", Type.STRING, "Name of the policy.");
  private static final Key<Long> PERCENT =
      ALLOCATION.key(
          "percent", Type.INT, 0L, "Percentage of the total rate; 0 for an equal share.");

  private record Allocation(String policy, long percent) {}

  private static final Section ORDERED =
      new Section("composite", "Evaluates policies in order, each with its own rate.");
  private static final Key<Long> MAX_RATE =
      ORDERED.required(
          "max_total_spans_per_second",
          Type.INT,
          "Maximum number of spans per second of a policy.");
  private static final Key<List<String>> ORDER =
      ORDERED.key(
          "policy_order",
          Type.list(Type.STRING),
          List.of(),
          "Order in which policies are evaluated.");
  private static final Key<List<PolicySettings>> ONE_OF =
      ORDERED.required(
          "composite_sub_policy", Type.list(PolicySettings.INNER), "Policies to evaluate.");
  private static final Key<List<Allocation>> ALLOCATIONS =
      ORDERED.key(
          "rate_allocation",
          Type.list(ALLOCATION.type(o -> new Allocation(o.get(POLICY), o.get(PERCENT)))),
          List.of(),
          "Shares of the total rate; policies without one get an equal share.");

  static final Type<SamplingPolicy> AND =
      ALL.type(o -> new All(rules(o, ALL_OF), Decision.SAMPLED));
  static final Type<SamplingPolicy> NOT = OPPOSITE.type(o -> new Not(o.get(NOT_THIS).rule()));
  static final Type<SamplingPolicy> DROP =
      VETO.type(o -> new All(rules(o, DROP_ALL_OF), Decision.DROPPED));
  static final Type<SamplingPolicy> COMPOSITE = ORDERED.type(CombinedRules::composite);

  private CombinedRules() {}

  private static List<SamplingPolicy> rules(YamlObject o, Key<List<PolicySettings>> key) {
    List<PolicySettings> all = o.get(key);
    if (all.isEmpty()) {
      throw o.error(key, "names at least one policy");
    }
    return all.stream().map(PolicySettings::rule).toList();
  }

  private static SamplingPolicy composite(YamlObject o) {
    long max = o.get(MAX_RATE);
    if (max < 0) {
      throw o.error(MAX_RATE, "must be at least 0");
    }
    rules(o, ONE_OF);
    Map<String, PolicySettings> byName = new LinkedHashMap<>();
    for (PolicySettings p : o.get(ONE_OF)) {
      if (byName.put(p.name(), p) != null) {
        throw o.error(ONE_OF, "has two policies called \"" + p.name() + "\"");
      }
    }
    Map<String, Long> percents = new HashMap<>();
    for (Allocation a : o.get(ALLOCATIONS)) {
      if (!byName.containsKey(a.policy())) {
        throw o.error(
            ALLOCATIONS, "names \"" + a.policy() + "\", which is not one of its " + "policies");
      }
      percents.put(a.policy(), a.percent());
    }
    Set<String> names = new HashSet<>();
    for (String n : o.get(ORDER)) {
      if (!byName.containsKey(n) || !names.add(n)) {
        throw o.error(
            ORDER, "names \"" + n + "\", which is not one of its policies or is " + "listed twice");
      }
    }
    List<Share> shares =
        Stream.concat(
                o.get(ORDER).stream(), byName.keySet().stream().filter(n -> !names.contains(n)))
            .map(
                n -> {
                  long percent = percents.getOrDefault(n, 0L);
                  double rate = percent > 0 ? percent / 100.0 * max : (double) max / byName.size();
                  PolicySettings p = java.util.Objects.requireNonNull(byName.get(n));
                  return new Share(p.rule(), Math.min(max, (long) rate));
                })
            .toList();
    return new Composite(shares);
  }

  private record All(List<SamplingPolicy> rules, Decision whenAll) implements SamplingPolicy {
    @Override
    public Policy policy(Tools tools) {
      List<Policy> all = rules.stream().map(r -> r.policy(tools)).toList();
      return t -> {
        for (Policy p : all) {
          if (p.decide(t) != Decision.SAMPLED) {
            return Decision.NOT_SAMPLED;
          }
        }
        return whenAll;
      };
    }

    @Override
    public boolean isStateful() {
      return rules.stream().anyMatch(SamplingPolicy::isStateful);
    }
  }

  private record Not(SamplingPolicy rule) implements SamplingPolicy {
    @Override
    public Policy policy(Tools tools) {
      Policy p = rule.policy(tools);
      return t -> Decision.of(p.decide(t) != Decision.SAMPLED);
    }

    @Override
    public boolean isStateful() {
      return rule.isStateful();
    }
  }

  /**
   * A policy of a composite.
   *
   * @param perSecond maximum number of spans that it samples in a second
   */
  private record Share(SamplingPolicy rule, long perSecond) {}

  private record Composite(List<Share> shares) implements SamplingPolicy {
    @Override
    public Policy policy(Tools tools) {
      List<Policy> policies = new ArrayList<>();
      long[] limits = new long[shares.size()];
      for (int i = 0; i < limits.length; i++) {
        policies.add(shares.get(i).rule().policy(tools));
        limits[i] = shares.get(i).perSecond();
      }
      return new FirstSamplingPolicy(policies, limits, tools.clock());
    }

    @Override
    public boolean isStateful() {
      return true;
    }
  }

  /**
   * The first policy that samples decides; it actually samples only while its budget for the second
   * is not exhausted.
   */
  private static final class FirstSamplingPolicy implements Policy {
    private final List<Policy> policies;
    private final long[] limits;
    private final long[] sampled;
    private final Scheduler clock;
    private long second;

    FirstSamplingPolicy(List<Policy> policies, long[] limits, Scheduler clock) {
      this.policies = policies;
      this.limits = limits;
      this.clock = clock;
      sampled = new long[limits.length];
    }

    @Override
    public Decision decide(Trace t) {
      long now = Math.floorDiv(clock.nanos(), 1_000_000_000L);
      if (now != second) {
        second = now;
        java.util.Arrays.fill(sampled, 0);
      }
      for (int i = 0; i < limits.length; i++) {
        if (policies.get(i).decide(t) == Decision.SAMPLED) {
          if (sampled[i] + t.spanCount() > limits[i]) {
            return Decision.NOT_SAMPLED;
          }
          sampled[i] += t.spanCount();
          return Decision.SAMPLED;
        }
      }
      return Decision.NOT_SAMPLED;
    }
  }
}
