package dev.tethys.demo.telemetry;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.codec.otlp.wire.OtlpSignal;
import dev.tethys.codec.otlp.wire.OtlpWriter;
import dev.tethys.model.guard.SupervisedLoop;
import dev.tethys.model.log.JulLogger;
import dev.tethys.model.telemetry.LogsData;
import dev.tethys.model.telemetry.MetricsData;
import dev.tethys.model.telemetry.Telemetry;
import dev.tethys.model.telemetry.TracesData;
import dev.tethys.web.client.HttpClientFactory;
import dev.tethys.web.client.OtlpSender;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.LongFunction;

/**
 * Bounded queue of spans and log records, sent by OTLP over HTTP every second, and the metrics of
 * the services, sent every {@value #METRICS_SECONDS} seconds. Several receivers get requests in
 * turn. While a receiver does not respond, the oldest items are dropped and counted.
 */
public final class OtlpQueue implements AutoCloseable {
  private static final System.Logger LOG = JulLogger.of(OtlpQueue.class.getName());

  private static final int CAPACITY = 20_000;
  private static final int BATCH = 2_000;
  private static final int METRICS_SECONDS = 5;
  private static final Duration TIMEOUT = Duration.ofSeconds(10);

  private final HttpClientFactory clients = new HttpClientFactory("tethys-demo");
  private final OtlpWriter writer = new OtlpWriter(); // the thread's
  private final Lane<TracesData> traces;
  private final Lane<LogsData> logs;
  private final List<OtlpSender> metrics;
  private final List<LongFunction<MetricsData>> sources = new CopyOnWriteArrayList<>();
  private final CountDownLatch stop = new CountDownLatch(1);
  private final List<URI> endpoints;
  private final Thread thread;
  private int turn; // the thread's
  private final Map<OtlpSender, URI> urls = new HashMap<>();
  private final Map<OtlpSender, String> problems = new HashMap<>(); // the thread's
  private volatile boolean delivered;

  /**
   * @param endpoints URLs to which OTLP's paths are appended; with none, nothing is recorded
   * @throws IOException if a URL cannot be used
   */
  public OtlpQueue(List<URI> endpoints) throws IOException {
    this.endpoints = List.copyOf(endpoints);
    traces = new Lane<>(senders(OtlpSignal.TRACES));
    logs = new Lane<>(senders(OtlpSignal.LOGS));
    metrics = senders(OtlpSignal.METRICS);
    thread = Thread.ofVirtual().name("otlp").start(SupervisedLoop.of("otlp", this::loop));
  }

  private List<OtlpSender> senders(OtlpSignal signal) throws IOException {
    List<OtlpSender> all = new ArrayList<>();
    for (URI endpoint : endpoints) {
      all.add(sender(signal, endpoint.toString()));
    }
    return all;
  }

  private OtlpSender sender(OtlpSignal signal, String endpoint) throws IOException {
    String base = endpoint.endsWith("/") ? endpoint.substring(0, endpoint.length() - 1) : endpoint;
    URI url = URI.create(base + signal.httpPath());
    OtlpSender sender =
        OtlpSender.http(
            new OtlpSender.Options(signal, null, true, Map.of(), TIMEOUT), url, clients);
    urls.put(sender, url);
    return sender;
  }

  /** Whether anything is sent. */
  boolean isUsed() {
    return !endpoints.isEmpty();
  }

  /** True once the receiver has accepted something. */
  public boolean hasDelivered() {
    return delivered;
  }

  void add(TracesData data) {
    traces.add(data);
  }

  void add(LogsData data) {
    if (isUsed()) {
      logs.add(data);
    }
  }

  void metrics(LongFunction<MetricsData> source) {
    sources.add(source);
  }

