package dev.tethys.pipeline.processor.control;

import dev.tethys.model.guard.TokenBucket;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.Span;
import dev.tethys.model.telemetry.Telemetry;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.PipelineId;
import dev.tethys.pipeline.ottl.Cursor;
import dev.tethys.pipeline.ottl.OttlContext;
import dev.tethys.pipeline.ottl.ValueText;
import dev.tethys.pipeline.privacy.PersonalData;
import dev.tethys.pipeline.processor.Removal;
import dev.tethys.pipeline.processor.sampling.Sampler;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/** Control that runs. Thread-safe. */
final class ActiveControl {
  /** Severities from ERROR on. */
  private static final int ERROR = 17;

  private static final int STATUS_ERROR = 2;
  private static final Set<String> ERROR_TEXTS =
      Set.of("error", "err", "fatal", "critical", "crit", "alert", "emergency", "emerg", "panic");

  final Control control;
  final ControlCounts counts;
  private final CompiledCondition condition;
  private final @Nullable Sampler sampler;
  private final @Nullable TokenBucket bucket;
  private final @Nullable PersonalData data;
  private final @Nullable RareItems rare;
  private final @Nullable QuotaControl quota;

  /** Whether its target was missing at the last batch. */
  private volatile boolean targetMissing;

  ActiveControl(Control control, ControlCounts counts, Scheduler clock) {
    this.control = control;
    this.counts = counts;
    condition = new CompiledCondition(control);
    sampler =
        control.action() == ControlAction.SAMPLE
            ? Sampler.proportional(control.share(), () -> ThreadLocalRandom.current().nextLong())
            : null;
    bucket =
        control.action() == ControlAction.RATE_LIMIT
            ? TokenBucket.perSecond(control.rate(), control.rate(), clock::nanos)
            : null;
    rare = control.keepRare() > 0 ? new RareItems(control.keepRare(), clock) : null;
    quota = control.quota() == null ? null : new QuotaControl(control.id(), control.quota(), clock);
    data = control.action() == ControlAction.REDACT ? new PersonalData(control.detectors()) : null;
  }

  /** Creates the control with another end, continuing the previous one. */
  ActiveControl(Control control, ActiveControl before) {
    this.control = control;
    counts = before.counts;
    condition = before.condition;
    sampler = before.sampler;
    bucket = before.bucket;
    rare = before.rare;
    quota = before.quota;
    data = before.data;
  }

  /** Whether it applies to items entering this pipeline. */
  boolean isFor(PipelineId pipeline, boolean fresh) {
    return control.signals().contains(pipeline.signal())
        && (control.pipeline().isEmpty() ? fresh : control.pipeline().equals(pipeline.toString()));
  }

  /** Result for one batch. */
  static final class Tally {
    long matched;
    long dropped;
    long masked;
    long moved;
    boolean changed;

    /** Items that move to the target; null if none. */
    @Nullable Telemetry<?> forTarget;
  }

  /** Whether the target was not running for the last batch, so that nothing was moved. */
  boolean isTargetMissing() {
    return targetMissing;
  }

  /** Returns the quota of the action {@code quota}; null for other actions. */
  @Nullable QuotaControl quota() {
    return quota;
  }

  /**
   * Applies the control to a tree.
   *
   * @param bytesPerItem average item size of the batch
   * @param hasTarget whether the target runs
   */
  Tally apply(Signal signal, Telemetry<?> tree, Cursor at, double bytesPerItem, boolean hasTarget) {
    Tally tally = new Tally();
    targetMissing = !control.target().isEmpty() && !hasTarget;
    if (quota != null) {
      limit(quota, signal, tree, at, bytesPerItem, hasTarget, tally);
    } else if (control.action() == ControlAction.ROUTE) {
      route(signal, tree, at, hasTarget, tally);
    } else {
      edit(signal, tree, at, tally);
    }
    counts.add(signal, tally.matched, tally.dropped);
    counts.addChanged(signal, tally.masked + tally.moved);
    counts.addRemovedBytes(Math.round((tally.dropped + tally.moved) * bytesPerItem));
    return tally;
  }

  private void route(Signal signal, Telemetry<?> tree, Cursor at, boolean hasTarget, Tally tally) {
    OttlContext unit = unit(signal);
    boolean moves = hasTarget && !control.observe();
    Telemetry<?> other = moves ? tree.copy() : null;
    Scope scope = new Scope(signal, unit);
    Removal.removeIf(
        tree,
        unit,
        at,
        c -> {
          if (!scope.contains(c)) {
            return false;
          }
          tally.matched += items(unit, c);
          return moves;
        });
    if (hasTarget) {
      tally.moved = tally.matched;
    }
    if (other != null && tally.moved > 0) {
      Scope again = new Scope(signal, unit);
      Removal.removeIf(other, unit, at, c -> !again.contains(c));
      keepForTarget(other, tally);
    }
  }

  private static void keepForTarget(Telemetry<?> other, Tally tally) {
    other.removeEmpty();
    tally.forTarget = other;
    tally.moved = other.itemCount();
    tally.changed = true;
  }

