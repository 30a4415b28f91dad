package dev.tethys.pipeline.extension.opamp;

import dev.tethys.pipeline.component.ComponentKind;
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
 * @param in items that receivers took or made
 * @param out items that exporters delivered
 * @param queued items in queues of exporters
 * @param returned items that receivers gave back to their sources
 * @param dropped items by reason, of all components
 * @param exporters by name and signal, such as {@code otlp/vendor@logs}
 * @param controls live controls by id; null for a process that takes none
 */
public record PipelineAccounts(
    long in,
    long out,
    long queued,
    long deadLettered,
    long returned,
    Map<String, Long> dropped,
    Map<String, Exporter> exporters,
    @Nullable Map<String, Control> controls) {
  /**
   * Items of an exporter.
   *
   * @param in taken from its pipelines, or found on disk
   * @param out delivered
   * @param queued in its queue or under way
   */
  public record Exporter(long in, long out, long queued) {
    Exporter plus(Exporter other) {
      return new Exporter(in + other.in, out + other.out, queued + other.queued);
    }
  }

  /**
   * Live control as the process applies it.
   *
   * @param startMillis start of the control whose items these are; ids may be used again
   * @param matched items in its scope
   * @param changed items that it masked or moved
   * @param removedBytes bytes of the items that it dropped or moved
   * @param targetMissing whether its target does not run, so that it moves nothing
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
   * Use of a quota.
   *
   * @param value of its attribute
   * @param limit share of the process in the limit
   * @param step ok, warn, sample or overflow
   * @param period number of the period of the use
   */
  public record QuotaUse(String value, double used, double limit, String step, long period) {}

  /** Capability of the custom messages that carry the accounts. */
  public static final String CAPABILITY = "dev.tethys.accounts";

  /** Type of these messages: a JSON object of the components of this record. */
  public static final String TYPE = "totals";

  /** Type of messages with volumes by attribute, see {@code VolumesJson.report}. */
  public static final String VOLUMES = "volumes";

  /** Totals of a registry. */
  public static PipelineAccounts of(AccountingRegistry ledger) {
    long in = 0;
    long out = 0;
    long queued = 0;
    long dead = 0;
    long returned = 0;
    Map<String, Long> dropped = new TreeMap<>();
    Map<String, Exporter> exporters = new TreeMap<>();
    for (ItemAccounting a : ledger.accounts()) {
      Balance b = a.balance();
      dead += b.deadLettered();
      b.dropped().forEach((reason, n) -> dropped.merge(reason, n, Long::sum));
      if (a.kind().equals(ComponentKind.RECEIVER.word())) {
        in += b.in() + b.created() + b.restored();
        returned += b.returned();
      } else if (a.kind().equals(ComponentKind.EXPORTER.word())) {
        out += b.out();
        queued += b.held();
        exporters.merge(
            a.component() + "@" + a.signal().name().toLowerCase(Locale.ROOT),
            new Exporter(b.in() + b.created() + b.restored(), b.out(), b.held()),
            Exporter::plus);
      }
    }
    return new PipelineAccounts(in, out, queued, dead, returned, dropped, exporters, null);
  }

  /** The same with live controls. */
  public PipelineAccounts with(Map<String, Control> applied) {
    return new PipelineAccounts(
        in, out, queued, deadLettered, returned, dropped, exporters, applied);
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

  /** The accounts as a JSON object. */
  public String json() {
    Json j = new Json().open('{');
    j.key("in").number(in).key("out").number(out).key("queued").number(queued);
    j.key("deadLettered").number(deadLettered).key("returned").number(returned);
    j.key("dropped").open('{');
    dropped.forEach((reason, n) -> j.key(reason).number(n));
    j.close('}');
    j.key("exporters").open('{');
    exporters.forEach(
        (name, e) -> {
          j.key(name).open('{').key("in").number(e.in).key("out").number(e.out);
          j.key("queued").number(e.queued).close('}');
        });
    j.close('}');
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
