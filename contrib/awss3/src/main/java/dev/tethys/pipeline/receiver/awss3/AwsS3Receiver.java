package dev.tethys.pipeline.receiver.awss3;

import dev.tethys.codec.CodecException;
import dev.tethys.model.BoundedMap;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.file.FileAccess;
import dev.tethys.model.file.IoFailures;
import dev.tethys.model.file.RealFiles;
import dev.tethys.model.guard.LimitedLog;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.Telemetry;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Receiver;
import dev.tethys.pipeline.component.Reference;
import dev.tethys.pipeline.component.Storage;
import dev.tethys.pipeline.component.WaitingSource;
import dev.tethys.web.s3.S3Client;
import dev.tethys.web.s3.S3Exception;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * Reads the objects of a time range, partition by partition, in key order. Each signal has one
 * thread and one object in flight; the next one is read after acceptance. The receiver waits while
 * S3 is unreachable or the pipeline is full.
 *
 * <p>The position moves when an object was accepted, before the next one is read, and a stop waits
 * for the object in flight. Only a killed process, or a stop that times out, repeats one object per
 * signal.
 *
 * <p>With a queue of notifications one thread reads the objects that they name. A message is
 * deleted when all its objects were accepted or skipped; otherwise SQS delivers it again.
 *
 * <p>Objects that cannot be decoded, and items that are rejected, are counted and skipped.
 */
final class AwsS3Receiver implements Receiver, WaitingSource {
  /** Largest object that is read. */
  private static final int MAX_OBJECT = 64 << 20;

  /**
   * Maximum number of recent prefixes that are not listed again: when clocks are set back, an hour
   * of the partition repeats.
   */
  private static final int MAX_RECENT = 8000;

  private static final Duration FIRST_PAUSE = Duration.ofSeconds(1);
  private static final Duration LAST_PAUSE = Duration.ofSeconds(60);

  private final AwsS3ReceiverSettings settings;
  private final Map<Signal, Consumer> outputs;
  private final Context context;
  private final S3Client client;
  private final @Nullable ObjectQueue queue;
  private final FileAccess files = new RealFiles();
  private final LimitedLog failures;
  private final Registry.Vector<Registry.Counter> objects;
  private final Registry.Vector<Registry.Gauge> done;
  private final Registry.Vector<Registry.Gauge> rangeObjects;
  private final Registry.Vector<Registry.Gauge> rangeItems;
  private final Map<String, String> waiting = new ConcurrentHashMap<>(); // errors, by request
  private final CountDownLatch stopping = new CountDownLatch(1);
  private final CountDownLatch running;
  private volatile boolean abandoned; // whether the time to stop is over
  private volatile @Nullable Thread waitingForMessages;

  AwsS3Receiver(
      AwsS3ReceiverSettings settings,
      Map<Signal, Consumer> outputs,
      Context context,
      S3Client client,
      @Nullable ObjectQueue queue) {
    this.settings = settings;
    this.queue = queue;
    this.outputs = Map.copyOf(outputs);
    this.context = context;
    this.client = client;
    this.failures = new LimitedLog(context.logger());
    this.running = new CountDownLatch(queue == null ? outputs.size() : 1);
    this.objects =
        context
            .metrics()
            .counters(
                "tethys_awss3_receiver_objects_total",
                "Objects of S3, by outcome: accepted, rejected (in part at least), malformed,"
                    + " unsupported or absent.",
                "receiver",
                "signal",
                "outcome");
    this.done =
        context
            .metrics()
            .gauges(
                "tethys_awss3_receiver_done",
                "Whether all objects of the range were read.",
                "receiver",
                "signal");
    this.rangeObjects =
        context
            .metrics()
            .gauges(
                "tethys_awss3_receiver_range_objects",
                "Objects of the range that were read, since its begin where a storage is set.",
                "receiver",
                "signal");
    this.rangeItems =
        context
            .metrics()
            .gauges(
                "tethys_awss3_receiver_range_items",
                "Items of the range that were accepted, since its begin where a storage is set.",
                "receiver",
                "signal");
  }

