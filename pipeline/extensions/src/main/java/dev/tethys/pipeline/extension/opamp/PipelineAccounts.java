package dev.tethys.pipeline.extension.opamp;

import dev.tethys.pipeline.component.Kind;
import dev.tethys.pipeline.ledger.AccountingRegistry;
import dev.tethys.pipeline.ledger.Balance;
import dev.tethys.pipeline.ledger.ItemAccounting;
import dev.tethys.pipeline.web.Json;
import java.util.Map;
import java.util.TreeMap;

/**
 * Totals of the item accounting of a process since its start, as an agent reports them.
 *
 * @param in items that receivers took or made
 * @param out items that exporters delivered
 * @param queued items in queues of exporters
 * @param returned items that receivers gave back to their sources
 * @param dropped items by reason, of all components
 */
public record PipelineAccounts(
    long in, long out, long queued, long deadLettered, long returned, Map<String, Long> dropped) {
  /** Capability of the custom messages that carry the accounts. */
  public static final String CAPABILITY = "dev.tethys.accounts";

  /** Type of these messages: a JSON object of the components of this record. */
  public static final String TYPE = "totals";

  /** Totals of a registry. */
  public static PipelineAccounts of(AccountingRegistry ledger) {
    long in = 0;
    long out = 0;
    long queued = 0;
    long dead = 0;
    long returned = 0;
    Map<String, Long> dropped = new TreeMap<>();
    for (ItemAccounting a : ledger.accounts()) {
      Balance b = a.balance();
      dead += b.deadLettered();
      b.dropped().forEach((reason, n) -> dropped.merge(reason, n, Long::sum));
      if (a.kind().equals(Kind.RECEIVER.word())) {
        in += b.in() + b.created() + b.restored();
        returned += b.returned();
      } else if (a.kind().equals(Kind.EXPORTER.word())) {
        out += b.out();
        queued += b.held();
      }
    }
    return new PipelineAccounts(in, out, queued, dead, returned, dropped);
  }

  /** The accounts as a JSON object. */
  public String json() {
    Json j = new Json().open('{');
    j.key("in").number(in).key("out").number(out).key("queued").number(queued);
    j.key("deadLettered").number(deadLettered).key("returned").number(returned);
    j.key("dropped").open('{');
    dropped.forEach((reason, n) -> j.key(reason).number(n));
    return j.close('}').close('}').toString();
  }
}
