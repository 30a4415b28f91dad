package dev.tethys.bench;

import dev.tethys.control.ControlServer;
import dev.tethys.pipeline.collector.BuiltIn;
import dev.tethys.pipeline.opamp.PipelineAccounts;
import dev.tethys.web.HttpListenerOptions;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Time from a request, or from an alert, to changed behaviour in a fleet under load. The request is
 * a mute by the API; the alert comes as Alertmanager's webhook sends it, and with {@code
 * alertmanager} from a real one, which gets it first. A change has happened when each agent has
 * dropped an item, and its end when no agent applies it. In the end items are compared: sent =
 * passed + dropped.
 */
final class ControlRace {
  private static final Pattern ID = Pattern.compile("\"(?:id|control)\":\"([^\"]+)\"");
  private static final int ITEMS = 20;
  private static final String ALERTS = "/alerts/alertmanager";
  private static final String RULES =
      """
      rules:
        - name: noisy
          trigger: {alert: Noisy}
          cool_down: 0s
          start_controls:
            - {action: mute, signals: [logs], attributes: {service.name: checkout}}
      """;

  private final HttpClient http = HttpClient.newHttpClient();
  private final List<ControlledGraph> agents = new ArrayList<>();
  private final int port;

  private ControlRace(int port) {
    this.port = port;
  }

  /**
   * Runs with {@code [alertmanager] agents=… rate=… rounds=…}: items per second of each agent,
   * changes of each kind.
   */
  static int run(String[] args) throws Exception {
    Options o =
        new Options()
            .with("agents", 50)
            .with("rate", 2_000)
            .with("rounds", 20)
            .withWords("alertmanager", "alertmanager"::equals)
            .read(args);
    Path folder = Files.createTempDirectory("tethys-bench-control");
    Path rules = folder.resolve("rules.yaml");
    Files.writeString(rules, RULES);
    try (ControlServer server =
            ControlServer.start(
                HttpListenerOptions.on("127.0.0.1:0"),
                folder.resolve("control"),
                null,
                BuiltIn.components(),
                1000,
                rules,
                List.of());
        AlertmanagerPeer peer =
            o.words().isEmpty()
                ? null
                : AlertmanagerPeer.start(
                    folder, URI.create("http://127.0.0.1:" + server.port() + ALERTS))) {
      return new ControlRace(server.port())
          .race(folder, o.count("agents"), o.count("rate"), o.count("rounds"), peer);
    }
  }

  private int race(Path folder, int count, int rate, int rounds, @Nullable AlertmanagerPeer peer)
      throws Exception {
    AtomicBoolean stop = new AtomicBoolean();
    AtomicLong sent = new AtomicLong();
    List<Thread> load = new ArrayList<>();
    byte[] noisy = ControlledGraph.request("checkout", ITEMS);
    byte[] other = ControlledGraph.request("shop", ITEMS);
    for (int i = 0; i < count; i++) {
      ControlledGraph g =
          new ControlledGraph(port, folder.resolve("agent-" + i), Map.of("env", "prod"));
      agents.add(g);
      load.add(
          Thread.ofVirtual()
              .start(
                  () -> {
                    while (!stop.get()) {
                      g.send(noisy, ITEMS);
                      g.send(other, ITEMS);
                      sent.addAndGet(2 * ITEMS);
                      LockSupport.parkNanos(2_000_000_000L * ITEMS / rate);
                    }
                  }));
    }
    while (connected() < count) {
      LockSupport.parkNanos(10_000_000);
    }
    double[] mutes = new double[rounds];
    double[] ends = new double[rounds];
    double[] alerts = new double[rounds];
    double[] resolved = new double[rounds];
    for (int i = 0; i < rounds; i++) {
      long begin = System.nanoTime();
      String id =
          started(
              "/api/v1/control/controls",
              "{\"reason\":\"measured\",\"action\":\"mute\",\"signals\":[\"logs\"],\"attributes\":{\"service.name\":"
                  + "\"checkout\"}}");
      mutes[i] = untilAll(begin, id, true);
      begin = System.nanoTime();
      call("DELETE", "/api/v1/control/controls/" + id, "{\"reason\":\"measured\"}");
      ends[i] = untilAll(begin, id, false);
      Instant start = Instant.now();
      begin = System.nanoTime();
      String byAlert;
      if (peer == null) {
        byAlert = started(ALERTS, alert("firing", i));
      } else {
        peer.take("Noisy", i, start, true);
        byAlert = active();
      }
      alerts[i] = untilAll(begin, byAlert, true);
      begin = System.nanoTime();
      if (peer == null) {
        call("POST", ALERTS, alert("resolved", i));
      } else {
        peer.take("Noisy", i, start, false);
      }
      resolved[i] = untilAll(begin, byAlert, false);
    }
    stop.set(true);
    for (Thread t : load) {
      t.join();
    }
    agents.forEach(ControlledGraph::close);
    show("mute to all", mutes);
    show("end of mute to all", ends);
    show("alert to all", alerts);
    show("resolved to all", resolved);
    return balance(sent.get());
  }

