package dev.tethys.pipeline.receiver.objects;

import dev.tethys.codec.json.JsonFailures;
import dev.tethys.model.guard.SupervisedLoop;
import dev.tethys.model.log.JulLogger;
import dev.tethys.pipeline.receiver.kubernetes.JsonDocumentClient;
import dev.tethys.pipeline.receiver.kubernetes.LogForwarder;
import dev.tethys.pipeline.receiver.objects.ObjectsConfig.Mode;
import dev.tethys.pipeline.receiver.objects.ObjectsConfig.WatchedObject;
import dev.tethys.pipeline.receiver.scraping.FailureLog;
import dev.tethys.web.client.ClientRequest;
import dev.tethys.web.kubernetes.ResourceWatch;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Objects of the same kind in one namespace, or in all: listed at intervals, or watched. A list
 * continues when the previous page was accepted; a watch reads until a batch is in flight and
 * another is full.
 */
final class ObjectFeed {
  private static final System.Logger LOG = JulLogger.of(ObjectFeed.class.getName());

  /**
   * Objects per page of a list, and so records per batch: an object may be as large as a megabyte.
   */
  private static final int PAGE = 100;

  private static final Duration FIRST_PAUSE = Duration.ofSeconds(1);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(30);

  /** Time after which a server ends a watch. */
  private static final Duration WATCH = Duration.ofMinutes(5);

  private static final int GONE = 410;

  private final String name;
  private final WatchedObject wanted;
  private final String path;
  private final boolean initial;
  private final JsonDocumentClient api;
  private final ObjectRecords records;
  private final LogForwarder to;
  private final ResourceWatch.Pause pause;
  private final Thread thread;
  private String version; // these of the thread
  private boolean begun;
  private int failures;
  private String forgotten = "";
  private final FailureLog failureLog = new FailureLog();

  /**
   * @param name receiver name used in log lines
   * @param path API path of the list
   */
  ObjectFeed(
      String name,
      WatchedObject wanted,
      String path,
      boolean initial,
      JsonDocumentClient api,
      ObjectRecords records,
      LogForwarder to,
      ResourceWatch.Pause pause) {
    this.name = name;
    this.wanted = wanted;
    this.path = path;
    this.initial = initial;
    this.api = api;
    this.records = records;
    this.to = to;
    this.pause = pause;
    this.version = wanted.version().equals("0") ? "" : wanted.version();
    this.thread =
        Thread.ofVirtual()
            .name(name + " " + path)
            .unstarted(SupervisedLoop.of("objects", this::run));
  }

  void start() {
    to.thread().start();
    thread.start();
  }

  /** Returns the threads to interrupt on shutdown. */
  List<Thread> threads() {
    return List.of(thread, to.thread());
  }