  /** Reads the objects of one signal in a single thread. */
  private final class Reading {
    final Signal signal;
    final Consumer to;
    ObjectPosition position;

    Reading(Signal signal, Consumer to, ObjectPosition position) {
      this.signal = signal;
      this.to = to;
      this.position = position;
      show();
    }

    void show() {
      rangeObjects.with(context.id().toString(), word(signal)).set(position.objects());
      rangeItems.with(context.id().toString(), word(signal)).set(position.items());
    }

    /** Saves the position before it is exposed, so that counts never decrease after a restart. */
    void move(ObjectPosition next) {
      position = next;
      save(signal, next);
      show();
    }
  }

  @Override
  public String waitsFor() {
    return waiting.values().stream().findFirst().orElse("");
  }

  @Override
  public boolean isExclusive() {
    return true; // its successor continues where it ended
  }

  private static String word(Signal s) {
    return s.name().toLowerCase(Locale.ROOT);
  }

  private @Nullable Path file(Signal signal) {
    Reference r = settings.storage();
    return r == null
        ? null
        : context
            .extension(r, Storage.class)
            .folder("receiver", context.id(), "objects")
            .resolve(word(signal) + ".json");
  }

  @Override
  public void start() throws IOException {
    ObjectQueue notifications = queue;
    if (notifications != null) {
      context.clock().execute(context.name() + " sqs", () -> run(notifications));
      return;
    }
    Map<Signal, Reading> readings = new LinkedHashMap<>();
    for (Map.Entry<Signal, Consumer> e : outputs.entrySet()) {
      Signal s = e.getKey();
      Path file = file(s);
      ObjectPosition p = null;
      if (file != null) {
        Path folder = file.getParent();
        if (folder != null) {
          files.createDirectories(folder);
        }
        p = ObjectPosition.load(files, file);
      }
      readings.put(
          s,
          new Reading(
              s,
              e.getValue(),
              p != null && p.selection().equals(settings.selection())
                  ? p
                  : new ObjectPosition(settings.selection(), settings.from(), "", 0, 0)));
    }
    readings.forEach(
        (signal, r) ->
            context.clock().execute(context.name() + " " + word(signal), () -> run(signal, r)));
  }

  private void run(ObjectQueue notifications) {
    try {
      read(notifications);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      running.countDown();
    }
  }

  /** Reads the objects of notifications until the receiver stops. */
  private void read(ObjectQueue notifications) throws InterruptedException {
    String url = notifications.settings().url();
    while (stopping.getCount() > 0) {
      List<JsonNode> messages = attempt(url, () -> receive(notifications));
      if (messages == null) {
        return;
      }
      for (JsonNode m : messages) {
        ObjectQueue.Message message;
        try {
          message = ObjectQueue.read(m);
        } catch (IOException e) {
          failures.failure(Level.WARNING, "Message skipped, it stays in the queue", url, e);
          continue;
        }
        if (!read(message)) {
          return; // SQS delivers it again
        }
        if (notifications.settings().deletes()) {
          attempt(
              url,
              () -> {
                notifications.delete(message);
                return message;
              });
        }
      }
      if (messages.isEmpty() && notifications.settings().waitTime().isZero() && wait(FIRST_PAUSE)) {
        return;
      }
    }
  }

  /** Receives messages; shutdown does not wait for them. */
  private List<JsonNode> receive(ObjectQueue notifications)
      throws IOException, InterruptedException {
    waitingForMessages = Thread.currentThread();
    try {
      return stopping.getCount() > 0 ? notifications.receive() : List.of();
    } finally {
      waitingForMessages = null;
    }
  }

