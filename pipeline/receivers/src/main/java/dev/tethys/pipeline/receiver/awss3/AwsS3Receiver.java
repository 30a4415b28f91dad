package dev.tethys.pipeline.receiver.awss3;

import dev.tethys.codec.CodecException;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.file.FileAccess;
import dev.tethys.model.file.IoFailures;
import dev.tethys.model.file.RealFiles;
import dev.tethys.model.guard.LimitedLog;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Consumer;
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
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Reads the objects of a range of time, partition by partition, in the order of their keys. One
 * thread a signal; one object of a signal is on its way at a time, and the next one is read when it
 * was accepted. An unreachable S3 and a pipeline without room are waited for.
 *
 * <p>Objects that cannot be decoded, and items that are rejected, are counted and skipped.
 */
final class AwsS3Receiver implements Receiver, WaitingSource {
  /** Largest object that is read. */
  private static final int MAX_OBJECT = 64 << 20;

  /**
   * Prefixes that are not listed again: where clocks are set back, an hour of the partition comes
   * twice.
   */
  private static final int MAX_RECENT = 8000;

  private static final Duration FIRST_PAUSE = Duration.ofSeconds(1);
  private static final Duration LAST_PAUSE = Duration.ofSeconds(60);

  private final AwsS3ReceiverSettings settings;
  private final Map<Signal, Consumer> outputs;
  private final Context context;
  private final S3Client client;
  private final FileAccess files = new RealFiles();
  private final LimitedLog failures;
  private final Registry.Vector<Registry.Counter> objects;
  private final Registry.Vector<Registry.Gauge> done;
  private final Map<String, String> waiting = new ConcurrentHashMap<>(); // errors, by request
  private final CountDownLatch stopping = new CountDownLatch(1);
  private final CountDownLatch running;

  AwsS3Receiver(
      AwsS3ReceiverSettings settings,
      Map<Signal, Consumer> outputs,
      Context context,
      S3Client client) {
    this.settings = settings;
    this.outputs = Map.copyOf(outputs);
    this.context = context;
    this.client = client;
    this.failures = new LimitedLog(context.logger());
    this.running = new CountDownLatch(outputs.size());
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
    Map<Signal, ObjectPosition> positions = new LinkedHashMap<>();
    for (Signal s : outputs.keySet()) {
      Path file = file(s);
      ObjectPosition p = null;
      if (file != null) {
        Path folder = file.getParent();
        if (folder != null) {
          files.createDirectories(folder);
        }
        p = ObjectPosition.load(files, file);
      }
      positions.put(
          s,
          p != null && p.selection().equals(settings.selection())
              ? p
              : new ObjectPosition(settings.selection(), settings.from(), ""));
    }
    outputs.forEach(
        (signal, to) ->
            context
                .clock()
                .execute(
                    context.name() + " " + word(signal),
                    () -> run(signal, to, positions.get(signal))));
  }

  private void run(Signal signal, Consumer to, @Nullable ObjectPosition from) {
    try {
      if (from != null && read(signal, to, from)) {
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
  private boolean read(Signal signal, Consumer to, ObjectPosition from)
      throws InterruptedException {
    Map<String, Boolean> recent =
        new LinkedHashMap<>() {
          private static final long serialVersionUID = 1L;

          @Override
          protected boolean removeEldestEntry(Map.Entry<String, Boolean> e) {
            return size() > MAX_RECENT;
          }
        };
    String after = from.key();
    for (Instant t = from.time();
        t.isBefore(settings.until());
        t = settings.partition().next(t, settings.zone())) {
      String prefix = settings.keys(t, word(signal));
      if (recent.put(prefix, true) == null && !partition(signal, to, t, prefix, after)) {
        return false;
      }
      after = "";
      save(signal, new ObjectPosition(settings.selection(), t, "\uffff"));
    }
    return stopping.getCount() > 0;
  }

  /** Reads the objects of a partition; whether all were read. */
  private boolean partition(Signal signal, Consumer to, Instant time, String prefix, String from)
      throws InterruptedException {
    if (from.equals("\uffff")) {
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
        if (!object(signal, to, o.key())) {
          return false;
        }
        save(signal, new ObjectPosition(settings.selection(), time, o.key()));
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
        // What was accepted since the last save is read again after a restart.
        failures.failure(Level.WARNING, "Position not saved", file.toString(), e);
      }
    }
  }

  /** A request to S3. */
  private interface Request<T> {
    @Nullable T make() throws IOException, InterruptedException;
  }

  /** The answer to a request that is repeated until it has one; null when the receiver stops. */
  private <T> @Nullable T attempt(String of, Request<T> request) throws InterruptedException {
    Duration pause = FIRST_PAUSE;
    while (stopping.getCount() > 0) {
      try {
        T answer = request.make();
        waiting.remove(of);
        return answer;
      } catch (IOException e) {
        waiting.put(of, "S3 is not read: " + IoFailures.describe(e));
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

  /** Waits; whether the receiver stops. */
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

  /** Delivers an object; false when the receiver stopped before. */
  private boolean object(Signal signal, Consumer to, String key) throws InterruptedException {
    if (!ObjectContent.isSupported(key)) {
      skip(
          signal,
          "unsupported",
          key,
          "its name ends neither with .json nor .binpb, also followed by .gz or .zst");
      return stopping.getCount() > 0;
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
      return false;
    }
    Batch batch;
    try {
      batch = content.length == 0 ? null : ObjectContent.decode(signal, key, content);
    } catch (CodecException e) {
      skip(signal, "malformed", key, String.valueOf(e.getMessage()));
      return stopping.getCount() > 0;
    }
    return batch == null || deliver(signal, to, key, batch);
  }

  private boolean deliver(Signal signal, Consumer to, String key, Batch batch)
      throws InterruptedException {
    Duration pause = FIRST_PAUSE;
    while (stopping.getCount() > 0) {
      CompletableFuture<Outcome> outcome = new CompletableFuture<>();
      to.consume(batch, outcome::complete);
      switch (await(outcome)) {
        case null -> {
          return false;
        }
        case Outcome.Accepted _ -> {
          count(signal, "accepted");
          return true;
        }
        case Outcome.Rejected r -> {
          skip(signal, "rejected", key, r.items() + " items were rejected: " + r.reason());
          return true;
        }
        case Outcome.Unavailable u -> {
          if (wait(u.retryAfter(pause))) {
            return false;
          }
          pause = longer(pause);
        }
      }
    }
    return false;
  }

  /** The outcome; null when the receiver stops before. */
  private @Nullable Outcome await(CompletableFuture<Outcome> outcome) throws InterruptedException {
    try {
      while (true) {
        try {
          return outcome.get(100, TimeUnit.MILLISECONDS);
        } catch (java.util.concurrent.TimeoutException e) {
          if (stopping.getCount() == 0) {
            return outcome.getNow(null);
          }
        }
      }
    } catch (ExecutionException e) {
      throw new AssertionError("outcomes are values", e);
    }
  }

  @Override
  public void stop(Duration timeLimit) {
    stopping.countDown();
    try {
      if (!running.await(timeLimit.toMillis(), TimeUnit.MILLISECONDS)) {
        context.logger().log(Level.INFO, "{0}: stopped with an object under way", context.name());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