  private int balance(long sent) {
    long in = 0;
    long out = 0;
    long dropped = 0;
    long returned = 0;
    long configurations = 0;
    for (ControlledGraph g : agents) {
      PipelineAccounts a = g.accounts();
      in += a.in();
      out += a.out();
      dropped += a.dropped().values().stream().mapToLong(Long::longValue).sum();
      returned += g.returned.get();
      configurations += g.applied.get();
    }
    boolean exact = sent == in && in == out + dropped && returned == 0 && configurations == 0;
    System.out.printf(
        Locale.ROOT,
        "sent %d, passed %d, muted %d, returned %d, difference %d, configurations applied %d: %s%n",
        sent,
        out,
        dropped,
        returned,
        sent - out - dropped,
        configurations,
        exact ? "exact" : "NOT exact");
    return exact ? 0 : 1;
  }

  private static void show(String what, double[] millis) {
    Arrays.sort(millis);
    System.out.printf(
        Locale.ROOT,
        "%-20s min %6.1f ms  median %6.1f ms  max %6.1f ms%n",
        what,
        millis[0],
        millis[millis.length / 2],
        millis[millis.length - 1]);
  }

  private double untilAll(long begin, String id, boolean applied) throws IOException {
    for (int i = 0; i < agents.size(); i++) {
      while (applied ? agents.get(i).matched(id) <= 0 : agents.get(i).matched(id) >= 0) {
        if (System.nanoTime() - begin > 30_000_000_000L) {
          throw new IOException("control " + id + " did not reach agent " + i + " within 30 s");
        }
        LockSupport.parkNanos(200_000);
      }
    }
    return (System.nanoTime() - begin) / 1e6;
  }

  private static String alert(String status, int round) {
    String time = String.format(Locale.ROOT, "2025-08-03T10:%02d:00Z", round % 60);
    return "{\"version\":\"4\",\"status\":\""
        + status
        + "\",\"alerts\":[{\"status\":\""
        + status
        + "\",\"labels\":{\"alertname\":\"Noisy\"},\"annotations\":{},\"startsAt\":\""
        + time
        + "\",\"endsAt\":\""
        + time
        + "\",\"fingerprint\":\"f"
        + round
        + "\"}]}";
  }

  private String started(String path, String body) throws Exception {
    Matcher m = ID.matcher(call("POST", path, body));
    if (!m.find()) {
      throw new IOException(path + " started no control");
    }
    return m.group(1);
  }

  /** Returns the ID of the one active control as soon as there is one. */
  private String active() throws Exception {
    long end = System.nanoTime() + 30_000_000_000L;
    while (System.nanoTime() < end) {
      Matcher m = ID.matcher(call("GET", "/api/v1/control/controls?state=active", ""));
      if (m.find()) {
        return m.group(1);
      }
      LockSupport.parkNanos(5_000_000);
    }
    throw new IOException("the alert started no control within 30 s");
  }

  private int connected() throws Exception {
    return call("GET", "/api/v1/control/agents", "").split("\"connected\":true", -1).length - 1;
  }

  private String call(String method, String path, String body) throws Exception {
    HttpResponse<String> r =
        http.send(
            HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                .header("Content-Type", "application/json")
                .method(method, HttpRequest.BodyPublishers.ofString(body))
                .build(),
            HttpResponse.BodyHandlers.ofString());
    if (r.statusCode() / 100 != 2) {
      throw new IOException(path + " answered " + r.statusCode() + ": " + r.body());
    }
    return r.body();
  }
}
