package dev.tethys.alert.rule;

import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import dev.tethys.model.Samples;
import dev.tethys.model.access.Scope;
import dev.tethys.model.log.JulLogger;
import dev.tethys.model.storage.SampleBuffer;
import dev.tethys.model.storage.SelectHints;
import dev.tethys.model.storage.Selection;
import dev.tethys.model.storage.StorageException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Restores the start times of alerts that were active before a restart from the series {@code
 * ALERTS_FOR_STATE}. A pending alert resumes its waiting time; a firing alert fires at its next
 * evaluation.
 */
final class Restoration {
  private static final System.Logger LOG = JulLogger.of(Restoration.class.getName());

  private final RuleContext context;
  private final Instant now;

  Restoration(RuleContext context, Instant now) {
    this.context = context;
    this.now = now;
  }

  /** When an alert was last seen, and since when it was active then. */
  private record Before(Instant seen, Instant activeAt) {}

  void restore(List<AlertRule> rules) {
    for (AlertRule r : rules) {
      // Rules with a `for` shorter than the grace period start pending again.
      if (r instanceof AlertingRule a
          && a.spec().hold().compareTo(context.options().gracePeriod()) >= 0) {
        try {
          Map<Labels, Before> before = read(a);
          a.restore(alert -> activeAt(a.spec().hold(), before.get(alert.labels())));
        } catch (StorageException e) {
          LOG.log(
              Level.ERROR,
              "the state of alert {0} was not restored: {1}",
              a.spec().name(),
              e.getMessage());
        }
      }
    }
  }

  private @Nullable Instant activeAt(Duration hold, @Nullable Before b) {
    if (b == null) {
      return null;
    }
    Duration remaining = hold.minus(Duration.between(b.activeAt(), b.seen()));
    if (remaining.isZero() || remaining.isNegative()) {
      return b.activeAt();
    }
    if (remaining.compareTo(context.options().gracePeriod()) < 0) {
      return now.plus(context.options().gracePeriod()).minus(hold);
    }
    return b.activeAt().plus(Duration.between(b.seen(), now));
  }

  private Map<Labels, Before> read(AlertingRule a) {
    List<Matcher> matchers = new ArrayList<>();
    matchers.add(Matcher.equal(Labels.METRIC_NAME, AlertingRule.FOR_STATE));
    a.spec()
        .labels()
        .forEach(
            (name, value) -> {
              if (!value.contains("{{") && !name.equals(AlertingRule.NAME_LABEL)) {
                matchers.add(Matcher.equal(name, value));
              }
            });
    matchers.add(Matcher.equal(AlertingRule.NAME_LABEL, a.spec().name()));
    Map<Labels, Before> out = new HashMap<>();
    SampleBuffer buffer = new SampleBuffer();
    try (Selection s =
        context
            .store()
            .within(Scope.DEFAULT)
            .select(
                SelectHints.range(
                    now.minus(context.options().outageTolerance()).toEpochMilli(),
                    now.toEpochMilli()),
                matchers)) {
      for (int i = 0; i < s.size(); i++) {
        s.read(i, buffer);
        int last = buffer.size - 1;
        if (last >= 0 && !Samples.isStale(buffer.values[last])) {
          out.put(
              s.labels(i).dropMetricName(),
              new Before(
                  Instant.ofEpochSecond(Math.floorDiv(buffer.timestamps[last], 1000)),
                  Instant.ofEpochSecond((long) buffer.values[last])));
        }
      }
    }
    return out;
  }
}
