package dev.tethys.control;

import dev.tethys.pipeline.Scheduler;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Queries of guards at a Prometheus. A query is sent again every {@link #INTERVAL} while its answer
 * is requested; a request does not wait.
 */
final class GuardQueries {
  private static final Duration INTERVAL = Duration.ofSeconds(1);
  private static final Duration TIMEOUT = Duration.ofSeconds(10);
  private static final int MAX_QUERIES = 100;
  private static final int MAX_BODY = 1 << 20;

  /**
   * Last answer of a query.
   *
   * @param violation first series of the result with its value; "" for an empty result
   * @param error why there is no answer; "" where there is one
   * @param nanos monotonic time at which the query was sent
   */
  record Answer(String violation, String error, long nanos) {}

  private final HttpClient client = HttpClient.newBuilder().connectTimeout(TIMEOUT).build();
  private final URI prometheus;
  private final Scheduler clock;
  private final Map<String, Answer> answers = new LinkedHashMap<>(); // guarded by this
  private final Map<String, Long> sent = new LinkedHashMap<>(); // nanoseconds; guarded by this

  GuardQueries(URI prometheus, Scheduler clock) {
    this.prometheus = prometheus;
    this.clock = clock;
  }

  /** The last answer, and the next query where it is due. */
  synchronized Answer answer(String query) {
    long now = clock.nanos();
    Long before = sent.get(query);
    if (before == null || now - before >= INTERVAL.toNanos()) {
      if (before == null && sent.size() >= MAX_QUERIES) {
        String oldest = sent.keySet().iterator().next();
        sent.remove(oldest);
        answers.remove(oldest);
      }
      sent.remove(query);
      sent.put(query, now);
      clock.execute("guard-query", () -> ask(query, now));
    }
    return answers.getOrDefault(query, new Answer("", "not answered yet", now));
  }

  private void ask(String query, long now) {
    Answer a;
    try {
      a = read(query, now);
    } catch (IOException | JacksonException e) {
      a = new Answer("", String.valueOf(e.getMessage()), now);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return;
    }
    synchronized (this) {
      Answer before = answers.get(query);
      if (sent.containsKey(query) && (before == null || now - before.nanos > 0)) {
        answers.put(query, a);
      }
    }
  }

  private Answer read(String query, long now) throws IOException, InterruptedException {
    String base = prometheus.toString();
    URI at =
        URI.create(
            (base.endsWith("/") ? base.substring(0, base.length() - 1) : base)
                + "/api/v1/query?query="
                + URLEncoder.encode(query, StandardCharsets.UTF_8));
    HttpResponse<byte[]> r =
        client.send(
            HttpRequest.newBuilder(at).timeout(TIMEOUT).build(),
            HttpResponse.BodyHandlers.limiting(HttpResponse.BodyHandlers.ofByteArray(), MAX_BODY));
    JsonNode n = JsonMapper.shared().readTree(r.body());
    if (r.statusCode() != 200) {
      throw new IOException(
          prometheus + " answered " + r.statusCode() + ": " + n.path("error").asString(""));
    }
    JsonNode data = n.path("data");
    if (!data.path("resultType").asString("").equals("vector")) {
      throw new IOException(
          "the query has a result of the type "
              + data.path("resultType").asString("")
              + "; it must have a vector, as an alert");
    }
    JsonNode first = data.path("result").path(0);
    return new Answer(
        first.isMissingNode()
            ? ""
            : Texts.shortened(
                first.path("metric") + " = " + first.path("value").path(1).asString(""), 500),
        "",
        now);
  }
}
