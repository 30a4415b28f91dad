package dev.tethys.pipeline.exporter.remotewrite;

import dev.tethys.pipeline.AckCallback;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.delivery.DeadLetter;
import dev.tethys.pipeline.delivery.EncodedRequest;
import dev.tethys.pipeline.delivery.Outbox;
import dev.tethys.pipeline.delivery.OutboxOptions;
import dev.tethys.pipeline.delivery.OutboxStatus;
import dev.tethys.pipeline.delivery.SendResult;
import dev.tethys.pipeline.delivery.Sender;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Sends each request immediately on the caller's thread; keeps requests while held. */
final class DirectOutbox implements Outbox {
  private record Waiting(EncodedRequest request, AckCallback ack) {}

  final List<SendResult> verdicts = new ArrayList<>();
  final List<EncodedRequest> requests = new ArrayList<>();
  private final Deque<Waiting> held = new ArrayDeque<>();
  private final Sender sender;
  boolean holds;

  DirectOutbox(Sender sender) {
    this.sender = sender;
  }

  @Override
  public synchronized void put(EncodedRequest request, AckCallback ack) {
    requests.add(request);
    if (holds) {
      held.add(new Waiting(request, ack));
      return;
    }
    send(request);
    ack.complete(Outcome.ACCEPTED);
  }

  @Override
  public @Nullable Outcome transferIn(EncodedRequest request, AckCallback ack) {
    throw new UnsupportedOperationException();
  }

  synchronized void release() {
    holds = false;
    for (Waiting w = held.poll(); w != null; w = held.poll()) {
      send(w.request);
      w.ack.complete(Outcome.ACCEPTED);
    }
  }

  private void send(EncodedRequest p) {
    try {
      SendResult v = sender.send(p);
      verdicts.add(v);
      if (v instanceof SendResult.Split i) {
        i.requests().forEach(this::send);
      } else if (v instanceof SendResult.Retryable) {
        send(p);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public OutboxStatus status() {
    throw new UnsupportedOperationException();
  }

  @Override
  public List<DeadLetter> deadLetters(int most) {
    return List.of();
  }

  @Override
  public Optional<EncodedRequest> deadLetter(String id) {
    return Optional.empty();
  }

  @Override
  public boolean replay(String id) {
    return false;
  }

  @Override
  public void replaceSender(OutboxOptions options, Sender other) {
    throw new UnsupportedOperationException();
  }

  @Override
  public void retire(Sender former, Duration timeLimit) {
    throw new UnsupportedOperationException();
  }

  @Override
  public void failBlockedProducers() {}

  @Override
  public void wakeBlockedProducers() {}

  @Override
  public void close(Duration drain) {}
}
