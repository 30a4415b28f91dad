package dev.tethys.pipeline.delivery;

import dev.tethys.model.log.JulLogger;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.ledger.ItemAccounting;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Stores requests that failed permanently as dead letters if configured, or drops them. */
final class DeadLetterSink {
  private static final System.Logger LOG = JulLogger.of("dev.tethys.pipeline.delivery");

  private final String name;
  private volatile @Nullable DeadLetters letters;
  private final boolean keepsAll;
  private final ItemAccounting account;
  private final DeliveryErrorLog errorLog;
  private final Scheduler clock;

  /**
   * Creates the sink of one outbox.
   *
   * @param letters null if dead letters are not kept
   */
  DeadLetterSink(OutboxContext context, @Nullable DeadLetters letters) {
    this.name = context.name();
    this.letters = letters;
    this.keepsAll = letters != null;
    this.account = context.account();
    this.errorLog = context.errorLog();
    this.clock = context.clock();
  }

  /** Keeps requests on disk from now on; others are dropped as before. */
  void open(DeadLetters of) {
    letters = of;
  }

  /** Whether a permanently failed request is kept. */
  boolean keeps(QueueStorage.Entry e) {
    return letters != null && (keepsAll || e.place != null);
  }

  /**
   * Moves a request to the dead letters if there are any; returns the outcome for the source.
   *
   * @param of its entry in the queue
   */
  Outcome deadLetter(
      QueueStorage.Entry of, EncodedRequest p, String reason, String dropReason, int attempts) {
    DeadLetters to = letters;
    if (to != null && keeps(of)) {
      try {
        to.add(p, clock.millis(), attempts, reason);
        account.deadLetter(p.items());
        errorLog.log(p.items() + " items are dead letters: " + reason);
        return Outcome.ACCEPTED;
      } catch (IOException e) {
        LOG.log(Level.ERROR, "{0}: a dead letter could not be kept: {1}", name, e.toString());
      }
    }
    account.drop(dropReason, p.items());
    errorLog.log(p.items() + " items dropped: " + reason);
    return new Outcome.Rejected(reason, p.items());
  }

  long count() {
    DeadLetters l = letters;
    return l == null ? 0 : l.count();
  }

  long evicted() {
    DeadLetters l = letters;
    return l == null ? 0 : l.evicted();
  }

  List<DeadLetter> list(int most) throws IOException {
    DeadLetters l = letters;
    return l == null ? List.of() : l.list(most);
  }

  Optional<EncodedRequest> read(String id) throws IOException {
    DeadLetters l = letters;
    return l == null ? Optional.empty() : l.read(id);
  }

  void remove(String id) throws IOException {
    DeadLetters l = letters;
    if (l != null) {
      l.remove(id);
    }
  }

  void close() {
    DeadLetters l = letters;
    if (l != null) {
      l.close();
    }
  }
}
