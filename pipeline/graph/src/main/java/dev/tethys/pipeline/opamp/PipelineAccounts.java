package dev.tethys.pipeline.opamp;

import dev.tethys.pipeline.component.ComponentKind;
import dev.tethys.pipeline.component.ExporterHealth;
import dev.tethys.pipeline.ledger.AccountingRegistry;
import dev.tethys.pipeline.ledger.Balance;
import dev.tethys.pipeline.ledger.ItemAccounting;
import dev.tethys.pipeline.web.Json;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Totals of the item accounting of a process since its start, as an agent reports them.
 *
 * @param in items accepted or created by receivers
 * @param out items delivered by exporters
 * @param queued items in queues of exporters
 * @param returned items that receivers rejected to their sources
 * @param dropped items by reason, of all components
 * @param exporters exporters by name and signal, such as {@code otlp/vendor@logs}
 * @param signals signals by name, such as {@code logs}
 * @param receivers items accepted by receivers, by name and signal, such as {@code otlp@logs}
 * @param controls live controls by id; null for a process without them
 * @param memory resident bytes of the process; 0 if unknown
 * @param fidelity counts of checks of fidelity, by {@code check@signal} and result
 */
public record PipelineAccounts(
    long in,
    long out,
    long queued,
    long deadLettered,
    long returned,
    Map<String, Long> dropped,
    Map<String, Exporter> exporters,
    Map<String, SignalItems> signals,
    Map<String, Long> receivers,
    @Nullable Map<String, Control> controls,
    long memory,
    Map<String, Map<String, Long>> fidelity) {
  /** Minimum change of memory that triggers a report. */
  private static final long MEMORY_STEP = 16L << 20;

  /**
   * Item counts of a signal.
   *
   * @param in items that receivers took or made
   * @param dropped items by reason, of all components
   */
  public record SignalItems(long in, long deadLettered, Map<String, Long> dropped) {
    SignalItems plus(SignalItems other) {
      Map<String, Long> all = new TreeMap<>(dropped);
      other.dropped.forEach((reason, n) -> all.merge(reason, n, Long::sum));
      return new SignalItems(in + other.in, deadLettered + other.deadLettered, all);
    }
  }

  /**
   * Item counts of an exporter.
   *
   * @param in items accepted from its pipelines or found on disk
   * @param out items delivered
   * @param queued items queued or in flight
   * @param oldestMillis age of the oldest item queued or in flight; 0 if there is none, -1 if
   *     unknown
   */
  public record Exporter(long in, long out, long queued, long oldestMillis) {
    Exporter plus(Exporter other) {
      return new Exporter(
          in + other.in,
          out + other.out,
          queued + other.queued,
          Math.max(oldestMillis, other.oldestMillis));
    }
  }

  /**
   * State of a live control in the process.
   *
   * @param startMillis start of the counted control; ids may be reused
   * @param matched items in its scope
   * @param changed items that it masked or moved
   * @param removedBytes bytes of the items that it dropped or moved
   * @param targetMissing whether its target is not running, so that nothing is moved
   * @param quotas largest uses of its quota
   */
  public record Control(
      boolean active,
      long startMillis,
      long matched,
      long dropped,
      long changed,
      long removedBytes,
      boolean targetMissing,
      List<QuotaUse> quotas) {
    public Control {
      quotas = List.copyOf(quotas);
    }
  }

  /**
   * Quota usage.
   *
   * @param value value of the quota's attribute
   * @param limit share of the process in the limit
   * @param step ok, warn, sample or overflow
   * @param period number of the usage period
   */
  public record QuotaUse(String value, double used, double limit, String step, long period) {}

  /** Totals the accounts of a registry. */
  public static PipelineAccounts of(AccountingRegistry ledger) {
    long out = 0;
    long queued = 0;
    long returned = 0;
    Map<String, Exporter> exporters = new TreeMap<>();
    Map<String, SignalItems> signals = new TreeMap<>();
    Map<String, Long> receivers = new TreeMap<>();
    for (ItemAccounting a : ledger.accounts()) {
      Balance b = a.balance();
      boolean receives = a.kind().equals(ComponentKind.RECEIVER.word());
      long taken = receives ? b.in() + b.created() + b.restored() : 0;
      String signal = a.signal().name().toLowerCase(Locale.ROOT);
      signals.merge(
          signal, new SignalItems(taken, b.deadLettered(), b.dropped()), SignalItems::plus);
      if (receives) {
        returned += b.returned();
        receivers.merge(
            a.component() + AgentContract.SIGNAL + signal,
            Math.max(0, taken - b.returned()),
            Long::sum);
      } else if (a.kind().equals(ComponentKind.EXPORTER.word())) {
        out += b.out();
        queued += b.held();
        exporters.merge(
            a.component() + AgentContract.SIGNAL + signal,
            new Exporter(b.in() + b.created() + b.restored(), b.out(), b.held(), -1),
            Exporter::plus);
      }
    }
    SignalItems all =
        signals.values().stream().reduce(new SignalItems(0, 0, Map.of()), SignalItems::plus);
    return new PipelineAccounts(
        all.in,
        out,
        queued,
        all.deadLettered,
        returned,
        all.dropped,
        exporters,
        signals,
        receivers,
        null,
        0,
        Map.of());
  }

  /** Variant with live controls. */
  public PipelineAccounts with(Map<String, Control> applied) {
    return new PipelineAccounts(
        in,
        out,
        queued,
        deadLettered,
        returned,
        dropped,
        exporters,
        signals,
        receivers,
        applied,
        memory,
        fidelity);
  }

  /**
   * Variant with the state of the process.
   *
   * @param memory resident bytes; 0 if they are unknown
   * @param queues those of all exporters that have one
   */
  public PipelineAccounts with(long memory, List<ExporterHealth> queues) {
    Map<String, Exporter> aged = new TreeMap<>();
    exporters.forEach((name, x) -> aged.put(name, new Exporter(x.in, x.out, x.queued, 0)));
    for (ExporterHealth q : queues) {
      aged.computeIfPresent(
          q.id() + AgentContract.SIGNAL + q.signal().name().toLowerCase(Locale.ROOT),
          (name, x) -> x.plus(new Exporter(0, 0, 0, q.waitsMillis())));
    }
    return new PipelineAccounts(
        in,
        out,
        queued,
        deadLettered,
        returned,
        dropped,
        aged,
        signals,
        receivers,
        controls,
        memory,
        fidelity);
  }

  /** Variant with counts of checks of fidelity. */
  public PipelineAccounts withFidelity(Map<String, Map<String, Long>> checks) {
    return new PipelineAccounts(
        in,
        out,
        queued,
        deadLettered,
        returned,
        dropped,
        exporters,
        signals,
        receivers,
        controls,
        memory,
        checks);
  }

  /** Whether other accounts need no report: memory is never quite the same. */
  public boolean isLike(@Nullable PipelineAccounts other) {
    return other != null
        && Math.abs(memory - other.memory) < MEMORY_STEP
        && new PipelineAccounts(
                in,
                out,
                queued,
                deadLettered,
                returned,
                dropped,
                exporters,
                signals,
                receivers,
                controls,
                other.memory,
                fidelity)
            .equals(other);
  }

  /** Returns the counts of live controls only, or null if there are none. */
  public @Nullable PipelineAccounts ofControls() {
    return controls == null || controls.isEmpty()
        ? null
        : new PipelineAccounts(
            0, 0, 0, 0, 0, Map.of(), Map.of(), Map.of(), Map.of(), controls, 0, Map.of());
  }

  private static void quotas(Json j, List<QuotaUse> of) {
    if (!of.isEmpty()) {
      j.key("quotas").open('[');
      for (QuotaUse u : of) {
        j.open('{').key("value").text(u.value).key("used").raw(Double.toString(u.used));
        j.key("limit").raw(Double.toString(u.limit)).key("step").text(u.step);
        j.key("period").number(u.period).close('}');
      }
      j.close(']');
    }
  }

  private static void dropped(Json j, Map<String, Long> of) {
    j.key("dropped").open('{');
    of.forEach((reason, n) -> j.key(reason).number(n));
    j.close('}');
  }

  /** Returns the accounts as a JSON object. */
  public String json() {
    Json j = new Json().open('{');
    j.key("in").number(in).key("out").number(out).key("queued").number(queued);
    j.key("deadLettered").number(deadLettered).key("returned").number(returned);
    dropped(j, dropped);
    j.key("signals").open('{');
    signals.forEach(
        (name, s) -> {
          j.key(name).open('{').key("in").number(s.in);
          j.key("deadLettered").number(s.deadLettered);
          dropped(j, s.dropped);
          j.close('}');
        });
    j.close('}');
    j.key("exporters").open('{');
    exporters.forEach(
        (name, e) -> {
          j.key(name).open('{').key("in").number(e.in).key("out").number(e.out);
          j.key("queued").number(e.queued);
          if (e.oldestMillis >= 0) {
            j.key("oldestMillis").number(e.oldestMillis);
          }
          j.close('}');
        });
    j.close('}');
    j.key("receivers").open('{');
    receivers.forEach((name, n) -> j.key(name).number(n));
    j.close('}');
    if (memory > 0) {
      j.key("memory").number(memory);
    }
    if (!fidelity.isEmpty()) {
      j.key("fidelity").open('{');
      fidelity.forEach(
          (check, results) -> {
            j.key(check).open('{');
            results.forEach((result, n) -> j.key(result).number(n));
            j.close('}');
          });
      j.close('}');
    }
    if (controls != null) {
      j.key("controls").open('{');
      controls.forEach(
          (id, c) -> {
            j.key(id).open('{').key("active").raw(Boolean.toString(c.active));
            j.key("startMillis").number(c.startMillis);
            j.key("matched").number(c.matched).key("dropped").number(c.dropped);
            j.key("changed").number(c.changed).key("removedBytes").number(c.removedBytes);
            if (c.targetMissing) {
              j.key("targetMissing").raw("true");
            }
            quotas(j, c.quotas);
            j.close('}');
          });
      j.close('}');
    }
    return j.close('}').toString();
  }
}