  private void run() {
    try {
      if (wanted.delay().isPositive()) {
        pause.pause(wanted.delay());
      }
      while (true) {
        try {
          if (wanted.mode() == Mode.PULL) {
            long begun = System.nanoTime();
            list(true);
            failures = 0;
            long rest = wanted.interval().toNanos() - (System.nanoTime() - begun);
            pause.pause(Duration.ofNanos(Math.max(0, rest)));
          } else {
            follow();
          }
        } catch (IOException | RuntimeException e) { // no failure ends a feed
          failed(
              e instanceof IOException || e instanceof JacksonException
                  ? JsonFailures.describe(e)
                  : e.toString());
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void failed(String reason) throws InterruptedException {
    if (Thread.interrupted()) {
      throw new InterruptedException();
    }
    if (failureLog.isNew(reason)) {
      LOG.log(Level.ERROR, "{0}: cannot read {1}, retrying: {2}", name, wanted.name(), reason);
    }
    pauseAfter(++failures);
  }

  private void pauseAfter(int times) throws InterruptedException {
    long ms = FIRST_PAUSE.toMillis() << Math.min(times - 1, 10);
    pause.pause(Duration.ofMillis(Math.min(ms, LONGEST_PAUSE.toMillis())));
  }

  /** Reads a list to its end; gives its version. */
  private String list(boolean tell) throws IOException, InterruptedException {
    String exact =
        wanted.mode() == Mode.PULL && !version.isEmpty()
            ? "&resourceVersionMatch=Exact&resourceVersion=" + encoded(version)
            : "";
    String more = "";
    while (true) {
      int limit = tell ? PAGE : 1;
      JsonNode list =
          api.get(
              path
                  + "?limit="
                  + limit
                  + selectors()
                  + (more.isEmpty() ? exact : "&continue=" + encoded(more)),
              ClientRequest.DEFAULT_TIMEOUT);
      List<JsonNode> items = items(list);
      more = tell ? list.path("metadata").path("continue").asString("") : "";
      if (tell && !items.isEmpty()) {
        if (wanted.mode() == Mode.PULL) {
          to.add(records.listed(items));
        } else {
          sendChanges("ADDED", items);
        }
        to.settle();
      }
      if (more.isEmpty()) {
        failureLog.succeeded();
        return list.path("metadata").path("resourceVersion").asString("");
      }
    }
  }

  /** Items with their kind, which only the list itself specifies. */
  private static List<JsonNode> items(JsonNode list) {
    List<JsonNode> out = new ArrayList<>();
    String kind = list.path("kind").asString("").replaceFirst("List$", "");
    for (JsonNode o : list.path("items")) {
      if (o instanceof ObjectNode n) {
        if (!n.has("kind") && !kind.isEmpty()) {
          n.put("kind", kind);
          n.set("apiVersion", list.path("apiVersion"));
        }
        out.add(n);
      }
    }
    return out;
  }

  private void follow() throws IOException, InterruptedException {
    if (!begun && initial) {
      String at = list(true);
      version = version.isEmpty() ? at : version;
    }
    begun = true;
    if (version.isEmpty()) {
      version = list(false);
      reportGap();
    }
    String query =
        "?watch=true&allowWatchBookmarks=true&timeoutSeconds="
            + WATCH.toSeconds()
            + "&resourceVersion="
            + encoded(version)
            + selectors();
    int[] events = {0};
    try {
      api.events(
          path + query,
          WATCH.plusSeconds(30),
          e -> {
            take(e);
            events[0]++;
            failures = 0;
            failureLog.succeeded();
          });
    } catch (JsonDocumentClient.RefusedException e) {
      if (e.status() != GONE) {
        throw e;
      }
      forgotten = forgotten.isEmpty() ? version : forgotten; // by the server
      version = "";
      if (failures++ > 0) {
        pauseAfter(failures - 1);
      }
      return;
    }
    if (events[0] == 0) {
      pause.pause(FIRST_PAUSE); // limits the rate if a server ends watches immediately
    }
  }

  /** Logs that changes were lost because the server no longer has a version. */
  private void reportGap() {
    if (!forgotten.isEmpty()) {
      LOG.log(
          Level.WARNING,
          "{0}: changes of {1} since version {2}, which the API no longer knows, may be lost; "
              + "continuing from version {3}",
          name,
          wanted.name(),
          forgotten,
          version);
      forgotten = "";
    }
  }

  private void take(JsonNode event) throws IOException, InterruptedException {
    String type = event.path("type").asString("");
    JsonNode o = event.path("object");
    if (type.equals("ERROR")) {
      int code = o.path("code").asInt(0);
      throw new JsonDocumentClient.RefusedException(
          code, "the watch of " + path + " failed: " + o.path("message").asString(""));
    }
    if (!type.equals("BOOKMARK")) { // only the version of a bookmark matters
      sendChanges(type, List.of(o));
    }
    String now = o.path("metadata").path("resourceVersion").asString("");
    if (!now.isEmpty()) {
      version = now;
    }
  }

  private void sendChanges(String type, Collection<JsonNode> objects) throws InterruptedException {
    if (!wanted.without().contains(type)) {
      to.add(objects.stream().map(o -> records.changed(type, o)).toList());
    }
  }

  private String selectors() {
    return (wanted.labels().isEmpty() ? "" : "&labelSelector=" + encoded(wanted.labels()))
        + (wanted.fields().isEmpty() ? "" : "&fieldSelector=" + encoded(wanted.fields()));
  }

  private static String encoded(String s) {
    return URLEncoder.encode(s, StandardCharsets.UTF_8);
  }
}
