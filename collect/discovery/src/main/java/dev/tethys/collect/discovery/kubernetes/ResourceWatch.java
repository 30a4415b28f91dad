package dev.tethys.collect.discovery.kubernetes;

import dev.tethys.collect.discovery.DiscoveryContext;
import dev.tethys.collect.discovery.Rest;
import dev.tethys.web.client.Answer;
import dev.tethys.web.client.Call;
import java.io.IOException;
import java.io.InputStream;
import java.lang.System.Logger.Level;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.MappingIterator;

/**
 * Keeps one resource of one namespace up to date: lists it page by page, then watches from the
 * list's version on. A watch that ends goes on where it was; only a version that the server has
 * forgotten (410) makes a new list. After failures it waits longer and longer.
 */
final class ResourceWatch {
  /** Objects a page. */
  static final int PAGE = 500;

  /** The longest list or watch that is read; a watch goes on after it, a list fails. */
  static final long MAX_BYTES = 1L << 32;

  static final Duration FIRST_PAUSE = Duration.ofSeconds(1);
  static final Duration LONGEST_PAUSE = Duration.ofSeconds(30);

  /** A server ends a watch by itself after five to ten minutes. */
  private static final int WATCH_SECONDS = 300;

  private static final System.Logger LOG = System.getLogger(ResourceWatch.class.getName());

  /**
   * What to watch.
   *
   * @param namespace {@code ""} for all
   * @param label a selector, or {@code ""}
   * @param field a selector, or {@code ""}
   */
  record Scope(Resource resource, String namespace, String label, String field) {
    String query() {
      return (label.isEmpty() ? "" : "&labelSelector=" + encoded(label))
          + (field.isEmpty() ? "" : "&fieldSelector=" + encoded(field));
    }
  }

  /** The server no longer knows the version that was to be watched from. */
  private static final class ExpiredException extends IOException {
    private static final long serialVersionUID = 1L;

    ExpiredException(String message) {
      super(message);
    }
  }

  private final Scope scope;
  private final ClusterAccess access;
  private final ClusterState state;
  private final DiscoveryContext context;
  private @Nullable String version;
  private boolean synced;
  private int failures;

  ResourceWatch(Scope scope, ClusterAccess access, ClusterState state, DiscoveryContext context) {
    this.scope = scope;
    this.access = access;
    this.state = state;
    this.context = context;
  }

  /** Goes on until the thread is interrupted. */
  void run() throws InterruptedException {
    while (true) {
      try {
        String from = version;
        if (from == null) {
          from = list();
          version = from;
          if (!synced) {
            synced = true;
            state.synced();
          }
        }
        if (watch(from) == 0) {
          context.pause().pause(FIRST_PAUSE); // a server that ends at once is not pestered
        }
        failures = 0;
      } catch (ExpiredException e) {
        version = null;
        LOG.log(Level.DEBUG, "{0}: {1}; listing again", what(), e.getMessage());
        if (failures++ > 0) {
          waitAfterFailure();
        }
      } catch (IOException | JacksonException e) {
        if (Thread.interrupted()) {
          throw new InterruptedException();
        }
        failures++;
        context.metrics().kubernetesFailed();
        LOG.log(
            Level.WARNING,
            "kubernetes discovery cannot {0} {1}, its last targets stay: {2}",
            version == null ? "list" : "watch",
            what(),
            e instanceof JacksonException j ? j.getOriginalMessage() : e.getMessage());
        waitAfterFailure();
      }
    }
  }

  private void waitAfterFailure() throws InterruptedException {
    long ms = FIRST_PAUSE.toMillis() << Math.min(failures - 1, 10);
    ms = Math.min(ms, LONGEST_PAUSE.toMillis());
    context.pause().pause(Duration.ofMillis(ms / 2 + ThreadLocalRandom.current().nextLong(ms)));
  }

  private String what() {
    return scope.resource().path(scope.namespace());
  }

  private String list() throws IOException, InterruptedException {
    Map<String, JsonNode> found = new HashMap<>();
    String more = "";
    for (int page = 0; page < Rest.MAX_PAGES; page++) {
      String query =
          "?limit=" + PAGE + scope.query() + (more.isEmpty() ? "" : "&continue=" + encoded(more));
      JsonNode meta;
      try (Answer a = open(query, Call.DEFAULT_TIMEOUT)) {
        meta = readList(a, found);
      }
      more = meta.path("continue").asString("");
      if (more.isEmpty()) {
        state.replace(scope.resource(), scope.namespace(), found);
        return meta.path("resourceVersion").asString("");
      }
    }
    throw new IOException(what() + " has more than " + Rest.MAX_PAGES + " pages");
  }

