package dev.tethys.control.automation;

import dev.tethys.control.text.Texts;
import dev.tethys.pipeline.Scheduler;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Semaphore;
import java.util.function.Consumer;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Sends requests of rules to Alertmanagers and other programs, with one attempt each. */
public final class RuleCalls {
  static final int MAX_RUNNING = 64;

  private static final Duration TIMEOUT = Duration.ofSeconds(10);
  private static final int MAX_BODY = 1 << 16;
  private static final int MAX_SHOWN = 300;

  private final HttpClient client =
      HttpClient.newBuilder()
          .connectTimeout(Duration.ofSeconds(5))
          .followRedirects(HttpClient.Redirect.NEVER)
          .build();
  private final Semaphore running = new Semaphore(MAX_RUNNING);
  private final List<URI> alertmanagers;
  private final Scheduler clock;

  /**
   * Request outcome.
   *
   * @param error reason of the failure; "" for a success
   * @param retryable whether a later attempt may succeed; false if the request was rejected
   */
  record Outcome(String error, boolean retryable) {
    static final Outcome DONE = new Outcome("", false);
  }

  /** Thrown if a request is rejected because of the limit on concurrent requests. */
  static final class BusyException extends RuntimeException {
    private static final long serialVersionUID = 1;

    BusyException(String message) {
      super(message);
    }
  }

  public RuleCalls(List<URI> alertmanagers, Scheduler clock) {
    this.alertmanagers = List.copyOf(alertmanagers);
    this.clock = clock;
  }

  /**
   * Sends an alert to all Alertmanagers; one success is enough, since they form a cluster.
   *
   * @param done receives the result
   * @throws IllegalArgumentException if it cannot be sent
   * @throws BusyException if too many requests are running
   */
  void notify(
      RuleAction.Notify n, String rule, Instant start, Instant end, Consumer<Outcome> done) {
    if (alertmanagers.isEmpty()) {
      throw new IllegalArgumentException(
          "no Alertmanager is known: start the control plane with --alertmanager.url");
    }
    ObjectNode alert = JsonMapper.shared().createObjectNode();
    Map<String, String> labels = new TreeMap<>(n.labels());
    labels.putIfAbsent("alertname", rule);
    ObjectNode l = alert.putObject("labels");
    labels.forEach(l::put);
    ObjectNode a = alert.putObject("annotations");
    n.annotations().forEach(a::put);
    alert.put("startsAt", start.toString()).put("endsAt", end.toString());
    byte[] body = ("[" + alert + "]").getBytes(StandardCharsets.UTF_8);
    begin(
        () -> {
          Outcome failed = Outcome.DONE;
          boolean any = false;
          boolean retryable = false;
          for (URI u : alertmanagers) {
            String base = u.toString().replaceFirst("/+$", "");
            Outcome o =
                attempt(
                    HttpRequest.newBuilder(URI.create(base + "/api/v2/alerts"))
                        .timeout(TIMEOUT)
                        .header("Content-Type", "application/json")
                        .POST(HttpRequest.BodyPublishers.ofByteArray(body))
                        .build());
            any |= o.error().isEmpty();
            retryable |= o.retryable();
            failed = o.error().isEmpty() ? failed : o;
          }
          done.accept(any ? Outcome.DONE : new Outcome(failed.error(), retryable));
        });
  }

  /**
   * Sends a request; parameters and exceptions as above.
   *
   * @param event JSON, used as the body if the action has none
   */
  void send(RuleAction.Webhook w, String event, Consumer<Outcome> done) {
    HttpRequest.Builder q =
        HttpRequest.newBuilder(w.url())
            .timeout(TIMEOUT)
            .method(
                w.method(),
                HttpRequest.BodyPublishers.ofString(w.body().isEmpty() ? event : w.body()));
    if (w.headers().keySet().stream().noneMatch("Content-Type"::equalsIgnoreCase)) {
      q.setHeader("Content-Type", "application/json");
    }
    w.headers().forEach(q::setHeader);
    HttpRequest request = q.build();
    begin(() -> done.accept(attempt(request)));
  }

  /**
   * Runs a call that sends requests by {@link #attempt}.
   *
   * @throws BusyException if too many calls are running
   */
  void begin(Runnable call) {
    if (!running.tryAcquire()) {
      throw new BusyException(MAX_RUNNING + " requests of rules run, the limit");
    }
    clock.execute(
        "rule-call",
        () -> {
          try {
            call.run();
          } finally {
            running.release();
          }
        });
  }

  private Outcome attempt(HttpRequest q) {
    return attempt(q, q.uri().getHost());
  }

  /**
   * Sends a request and waits for its result; any 2xx is a success.
   *
   * @param target name of the receiver in errors
   */
  Outcome attempt(HttpRequest q, String target) {
    try {
      HttpResponse<byte[]> r =
          client.send(
              q,
              HttpResponse.BodyHandlers.limiting(
                  HttpResponse.BodyHandlers.ofByteArray(), MAX_BODY));
      int status = r.statusCode();
      if (status / 100 == 2) {
        return Outcome.DONE;
      }
      String text = new String(r.body(), StandardCharsets.UTF_8).strip();
      return new Outcome(
          target + " answered " + status + ": " + Texts.shortened(text, MAX_SHOWN),
          status / 100 == 5 || status == 429 || status == 408);
    } catch (IOException e) {
      return new Outcome(target + " not reached: " + e, true);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return new Outcome("interrupted", false);
    }
  }
}
