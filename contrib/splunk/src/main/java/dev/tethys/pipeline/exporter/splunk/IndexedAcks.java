package dev.tethys.pipeline.exporter.splunk;

import dev.tethys.config.GoDurations;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.client.HttpEndpoint;
import dev.tethys.pipeline.delivery.SendResult;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/**
 * Waits until posted data is indexed (docs.splunk.com, "About HTTP Event Collector Indexer
 * Acknowledgment"). A request has its own channel until it is known to be indexed: Splunk numbers
 * the requests of a channel from 0 and starts over when it restarts, so in a shared channel a
 * number could refer to a later request. A channel with a request of unknown outcome is not used
 * again.
 */
final class IndexedAcks {
  private static final ObjectMapper JSON = new ObjectMapper();
  static final String CHANNEL = "x-splunk-request-channel";

  /**
   * Polling settings of acknowledgements.
   *
   * @param interval interval between two polls
   * @param timeout timeout after which a request is sent again
   */
  record Rules(Duration interval, Duration timeout) {
    private static final Section SECTION =
        new Section(
            "acknowledgement",
            "Indexer acknowledgement: requests count as delivered when they are " + "indexed.");
    private static final Key<Boolean> ENABLED =
        SECTION.key(
            "enabled",
            Type.BOOL,
            true,
            "If true, the exporter waits for indexing; the token must have useACK.");
    private static final Key<Duration> INTERVAL =
        SECTION.key(
            "poll_interval",
            GoDurations.TYPE,
            Duration.ofSeconds(1),
            "Interval between requests for acknowledgements.");
    private static final Key<Duration> TIMEOUT =
        SECTION.key(
            "timeout",
            GoDurations.TYPE,
            Duration.ofMinutes(5),
            "Time after which data that is not indexed is sent again.");

    /** Reads the settings; returns null if none. */
    static final Type<Rules> TYPE =
        SECTION.type(
            o -> {
              if (o.get(INTERVAL).compareTo(Duration.ofMillis(10)) < 0) {
                throw o.error(INTERVAL, "poll_interval must be at least 10ms");
              }
              if (o.get(TIMEOUT).compareTo(o.get(INTERVAL)) < 0) {
                throw o.error(TIMEOUT, "timeout must be at least poll_interval");
              }
              return new Rules(o.get(ENABLED) ? o.get(INTERVAL) : Duration.ZERO, o.get(TIMEOUT));
            });

    boolean isOn() {
      return interval.isPositive();
    }
  }

  private final Rules rules;
  private final URI url;
  private final HttpEndpoint endpoint;
  private final Scheduler clock;
  private final ConcurrentLinkedDeque<String> free = new ConcurrentLinkedDeque<>();
  private volatile boolean isUsual; // whether the token is known to have acknowledgements

  /**
   * Tracks the acknowledgements of a collector.
   *
   * @param url URL of the acknowledgement API, without the channel
   */
  IndexedAcks(Rules rules, URI url, HttpEndpoint endpoint, Scheduler clock) {
    this.rules = rules;
    this.url = url;
    this.endpoint = endpoint;
    this.clock = clock;
  }

  /** Returns a channel for one request. */
  String channel() {
    String c = free.pollFirst();
    return c == null ? UUID.randomUUID().toString() : c;
  }

  /**
   * Checks whether the token has acknowledgements; without them, accepted requests would be sent
   * again and again.
   *
   * @return the rejection if it has none; null if it has
   */
  @Nullable SendResult refusal(String channel) throws IOException, InterruptedException {
    if (isUsual) {
      return null;
    }
    HttpEndpoint.Reply r = ask(channel, "[]");
    // A token with useACK rejects an empty list with another error.
    if (code(r) == SplunkSender.ACK_IS_DISABLED) {
      return new SendResult.Retryable(
          r.retryAfter(),
          false,
          r.reason() + "; switch useACK on for the token, or remove acknowledgement");
    }
    if (r.status() / 100 != 2 && r.status() != 400) {
      return HttpEndpoint.judge(r);
    }
    isUsual = true;
    return null;
  }

  /**
   * Waits until an accepted request is indexed.
   *
   * @param taken Splunk's response
   */
  SendResult indexed(String channel, HttpEndpoint.Reply taken)
      throws IOException, InterruptedException {
    long number = number(taken);
    if (number < 0) {
      return new SendResult.Retryable(
          Duration.ZERO,
          false,
          "no ackId in the response, indexing cannot be verified: " + taken.reason());
    }
    long end = clock.nanos() + rules.timeout().toNanos();
    String last = "not yet";
    while (clock.nanos() - end < 0) {
      pause();
      try {
        HttpEndpoint.Reply r = ask(channel, "[" + number + "]");
        if (r.isOk() && isIndexed(r, number)) {
          free.addFirst(channel);
          return SendResult.DELIVERED;
        }
        last = r.isOk() ? "not yet" : r.reason();
      } catch (IOException e) {
        last = String.valueOf(e.getMessage()); // Splunk may recover before the time is up
      }
    }
    return new SendResult.Retryable(
        Duration.ZERO,
        false,
        "not indexed after " + rules.timeout().toSeconds() + " s, so it is sent again: " + last);
  }

  private void pause() throws InterruptedException {
    CompletableFuture<Boolean> over = new CompletableFuture<>();
    Scheduler.Timer timer = clock.schedule(rules.interval(), () -> over.complete(true));
    try {
      over.get();
    } catch (ExecutionException e) {
      throw new IllegalStateException(e); // it completes in one way
    } finally {
      timer.cancel();
    }
  }

  private HttpEndpoint.Reply ask(String channel, String numbers)
      throws IOException, InterruptedException {
    return endpoint.call(
        "POST",
        URI.create(url + "?channel=" + channel),
        Map.of("content-type", "application/json", CHANNEL, channel),
        ("{\"acks\":" + numbers + "}").getBytes(StandardCharsets.UTF_8));
  }

  private static boolean isIndexed(HttpEndpoint.Reply r, long number) {
    return read(r).path("acks").path(Long.toString(number)).asBoolean(false);
  }

  private static long number(HttpEndpoint.Reply r) {
    return read(r).path("ackId").asLong(-1);
  }

  /** Returns Splunk's error code; -1 if there is none. */
  static int code(HttpEndpoint.Reply r) {
    return read(r).path("code").asInt(-1);
  }

  private static JsonNode read(HttpEndpoint.Reply r) {
    try {
      return JSON.readTree(r.body());
    } catch (JacksonException e) {
      return JSON.missingNode();
    }
  }
}
