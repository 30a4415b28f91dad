package dev.tethys.pipeline.processor;

import dev.tethys.codec.CodecException;
import dev.tethys.model.telemetry.Telemetry;
import dev.tethys.pipeline.AckCallback;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.component.Processor;
import dev.tethys.pipeline.ledger.Drops;
import dev.tethys.pipeline.ledger.ItemAccounting;
import dev.tethys.pipeline.ottl.EvaluationException;
import org.jspecify.annotations.Nullable;

/**
 * A processor that edits the tree of a batch and hands it on as a tree. Unchanged batches continue
 * as they came. Items that are no longer there afterwards are counted as dropped.
 */
public abstract class TreeProcessor implements Processor {
  /** The bytes of a batch were not what they should be. */
  public static final String MALFORMED = "malformed";

  /** An expression failed, and the processor is configured to refuse the batch then. */
  public static final String FAILED = "expression_failed";

  /** Samples that became one data point together: the parts of a histogram. */
  public static final String RECODED = "recoded";

  private final Consumer next;
  private final ItemAccounting account;

  protected TreeProcessor(Consumer next, ItemAccounting account) {
    this.next = next;
    this.account = account;
  }

  /**
   * Edits a tree in place.
   *
   * @return whether anything was changed
   * @throws EvaluationException to refuse the batch
   */
  protected abstract boolean edit(Telemetry<?> data, Batch batch);

  /** Why items are missing afterwards. */
  protected String dropReason() {
    return Drops.FILTERED;
  }

  @Override
  public final void consume(Batch batch, AckCallback ack) {
    int items = batch.items();
    account.take(items);
    Telemetry<?> data;
    int before;
    boolean changed;
    try {
      data = batch.takeTree();
      before = data.itemCount();
      changed = edit(data, batch);
    } catch (CodecException | EvaluationException e) {
      account.drop(e instanceof CodecException ? MALFORMED : FAILED, items);
      ack.complete(new Outcome.Rejected(String.valueOf(e.getMessage()), items));
      return;
    }
    if (!changed) {
      batch.keepTree(data);
      account.pass(items);
      next.consume(batch, ack);
      return;
    }
    differ(account, items, before, RECODED);
    data.removeEmpty();
    int after = data.itemCount();
    differ(account, before, after, dropReason());
    if (after == 0) {
      ack.complete(Outcome.ACCEPTED);
      return;
    }
    account.pass(after);
    next.consume(batch.with(batch.signal(), data), ack);
  }

  /**
   * Takes a batch as a tree, for a processor that holds some of it back: by as many items as there
   * are, which may be others than the batch told.
   *
   * @return null when the bytes are not what they should be, which the sources have heard then
   */
  public static @Nullable Telemetry<?> taken(Batch batch, ItemAccounting account, AckCallback ack) {
    account.take(batch.items());
    try {
      Telemetry<?> data = batch.takeTree();
      differ(account, batch.items(), data.itemCount(), RECODED);
      return data;
    } catch (CodecException e) {
      account.drop(MALFORMED, batch.items());
      ack.complete(new Outcome.Rejected(String.valueOf(e.getMessage()), batch.items()));
      return null;
    }
  }

  /** Books the difference between two counts of what is held. */
  public static void differ(ItemAccounting account, int before, int after, String reason) {
    if (after > before) {
      account.create(after - before);
    } else {
      account.drop(reason, before - after);
    }
  }
}
