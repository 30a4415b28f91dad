package dev.tethys.alert.rule;

import dev.tethys.model.GoDurationText;
import dev.tethys.model.Labels;
import dev.tethys.model.guard.SupervisedLoop;
import dev.tethys.model.log.JulLogger;
import dev.tethys.model.storage.StorageException;
import dev.tethys.model.tracing.ActiveSpan;
import dev.tethys.model.tracing.SpanRecorder;
import dev.tethys.query.promql.QueryException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Rule group, evaluated at its interval with an offset derived from its file and name alone, so
 * that groups are spread over time and a restart changes nothing.
 *
 * <p>Invariants: one thread at a time is in {@code evaluate}; an evaluation's time is a multiple of
 * the interval plus the offset; the state of a previous group of the same name is adopted before
 * the first evaluation.
 */
public final class RuleGroup {
  private static final System.Logger LOG = JulLogger.of(RuleGroup.class.getName());

  private final GroupSpec spec;
  private final Duration interval;
  private final RuleContext context;
  private final RuleQuery query;
  private final List<AlertRule> rules = new ArrayList<>();
  private final List<RuleQuery.Prepared> queries = new ArrayList<>();
  private final List<RuleOutput> outputs = new ArrayList<>();
  private final List<List<Integer>> batches;
  private final CountDownLatch stop = new CountDownLatch(1);
  private List<Labels> stale = new ArrayList<>();
  private boolean mustRestore;
  private @Nullable Thread thread;
  private volatile Duration evaluationTime = Duration.ZERO;
  private volatile @Nullable Instant lastEvaluation;

  RuleGroup(GroupSpec spec, Duration interval, RuleContext context, boolean mustRestore) {
    this.spec = spec;
    this.interval = interval;
    this.context = context;
    this.query = context.query(spec, interval);
    this.mustRestore = mustRestore;
    for (RuleSpec r : spec.rules()) {
      rules.add(
          switch (r) {
            case RuleSpec.Recording recording -> new RecordingRule(recording);
            case RuleSpec.Alerting alerting -> new AlertingRule(alerting, !mustRestore);
          });
      outputs.add(new RuleOutput(context.store()));
      queries.add(query.prepare(r.query(), r.expr()));
    }
    this.batches =
        context.options().concurrent()
            ? Dependencies.batches(spec.rules())
            : Dependencies.inOrder(rules.size());
    context.metrics().added(spec, interval.toNanos() / 1e9);
  }

  /** Returns the group as defined in its file. */
  public GroupSpec spec() {
    return spec;
  }

  /** Returns the evaluation interval. */
  public Duration interval() {
    return interval;
  }

  /** Returns the rules in their order. */
  public List<AlertRule> rules() {
    return List.copyOf(rules);
  }

  /** Returns the duration of the last evaluation. */
  public Duration evaluationTime() {
    return evaluationTime;
  }

  /** Returns the wall-clock time of the last evaluation; null before the first one. */
  public @Nullable Instant lastEvaluation() {
    return lastEvaluation;
  }

  /** Whether a reloaded group equals this one. */
  boolean isSame(GroupSpec other, Duration otherInterval) {
    return spec.equals(other) && interval.equals(otherInterval);
  }

  /** Takes over the state of the group before its file changed. That group has been stopped. */
  void takeOver(RuleGroup former) {
    evaluationTime = former.evaluationTime;
    lastEvaluation = former.lastEvaluation;
    if (former.mustRestore) {
      mustRestore = true;
      rules.forEach(
          r -> {
            if (r instanceof AlertingRule a) {
              a.setRestored(false);
            }
          });
    }
    Map<String, List<Integer>> byIdentity = new HashMap<>();
    for (int i = 0; i < former.rules.size(); i++) {
      byIdentity.computeIfAbsent(former.rules.get(i).identity(), k -> new ArrayList<>()).add(i);
    }
    for (int i = 0; i < rules.size(); i++) {
      List<Integer> places = byIdentity.get(rules.get(i).identity());
      if (places == null || places.isEmpty()) {
        continue;
      }
      int from = places.removeFirst();
      outputs.set(i, new RuleOutput(former.outputs.get(from)));
      if (rules.get(i) instanceof AlertingRule mine
          && former.rules.get(from) instanceof AlertingRule theirs) {
        mine.copyFrom(theirs);
      }
    }
    stale = new ArrayList<>(former.stale);
    byIdentity
        .values()
        .forEach(left -> left.forEach(i -> stale.addAll(former.outputs.get(i).series())));
  }

  void start() {
    thread =
        Thread.ofVirtual()
            .name("rules " + spec.key())
            .start(SupervisedLoop.of("rule_group", this::run));
  }

