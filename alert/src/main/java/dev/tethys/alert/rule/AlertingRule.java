package dev.tethys.alert.rule;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.alert.template.GoHistogram;
import dev.tethys.alert.template.PrometheusFunctions;
import dev.tethys.alert.template.QuerySample;
import dev.tethys.codec.template.GoMap;
import dev.tethys.codec.template.GoStruct;
import dev.tethys.codec.template.TemplateException;
import dev.tethys.codec.template.TemplateFunction;
import dev.tethys.codec.template.TemplateOutput;
import dev.tethys.model.Labels;
import dev.tethys.model.LabelsBuilder;
import dev.tethys.model.log.JulLogger;
import dev.tethys.query.promql.Value;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Alerting rule. Each element of its query is an alert: pending for the rule's {@code for}
 * duration, then firing, then kept as resolved for a while so that receivers are notified.
 *
 * <p>Invariants: {@code active} is guarded by this object; a resolved alert is kept for {@link
 * #RESOLVED_RETENTION} at most; nothing is stored before the state of the last process was restored
 * or the restoration was abandoned.
 */
public final class AlertingRule extends AlertRule {
  static final String ALERTS = "ALERTS";
  static final String FOR_STATE = "ALERTS_FOR_STATE";
  static final String NAME_LABEL = "alertname";
  static final String STATE_LABEL = "alertstate";

  /** Time for which a resolved alert is kept and resent. */
  static final Duration RESOLVED_RETENTION = Duration.ofMinutes(15);

  private static final System.Logger LOG = JulLogger.of(AlertingRule.class.getName());

  /** Expanded templates of one element, reused while the element is unchanged. */
  private record Expanded(Labels labels, SortedMap<String, String> annotations, long valueBits) {}

  private static final class Active {
    Alert alert;
    private @Nullable Labels pending;
    private @Nullable Labels firing;
    private @Nullable Labels forState;

    Active(Alert alert) {
      this.alert = alert;
    }

    Labels series() {
      if (alert.state() == AlertState.FIRING) {
        Labels l = firing;
        if (l == null) {
          l = named(ALERTS).set(STATE_LABEL, AlertState.FIRING.text()).build();
          firing = l;
        }
        return l;
      }
      Labels l = pending;
      if (l == null) {
        l = named(ALERTS).set(STATE_LABEL, AlertState.PENDING.text()).build();
        pending = l;
      }
      return l;
    }

    Labels forState() {
      Labels l = forState;
      if (l == null) {
        l = named(FOR_STATE).build();
        forState = l;
      }
      return l;
    }

    private LabelsBuilder named(String metric) {
      return alert.labels().toBuilder().set(Labels.METRIC_NAME, metric);
    }
  }

  private final RuleSpec.Alerting spec;
  private final Map<String, AlertTemplate> labels = new LinkedHashMap<>();
  private final Map<String, AlertTemplate> annotations = new LinkedHashMap<>();
  private final boolean stable;
  private Map<Labels, Expanded> expanded = new HashMap<>(); // of the evaluating thread

  @GuardedBy("this")
  private final Map<Labels, Active> active = new LinkedHashMap<>();

  private final Map<Labels, AlertListener.State> changes = new LinkedHashMap<>();
  private volatile boolean restored;

  AlertingRule(RuleSpec.Alerting spec, boolean restored) {
    this.spec = spec;
    this.restored = restored;
    spec.labels().forEach((k, v) -> labels.put(k, AlertTemplate.orBroken(spec.name(), v)));
    spec.annotations()
        .forEach((k, v) -> annotations.put(k, AlertTemplate.orBroken(spec.name(), v)));
    this.stable =
        labels.values().stream().allMatch(AlertTemplate::isStable)
            && annotations.values().stream().allMatch(AlertTemplate::isStable);
  }

  @Override
  public RuleSpec.Alerting spec() {
    return spec;
  }

  /** Returns the most severe state of its alerts. */
  public synchronized AlertState state() {
    if (lastEvaluation() == null) {
      return AlertState.UNKNOWN;
    }
    AlertState worst = AlertState.INACTIVE;
    for (Active a : active.values()) {
      if (a.alert.state().compareTo(worst) > 0) {
        worst = a.alert.state();
      }
    }
    return worst;
  }

  /** Returns the pending and firing alerts. */
  public synchronized List<Alert> activeAlerts() {
    return active.values().stream()
        .map(a -> a.alert)
        .filter(a -> a.state() != AlertState.INACTIVE)
        .toList();
  }

  boolean isRestored() {
    return restored;
  }

  void setRestored(boolean v) {
    restored = v;
  }

  @Override
  List<Output> evaluate(Context c) {
    List<Value.Sample> result = c.own().at(c.queryTime());
    Map<Labels, Alert> now = LinkedHashMap.newLinkedHashMap(result.size());
    Map<Labels, Expanded> next = HashMap.newHashMap(result.size());
    Expander expander = null;
    for (Value.Sample s : result) {
      long bits = Double.doubleToRawLongBits(s.value());
      Expanded e = stable && s.histogram() == null ? expanded.get(s.labels()) : null;
      if (e == null || e.valueBits() != bits) {
        expander = expander == null ? new Expander(c) : expander;
        e = expander.expand(s);
      }
      next.put(s.labels(), e);
      Alert alert = Alert.pending(e.labels(), e.annotations(), s.value(), c.time());
      if (now.put(e.labels(), alert) != null) {
        throw new Failure(
            "vector contains metrics with the same labelset after applying alert labels");
      }
    }
    expanded = next;
    return advance(now, c);
  }

  private synchronized List<Output> advance(Map<Labels, Alert> now, Context c) {
    now.forEach(
        (labelsOfAlert, a) -> {
          Active known = active.get(labelsOfAlert);
          if (known != null && known.alert.state() != AlertState.INACTIVE) {
            known.alert = known.alert.with(a.annotations(), a.value());
          } else {
            active.put(labelsOfAlert, new Active(a));
            changed(a, AlertListener.State.PENDING);
          }
        });
    List<Output> out = new ArrayList<>();
    int alive = 0;
    Iterator<Map.Entry<Labels, Active>> i = active.entrySet().iterator();
    while (i.hasNext()) {
      Map.Entry<Labels, Active> e = i.next();
      Active a = e.getValue();
      if (now.containsKey(e.getKey())) {
        a.alert = a.alert.keptFiringSince(null);
      } else if (!firesOn(a, c.time())) {
        if (isForgotten(a.alert, c.time())) {
          i.remove();
          if (a.alert.state() == AlertState.PENDING) {
            changed(a.alert, AlertListener.State.INACTIVE);
          }
        } else if (a.alert.state() != AlertState.INACTIVE) {
          a.alert = a.alert.resolved(c.time());
          changed(a.alert, AlertListener.State.RESOLVED);
        }
        continue;
      }
      alive++;
      Duration there = Duration.between(a.alert.activeAt(), c.time());
      boolean longEnough = there.compareTo(spec.hold()) >= 0;
      if (a.alert.state() == AlertState.PENDING && longEnough) {
        a.alert = a.alert.fired(c.time());
        changed(a.alert, AlertListener.State.FIRING);
      } else if (a.alert.state() == AlertState.FIRING && !longEnough) {
        a.alert = a.alert.pendingAgain();
        changed(a.alert, AlertListener.State.PENDING);
      }
      if (restored) {
        out.add(new Output(a.series(), 1, null));
        out.add(new Output(a.forState(), a.alert.activeAt().getEpochSecond(), null));
      }
    }
    if (c.limit() > 0 && alive > c.limit()) {
      active.clear();
      changes.clear();
      throw new Failure("exceeded limit of " + c.limit() + " with " + alive + " alerts");
    }
    return out;
  }

  /** An alert that fires immediately has no pending event. */
  private void changed(Alert a, AlertListener.State state) {
    changes.put(a.labels(), state);
  }

  /** Changes since the last call. */
  synchronized List<AlertListener.Change> takeChanges() {
    if (changes.isEmpty()) {
      return List.of();
    }
    List<AlertListener.Change> taken =
        changes.entrySet().stream()
            .map(e -> new AlertListener.Change(e.getKey(), e.getValue()))
            .toList();
    changes.clear();
    return taken;
  }

  private boolean firesOn(Active a, Instant now) {
    if (a.alert.state() != AlertState.FIRING || spec.keepFiringFor().isZero()) {
      return false;
    }
    Instant since = a.alert.keepFiringSince();
    if (since == null) {
      since = now;
      a.alert = a.alert.keptFiringSince(now);
    }
    return Duration.between(since, now).compareTo(spec.keepFiringFor()) < 0;
  }

  private static boolean isForgotten(Alert a, Instant now) {
    Instant resolved = a.resolvedAt();
    return a.state() == AlertState.PENDING
        || resolved != null && Duration.between(resolved, now).compareTo(RESOLVED_RETENTION) > 0;
  }

  /** Returns the alerts due for sending and marks them as sent. */
  synchronized List<Alert> toSend(Instant now, Duration resendDelay, Duration interval) {
    List<Alert> out = new ArrayList<>();
    Duration longer = interval.compareTo(resendDelay) > 0 ? interval : resendDelay;
    for (Active a : active.values()) {
      if (a.alert.needsSending(now, resendDelay)) {
        // Two evaluations, or two attempts to send, may fail before it is believed to be over.
        a.alert = a.alert.sent(now, now.plus(longer.multipliedBy(4)));
        out.add(a.alert);
      }
    }
    return out;
  }

  /** Takes over the alerts of the rule that it replaces. */
  synchronized void copyFrom(AlertingRule old) {
    synchronized (old) {
      active.putAll(old.active);
    }
  }

  /** Restores the start times of alerts. */
  synchronized void restore(java.util.function.Function<Alert, @Nullable Instant> activeAt) {
    for (Active a : active.values()) {
      Instant at = activeAt.apply(a.alert);
      if (at != null) {
        a.alert = a.alert.activeSince(at);
      }
    }
  }

  /** Template data. */
  private record Data(
      Map<String, String> labels, GoMap externalLabels, String externalUrl, Object value)
      implements GoStruct {
    @Override
    public String typeName() {
      return "struct { Labels map[string]string; ExternalLabels map[string]string; ExternalURL"
          + " string; Value interface {} }";
    }

    @Override
    public Map<String, ?> fields() {
      Map<String, Object> m = new LinkedHashMap<>();
      m.put("Labels", GoMap.ofStrings(labels));
      m.put("ExternalLabels", externalLabels);
      m.put("ExternalURL", externalUrl);
      m.put("Value", value);
      return m;
    }
  }

  /**
   * Maximum number of characters that the templates of one evaluation may produce: a format that
   * pads values costs the same for each alert.
   */
  static final long MAX_TEMPLATE_CHARS = 64 << 20;

  /** Expands the templates for the elements of one evaluation. */
  private final class Expander implements TemplateOutput {
    private long made;
    private final Context context;
    private final Map<String, TemplateFunction> functions;
    private final GoMap externalLabels;

    Expander(Context c) {
      this.context = c;
      this.functions =
          PrometheusFunctions.of(
              (q, t) ->
                  c.query().query(q, t).stream()
                      .map(s -> new QuerySample(s.labels().toMap(), s.value(), s.histogram()))
                      .toList(),
              c.time().toEpochMilli(),
              c.externalUrl());
      this.externalLabels = GoMap.ofStrings(c.externalLabels().toMap());
    }

    Expanded expand(Value.Sample s) {
      LabelsBuilder b = new LabelsBuilder(s.labels()).remove(Labels.METRIC_NAME);
      Data data =
          new Data(
              s.labels().toMap(),
              externalLabels,
              context.externalUrl().toString(),
              s.histogram() == null ? (Object) s.value() : new GoHistogram(s.histogram()));
      labels.forEach((name, t) -> b.set(name, text(t, data)));
      b.set(NAME_LABEL, spec.name());
      TreeMap<String, String> texts = new TreeMap<>();
      annotations.forEach((name, t) -> texts.put(name, text(t, data)));
      return new Expanded(
          b.build(),
          Collections.unmodifiableSortedMap(texts),
          Double.doubleToRawLongBits(s.value()));
    }

    @Override
    public String text(String literal) {
      return literal;
    }

    @Override
    public String value(@Nullable Object value) {
      return PLAIN.value(value);
    }

    @Override
    public void made(int characters) {
      made += characters;
      if (made > MAX_TEMPLATE_CHARS) {
        throw new TemplateFunction.Failure(
            "the templates of this evaluation make more than "
                + MAX_TEMPLATE_CHARS
                + " characters; let them pad and repeat less");
      }
    }

    private String text(AlertTemplate t, Data data) {
      if (t.isConstant()) {
        return t.expand(null, functions, this);
      }
      try {
        String text = t.expand(data, functions, this);
        try {
          made(text.length());
        } catch (TemplateFunction.Failure e) {
          throw new TemplateException(String.valueOf(e.getMessage()));
        }
        return text;
      } catch (TemplateException e) {
        LOG.log(
            Level.WARNING,
            "alert {0}: a template cannot be expanded: {1}",
            spec.name(),
            e.reason());
        return "<error expanding template: " + e.reason() + ">";
      }
    }
  }
}
