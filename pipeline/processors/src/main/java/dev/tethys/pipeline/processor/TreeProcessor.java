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
 * Processor that edits a batch as a tree and forwards it as a tree. Unchanged batches are forwarded
 * as received. Removed items are counted as dropped.
 */
public abstract class TreeProcessor implements Processor {
  /** Reason of batches that cannot be decoded. */
  public static final String MALFORMED = "malformed";

  /** An expression failed, and the processor is configured to reject the batch in that case. */
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
   * @return whether anything changed
   * @throws EvaluationException to reject the batch
   */
  protected abstract boolean edit(Telemetry<?> data, Batch batch);

  /** Returns the reason reported for removed items. */
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
   * Decodes a batch for a processor that buffers part of it, and counts its actual items, which may
   * differ from the count of the batch.
   *
   * @return null if it cannot be decoded; the sources have been notified then
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

  /** Records the change in the number of held items. */
  public static void differ(ItemAccounting account, int before, int after, String reason) {
    if (after > before) {
      account.create(after - before);
    } else {
      account.drop(reason, before - after);
    }
  }
}
