package dev.tethys.api.loki;

import dev.tethys.model.exposition.Registry;
import dev.tethys.model.exposition.Registry.Counter;
import dev.tethys.model.guard.LimitedLog;
import dev.tethys.model.log.JulLogger;
import dev.tethys.model.logs.LogStore;
import dev.tethys.query.logql.Direction;
import dev.tethys.query.logql.LogEntry;
import dev.tethys.query.logql.LogqlLimits;
import dev.tethys.query.logql.LogqlRequest;
import dev.tethys.query.logql.LogqlValue;
import dev.tethys.query.logql.exec.LiveTail;
import dev.tethys.query.logql.exec.LiveTail.Delivery;
import dev.tethys.query.logql.exec.LiveTail.Dropped;
import dev.tethys.query.logql.exec.LogqlEngine;
import dev.tethys.query.logql.exec.TailedLogStore;
import dev.tethys.web.HttpRequest;
import dev.tethys.web.HttpResponse;
import dev.tethys.web.ServerWebSocket;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Live tail of a log query by WebSocket: first the newest stored entries from {@code start} on,
 * then entries as they arrive. A client that reads too slowly gets the labels and times of dropped
 * entries.
 */
final class TailEndpoint {
  private static final System.Logger LOG = JulLogger.of(TailEndpoint.class.getName());
  private static final LimitedLog PEER_LOG = new LimitedLog(LOG);

  /** Entries and bytes of a frame. */
  private static final int MAX_ENTRIES = 1000;

  private static final int MAX_FRAME = 1 << 20;

  /** Largest message of a client; clients send only control frames. */
  private static final int MAX_MESSAGE = 4096;

  /** Time for which entries are collected into one frame. */
  private static final Duration LINGER = Duration.ofMillis(50);

  private static final Duration PING = Duration.ofSeconds(10);

  /** Maximum time without a response to pings before a client is considered gone. */
  private static final Duration SILENCE = Duration.ofSeconds(60);

  private static final Duration FAREWELL = Duration.ofSeconds(2);

  private final LogqlLimits limits;
  private final int maxTails;
  private final Counter droppedEntries;

  /**
   * @param maxTails {@code max_concurrent_tail_requests}: most tails of a tenant, 0 for no limit
   */
  TailEndpoint(LogqlLimits limits, int maxTails, Registry registry) {
    this.limits = limits;
    this.maxTails = maxTails;
    droppedEntries =
        registry.counter(
            "tethys_logs_tail_dropped_entries_total",
            "Entries that live tails dropped because their clients were too slow.");
  }

  void tail(LogqlEngine engine, LokiParameters p, HttpRequest request, HttpResponse response)
      throws IOException, InterruptedException {
    LogStore store = engine.store();
    if (!(store instanceof TailedLogStore tailed)) {
      throw new IllegalStateException("the log store has no tails");
    }
    long start = p.range().start();
    int limit = p.limit();
    boolean categorized = LokiApi.categorized(request);
    LogqlRequest stored =
        LogqlRequest.entries(p.scope(), p.query(), start, p.now() + 1, Direction.BACKWARD, limit);
    int open = tailed.openTails(p.scope());
    if (maxTails > 0 && open >= maxTails) {
      throw LokiParameters.bad(
          "max concurrent tail requests limit exceeded, count > limit ("
              + (open + 1)
              + " > "
              + maxTails
              + ")");
    }
    try (LiveTail live = tailed.tail(p.scope(), p.query(), p.delay())) {
      List<LogEntry> found = entries(engine, stored);
      ServerWebSocket ws = ServerWebSocket.accept(request, response, MAX_MESSAGE);
      Thread filter = Thread.ofVirtual().name("tail-filter").start(() -> filter(live));
      Thread reader =
          Thread.ofVirtual()
              .name("tail-reader")
              .start(
                  () -> {
                    while (ws.receive() != null) {
                      LOG.log(Level.DEBUG, "Message of a tail client ignored");
                    }
                    live.close();
                  });
      try {
        live.skip(found);
        send(ws, found.reversed(), List.of(), categorized);
        follow(ws, live, categorized);
      } catch (IOException e) {
        LOG.log(Level.DEBUG, "Tail client disconnected", e);
      } finally {
        live.close();
        ws.close(ServerWebSocket.GOING_AWAY, "the tail ended", FAREWELL.toMillis());
        filter.interrupt();
        reader.interrupt();
      }
    }
  }

  private static void filter(LiveTail live) {
    try {
      live.filter();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException e) {
      PEER_LOG.failure(Level.WARNING, "Live tail failed", "", e);
      live.close();
    }
  }

  private List<LogEntry> entries(LogqlEngine engine, LogqlRequest stored) {
    LogqlValue v = engine.query(stored, limits).value();
    return v instanceof LogqlValue.Entries e ? e.entries() : List.of();
  }

  private void follow(ServerWebSocket ws, LiveTail live, boolean categorized)
      throws IOException, InterruptedException {
    long pinged = System.nanoTime();
    while (true) {
      Delivery d = live.next(MAX_ENTRIES, PING.toNanos());
      if (d == null) {
        return;
      }
      droppedEntries.add(d.droppedCount());
      if (!d.entries().isEmpty() || !d.dropped().isEmpty()) {
        send(ws, d.entries(), d.dropped(), categorized);
        if (d.entries().size() < MAX_ENTRIES) {
          Thread.sleep(LINGER);
        }
      }
      long now = System.nanoTime();
      if (now - ws.lastReceivedNanos() > SILENCE.toNanos()) {
        return;
      }
      if (now - pinged >= PING.toNanos()) {
        pinged = now;
        ws.ping();
      }
    }
  }

  /** Sends entries in frames of bounded size. */
  private static void send(
      ServerWebSocket ws, List<LogEntry> entries, List<Dropped> dropped, boolean categorized)
      throws IOException {
    List<Dropped> left = dropped;
    List<LogEntry> part = new ArrayList<>();
    long bytes = 0;
    for (LogEntry e : entries) {
      if (!part.isEmpty() && (part.size() == MAX_ENTRIES || bytes + e.bytes() > MAX_FRAME)) {
        ws.sendText(frame(part, left, categorized));
        left = List.of();
        part.clear();
        bytes = 0;
      }
      part.add(e);
      bytes += e.bytes();
    }
    if (!part.isEmpty() || !left.isEmpty()) {
      ws.sendText(frame(part, left, categorized));
    }
  }

  /** Renders a frame in Loki's format. */
  static String frame(List<LogEntry> entries, List<Dropped> dropped, boolean categorized) {
    LokiJson out = new LokiJson().raw("{\"streams\":");
    out.streams(new LogqlValue.Entries(entries).streams(categorized), categorized);
    if (!dropped.isEmpty()) {
      out.raw(",\"dropped_entries\":[");
      String sep = "";
      for (Dropped d : dropped) {
        out.raw(sep).raw("{\"timestamp\":\"").number(d.time()).raw("\",\"labels\":");
        out.labels(d.labels()).raw("}");
        sep = ",";
      }
      out.raw("]");
    }
    if (categorized) {
      out.raw(",\"encodingFlags\":[\"categorize-labels\"]");
    }
    return out.raw("}").toString();
  }
}
