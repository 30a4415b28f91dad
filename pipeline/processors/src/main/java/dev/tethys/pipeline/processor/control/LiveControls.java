package dev.tethys.pipeline.processor.control;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.codec.CodecException;
import dev.tethys.config.ConfigException;
import dev.tethys.model.Labels;
import dev.tethys.model.MetricType;
import dev.tethys.model.exposition.Collector;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.exposition.MetricFamily.Metric;
import dev.tethys.model.log.JulLogger;
import dev.tethys.model.telemetry.Telemetry;
import dev.tethys.pipeline.AckCallback;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.PipelineId;
import dev.tethys.pipeline.graph.EntryFilter;
import dev.tethys.pipeline.ledger.AccountingRegistry;
import dev.tethys.pipeline.ledger.ItemAccounting;
import dev.tethys.pipeline.ottl.Cursor;
import dev.tethys.pipeline.processor.Clients;
import dev.tethys.pipeline.processor.TreeProcessor;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import java.util.function.ToLongBiFunction;
import org.jspecify.annotations.Nullable;

/**
 * Live controls for the graphs of a process, replaceable at run time. Each pipeline with a control
 * has an account of the kind {@code control}, in which a dropped item has the reason {@code
 * muted:ID}, {@code filtered:ID}, {@code sampled:ID}, {@code limited:ID} or {@code over_quota:ID}.
 * Items that a control moves to another pipeline count as passed.
 *
 * <p>Invariants: {@code active} is null while no control applies. A control ends at its time by the
 * given clock, even if the control plane is unreachable. Counts of at most {@link #MAX_ENDED} ended
 * controls are kept separately; those of earlier ones are in {@link Control#ENDED}.
 */
public final class LiveControls implements EntryFilter, Collector {
  /** Account kind. */
  public static final String KIND = "control";

  static final int MAX_ENDED = 32;

  private static final System.Logger LOG = JulLogger.of(LiveControls.class.getName());

  /**
   * Counts of a control.
   *
   * @param active whether it still applies
   * @param startMillis start of the counted control
   * @param matched items in its scope
   * @param dropped matched items that were dropped; for an observing control, those that would have
   *     been
   * @param changed items that were masked or moved, or would have been
   * @param removedBytes bytes of the dropped or moved items, in proportion to the items of their
   *     batches
   * @param targetMissing whether its target was not running at the last batch, so that nothing is
   *     moved
   * @param quotas largest quota uses of the current period
   */
  public record Applied(
      boolean active,
      long startMillis,
      long matched,
      long dropped,
      long changed,
      long removedBytes,
      boolean targetMissing,
      List<QuotaUse> quotas) {
    public Applied {
      quotas = List.copyOf(quotas);
    }
  }

  /**
   * Quota usage.
   *
   * @param value value of the quota's attribute
   * @param used amount in its unit
   * @param limit share of this process in the limit
   * @param step step that is reached
   * @param period period to which the use applies, see {@link QuotaRule#periodAt}
   */
  public record QuotaUse(String value, double used, double limit, String step, long period) {}

  /** Values of a quota that are reported. */
  private static final int MAX_USES = 200;

  private final AccountingRegistry ledger;
  private final Scheduler clock;
  private volatile ActiveControl @Nullable [] active;

  @GuardedBy("this")
  private final Map<String, ControlCounts> counts = new LinkedHashMap<>();

  @GuardedBy("this")
  private Scheduler.@Nullable Timer timer;

  public LiveControls(AccountingRegistry ledger, Scheduler clock) {
    this.ledger = ledger;
    this.clock = clock;
  }

  /**
   * Replaces the controls.
   *
   * @param document "" for none
   * @throws ConfigException if it is invalid; the previous controls stay
   */
  public void set(String document) {
    set(document.isEmpty() ? List.of() : ControlDocument.read("controls", document));
  }

  private synchronized void set(List<Control> controls) {
    Map<Control, ActiveControl> before = new LinkedHashMap<>();
    ActiveControl[] old = active;
    if (old != null) {
      for (ActiveControl a : old) {
        before.put(a.control.withoutEnd(), a);
      }
    }
    List<ActiveControl> next = new ArrayList<>();
    for (Control c : controls) {
      if (c.endMillis() <= clock.millis()) {
        continue;
      }
      ActiveControl kept = before.get(c.withoutEnd());
      if (kept != null && kept.control.endMillis() != c.endMillis()) {
        kept = new ActiveControl(c, kept); // uses of a quota continue
      } else if (kept == null) {
        kept = new ActiveControl(c, countsOf(c), clock);
        LOG.log(
            Level.INFO,
            "Control started id={0} action={1} owner=\"{2}\" reason=\"{3}\" end={4}",
            c.id(),
            c.action().word(),
            c.owner(),
            c.reason(),
            Instant.ofEpochMilli(c.endMillis()));
      }
      next.add(kept);
    }
    take(next);
  }

