package dev.tethys.pipeline.graph;

import dev.tethys.pipeline.AckCallback;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.delivery.DrainScope;
import dev.tethys.pipeline.ledger.ItemAccounting;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Passes each batch of a node to all its edges without copying; a consumer that edits the batch
 * gets its own tree. Edges may change at a reload.
 */
final class FanOutConsumer implements Consumer {
  private volatile Edge[] edges = {};
  private final DrainScope.Exit exit;
  private final @Nullable ItemAccounting account;

  /**
   * A junction.
   *
   * @param exit of the node
   * @param account of a receiver, for which it is kept here; null for others
   */
  FanOutConsumer(DrainScope.Exit exit, @Nullable ItemAccounting account) {
    this.exit = exit;
    this.account = account;
  }

  void lead(List<Edge> to) {
    edges = to.toArray(Edge[]::new);
  }

  @Override
  public void consume(Batch batch, AckCallback receipt) {
    AckCallback r = receipt;
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
    AckCallback each = AckCallback.join(r, to.length);
    exit.pass(
        () -> {
          for (Edge e : to) {
            e.consume(batch, each);
          }
        });
  }

  private static AckCallback counted(int items, AckCallback receipt, ItemAccounting account) {
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
