package dev.tethys.control.live;

import dev.tethys.control.audit.AuditLog;
import dev.tethys.model.guard.LimitedLog;
import dev.tethys.model.log.JulLogger;
import dev.tethys.pipeline.opamp.PipelineAccounts.QuotaUse;
import dev.tethys.pipeline.processor.control.QuotaRule;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Writes an audit entry for each step that a value of a quota reaches over the fleet, and for its
 * return. Not thread-safe.
 */
public final class QuotaWatch {
  /** Maximum number of tracked uses; further ones have no entries. */
  static final int MAX_FOLLOWED = 10_000;

  private final LimitedLog failures = new LimitedLog(JulLogger.of(QuotaWatch.class.getName()));
  private final Controls controls;
  private final QuotaShares shares;
  private final AuditLog audit;
  private Map<Key, String> steps = new HashMap<>();

  /** Actor recorded in audit entries. */
  public static final String ACTOR = "quota";

  private record Key(String control, long start, String value) {}

  public QuotaWatch(Controls controls, QuotaShares shares, AuditLog audit) {
    this.controls = controls;
    this.shares = shares;
    this.audit = audit;
  }

  public void step() {
    Map<Key, String> now = new HashMap<>();
    for (LiveControl c : controls.state().active) {
      QuotaRule rule = c.control().quota();
      if (rule != null && !c.control().observe()) {
        Map<String, QuotaShares.Use> uses = new HashMap<>();
        shares.uses(c).forEach(u -> uses.put(u.value(), u));
        for (Key k : steps.keySet()) { // one that was used in the period before
          if (k.control.equals(c.control().id()) && k.start == c.control().startMillis()) {
            uses.putIfAbsent(k.value, new QuotaShares.Use(k.value, 0, ok()));
          }
        }
        for (QuotaShares.Use u : uses.values()) {
          follow(c, rule, new Key(c.control().id(), c.control().startMillis(), u.value()), u, now);
        }
      }
    }
    steps = now;
  }

  private void follow(
      LiveControl c, QuotaRule rule, Key key, QuotaShares.Use u, Map<Key, String> now) {
    String before = steps.getOrDefault(key, ok());
    boolean gone = u.used() == 0 && before.equals(ok());
    if (gone || now.size() >= MAX_FOLLOWED) {
      return;
    }
    now.put(key, u.step());
    if (u.step().equals(before)) {
      return;
    }
    try {
      audit.append(
          ACTOR,
          "control.quota",
          "control/" + key.control,
          c.control().reason(),
          Map.of("step", before),
          Map.of(
              "step",
              u.step(),
              "value",
              u.value(),
              "used",
              Double.toString(u.used()),
              "limit",
              Double.toString(rule.limit())));
    } catch (IOException e) {
      now.put(key, before); // the next step tries again
      failures.failure(Level.ERROR, "Quota step not audited", "control " + key.control, e);
    }
  }

  private static String ok() {
    return QuotaRule.Step.OK.word();
  }

  /** Returns the more advanced of two steps; "" precedes all others. */
  public static String further(String a, String b) {
    return rank(a) >= rank(b) ? a : b;
  }

  private static int rank(String step) {
    for (QuotaRule.Step s : QuotaRule.Step.values()) {
      if (s.word().equals(step)) {
        return s.ordinal();
      }
    }
    return -1;
  }

  public static void put(ObjectNode n, @Nullable List<QuotaUse> uses) {
    if (uses == null || uses.isEmpty()) {
      return;
    }
    ArrayNode all = n.putArray("quotas");
    for (QuotaUse u : uses) {
      all.addObject()
          .put("value", u.value())
          .put("used", u.used())
          .put("limit", u.limit())
          .put("step", u.step());
    }
  }
}