  /** Requests a stop without waiting for it. */
  void stop() {
    stop.countDown();
  }

  /** Waits for the end of the evaluation in progress; interrupts it on timeout. */
  void awaitEnd(Duration timeLimit) throws InterruptedException {
    Thread t = thread;
    if (t != null && !t.join(timeLimit)) {
      t.interrupt();
      t.join(timeLimit);
    }
  }

  /**
   * Marks every series as stale that the group wrote, once its successors had time to write them.
   */
  void retire() {
    for (RuleOutput o : outputs) {
      stale.addAll(o.series());
    }
    if (stale.isEmpty()) {
      return;
    }
    Instant now = context.clock().instant();
    Thread.ofVirtual()
        .name("rules " + spec.key() + " gone")
        .start(
            () -> {
              try {
                if (!context.clock().await(now.plus(interval.multipliedBy(2)), context.closed())) {
                  markStale(now);
                }
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            });
  }

  private void run() {
    try {
      Instant time = slot(context.clock().instant()).plus(interval);
      if (context.clock().await(time, stop)) {
        return;
      }
      iteration(time);
      boolean first = true;
      while (true) {
        Instant next = time.plus(interval);
        Instant latest = context.clock().instant().plus(interval);
        // After the clock was set back, the group must not wait for a time that is now in the
        // future.
        if (context.clock().await(next.isAfter(latest) ? latest : next, stop)) {
          return;
        }
        time = following(time, context.clock().instant());
        iteration(time);
        if (first && mustRestore) {
          // What alerts depend on was scraped and recorded by now.
          restore();
        }
        first = false;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Returns the time of the next evaluation, skipping those that are already missed. */
  private Instant following(Instant time, Instant now) {
    if (now.isBefore(time)) {
      return slot(now);
    }
    long missed = Duration.between(time, now).toNanos() / interval.toNanos() - 1;
    if (missed > 0) {
      context.metrics().missed(spec.key(), missed);
      LOG.log(
          Level.WARNING,
          "group {0} of {1}: {2} evaluations were missed, the last one took {3} ms of {4} ms",
          spec.name(),
          spec.file(),
          missed,
          evaluationTime.toMillis(),
          interval.toMillis());
    }
    return time.plus(interval.multipliedBy(Math.max(missed, 0) + 1));
  }

  /** Returns the time at or before an instant at which the group is evaluated. */
  Instant slot(Instant at) {
    return spec.slot(at, interval);
  }

  private void iteration(Instant time) throws InterruptedException {
    try {
      Future<?> f = context.groupThreads().submit(() -> evaluate(time));
      try {
        f.get();
      } catch (InterruptedException e) {
        f.cancel(true);
        throw e;
      }
    } catch (ExecutionException e) {
      LOG.log(Level.ERROR, "group " + spec.name() + " of " + spec.file(), e.getCause());
    } catch (RejectedExecutionException e) {
      stop.countDown();
    }
  }

  /** Evaluates all rules at a time. */
  void evaluate(Instant time) {
    SpanRecorder tracing = context.options().tracing();
    try (ActiveSpan span = tracing.begin("rule group", ActiveSpan.Kind.INTERNAL, time)) {
      if (span.isRecorded()) {
        span.set("name", spec.name())
            .set("file", spec.file())
            .set("interval", GoDurationText.of(interval.toNanos()))
            .set("scheduled", time.toString());
        span.child("scheduleDelay", ActiveSpan.Kind.INTERNAL, time).close();
      }
      span.perform(() -> evaluateAll(time));
    }
  }

  private void evaluateAll(Instant time) {
    String key = spec.key();
    context.metrics().iteration(key);
    Instant at = context.clock().instant();
    long start = System.nanoTime();
    AtomicLong samples = new AtomicLong();
    for (List<Integer> batch : batches) {
      List<Future<?>> others = new ArrayList<>();
      for (int i : batch) {
        if (stop.getCount() == 0) {
          break;
        }
        Runnable work = () -> evaluate(i, time, samples);
        if (batch.size() == 1 || !context.submit(work, others)) {
          work.run();
        }
      }
      for (Future<?> f : others) {
        join(f);
      }
    }
    if (stop.getCount() != 0) {
      markStale(time);
    }
    Duration took = Duration.ofNanos(System.nanoTime() - start);
    double ruleSeconds = 0;
    for (AlertRule r : rules) {
      ruleSeconds += r.evaluationTime().toNanos() / 1e9;
    }
    context
        .metrics()
        .evaluated(
            key, at.toEpochMilli() / 1000.0, took.toNanos() / 1e9, ruleSeconds, samples.get());
    evaluationTime = took;
    lastEvaluation = at;
  }

  private static void join(Future<?> f) {
    boolean interrupted = false;
    while (true) {
      try {
        f.get();
        break;
      } catch (InterruptedException e) {
        interrupted = true;
        f.cancel(true);
      } catch (ExecutionException e) {
        LOG.log(Level.ERROR, "evaluating a rule", e.getCause());
        break;
      } catch (java.util.concurrent.CancellationException e) {
        break;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private Duration offset() {
    Duration own = spec.queryOffset();
    return own == null ? context.settings().queryOffset() : own;
  }

  private void evaluate(int i, Instant time, AtomicLong samples) {
    AlertRule rule = rules.get(i);
    try (ActiveSpan span = ActiveSpan.current().child("rule")) {
      if (span.isRecorded()) {
        span.set("group", spec.name())
            .set("name", rule.spec().name())
            .set("query_offset", GoDurationText.of(offset().toNanos()))
            .set("index", i);
      }
      span.perform(() -> evaluate(rule, i, time, samples));
      String error = rule.lastError();
      if (error != null && !error.isEmpty()) {
        span.failed(error);
      }
    }
  }

  private void evaluate(AlertRule rule, int i, Instant time, AtomicLong samples) {
    Instant at = context.clock().instant();
    long start = System.nanoTime();
    AlertRule.Context c =
        new AlertRule.Context(
            query,
            queries.get(i),
            time,
            offset(),
            spec.limit(),
            context.options().externalUrl(),
            context.settings().externalLabels());
    try {
      List<AlertRule.Output> result = rule.evaluate(c);
      samples.addAndGet(result.size());
      if (rule instanceof AlertingRule a) {
        List<Alert> send = a.toSend(time, context.options().resendDelay(), interval);
        if (!send.isEmpty()) {
          context.listener().alerts(spec.type(), a.spec().query(), send);
        }
        List<AlertListener.Change> changes = a.takeChanges();
        if (!changes.isEmpty()) {
          context.listener().changed(time, changes);
        }
      }
      store(rule, outputs.get(i), result, c.queryTime());
    } catch (QueryException e) {
      failed(rule, i, e, e.kind() != QueryException.Kind.CANCELED);
    } catch (RuntimeException e) {
      failed(rule, i, e, true);
    } finally {
      Duration took = Duration.ofNanos(System.nanoTime() - start);
      context.metrics().evaluation(spec.key(), took.toNanos() / 1e9);
      rule.evaluated(at, took);
    }
  }

  private void failed(AlertRule rule, int i, RuntimeException e, boolean worthALine) {
    rule.failed(e.getMessage() == null ? e.toString() : e.getMessage());
    context.metrics().failed(spec.key());
    if (worthALine) {
      LOG.log(
          Level.WARNING,
          "rule {0} ({1}) of group {2} of {3} failed: {4}",
          i + 1,
          rule.spec().name(),
          spec.name(),
          spec.file(),
          rule.lastError());
    }
  }

  private void store(AlertRule rule, RuleOutput output, List<AlertRule.Output> result, long time) {
    RuleOutput.WriteResult w;
    try (ActiveSpan span = ActiveSpan.current().child("ruleAppendResults")) {
      w = span.during(() -> output.write(result, time));
    } catch (StorageException e) {
      rule.failed(String.valueOf(e.getMessage()));
      context.metrics().failed(spec.key());
      LOG.log(
          Level.WARNING,
          "the result of rule {0} was not stored: {1}",
          rule.spec().name(),
          e.getMessage());
      return;
    }
    if (w.error() == null) {
      rule.succeeded();
      return;
    }
    rule.failed(w.error());
    LOG.log(
        Level.WARNING,
        "rule {0} of group {1} of {2}: samples were rejected: {3} {4}",
        rule.spec().name(),
        spec.name(),
        spec.file(),
        w.error(),
        w.refused());
  }

  private void markStale(Instant time) {
    if (stale.isEmpty()) {
      return;
    }
    try {
      RuleOutput.markStale(context.store(), stale, time.minus(offset()).toEpochMilli());
      stale = new ArrayList<>();
    } catch (StorageException e) {
      LOG.log(
          Level.WARNING, "series of former rules could not be marked stale: {0}", e.getMessage());
    }
  }

  private void restore() {
    long start = System.nanoTime();
    try {
      new Restoration(context, context.clock().instant()).restore(rules);
    } finally {
      for (AlertRule r : rules) {
        if (r instanceof AlertingRule a) {
          a.setRestored(true); // this is not retried, and without it nothing is ever written
        }
      }
      mustRestore = false;
      context.metrics().restored(spec.key(), (System.nanoTime() - start) / 1e9);
    }
  }
}
