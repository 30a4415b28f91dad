package dev.tethys.control;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.JsonNode;

/** Rollouts whose guard has a query. */
@Timeout(120)
@Tag("slow")
class GuardQueryTest extends FleetCase {
  private static final String EMPTY =
      "{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":[]}}";
  private static final String ERRORS =
      "{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":[{\"metric\":"
          + "{\"service\":\"cart\"},\"value\":[1,\"7\"]}]}}";

  private final AtomicInteger asked = new AtomicInteger();
  private volatile String answer = EMPTY;
  private volatile int status = 200;
  private @Nullable HttpServer prometheus;

  @Override
  public URI prometheus() {
    HttpServer s;
    try {
      s = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
    s.createContext(
        "/api/v1/query",
        q -> {
          if (q.getRequestURI().getQuery().equals("query=errors+>+5")) {
            asked.incrementAndGet();
          }
          byte[] body = answer.getBytes(StandardCharsets.UTF_8);
          q.sendResponseHeaders(status, body.length);
          q.getResponseBody().write(body);
          q.close();
        });
    s.start();
    prometheus = s;
    return URI.create("http://127.0.0.1:" + s.getAddress().getPort() + "/");
  }

  @AfterEach
  void stopPrometheus() {
    if (prometheus != null) {
      prometheus.stop(0);
    }
  }

  private JsonNode start(String text) throws Exception {
    done(post("/configurations", body().put("name", "edge").put("text", text)));
    return done(
        post(
            "/rollouts",
            body()
                .put("configuration", "edge")
                .put("soak", "100ms")
                .put("query", "errors > 5")
                .put("minItems", 0)));
  }

  private JsonNode rollout() throws Exception {
    return get("/rollouts").get(0);
  }

  @Test
  void queryResultUndoesTheRollout() throws Exception {
    fleet(3);
    start(graph("{batch: {}}", "batch"));
    until(() -> rollout().path("state").asString().equals("done"));
    assertThat(asked.get()).isPositive();
    answer = ERRORS;
    start(graph("{batch: {timeout: 3s}}", "batch"));
    until(() -> rollout().path("state").asString().equals("undone"));
    assertThat(rollout().path("stateReason").asString()).contains("cart", "= 7");
    until(() -> agents.stream().noneMatch(a -> a.effective().contains("3s")));
  }

  @Test
  void failedQueryStopsTheRollout() throws Exception {
    fleet(2);
    status = 503;
    answer = "{\"error\":\"starting\"}";
    start(graph("{batch: {}}", "batch"));
    until(() -> rollout().path("stateReason").asString().contains("answered 503: starting"));
    until(() -> rollout().path("agents").get(0).path("applied").asBoolean());
    int before = asked.get();
    until(() -> asked.get() > before + 1);
    assertThat(rollout().path("agents").size()).isEqualTo(1);
    assertThat(rollout().path("state").asString()).isEqualTo("running");
    status = 200;
    answer = EMPTY;
    until(() -> rollout().path("state").asString().equals("done"));
    assertThat(rollout().path("stateReason").asString()).isEmpty();
  }
}
