package dev.tethys.alert.manager.recorder.output;

import dev.tethys.alert.manager.recorder.BoundedQueue;
import dev.tethys.alert.manager.recorder.EventOutput;
import dev.tethys.alert.manager.recorder.OutputContext;
import dev.tethys.alert.manager.recorder.RecordedEvent;
import dev.tethys.config.Redaction;
import dev.tethys.model.guard.LimitedLog;
import dev.tethys.model.guard.SupervisedLoop;
import dev.tethys.model.log.JulLogger;
import dev.tethys.web.client.ClientRequest;
import dev.tethys.web.client.ClientResponse;
import dev.tethys.web.client.WebClient;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Posts events to a URL, each on its own or several as a JSON array.
 *
 * <p>Events wait in a queue of {@link #CAPACITY}, and are dropped and counted beyond it; several
 * threads post them, each attempt with a timeout. A failed attempt is retried with doubled pauses,
 * up to the maximum number of attempts.
 */
final class WebhookOutput implements EventOutput {
  /** Maximum number of events waiting; the same as in Alertmanager. */
  static final int CAPACITY = 1024;

  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(30);
  private static final Duration LAST_EFFORTS = Duration.ofSeconds(30);
  private static final System.Logger LOG = JulLogger.of(WebhookOutput.class.getName());
  private static final LimitedLog PEER_LOG = new LimitedLog(LOG);

  private record Body(byte[] json, int events) {}

  private final WebhookConfig config;
  private final OutputContext context;
  private final WebClient client;
  private final URI url;
  private final BoundedQueue<byte[]> events = new BoundedQueue<>(CAPACITY);
  private final BoundedQueue<Body> batches;
  private final CountDownLatch stopping = new CountDownLatch(1);
  private final List<Thread> threads = new ArrayList<>();

  WebhookOutput(WebhookConfig config, OutputContext context) throws IOException {
    this.config = config;
    this.context = context;
    this.client = context.clients().client(config.http());
    this.url = URI.create(config.url().value());
    this.batches = new BoundedQueue<>(config.workers());
    context.metrics().queues(config.name());
    if (config.batch() != null) {
      threads.add(start(this::gather));
    }
    for (int i = 0; i < config.workers(); i++) {
      threads.add(start(this::work));
    }
  }

  private interface Task {
    void run() throws InterruptedException;
  }

  private static Thread start(Task task) {
    return Thread.ofVirtual()
        .name("event-webhook")
        .start(
            SupervisedLoop.of(
                "event_recorder",
                () -> {
                  try {
                    task.run();
                  } catch (InterruptedException e) {
                    Thread.currentThread().interrupt(); // there is no time left
                  }
                }));
  }

  @Override
  public int send(RecordedEvent event) {
    byte[] json = event.json();
    if (!events.offer(json)) {
      context.metrics().droppedBy(config.name(), 1);
      PEER_LOG.log(Level.WARNING, "{0}: an event was dropped, too many wait", config.name());
    }
    return json.length;
  }

  private void work() throws InterruptedException {
    while (true) {
      Body body = next();
      if (body == null) {
        return;
      }
      deliver(body);
    }
  }

  private @Nullable Body next() throws InterruptedException {
    if (config.batch() != null) {
      return batches.take();
    }
    byte[] one = events.take();
    return one == null ? null : new Body(one, 1);
  }

  /** Joins events: until there are enough of them, or the first has waited long enough. */
  private void gather() throws InterruptedException {
    try {
      byte[] first = events.take();
      while (first != null) {
        first = join(first);
        if (first == null) {
          first = events.take();
        }
      }
    } finally {
      batches.close();
    }
  }

  /** Builds a batch; returns the event that did not fit. */
  private byte @Nullable [] join(byte[] first) throws InterruptedException {
    WebhookConfig.Batch most = java.util.Objects.requireNonNull(config.batch());
    long end = System.nanoTime() + most.flushInterval().toNanos();
    ByteArrayOutputStream out = new ByteArrayOutputStream(first.length + 2);
    out.write('[');
    out.writeBytes(first);
    int count = 1;
    byte[] over = null;
    while (count < most.maxEvents() && out.size() + 1 < most.maxBytes()) {
      byte[] more = events.take(Duration.ofNanos(Math.max(0, end - System.nanoTime())));
      if (more == null) {
        break;
      }
      if (out.size() + 1 + more.length + 1 > most.maxBytes()) {
        over = more;
        break;
      }
      out.write(',');
      out.writeBytes(more);
      count++;
    }
    out.write(']');
    batches.put(new Body(out.toByteArray(), count));
    return over;
  }

  private void deliver(Body body) throws InterruptedException {
    Duration pause = config.retryBackoff();
    String problem = "there was no time left";
    for (int attempt = 1; attempt <= config.maxRetries(); attempt++) {
      if (stopping.getCount() == 0) {
        break;
      }
      problem = post(body.json);
      if (problem == null) {
        return;
      }
      LOG.log(
          Level.WARNING, "{0}: attempt {1} to post failed: {2}", config.name(), attempt, problem);
      if (attempt < config.maxRetries() && stopping.await(pause.toNanos(), TimeUnit.NANOSECONDS)) {
        break;
      }
      pause = pause.multipliedBy(2);
      pause = pause.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : pause;
    }
    context.metrics().droppedBy(config.name(), body.events);
    LOG.log(Level.ERROR, "{0}: {1} events were dropped: {2}", config.name(), body.events, problem);
  }

  /** Posts an event and returns the error; null if the event was accepted. */
  private @Nullable String post(byte[] json) throws InterruptedException {
    ClientRequest call =
        ClientRequest.post(url, "application/json", json).withTimeout(config.timeout());
    try (ClientResponse a = client.send(call)) {
      return a.status() / 100 == 2 ? null : "it answered " + a.status();
    } catch (IOException e) {
      return Redaction.withoutUrl(url, String.valueOf(e.getMessage()));
    }
  }

  @Override
  public void close() {
    events.close();
    if (!join(LAST_EFFORTS)) {
      stopping.countDown();
      if (!join(config.timeout())) {
        threads.forEach(Thread::interrupt);
      }
    }
  }

  private boolean join(Duration limit) {
    long end = System.nanoTime() + limit.toNanos();
    try {
      for (Thread t : threads) {
        long remaining = end - System.nanoTime();
        if (!t.join(Duration.ofNanos(Math.max(0, remaining)))) {
          return false;
        }
      }
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }
}
