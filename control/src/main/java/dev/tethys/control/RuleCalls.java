package dev.tethys.control;

import dev.tethys.model.guard.LimitedLog;
import dev.tethys.model.log.JulLogger;
import dev.tethys.pipeline.Scheduler;
import java.io.IOException;
import java.lang.System.Logger.Level;
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

/** Requests of rules to Alertmanagers and other programs, each with three attempts. */
final class RuleCalls {
  static final int MAX_RUNNING = 64;

  private static final Duration TIMEOUT = Duration.ofSeconds(10);
  private static final Duration[] PAUSES = {Duration.ofSeconds(1), Duration.ofSeconds(5)};
  private static final int MAX_BODY = 1 << 16;
  private static final int MAX_SHOWN = 300;

  private final LimitedLog failures = new LimitedLog(JulLogger.of(RuleCalls.class.getName()));
  private final HttpClient client =
      HttpClient.newBuilder()
          .connectTimeout(Duration.ofSeconds(5))
          .followRedirects(HttpClient.Redirect.NEVER)
          .build();
  private final Semaphore running = new Semaphore(MAX_RUNNING);
  private final List<URI> alertmanagers;
  private final Scheduler clock;

  RuleCalls(List<URI> alertmanagers, Scheduler clock) {
    this.alertmanagers = List.copyOf(alertmanagers);
    this.clock = clock;
  }

  /**
   * Sends an alert to all Alertmanagers; one that takes it is enough, as they are a cluster.
   *
   * @param done receives why it failed, "" where it did not
   * @throws IllegalArgumentException where it cannot be sent
   */
  void notify(RuleAction.Notify n, String rule, Instant start, Instant end, Consumer<String> done) {
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
          String error = "";
          boolean any = false;
          for (URI u : alertmanagers) {
            String base = u.toString().replaceFirst("/+$", "");
            String e =
                attempts(
                    HttpRequest.newBuilder(URI.create(base + "/api/v2/alerts"))
                        .timeout(TIMEOUT)
                        .header("Content-Type", "application/json")
                        .POST(HttpRequest.BodyPublishers.ofByteArray(body))
                        .build());
            any |= e.isEmpty();
            error = e.isEmpty() ? error : e;
          }
          done.accept(any ? "" : error);
        });
  }

  /**
   * Sends a request; parameters as for the other.
   *
   * @param event JSON, the body where the action has none
   */
  void send(RuleAction.Webhook w, String event, Consumer<String> done) {
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
    begin(() -> done.accept(attempts(request)));
  }

  private void begin(Runnable call) {
    if (!running.tryAcquire()) {
      throw new IllegalArgumentException(MAX_RUNNING + " requests of rules run, the limit");
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

  /** Why all attempts failed; "" where one did not. A refusal of the request is not repeated. */
  private String attempts(HttpRequest q) {
    String error = "";
    try {
      for (int i = 0; i <= PAUSES.length; i++) {
        try {
          HttpResponse<byte[]> r =
              client.send(
                  q,
                  HttpResponse.BodyHandlers.limiting(
                      HttpResponse.BodyHandlers.ofByteArray(), MAX_BODY));
          if (r.statusCode() / 100 == 2) {
            return "";
          }
          String text = new String(r.body(), StandardCharsets.UTF_8).strip();
          error =
              q.uri().getHost()
                  + " answered "
                  + r.statusCode()
                  + ": "
                  + Texts.shortened(text, MAX_SHOWN);
          if (r.statusCode() / 100 == 4 && r.statusCode() != 429) {
            break;
          }
        } catch (IOException e) {
          error = q.uri().getHost() + " not reached: " + e;
        }
        if (i < PAUSES.length) {
          Thread.sleep(PAUSES[i]);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      error = "interrupted";
    }
    failures.failure(
        Level.WARNING, "Request of a rule failed", q.uri().getHost(), new IOException(error));
    return error;
  }
}