  /** Steps of the values hold for the entire batch, so a limit is exceeded by a batch at most. */
  private void limit(
      QuotaControl of,
      Signal signal,
      Telemetry<?> tree,
      Cursor at,
      double bytesPerItem,
      boolean hasTarget,
      Tally tally) {
    OttlContext unit = unit(signal);
    QuotaControl.Use use = of.begin(bytesPerItem);
    boolean moves = hasTarget && !control.observe();
    Telemetry<?> other = moves && use.mayExceed(tree) ? tree.copy() : null;
    Scope scope = new Scope(signal, unit);
    Removal.removeIf(
        tree,
        unit,
        at,
        c -> {
          if (!scope.contains(c)) {
            return false;
          }
          int n = items(unit, c);
          tally.matched += n;
          switch (use.step(c.resource())) {
            case OVERFLOW -> {
              if (hasTarget) {
                tally.moved += n;
              } else {
                tally.dropped += n;
              }
              return !control.observe();
            }
            case SAMPLE -> {
              if (control.observe()) {
                tally.dropped += use.wouldKeep() ? 0 : n;
              } else {
                tally.changed = true;
                if (!use.samples(signal, c)) {
                  tally.dropped += n;
                  return true;
                }
              }
            }
            default -> {}
          }
          use.add(c.resource(), n);
          return false;
        });
    tally.changed |= tally.dropped > 0 && !control.observe();
    if (other != null && tally.moved > 0) {
      Scope again = new Scope(signal, unit);
      Removal.removeIf(
          other,
          unit,
          at,
          c -> !again.contains(c) || use.step(c.resource()) != QuotaRule.Step.OVERFLOW);
      keepForTarget(other, tally);
    }
    use.end();
  }

  private void edit(Signal signal, Telemetry<?> tree, Cursor at, Tally tally) {
    OttlContext unit = unit(signal);
    Scope scope = new Scope(signal, unit);
    Masking masking = data == null ? null : new Masking(data, control.observe(), tally);
    boolean removed =
        Removal.removeIf(
            tree,
            unit,
            at,
            c -> {
              if (!scope.contains(c)) {
                return false;
              }
              int items = items(unit, c);
              tally.matched += items;
              if (masking != null) {
                masking.mask(signal, c, isOfResource(signal));
                return false;
              }
              if (keeps(signal, c, tally)) {
                return false;
              }
              tally.dropped += items;
              return !control.observe();
            });
    tally.changed |= removed;
  }

  /** Whether the scope includes either all items of a resource or none. */
  private boolean isOfResource(Signal signal) {
    OttlContext c = condition.context(signal);
    return c == null || c == OttlContext.RESOURCE;
  }

  /**
   * Returns the context whose items are dropped as a whole: the largest one possible, otherwise
   * single items.
   */
  private OttlContext unit(Signal signal) {
    if (control.action() == ControlAction.MUTE
        || control.action() == ControlAction.FILTER
        || control.action() == ControlAction.ROUTE) {
      OttlContext c = condition.context(signal);
      return c == null ? OttlContext.RESOURCE : c;
    }
    return switch (signal) {
      case LOGS -> OttlContext.LOG;
      case TRACES -> OttlContext.SPAN;
      case METRICS -> OttlContext.DATA_POINT;
      case PROFILES -> OttlContext.PROFILE_SAMPLE;
    };
  }

  private static int items(OttlContext unit, Cursor at) {
    return switch (unit) {
      case RESOURCE -> at.resource().itemCount();
      case SCOPE -> at.scope().itemCount();
      case METRIC -> at.metric().itemCount();
      case PROFILE -> at.profile().samples().size();
      default -> 1;
    };
  }

  private boolean keeps(Signal signal, Cursor at, Tally tally) {
    if (bucket != null) {
      return bucket.tryTake(1);
    }
    if (sampler == null) {
      return false;
    }
    if (signal == Signal.TRACES) {
      Span s = at.span();
      if (control.keepErrors() && s.statusCode() == STATUS_ERROR || isSlow(s)) {
        return true;
      }
      if (rare != null && rare.isRare(at.resource(), s)) {
        return true;
      }
      if (control.observe()) {
        return ThreadLocalRandom.current().nextDouble() < control.share();
      }
      tally.changed = true;
      return sampler.keep(s);
    }
    LogRecord l = at.log();
    if (control.keepErrors() && isError(l)) {
      return true;
    }
    if (rare != null && rare.isRare(at.resource(), l)) {
      return true;
    }
    if (control.observe()) {
      return ThreadLocalRandom.current().nextDouble() < control.share();
    }
    tally.changed = true;
    return sampler.keep(l);
  }

  private boolean isSlow(Span s) {
    long nanos = s.endTimeUnixNano() - s.startTimeUnixNano();
    return control.keepSlowMillis() > 0 && nanos / 1_000_000 >= control.keepSlowMillis();
  }

  private static boolean isError(LogRecord l) {
    return l.severityNumber() == 0
        ? ERROR_TEXTS.contains(l.severityText().toLowerCase(Locale.ROOT))
        : l.severityNumber() >= ERROR;
  }

  /** Test of the scope; attributes are compared once for each resource. */
  private final class Scope {
    private final Signal signal;
    private final boolean ofResource;
    private @Nullable ResourceGroup<?> last;
    private boolean lastMatches;

    Scope(Signal signal, OttlContext unit) {
      this.signal = signal;
      this.ofResource =
          unit != OttlContext.RESOURCE && condition.context(signal) == OttlContext.RESOURCE;
    }

    boolean contains(Cursor at) {
      ResourceGroup<?> r = at.resource();
      if (r != last) {
        last = r;
        lastMatches = hasAttributes(r) && (!ofResource || condition.holds(signal, at));
      }
      return lastMatches && (ofResource || condition.holds(signal, at));
    }

    private boolean hasAttributes(ResourceGroup<?> r) {
      for (Map.Entry<String, String> e : control.attributes().entrySet()) {
        Object v = r.resource().attributes().get(e.getKey());
        boolean equal =
            v instanceof String s
                ? s.equals(e.getValue())
                : v != null && ValueText.of(v).equals(e.getValue());
        if (!equal) {
          return false;
        }
      }
      return true;
    }
  }
}
