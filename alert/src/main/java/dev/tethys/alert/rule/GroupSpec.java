package dev.tethys.alert.rule;

import dev.tethys.model.Labels;
import dev.tethys.model.access.Scope;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Rule group as written in a file.
 *
 * @param file the path of the file
 * @param interval evaluation interval; null for the default
 * @param queryOffset offset of its queries into the past; null for the default
 * @param limit maximum number of series or alerts of one rule; 0 for no limit
 * @param type data that its rules query
 * @param tenant tenant of the logs, traces or profiles that it queries; empty for rules over
 *     metrics
 */
public record GroupSpec(
    String file,
    String name,
    @Nullable Duration interval,
    @Nullable Duration queryOffset,
    long limit,
    List<RuleSpec> rules,
    RuleType type,
    String tenant) {
  public GroupSpec {
    rules = List.copyOf(rules);
  }

  /** Creates a group of metric rules. */
  public GroupSpec(
      String file,
      String name,
      @Nullable Duration interval,
      @Nullable Duration queryOffset,
      long limit,
      List<RuleSpec> rules) {
    this(file, name, interval, queryOffset, limit, rules, RuleType.METRICS, "");
  }

  /** Returns the group with other rules and a different interval. */
  public GroupSpec with(List<RuleSpec> others, @Nullable Duration every) {
    return new GroupSpec(file, name, every, queryOffset, limit, others, type, tenant);
  }

  /** Returns the scope of the data read by its rules, that of its tenant. */
  public Scope scope() {
    return tenant.isEmpty() ? Scope.DEFAULT : Scope.of(tenant);
  }

  /** Returns the key of the group, also in metrics. */
  public String key() {
    return file + ";" + name;
  }

  /**
   * Returns the time at or before an instant at which the group is evaluated: groups are spread
   * over the interval by their file and name.
   */
  public Instant slot(Instant at, Duration every) {
    long millis = every.toMillis();
    long hash = Labels.of("file", file, "name", name).hash64();
    long offset = Long.remainderUnsigned(hash, millis);
    long since = at.toEpochMilli() - offset;
    return Instant.ofEpochMilli(since - Math.floorMod(since, millis) + offset);
  }
}
