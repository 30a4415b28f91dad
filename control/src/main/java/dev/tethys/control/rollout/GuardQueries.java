package dev.tethys.control.rollout;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.control.text.Texts;
import dev.tethys.pipeline.Scheduler;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Queries of guards and triggers at a Prometheus or log store. A query is sent again every interval
 * while its response is requested; a request does not wait.
 */
public final class GuardQueries {
  public static final String NOT_YET = "not answered yet";

  private static final Duration INTERVAL = Duration.ofSeconds(1);

  /** Key of the value among the labels of a series; no label has this name. */
  public static final String VALUE = " value";

  private static final Duration TIMEOUT = Duration.ofSeconds(10);
  private static final int MAX_QUERIES = 1000;

  /** Series of a result that are kept; a result with more is an error of a trigger. */
  public static final int MAX_SERIES = 100;

  private static final int MAX_BODY = 1 << 20;

  /**
   * Last response of a query.
   *
   * @param violation first series of the result with its value; "" for an empty result
   * @param series labels of the series, at most {@link #MAX_SERIES}, and their number
   * @param error reason for a missing response; "" if there is a response
   * @param nanos monotonic time when the query was sent
   */
  public record Answer(
      String violation, List<Map<String, String>> series, int all, String error, long nanos) {
    public static Answer error(String error, long nanos) {
      return new Answer("", List.of(), 0, error, nanos);
    }
  }

  private final HttpClient client = HttpClient.newBuilder().connectTimeout(TIMEOUT).build();
  private final URI base;
  private final String path;
  private final Scheduler clock;

  @GuardedBy("this")
  private final Map<String, Answer> answers = new LinkedHashMap<>();

  @GuardedBy("this")
  private final Map<String, Long> sent = new LinkedHashMap<>(); // nanoseconds

  /** Creates queries against a Prometheus. */
  public GuardQueries(URI prometheus, Scheduler clock) {
    this(prometheus, "/api/v1/query", clock);
  }

  private GuardQueries(URI base, String path, Scheduler clock) {
    this.base = base;
    this.path = path;
    this.clock = clock;
  }

  /** Creates queries against a log store with Loki's API. */
  public static GuardQueries ofLogs(URI loki, Scheduler clock) {
    return new GuardQueries(loki, "/loki/api/v1/query", clock);
  }

  /** Returns the last response, and starts the next query if due. */
  public Answer answer(String query) {
    return answer(query, INTERVAL);
  }

  /** Returns the last response, and starts the next query after an interval. */
  public synchronized Answer answer(String query, Duration interval) {
    long now = clock.nanos();
    Long before = sent.get(query);
    if (before == null || now - before >= interval.toNanos()) {
      if (before == null && sent.size() >= MAX_QUERIES) {
        String oldest = sent.keySet().iterator().next();
        sent.remove(oldest);
        answers.remove(oldest);
      }
      sent.remove(query);
      sent.put(query, now);
      clock.execute("guard-query", () -> ask(query, now));
    }
    return answers.getOrDefault(query, Answer.error(NOT_YET, now));
  }

  private void ask(String query, long now) {
    Answer a;
    try {
      a = read(query, now);
    } catch (IOException | JacksonException e) {
      a = Answer.error(String.valueOf(e.getMessage()), now);
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
    String root = base.toString();
    URI at =
        URI.create(
            (root.endsWith("/") ? root.substring(0, root.length() - 1) : root)
                + path
                + "?query="
                + URLEncoder.encode(query, StandardCharsets.UTF_8));
    HttpResponse<byte[]> r =
        client.send(
            HttpRequest.newBuilder(at).timeout(TIMEOUT).build(),
            HttpResponse.BodyHandlers.limiting(HttpResponse.BodyHandlers.ofByteArray(), MAX_BODY));
    if (r.statusCode() != 200) {
      throw new IOException(base + " answered " + r.statusCode() + ": " + error(r.body()));
    }
    JsonNode n = JsonMapper.shared().readTree(r.body());
    JsonNode data = n.path("data");
    if (!data.path("resultType").asString("").equals("vector")) {
      throw new IOException(
          "the query has a result of the type "
              + data.path("resultType").asString("")
              + "; it must have a vector, as an alert");
    }
    List<Map<String, String>> series = new ArrayList<>();
    for (JsonNode one : data.path("result")) {
      if (series.size() < MAX_SERIES) {
        Map<String, String> labels = new TreeMap<>();
        one.path("metric")
            .properties()
            .forEach(e -> labels.put(e.getKey(), e.getValue().asString("")));
        labels.put(VALUE, one.path("value").path(1).asString(""));
        series.add(labels);
      }
    }
    JsonNode first = data.path("result").path(0);
    return new Answer(
        first.isMissingNode()
            ? ""
            : Texts.shortened(
                first.path("metric") + " = " + first.path("value").path(1).asString(""), 500),
        List.copyOf(series),
        data.path("result").size(),
        "",
        now);
  }

  /** Returns the reason for a rejection: Prometheus sends JSON, Loki plain text. */
  private static String error(byte[] body) {
    String text = new String(body, StandardCharsets.UTF_8).strip();
    try {
      text = JsonMapper.shared().readTree(text).path("error").asString(text);
    } catch (JacksonException e) {
      // the text unchanged
    }
    return Texts.shortened(text, 500);
  }
}