  private JsonNode readList(Answer a, Map<String, JsonNode> to) throws IOException {
    JsonNode meta = ClusterState.NOTHING;
    try (InputStream in = a.decoded(MAX_BYTES);
        JsonParser p = Rest.JSON.createParser(in)) {
      if (p.nextToken() != JsonToken.START_OBJECT) {
        throw new IOException(access.base() + what() + " answered with what is not a list");
      }
      while (p.nextToken() == JsonToken.PROPERTY_NAME) {
        String name = p.currentName();
        JsonToken t = p.nextToken();
        if (name.equals("metadata")) {
          meta = p.readValueAsTree();
        } else if (name.equals("items") && t == JsonToken.START_ARRAY) {
          while (p.nextToken() != JsonToken.END_ARRAY) {
            JsonNode item = p.readValueAsTree();
            JsonNode kept = scope.resource().keep(item);
            to.put(ClusterState.key(kept), kept);
          }
        } else {
          p.skipChildren();
        }
      }
    }
    if (meta.isMissingNode()) {
      throw new IOException(access.base() + what() + " answered with what is not a list");
    }
    return meta;
  }

  /** Follows a watch to its end; gives how many events it brought. */
  private int watch(String from) throws IOException, InterruptedException {
    int seconds = WATCH_SECONDS + ThreadLocalRandom.current().nextInt(WATCH_SECONDS);
    String query =
        "?watch=true&allowWatchBookmarks=true&timeoutSeconds="
            + seconds
            + "&resourceVersion="
            + encoded(from)
            + scope.query();
    int events = 0;
    try (Answer a = open(query, Duration.ofSeconds(seconds + 30L));
        InputStream in = a.decoded(MAX_BYTES);
        MappingIterator<JsonNode> all = Rest.JSON.readerFor(JsonNode.class).readValues(in)) {
      while (all.hasNextValue()) {
        take(all.nextValue());
        events++;
        failures = 0;
      }
    } catch (JacksonException e) {
      if (!(e.getCause() instanceof Answer.TooLargeException)) {
        throw e;
      } // else it goes on where it was
    }
    return events;
  }

  private void take(JsonNode event) throws IOException {
    JsonNode object = event.path("object");
    switch (event.path("type").asString("")) {
      case "ADDED", "MODIFIED" -> state.put(scope.resource(), scope.resource().keep(object));
      case "DELETED" -> state.remove(scope.resource(), ClusterState.key(object));
      case "BOOKMARK" -> {
        // only its version matters
      }
      case "ERROR" -> {
        String message = object.path("message").asString("");
        if (object.path("code").asInt(0) == 410) {
          throw new ExpiredException(message);
        }
        throw new IOException("the watch of " + what() + " failed: " + message);
      }
      default ->
          throw new IOException(
              "the watch of " + what() + " brought an event that is not known: " + event);
    }
    String now = object.path("metadata").path("resourceVersion").asString("");
    if (!now.isEmpty()) {
      version = now;
    }
  }

  private Answer open(String query, Duration timeout) throws IOException, InterruptedException {
    boolean watch = query.startsWith("?watch");
    Rest rest = new Rest(context, access.client(), null, timeout);
    Call call = rest.call("GET", access.base() + what() + query);
    if (watch) {
      call = call.withHeader("Accept-Encoding", "identity"); // events come one by one
    }
    Answer a = rest.open(call);
    if (a.status() == 200) {
      return a;
    }
    try (a) {
      String body = new String(a.bytes(1 << 20), StandardCharsets.UTF_8);
      String message = body;
      try {
        message = Rest.JSON.readTree(body).path("message").asString(body);
      } catch (JacksonException e) {
        // then as it is
      }
      String error = call.uri() + " answered with status " + a.status() + ": " + message;
      if (a.status() == 410) {
        throw new ExpiredException(error);
      }
      if (a.status() == 401) {
        access.refused();
      }
      throw new IOException(error);
    }
  }

  private static String encoded(String s) {
    return URLEncoder.encode(s, StandardCharsets.UTF_8);
  }
}
