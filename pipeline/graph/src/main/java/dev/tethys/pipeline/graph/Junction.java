package dev.tethys.pipeline.graph;

import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Receipt;
import dev.tethys.pipeline.delivery.Passage;
import dev.tethys.pipeline.ledger.Account;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where a node hands on: to each of its edges the same batch, uncopied; who edits it then makes a
 * tree of his own. Which edges there are changes at a reload.
 */
final class Junction implements Consumer {
  private volatile Edge[] edges = {};
  private final Passage.Exit exit;
  private final @Nullable Account account;

  /**
   * A junction.
   *
   * @param exit of the node
   * @param account of a receiver, for which it is kept here; null for others
   */
  Junction(Passage.Exit exit, @Nullable Account account) {
    this.exit = exit;
    this.account = account;
  }

  void lead(List<Edge> to) {
    edges = to.toArray(Edge[]::new);
  }

  @Override
  public void consume(Batch batch, Receipt receipt) {
    Receipt r = receipt;
    if (account != null) {
      account.take(batch.items());
      r = counted(batch.items(), receipt, account);
    }
    Edge[] to = edges;
    if (to.length == 0) {
      r.settle(new Outcome.Unavailable("it leads nowhere yet", Duration.ZERO));
      return;
    }
    if (to.length > 1) {
      batch.share();
    }
    Receipt each = Receipt.join(r, to.length);
    exit.pass(
        () -> {
          for (Edge e : to) {
            e.consume(batch, each);
          }
        });
  }

  private static Receipt counted(int items, Receipt receipt, Account account) {
    return outcome -> {
      switch (outcome) {
        case Outcome.Accepted a -> account.pass(items);
        case Outcome.Unavailable u -> account.giveBack(items);
        case Outcome.Rejected x -> {
          int refused = Math.clamp(x.items(), 0, items);
          account.giveBack(refused);
          account.pass(items - refused);
        }
      }
      receipt.settle(outcome);
    };
  }
}