  /** Reads the objects of a message; returns false if the receiver stopped before. */
  private boolean read(ObjectQueue.Message message) throws InterruptedException {
    for (ObjectQueue.NewObject o : message.objects()) {
      if (!settings.selects(o)) {
        continue;
      }
      Signal signal = signal(o.key());
      Consumer to = signal == null ? null : outputs.get(signal);
      if (signal == null || to == null) {
        failures.failure(
            Level.WARNING,
            "Object skipped",
            client.name(o.key()),
            new IOException("its name has no signal of the receiver's pipelines"));
      } else if (object(signal, to, o.key()) < 0) {
        return false;
      }
    }
    return true;
  }

  /** Returns the signal in an object's name; the receiver's signal if names contain none. */
  private @Nullable Signal signal(String key) {
    String name = key.substring(key.lastIndexOf('/') + 1);
    for (Signal s : Signal.values()) {
      if (settings.typed() && name.startsWith(settings.filePrefix() + word(s) + "_")) {
        return s;
      }
    }
    return outputs.size() == 1 ? outputs.keySet().iterator().next() : null;
  }

  private void run(Signal signal, Reading r) {
    try {
      if (read(r)) {
        done.with(context.id().toString(), word(signal)).set(1);
        context
            .logger()
            .log(
                Level.INFO,
                "Objects of the range were read receiver={0} signal={1}",
                context.id(),
                word(signal));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      running.countDown();
    }
  }

  /** Whether all was read. */
  private boolean read(Reading r) throws InterruptedException {
    ObjectPosition from = r.position;
    Map<String, Boolean> recent = BoundedMap.byAge(MAX_RECENT);
    String after = from.key();
    for (Instant t = from.time();
        t.isBefore(settings.until());
        t = settings.partition().next(t, settings.zone())) {
      String prefix = settings.keys(t, word(r.signal));
      if (recent.put(prefix, true) == null && !partition(r, t, prefix, after)) {
        return false;
      }
      after = "";
      r.move(r.position.atEnd(t));
    }
    return stopping.getCount() > 0;
  }

  /** Reads the objects of a partition; returns whether all were read. */
  private boolean partition(Reading r, Instant time, String prefix, String from)
      throws InterruptedException {
    if (from.equals(ObjectPosition.END)) {
      return true; // its end was reached before
    }
    String token = "";
    do {
      String of = token;
      S3Client.Page page = attempt(prefix, () -> client.list(prefix, from, of));
      if (page == null) {
        return false;
      }
      for (S3Client.Listed o : page.objects()) {
        int accepted = object(r.signal, r.to, o.key());
        if (accepted < 0) {
          return false;
        }
        r.move(r.position.behind(time, o.key(), accepted));
      }
      token = page.next();
    } while (!token.isEmpty());
    return true;
  }

  private void save(Signal signal, ObjectPosition p) {
    Path file = file(signal);
    if (file != null) {
      try {
        p.save(files, file);
      } catch (IOException e) {
        // Objects accepted since the last save are read again after a restart.
        failures.failure(Level.WARNING, "Position not saved", file.toString(), e);
      }
    }
  }

  /** A request to S3. */
  private interface Request<T> {
    @Nullable T make() throws IOException, InterruptedException;
  }

  /** Sends a request until it succeeds and returns the response; null if the receiver stops. */
  private <T> @Nullable T attempt(String of, Request<T> request) throws InterruptedException {
    Duration pause = FIRST_PAUSE;
    while (stopping.getCount() > 0) {
      try {
        T answer = request.make();
        waiting.remove(of);
        return answer;
      } catch (IOException e) {
        waiting.put(of, "cannot read S3: " + IoFailures.describe(e));
        failures.failure(Level.WARNING, "S3 not read, retrying", of, e);
        if (wait(pause)) {
          return null;
        }
        pause = longer(pause);
      }
    }
    return null;
  }

  private static Duration longer(Duration pause) {
    Duration twice = pause.multipliedBy(2);
    return twice.compareTo(LAST_PAUSE) < 0 ? twice : LAST_PAUSE;
  }

  /** Waits; returns whether the receiver stops. */
  private boolean wait(Duration pause) throws InterruptedException {
    return stopping.await(pause.toMillis(), TimeUnit.MILLISECONDS);
  }

  private void count(Signal signal, String outcome) {
    objects.with(context.id().toString(), word(signal), outcome).inc();
  }

  private void skip(Signal signal, String outcome, String key, String reason) {
    count(signal, outcome);
    failures.failure(Level.WARNING, "Object skipped", client.name(key), new IOException(reason));
  }

  /**
   * Delivers an object; returns the number of accepted items, or -1 if the receiver stopped before.
   */
  private int object(Signal signal, Consumer to, String key) throws InterruptedException {
    if (!ObjectContent.isSupported(key)) {
      skip(
          signal,
          "unsupported",
          key,
          "its name ends neither with .json nor .binpb, also followed by .gz or .zst");
      return 0;
    }
    byte[] content =
        attempt(
            client.name(key),
            () -> {
              try {
                return client.get(key, MAX_OBJECT);
              } catch (S3Exception e) {
                if (!e.isAbsent() && e.status() != 413) {
                  throw e;
                }
                skip(
                    signal,
                    e.isAbsent() ? "absent" : "unsupported",
                    key,
                    String.valueOf(e.getMessage()));
                return new byte[0];
              }
            });
    if (content == null) {
      return -1;
    }
    Batch batch;
    try {
      batch = content.length == 0 ? null : ObjectContent.decode(signal, key, content);
      batch = batch == null || settings.objectAttribute().isEmpty() ? batch : marked(batch, key);
    } catch (CodecException e) {
      skip(signal, "malformed", key, String.valueOf(e.getMessage()));
      return 0;
    }
    return batch == null ? 0 : deliver(signal, to, key, batch);
  }

  /** Returns the batch with its object key, as bytes because it may be sent several times. */
  private Batch marked(Batch batch, String key) {
    Telemetry<?> tree = batch.takeTree();
    for (ResourceGroup<?> g : tree.resources()) {
      g.resource().attributes().put(settings.objectAttribute(), key);
    }
    byte[] body = batch.with(batch.signal(), tree).body();
    return new Batch(batch.signal(), Encoding.OTLP, body, batch.items(), 0);
  }

  private int deliver(Signal signal, Consumer to, String key, Batch batch)
      throws InterruptedException {
    Duration pause = FIRST_PAUSE;
    while (stopping.getCount() > 0) {
      CompletableFuture<Outcome> outcome = new CompletableFuture<>();
      to.consume(batch, outcome::complete);
      switch (await(outcome)) {
        case null -> {
          return -1;
        }
        case Outcome.Accepted _ -> {
          count(signal, "accepted");
          return batch.items();
        }
        case Outcome.Rejected r -> {
          skip(signal, "rejected", key, r.items() + " items were rejected: " + r.reason());
          return Math.max(0, batch.items() - r.items());
        }
        case Outcome.Unavailable u -> {
          if (wait(u.retryAfter(pause))) {
            return -1;
          }
          pause = longer(pause);
        }
      }
    }
    return -1;
  }

  /**
   * Waits for the outcome, also during a stop, because it usually arrives; null if the stop times
   * out first.
   */
  private @Nullable Outcome await(CompletableFuture<Outcome> outcome) throws InterruptedException {
    try {
      while (true) {
        try {
          return outcome.get(100, TimeUnit.MILLISECONDS);
        } catch (java.util.concurrent.TimeoutException e) {
          if (abandoned) {
            return outcome.getNow(null);
          }
        }
      }
    } catch (ExecutionException e) {
      throw new AssertionError("outcomes are immutable", e);
    }
  }

  @Override
  public void stop(Duration timeLimit) {
    stopping.countDown();
    Thread idle = waitingForMessages;
    if (idle != null) {
      idle.interrupt();
    }
    try {
      if (!running.await(timeLimit.toMillis(), TimeUnit.MILLISECONDS)) {
        context.logger().log(Level.INFO, "{0}: stopped with an object under way", context.name());
      }
      abandoned = true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