  /**
   * Counts continue if a control is changed, and restart for another control with the same id, even
   * if its end was not seen here.
   */
  @GuardedBy("this")
  private ControlCounts countsOf(Control c) {
    ControlCounts n = counts.remove(c.id());
    if (n != null && (n.action != c.action() || n.startMillis != c.startMillis())) {
      fold(c.id(), n);
      n = null;
    }
    ControlCounts now = n == null ? new ControlCounts(c.action(), c.startMillis()) : n;
    counts.put(c.id(), now);
    return now;
  }

  @GuardedBy("this")
  private void take(List<ActiveControl> next) {
    ActiveControl[] old = active;
    next.sort(
        Comparator.comparing((ActiveControl a) -> a.control.action())
            .thenComparing(
                a -> !a.control.pipeline().isEmpty()) // controls at the entry of the graph first
            .thenComparing(a -> a.control.id()));
    active = next.isEmpty() ? null : next.toArray(ActiveControl[]::new);
    if (old != null) {
      for (ActiveControl a : old) {
        if (next.stream().noneMatch(n -> n.control.id().equals(a.control.id()))) {
          LOG.log(
              Level.INFO,
              "Control ended id={0} action={1} dropped={2}",
              a.control.id(),
              a.control.action().word(),
              Long.toString(a.counts.dropped()));
        }
      }
    }
    forgetOld(next);
    if (timer != null) {
      timer.cancel();
      timer = null;
    }
    OptionalLong end = next.stream().mapToLong(a -> a.control.endMillis()).min();
    if (end.isPresent()) {
      timer =
          clock.schedule(
              Duration.ofMillis(Math.max(1, end.getAsLong() - clock.millis())),
              () -> clock.execute("control-end", this::end));
    }
  }

  private synchronized void end() {
    ActiveControl[] now = active;
    if (now != null) {
      List<ActiveControl> left = new ArrayList<>();
      for (ActiveControl a : now) {
        if (a.control.endMillis() > clock.millis()) {
          left.add(a);
        }
      }
      take(left);
    }
  }

  @GuardedBy("this")
  private void forgetOld(List<ActiveControl> now) {
    List<String> ended = new ArrayList<>(counts.keySet());
    now.forEach(a -> ended.remove(a.control.id()));
    ended.removeIf(id -> id.startsWith(Control.ENDED + ":"));
    for (String id : ended.subList(0, Math.max(0, ended.size() - MAX_ENDED))) {
      ControlCounts n = counts.remove(id);
      if (n != null) {
        fold(id, n);
      }
    }
  }

  /** Counts a dropped control under a common name, so that names stay few. */
  @GuardedBy("this")
  private void fold(String id, ControlCounts n) {
    counts
        .computeIfAbsent(Control.ENDED + ":" + n.action.word(), k -> new ControlCounts(n.action, 0))
        .addAll(n);
    for (ItemAccounting a : ledger.accounts()) {
      if (a.kind().equals(KIND)) {
        a.foldDropped(n.action.reason(id), n.action.reason(Control.ENDED));
      }
    }
  }

  @Override
  public boolean isActive() {
    return active != null;
  }

  /** Counts by id: of active controls, and of those that ended last. */
  public synchronized Map<String, Applied> applied() {
    Map<String, Applied> out = new LinkedHashMap<>();
    counts.forEach(
        (id, n) -> {
          if (!id.startsWith(Control.ENDED + ":")) {
            ActiveControl a = running(id);
            out.put(
                id,
                new Applied(
                    a != null && a.control.endMillis() > clock.millis(),
                    n.startMillis,
                    n.matched(),
                    n.dropped(),
                    n.changed(),
                    n.removedBytes(),
                    a != null && a.isTargetMissing(),
                    uses(a)));
          }
        });
    return out;
  }

  private static List<QuotaUse> uses(@Nullable ActiveControl a) {
    QuotaControl quota = a == null ? null : a.quota();
    if (quota == null) {
      return List.of();
    }
    long period = quota.period();
    List<QuotaUse> out = new ArrayList<>();
    for (QuotaMeter.Use u : quota.uses(MAX_USES)) {
      out.add(new QuotaUse(u.value(), u.used(), u.share(), u.step().word(), period));
    }
    return out;
  }

  /**
   * Applies the quota shares of this process; shares of unknown controls are ignored.
   *
   * @throws IllegalArgumentException if the text is invalid
   */
  public void share(String json) {
    for (QuotaShare s : QuotaShare.read(json)) {
      ActiveControl a = running(s.control());
      QuotaControl quota = a == null ? null : a.quota();
      if (a != null && quota != null && a.control.startMillis() == s.startMillis()) {
        quota.share(s);
      }
    }
  }

  /** Whether the use of a quota is to be reported now, since it requires a larger share. */
  public boolean takeQuotaDue() {
    boolean any = false;
    ActiveControl[] now = active;
    if (now != null) {
      for (ActiveControl a : now) {
        QuotaControl quota = a.quota();
        any |= quota != null && quota.takeDue();
      }
    }
    return any;
  }

  /** Returns the current control with this ID, or null if none. */
  private @Nullable ActiveControl running(String id) {
    ActiveControl[] now = active;
    if (now != null) {
      for (ActiveControl a : now) {
        if (a.control.id().equals(id)) {
          return a;
        }
      }
    }
    return null;
  }

