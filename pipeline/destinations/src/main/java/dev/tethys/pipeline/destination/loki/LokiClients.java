package dev.tethys.pipeline.destination.loki;

import dev.tethys.model.logs.LogEntry;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** All clients of a configuration: each gets every entry, which is settled when all are done. */
public final class LokiClients implements AutoCloseable {
  private final List<LokiClient> clients;

  public LokiClients(List<LokiClient> clients) {
    this.clients = List.copyOf(clients);
  }

  /** The clients, in the order of the configuration. */
  public List<LokiClient> all() {
    return clients;
  }

  /** Takes an entry. Blocks while the queue of a client is full. */
  public void accept(LogEntry entry) {
    int n = clients.size();
    if (n == 1) {
      clients.getFirst().accept(entry);
      return;
    }
    LogEntry.Origin origin = entry.detach();
    LogEntry.Origin each = origin == null ? null : origin.shared(n);
    for (LokiClient c : clients) {
      LogEntry copy = new LogEntry(entry.labels(), entry.timestamp(), entry.line(), each);
      copy.setMetadata(entry.metadata());
      c.accept(copy);
    }
  }

  /** Puts all that is gathered into the queues. */
  public void flush() {
    clients.forEach(LokiClient::flush);
  }

  /** {@link LokiClient#makeRoom} of all. */
  public void makeRoom() {
    clients.forEach(LokiClient::makeRoom);
  }

  /** {@link LokiClient#keepToSize} of all. */
  public void keepToSize() {
    clients.forEach(LokiClient::keepToSize);
  }

  /** {@link LokiClient#hasten} of all. */
  public void hasten() {
    clients.forEach(LokiClient::hasten);
  }

  /** Closes all clients at once, within the time. */
  public void close(Duration patience) {
    CountDownLatch done = new CountDownLatch(clients.size());
    for (LokiClient c : clients) {
      Thread.ofVirtual()
          .start(
              () -> {
                try {
                  c.close(patience);
                } finally {
                  done.countDown();
                }
              });
    }
    try {
      done.await(patience.toMillis() + 30_000, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    close(Duration.ZERO);
  }
}