  private void loop() {
    try {
      for (int second = 1; !stop.await(1, TimeUnit.SECONDS); second++) {
        send(second % METRICS_SECONDS == 0);
      }
      send(true);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void send(boolean withMetrics) throws InterruptedException {
    boolean sent = drain(traces, new TracesData()) && drain(logs, new LogsData());
    if (sent && withMetrics && isUsed()) {
      MetricsData data = new MetricsData();
      long now = System.currentTimeMillis();
      sources.forEach(s -> data.resources().addAll(s.apply(now).resources()));
      if (!data.resources().isEmpty()) {
        send(metrics, data);
      }
    }
  }

  private <D extends Telemetry<?>> boolean drain(Lane<D> lane, D empty)
      throws InterruptedException {
    while (true) {
      List<D> batch = lane.take();
      if (batch.isEmpty()) {
        return true;
      }
      if (!send(lane.senders, joined(batch, empty))) {
        lane.putBack(batch);
        return false;
      }
      if (batch.size() < BATCH) {
        return true; // what has come meanwhile is sent with the next second, after other signals
      }
    }
  }

  @SuppressWarnings("unchecked") // the items of one lane have one type
  private static <D extends Telemetry<?>> D joined(List<D> batch, D empty) {
    D out = (D) empty.copy();
    for (D d : batch) {
      ((List<Object>) (List<?>) out.resources()).addAll(d.resources());
    }
    return out;
  }

  /** Sends a request to the next receiver; returns false if it should be sent again later. */
  private boolean send(List<OtlpSender> senders, Telemetry<?> data) throws InterruptedException {
    OtlpSender sender = senders.get(Math.floorMod(turn++, senders.size()));
    OtlpSender.Outcome o;
    try {
      o = sender.send(writer.write(data));
    } catch (IOException e) {
      o = new OtlpSender.Outcome.Later(String.valueOf(e.getMessage()));
    }
    return switch (o) {
      case OtlpSender.Outcome.Accepted t -> {
        delivered = true;
        if (problems.remove(sender) != null) {
          LOG.log(Level.INFO, "Telemetry accepted again url={0}", urls.get(sender));
        }
        yield true;
      }
      case OtlpSender.Outcome.Never n -> {
        report(sender, "Telemetry refused", n.problem());
        yield true;
      }
      case OtlpSender.Outcome.Later l -> {
        report(sender, "Telemetry not delivered, will retry", l.problem());
        yield false;
      }
    };
  }

  private void report(OtlpSender sender, String event, String cause) {
    if (!cause.equals(problems.put(sender, cause))) {
      LOG.log(Level.WARNING, "{0} url={1} error=\"{2}\"", event, urls.get(sender), cause);
    }
  }

  /** Sends the queued data a last time, for at most a few seconds. */
  @Override
  public void close() {
    stop.countDown();
    try {
      if (!thread.join(Duration.ofSeconds(5))) {
        thread.interrupt();
        thread.join(Duration.ofSeconds(5));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    long dropped = traces.dropped() + logs.dropped();
    if (dropped > 0) {
      LOG.log(Level.WARNING, "Telemetry dropped, queue full items={0}", dropped);
    }
    clients.close();
  }

  /** Items of one signal that wait. */
  private static final class Lane<D> {
    private final List<OtlpSender> senders;

    @GuardedBy("this")
    private final ArrayDeque<D> waiting = new ArrayDeque<>();

    @GuardedBy("this")
    private long dropped;

    Lane(List<OtlpSender> senders) {
      this.senders = senders;
    }

    synchronized void add(D item) {
      waiting.add(item);
      shrink();
    }

    synchronized List<D> take() {
      List<D> out = new ArrayList<>(Math.min(BATCH, waiting.size()));
      while (out.size() < BATCH && !waiting.isEmpty()) {
        out.add(waiting.remove());
      }
      return out;
    }

    synchronized void putBack(List<D> items) {
      for (D item : items.reversed()) {
        waiting.addFirst(item);
      }
      shrink();
    }

    synchronized long dropped() {
      return dropped;
    }

    @GuardedBy("this")
    private void shrink() {
      while (waiting.size() > CAPACITY) {
        waiting.remove();
        dropped++;
      }
    }
  }
}
