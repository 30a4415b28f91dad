package dev.tethys.logagent;

import dev.tethys.model.exposition.Registry;
import dev.tethys.model.file.RealFiles;
import dev.tethys.model.log.JulLogger;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.delivery.Outboxes;
import dev.tethys.pipeline.exporter.loki.LokiClient;
import dev.tethys.pipeline.exporter.loki.LokiClientConfig;
import dev.tethys.pipeline.exporter.loki.LokiMetrics;
import dev.tethys.pipeline.exporter.loki.RequestQueue;
import dev.tethys.pipeline.ledger.ItemAccounting;
import dev.tethys.web.client.HttpClientFactory;
import dev.tethys.web.client.WebClient;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiPredicate;

/**
 * Clients of {@code clients}, each with its queue. A new configuration keeps unchanged clients and
 * ends the others in order. Changes are made sequentially.
 */
final class Clients {
  private static final System.Logger LOG = JulLogger.of(Clients.class.getName());

  /** Time for a removed client to send its remaining entries. */
  private static final Duration LAST = Duration.ofSeconds(30);

  private final HttpClientFactory http;
  private final LokiMetrics metrics;
  private final ClientQueues queues = new ClientQueues();
  private final Outboxes outboxes = new Outboxes(new RealFiles(), Scheduler.system(), new Random());
  private volatile List<LokiClient> clients = List.of();

  /** Removed clients with waiting entries, each with the thread that ends it. */
  private final Map<LokiClient, Thread> ending = new ConcurrentHashMap<>();

  Clients(HttpClientFactory http, Registry registry) {
    this.http = http;
    this.metrics = new LokiMetrics(registry);
    registry.register(queues);
  }

  /** The clients of the configuration that runs. */
  List<LokiClient> present() {
    return clients;
  }

  /** Creates clients for a new configuration; unchanged clients continue. */
  Change becoming(PromtailConfig next) {
    return new Change(next, kept(next));
  }

  /** Creates the clients of the first configuration. */
  Change opening(PromtailConfig c) {
    return new Change(c, Map.of());
  }

  /**
   * Change of the clients by a configuration: call {@link #open} first, then one of the other
   * methods.
   */
  final class Change {
    private final PromtailConfig to;
    private final Map<LokiClientConfig, LokiClient> kept; // by the configuration that they get
    private final Map<LokiClientConfig, WebClient> by = new IdentityHashMap<>(); // of the kept
    private final List<LokiClient> fresh = new ArrayList<>();
    private List<LokiClient> all = List.of();
    private List<LokiClient> gone = List.of();

    private Change(PromtailConfig to, Map<LokiClientConfig, LokiClient> kept) {
      this.to = to;
      this.kept = kept;
    }

    /** Whether no client continues. */
    boolean isOfNone() {
      return kept.isEmpty();
    }

    /**
     * Opens missing ones; the others are not changed.
     *
     * @throws IOException if one cannot be opened; then none is
     */
    void open() throws IOException {
      for (LokiClientConfig l : kept.keySet()) {
        by.put(l, http.client(l.client()));
      }
      List<LokiClient> opened = new ArrayList<>();
      try {
        for (LokiClientConfig l : to.clients()) {
          LokiClient there = kept.get(l);
          opened.add(there == null ? fresh(l) : there);
        }
        logRemainingQueues(to);
      } catch (IOException | RuntimeException e) {
        undo();
        throw e;
      }
      all = List.copyOf(opened);
    }

    private LokiClient fresh(LokiClientConfig l) throws IOException {
      RequestQueue queue = queue(to, l);
      free(queue);
      LokiClient c =
          new LokiClient(
              l,
              to.limits(),
              http.client(l.client()),
              queue,
              outboxes,
              new ItemAccounting("client", l.id(), Signal.LOGS),
              metrics,
              Scheduler.system());
      fresh.add(c);
      return c;
    }

    /** Returns all existing clients. */
    List<LokiClient> clients() {
      return all;
    }

    /** Closes everything that was opened. */
    void undo() {
      fresh.forEach(LokiClient::close);
    }

    /** Applies it; entries that no longer fit are still accepted. */
    void make() {
      kept.forEach(
          (l, c) -> c.become(l, to.limits(), Objects.requireNonNull(by.get(l)), queue(to, l)));
      gone = new ArrayList<>(clients);
      gone.removeAll(all);
      clients = all;
      queues.show(all);
    }

