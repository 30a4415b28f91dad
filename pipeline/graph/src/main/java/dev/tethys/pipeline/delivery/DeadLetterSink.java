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
  private final @Nullable DeadLetters letters;
  private final ItemAccounting account;
  private final DeliveryErrorLog errorLog;
  private final Scheduler clock;

  /**
   * For one outbox.
   *
   * @param letters null where there are none
   */
  DeadLetterSink(OutboxContext context, @Nullable DeadLetters letters) {
    this.name = context.name();
    this.letters = letters;
    this.account = context.account();
    this.errorLog = context.errorLog();
    this.clock = context.clock();
  }

  boolean keepsLetters() {
    return letters != null;
  }

  /**
   * Moves a request to the dead letters where there are any; returns the outcome for the source.
   */
  Outcome deadLetter(EncodedRequest p, String reason, String dropReason, int attempts) {
    if (letters != null) {
      try {
        letters.add(p, clock.millis(), attempts, reason);
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
    return letters == null ? 0 : letters.count();
  }

  long evicted() {
    return letters == null ? 0 : letters.evicted();
  }

  List<DeadLetter> list(int most) throws IOException {
    return letters == null ? List.of() : letters.list(most);
  }

  Optional<EncodedRequest> read(String id) throws IOException {
    return letters == null ? Optional.empty() : letters.read(id);
  }

  void remove(String id) throws IOException {
    if (letters != null) {
      letters.remove(id);
    }
  }

  void close() {
    if (letters != null) {
      letters.close();
    }
  }
}
