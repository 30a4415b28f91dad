package dev.tethys.alert.manager.recorder.output;

import dev.tethys.alert.manager.receiver.ConfigTypes;
import dev.tethys.alert.manager.recorder.EventOutput;
import dev.tethys.alert.manager.recorder.OutputConfig;
import dev.tethys.alert.manager.recorder.OutputContext;
import dev.tethys.config.HttpClientConfig;
import dev.tethys.config.Key;
import dev.tethys.config.Secret;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.UrlHost;
import dev.tethys.config.YamlObject;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Webhook output that posts events to a URL.
 *
 * @param maxRetries maximum number of attempts
 * @param batch null if each event has its own request
 */
record WebhookConfig(
    Secret url,
    HttpClientConfig http,
    Duration timeout,
    int workers,
    int maxRetries,
    Duration retryBackoff,
    @Nullable Batch batch)
    implements OutputConfig {
  /** Several events in a request. */
  record Batch(int maxEvents, int maxBytes, Duration flushInterval) {}

  private static final int MOST_WORKERS = 1024;

  static final Section SECTION = new Section("webhook_output", "Events posted to a URL as JSON.");
  private static final Key<Secret> URL =
      SECTION.optional("url", ConfigTypes.SECRET_URL, "URL for the events; required.");
  private static final Key<HttpClientConfig> HTTP_CONFIG =
      SECTION.key(
          "http_config",
          HttpClientConfig.TYPE,
          HttpClientConfig.DEFAULT,
          "HTTP client settings; the global ones do not apply.");
  private static final Key<Duration> TIMEOUT =
      SECTION.key("timeout", Type.DURATION, Duration.ZERO, "Timeout of a request; 0s for 10s.");
  private static final Key<Long> WORKERS =
      SECTION.key(
          "workers",
          Type.INT,
          0L,
          "Number of concurrent requests; 0 for 4. With 1 events arrive in order.");
  private static final Key<Long> MAX_RETRIES =
      SECTION.key("max_retries", Type.INT, 0L, "Maximum number of attempts; 0 for 3.");
  private static final Key<Duration> RETRY_BACKOFF =
      SECTION.key(
          "retry_backoff",
          Type.DURATION,
          Duration.ZERO,
          "Backoff after the first attempt, doubled after each, up to 30s; 0s for 500ms.");
  private static final Key<Boolean> BATCH =
      SECTION.key("batch", Type.BOOL, false, "If true, events are sent in arrays.");
  private static final Key<Long> BATCH_MAX_EVENTS =
      SECTION.key(
          "batch_max_events", Type.INT, 0L, "Maximum number of events in an array; 0 for 100.");
  private static final Key<Long> BATCH_MAX_BYTES =
      SECTION.key(
          "batch_max_bytes",
          Type.INT,
          0L,
          "Maximum size of an array in bytes; 0 for 1 MiB. A larger event is sent alone.");
  private static final Key<Duration> BATCH_FLUSH_INTERVAL =
      SECTION.key(
          "batch_flush_interval",
          Type.DURATION,
          Duration.ZERO,
          "Maximum wait of an event for a batch; 0s for 100ms.");
  static final Type<WebhookConfig> TYPE = SECTION.type(WebhookConfig::read);

  private static WebhookConfig read(YamlObject o) {
    Secret url = o.get(URL, Secret.NONE);
    if (url.value().isEmpty()) {
      throw o.error(URL, "event_recorder webhook output requires a url");
    }
    if (url.value().equals(Secret.MASK)) {
      throw o.error(URL, "event_recorder webhook output requires an absolute http(s) url");
    }
    long events = o.get(BATCH_MAX_EVENTS);
    long bytes = o.get(BATCH_MAX_BYTES);
    Duration flush = o.get(BATCH_FLUSH_INTERVAL);
    if (events < 0 || bytes < 0) {
      throw o.error("event_recorder webhook batch settings cannot be negative");
    }
    boolean batch = o.get(BATCH);
    if (!batch && (events > 0 || bytes > 0 || !flush.isZero())) {
      throw o.error("event_recorder webhook batch settings require batch: true");
    }
    long workers = o.get(WORKERS);
    if (workers > MOST_WORKERS) {
      throw o.error(WORKERS, "at most " + MOST_WORKERS + " workers are allowed");
    }
    return new WebhookConfig(
        url,
        o.get(HTTP_CONFIG),
        or(o.get(TIMEOUT), Duration.ofSeconds(10)),
        or(workers, 4),
        or(o.get(MAX_RETRIES), 3),
        or(o.get(RETRY_BACKOFF), Duration.ofMillis(500)),
        batch
            ? new Batch(or(events, 100), or(bytes, 1 << 20), or(flush, Duration.ofMillis(100)))
            : null);
  }

  private static Duration or(Duration d, Duration otherwise) {
    return d.isPositive() ? d : otherwise;
  }

  private static int or(long n, int otherwise) {
    return n > 0 ? (int) Math.min(n, Integer.MAX_VALUE) : otherwise;
  }

  /** Returns the URL without user, query and fragment, which may be secret. */
  @Override
  public String name() {
    URI u = URI.create(url.value());
    String port = UrlHost.port(u) < 0 ? "" : ":" + UrlHost.port(u);
    String path = u.getRawPath() == null ? "" : u.getRawPath();
    return "webhook:" + u.getScheme() + "://" + UrlHost.of(u) + port + path;
  }

  @Override
  public EventOutput open(OutputContext context) throws IOException {
    return new WebhookOutput(this, context);
  }
}