    /** Ends clients without a successor, which receive no more entries. */
    void endOthers() {
      gone.forEach(Clients.this::abandon);
    }
  }

  private static RequestQueue queue(PromtailConfig c, LokiClientConfig l) {
    WalConfig wal = c.wal();
    return wal == null ? RequestQueue.MEMORY : wal.of(l);
  }

  /** Frees the folder of a removed client for one that is configured again. */
  private void free(RequestQueue queue) throws IOException {
    for (Map.Entry<LokiClient, Thread> e : ending.entrySet()) {
      if (queue.folder() != null && e.getKey().canBecome(queue)) {
        e.getKey().failBlockedProducers();
        try {
          e.getValue().join();
        } catch (InterruptedException x) {
          Thread.currentThread().interrupt();
          throw new IOException("interrupted", x);
        }
      }
    }
  }

  private static void logRemainingQueues(PromtailConfig c) throws IOException {
    WalConfig wal = c.wal();
    if (wal == null) {
      return;
    }
    for (Path p : wal.leftBehind(c.clients())) {
      LOG.log(
          Level.WARNING,
          "{0} is the queue of a client that is not configured: its entries are not sent;"
              + " name a client so, or delete it",
          p);
    }
  }

  /**
   * Maps clients to those of another configuration that continue them: by name, else by URL, else
   * by position, if their requests can stay in place. Waiting requests would be sent twice if
   * another client had them in its own queue.
   */
  private Map<LokiClientConfig, LokiClient> kept(PromtailConfig next) {
    Map<LokiClientConfig, LokiClient> out = new IdentityHashMap<>();
    List<LokiClient> left = new ArrayList<>(clients);
    Map<String, LokiClientConfig> wanted = new LinkedHashMap<>();
    next.clients().forEach(l -> wanted.put(l.id(), l));
    left.removeIf(
        c -> {
          LokiClientConfig l = wanted.get(c.name());
          if (l == null || !c.canBecome(queue(next, l))) {
            return false;
          }
          out.put(l, c);
          wanted.remove(c.name());
          return true;
        });
    keep(wanted, left, next, (l, c) -> l.url().equals(c.url()), out);
    keep(wanted, left, next, (l, c) -> true, out);
    return out;
  }

  private static void keep(
      Map<String, LokiClientConfig> wanted,
      List<LokiClient> left,
      PromtailConfig next,
      BiPredicate<LokiClientConfig, LokiClient> as,
      Map<LokiClientConfig, LokiClient> out) {
    wanted
        .values()
        .removeIf(
            l -> {
              LokiClient c =
                  left.stream()
                      .filter(o -> as.test(l, o) && o.canBecome(queue(next, l)))
                      .findFirst()
                      .orElse(null);
              if (c == null) {
                return false;
              }
              left.remove(c);
              out.put(l, c);
              return true;
            });
  }

  private void abandon(LokiClient c) {
    Thread t =
        Thread.ofVirtual()
            .name("ending-client")
            .unstarted(
                () -> {
                  try {
                    c.abandon(LAST);
                  } finally {
                    ending.remove(c);
                  }
                });
    ending.put(c, t);
    t.start();
  }

  /** Ends all clients: waiting entries are not settled, and their sources send them again. */
  void end() {
    clients.forEach(LokiClient::failBlockedProducers);
    clients.forEach(LokiClient::close);
    clients = List.of();
    queues.show(List.of());
  }

  /** From now on no caller waits for space in them. */
  void failBlockedProducers() {
    clients.forEach(LokiClient::failBlockedProducers);
    ending.keySet().forEach(LokiClient::failBlockedProducers);
  }

  /**
   * Starts sending as much as possible within the time, and ending; returns the threads that do
   * this.
   */
  List<Thread> close(Duration timeLimit) {
    List<Thread> closing = new ArrayList<>();
    // Undelivered entries of these are settled: after a restart the other clients would get them
    // again.
    ending.forEach(
        (c, t) -> {
          c.failBlockedProducers();
          closing.add(t);
        });
    clients.forEach(
        c ->
            closing.add(Thread.ofVirtual().name("closing-client").start(() -> c.close(timeLimit))));
    return closing;
  }
}