  @Override
  public void filter(
      PipelineId pipeline,
      boolean fresh,
      Batch batch,
      AckCallback ack,
      Consumer next,
      Entries entries) {
    List<ActiveControl> concerned = List.of();
    ActiveControl[] now = active;
    if (now != null) {
      long millis = clock.millis();
      for (ActiveControl a : now) {
        if (a.control.endMillis() > millis && a.isFor(pipeline, fresh)) {
          concerned = concerned.isEmpty() ? new ArrayList<>(2) : concerned;
          concerned.add(a);
        }
      }
    }
    if (concerned.isEmpty()) {
      next.consume(batch, ack);
    } else {
      apply(concerned, pipeline, batch, ack, next, entries);
    }
  }

  private void apply(
      List<ActiveControl> controls,
      PipelineId pipeline,
      Batch batch,
      AckCallback ack,
      Consumer next,
      Entries entries) {
    Signal signal = pipeline.signal();
    ItemAccounting account = ledger.account(KIND, pipeline.toString(), signal);
    int items = batch.items();
    account.take(items);
    Telemetry<?> data;
    try {
      data = batch.takeTree();
    } catch (CodecException e) { // the next component decides about malformed data
      account.pass(items);
      next.consume(batch, ack);
      return;
    }
    int before = data.itemCount();
    Cursor at = new Cursor().from(Clients.of(batch.metadata()));
    boolean changed = false;
    Map<String, Long> dropped = new LinkedHashMap<>();
    List<Moved> moved = new ArrayList<>();
    double bytesPerItem = (double) batch.size() / Math.max(1, items);
    int gone = 0;
    for (ActiveControl a : controls) {
      Consumer target = target(a.control, pipeline, entries);
      ActiveControl.Tally t = a.apply(signal, data, at, bytesPerItem, target != null);
      changed |= t.changed;
      if (!a.control.observe() && t.dropped > 0) {
        dropped.merge(a.control.action().reason(a.control.id()), t.dropped, Long::sum);
      }
      if (t.forTarget != null && target != null) {
        moved.add(new Moved(batch.with(signal, t.forTarget), target));
        gone += (int) t.moved;
      }
    }
    if (!changed) {
      batch.keepTree(data);
      account.pass(items);
      next.consume(batch, ack);
      return;
    }
    TreeProcessor.differ(account, items, before, TreeProcessor.RECODED);
    dropped.forEach(account::drop);
    data.removeEmpty();
    int after = data.itemCount();
    long expected = before - gone - dropped.values().stream().mapToLong(Long::longValue).sum();
    TreeProcessor.differ(
        account, (int) expected, after, TreeProcessor.RECODED); // otherwise unchanged
    account.pass(after + gone);
    if (after > 0) {
      moved.addFirst(new Moved(batch.with(signal, data), next));
    }
    if (moved.isEmpty()) {
      ack.complete(Outcome.ACCEPTED);
      return;
    }
    AckCallback each = AckCallback.join(ack, moved.size());
    moved.forEach(m -> m.to.consume(m.batch, each));
  }

  /** Part of a batch and its destination. */
  private record Moved(Batch batch, Consumer to) {}

  /**
   * Returns the entry of a control's target pipeline; null if it does not run or is the pipeline
   * itself.
   */
  private static @Nullable Consumer target(Control c, PipelineId here, Entries entries) {
    return c.target().isEmpty() || c.target().equals(here.toString())
        ? null
        : entries.of(PipelineId.parse(c.target()));
  }

  @Override
  public synchronized void collect(java.util.function.Consumer<MetricFamily> to) {
    if (counts.isEmpty()) {
      return;
    }
    family(
        "tethys_control_items_total",
        "Items that a live control dropped, or would drop where it only observes.",
        ControlCounts::dropped,
        to);
    family(
        "tethys_control_matched_items_total",
        "Items in the scope of a live control.",
        ControlCounts::matched,
        to);
    family(
        "tethys_control_changed_items_total",
        "Items that a live control masked or moved, or would where it only observes.",
        ControlCounts::changed,
        to);
  }

  @GuardedBy("this")
  private void family(
      String name,
      String help,
      ToLongBiFunction<ControlCounts, Signal> value,
      java.util.function.Consumer<MetricFamily> to) {
    List<Metric> metrics = new ArrayList<>();
    counts.forEach(
        (id, n) -> {
          for (Signal s : Signal.values()) {
            if (n.matched(s) > 0) {
              metrics.add(
                  new Metric(
                      Labels.of(
                          "action",
                          n.action.word(),
                          "control",
                          id.startsWith(Control.ENDED + ":") ? Control.ENDED : id,
                          "signal",
                          s.name().toLowerCase(Locale.ROOT)),
                      value.applyAsLong(n, s)));
            }
          }
        });
    if (!metrics.isEmpty()) {
      to.accept(new MetricFamily(name, MetricType.COUNTER, help, "", metrics));
    }
  }
}
