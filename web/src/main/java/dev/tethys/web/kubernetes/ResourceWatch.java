package dev.tethys.web.kubernetes;

import dev.tethys.codec.json.JsonFailures;
import dev.tethys.config.HttpClientConfig;
import dev.tethys.model.guard.LimitedLog;
import dev.tethys.model.log.JulLogger;
import dev.tethys.web.client.ClientRequest;
import dev.tethys.web.client.ClientResponse;
import java.io.IOException;
import java.io.InputStream;
import java.lang.System.Logger.Level;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpTimeoutException;
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
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.MissingNode;

/**
 * Keeps one resource of one namespace up to date: lists it page by page, then watches from the
 * list's version on. A watch that ends continues where it was; only a version that the server no
 * longer has (410) makes a new list. After failures it waits longer and longer.
 *
 * @param <T> kept part of an object
 */
public final class ResourceWatch<T> {
  /** Objects per page. */
  public static final int PAGE = 500;

  /** Maximum number of pages of one list; more are an error of the server. */
  static final int MAX_PAGES = 10_000;

  /** Maximum size of a list or watch; a watch is resumed after it, a list fails. */
  static final long MAX_BYTES = 1L << 32;

  static final Duration FIRST_PAUSE = Duration.ofSeconds(1);
  static final Duration LONGEST_PAUSE = Duration.ofSeconds(30);

  private static final String READY = "/readyz";

  /** A server ends each watch after five to ten minutes. */
  private static final int WATCH_SECONDS = 300;

  /**
   * A silent watch is restarted: the server may have vanished without closing the connection, and a
   * live one sends a bookmark about once per minute.
   */
  private static final ClientRequest.ReadTimeouts TIME_LIMIT =
      new ClientRequest.ReadTimeouts(Duration.ofSeconds(30), Duration.ofMinutes(3));

  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final System.Logger LOG = JulLogger.of(ResourceWatch.class.getName());

  /**
   * Resources to watch.
   *
   * @param path API path of the list, such as {@code /api/v1/pods}
   * @param label a selector, or {@code ""}
   * @param field a selector, or {@code ""}
   * @param metadata whether only the metadata of each object is needed
   */
  public record Scope(String path, String label, String field, boolean metadata) {
    String query() {
      return (label.isEmpty() ? "" : "&labelSelector=" + encoded(label))
          + (field.isEmpty() ? "" : "&fieldSelector=" + encoded(field));
    }

    String accept(boolean watch) {
      return metadata
          ? "application/json;as=PartialObjectMetadata"
              + (watch ? "" : "List")
              + ";g=meta.k8s.io;v=v1,application/json"
          : "application/json";
    }
  }

  /** Receiver of the watched objects; calls are sequential. */
  interface Sink<T> {
    /** Returns the part of an object to keep. */
    T keep(JsonNode object);

    /** Replaces all objects with those of a list. */
    void replace(Map<String, T> now);

    /** Called when an object was added or changed. */
    void put(String key, T object);

    /** Called when an object was removed. */
    void remove(String key);

    /** Records that the first list arrived. */
    void synced();

    /** Something failed, and will be retried; {@code what} as in "list /api/v1/pods". */
    void failed(String what, String reason);

    /**
     * A server that is ready has no such resources (404), such as before their definition is
     * installed.
     */
    void missing(String what, String reason);
  }

  /**
   * Dependencies of a watch.
   *
   * @param pause waits between attempts
   */
  public record Connection(ClusterAccess access, Sender sender, Pause pause) {}

  /** Sends a call with a configuration. */
  @FunctionalInterface
  public interface Sender {
    /** The response, which the caller closes. */
    ClientResponse send(HttpClientConfig config, ClientRequest call)
        throws IOException, InterruptedException;
  }

  /** Waits. */
  @FunctionalInterface
  public interface Pause {
    void pause(Duration duration) throws InterruptedException;
  }

  /** Thrown if the server no longer has the requested resource version. */
  private static final class ExpiredException extends IOException {
    private static final long serialVersionUID = 1L;

    ExpiredException(String message) {
      super(message);
    }
  }

  /** The server does not have the resources. */
  private static final class MissingException extends IOException {
    private static final long serialVersionUID = 1L;

    MissingException(String message) {
      super(message);
    }
  }

  private final LimitedLog oversized = new LimitedLog(LOG);
  private final Scope scope;
  private final Connection means;
  private final Sink<T> sink;
  private @Nullable String version;
  private boolean expired;
  private boolean synced;
  private boolean confirmed; // the server was ready before the present list
  private int failures;

  ResourceWatch(Scope scope, Connection means, Sink<T> sink) {
    this.scope = scope;
    this.means = means;
    this.sink = sink;
  }

  /** Returns the key of an object: {@code namespace/name}, or its name. */
  public static String key(JsonNode object) {
    JsonNode meta = object.path("metadata");
    String namespace = meta.path("namespace").asString("");
    String name = meta.path("name").asString("");
    return namespace.isEmpty() ? name : namespace + "/" + name;
  }

  /** A thread, not started, that keeps it up to date until it is interrupted. */
  Thread thread(String name) {
    return Thread.ofVirtual()
        .name(name)
        .unstarted(
            () -> {
              try {
                run();
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            });
  }

  /** Runs until the thread is interrupted. */
  void run() throws InterruptedException {
    while (true) {
      try {
        String from = version;
        if (from == null) {
          from = list();
          version = from;
          expired = false;
          confirmed = false;
          if (!synced) {
            synced = true;
            sink.synced();
          }
        }
        if (watch(from) == 0) {
          means.pause().pause(FIRST_PAUSE); // a server that ends at once is not pestered
        }
        failures = 0;
      } catch (ExpiredException e) {
        version = null;
        expired = true;
        LOG.log(Level.DEBUG, "{0}: {1}; listing again", scope.path(), e.getMessage());
        if (failures++ > 0) {
          waitAfterFailure();
        }
      } catch (MissingException e) {
        String what = (version == null ? "list " : "watch ") + scope.path();
        version = null;
        if (!confirmed && isReady()) {
          confirmed = true;
          continue;
        }
        failures++;
        if (confirmed) {
          sink.missing(what, String.valueOf(e.getMessage()));
        } else {
          sink.failed(what, e.getMessage() + ", and " + READY + " is not ready");
        }
        confirmed = false;
        waitAfterFailure();
      } catch (IOException | RuntimeException e) { // of any kind, a watch never ends permanently
        if (Thread.interrupted()) {
          throw new InterruptedException();
        }
        confirmed = false;
        failures++;
        sink.failed(
            (version == null ? "list " : "watch ") + scope.path(),
            e instanceof IOException || e instanceof JacksonException
                ? JsonFailures.describe(e)
                : e.toString());
        waitAfterFailure();
      }
    }
  }

  /**
   * Whether the server has read its definitions. A starting server, or another one at its address,
   * may not know existing resources.
   */
  private boolean isReady() throws InterruptedException {
    URI uri = URI.create(means.access().base() + READY);
    ClientRequest call =
        new ClientRequest("GET", uri, Map.of(), null, ClientRequest.DEFAULT_TIMEOUT, null);
    try (ClientResponse a = means.sender().send(means.access().client(), call)) {
      // A client without access assumes that it is ready.
      return a.status() == 200 || a.status() == 401 || a.status() == 403;
    } catch (IOException e) {
      LOG.log(Level.DEBUG, "{0}: {1}", uri, e.getMessage());
      return false;
    }
  }

  private void waitAfterFailure() throws InterruptedException {
    long ms = FIRST_PAUSE.toMillis() << Math.min(failures - 1, 10);
    ms = Math.min(ms, LONGEST_PAUSE.toMillis());
    means.pause().pause(Duration.ofMillis(ms / 2 + ThreadLocalRandom.current().nextLong(ms)));
  }

  private String list() throws IOException, InterruptedException {
    Map<String, T> found = new HashMap<>();
    String more = "";
    for (int page = 0; page < MAX_PAGES; page++) {
      // Version 0 accepts any version in the server's cache, without a read of its store. After a
      // 410 that version may be the outdated one, and a further page accepts no version.
      String at = expired || !more.isEmpty() ? "" : "&resourceVersion=0";
      String query =
          "?limit="
              + PAGE
              + at
              + scope.query()
              + (more.isEmpty() ? "" : "&continue=" + encoded(more));
      JsonNode meta;
      try (ClientResponse a = open(query, ClientRequest.DEFAULT_TIMEOUT)) {
        meta = readList(a, found);
      }
      more = meta.path("continue").asString("");
      if (more.isEmpty()) {
        sink.replace(found);
        return meta.path("resourceVersion").asString("");
      }
    }
    throw new IOException(scope.path() + " has more than " + MAX_PAGES + " pages");
  }

  private JsonNode readList(ClientResponse a, Map<String, T> to) throws IOException {
    JsonNode meta = MissingNode.getInstance();
    try (InputStream in = a.decoded(MAX_BYTES);
        JsonParser p = JSON.createParser(in)) {
      if (p.nextToken() != JsonToken.START_OBJECT) {
        throw new IOException(means.access().base() + scope.path() + " did not return a list");
      }
      while (p.nextToken() == JsonToken.PROPERTY_NAME) {
        String name = p.currentName();
        JsonToken t = p.nextToken();
        if (name.equals("metadata")) {
          meta = p.readValueAsTree();
        } else if (name.equals("items") && t == JsonToken.START_ARRAY) {
          while (p.nextToken() != JsonToken.END_ARRAY) {
            ObjectTree tree = new ObjectTree(p);
            JsonNode item = tree.read();
            if (tree.isCut()) {
              logTooLarge(item);
            } else {
              to.put(key(item), sink.keep(item));
            }
          }
        } else {
          p.skipChildren();
        }
      }
    }
    if (meta.isMissingNode()) {
      throw new IOException(means.access().base() + scope.path() + " did not return a list");
    }
    return meta;
  }

  /** Follows a watch to its end; returns the number of its events. */
  private int watch(String from) throws IOException, InterruptedException {
    int seconds = WATCH_SECONDS + ThreadLocalRandom.current().nextInt(WATCH_SECONDS);
    String query =
        "?watch=true&allowWatchBookmarks=true&timeoutSeconds="
            + seconds
            + "&resourceVersion="
            + encoded(from)
            + scope.query();
    int events = 0;
    try (ClientResponse a = open(query, Duration.ofSeconds(seconds + 30L));
        InputStream in = a.decoded(MAX_BYTES);
        JsonParser p = JSON.createParser(in)) {
      while (p.nextToken() != null) {
        ObjectTree tree = new ObjectTree(p);
        take(tree.read(), tree.isCut());
        events++;
        failures = 0;
      }
    } catch (JacksonException e) {
      if (!(e.getCause() instanceof ClientResponse.TooLargeException)
          && !(e.getCause() instanceof HttpTimeoutException)) {
        throw e;
      } // otherwise it resumes
    }
    return events;
  }

  private void logTooLarge(JsonNode object) {
    oversized.log(
        Level.WARNING,
        "Object not read, it has more than {0} characters object={1} {2}",
        ObjectTree.MAX_CHARS,
        scope.path(),
        key(object));
  }

  private void take(JsonNode event, boolean isCut) throws IOException {
    JsonNode object = event.path("object");
    switch (event.path("type").asString("")) {
      case "ADDED", "MODIFIED" -> {
        if (isCut) {
          logTooLarge(object);
          sink.remove(key(object));
        } else {
          sink.put(key(object), sink.keep(object));
        }
      }
      case "DELETED" -> sink.remove(key(object));
      case "BOOKMARK" -> {
        // only its version matters
      }
      case "ERROR" -> {
        String message = object.path("message").asString("");
        if (object.path("code").asInt(0) == 410) {
          throw new ExpiredException(message);
        }
        throw new IOException("the watch of " + scope.path() + " failed: " + message);
      }
      default ->
          throw new IOException(
              "the watch of " + scope.path() + " returned an unknown event: " + event);
    }
    String now = object.path("metadata").path("resourceVersion").asString("");
    if (!now.isEmpty()) {
      version = now;
    }
  }

  private ClientResponse open(String query, Duration timeout)
      throws IOException, InterruptedException {
    boolean watch = query.startsWith("?watch");
    Map<String, String> headers =
        Map.of(
            "Accept",
            scope.accept(watch),
            "Accept-Encoding",
            watch ? "identity" : "gzip"); // events come one by one
    ClientRequest call = new ClientRequest("GET", uri(query), headers, null, timeout, null);
    ClientResponse a =
        means
            .sender()
            .send(means.access().client(), watch ? call.withReadTimeouts(TIME_LIMIT) : call);
    if (a.status() == 200) {
      return a;
    }
    try (a) {
      String body = new String(a.bytes(1 << 20), StandardCharsets.UTF_8);
      String message = body;
      try {
        message = JSON.readTree(body).path("message").asString(body);
      } catch (JacksonException e) {
        // unchanged then
      }
      String error = call.uri() + " answered with status " + a.status() + ": " + message;
      if (a.status() == 410) {
        throw new ExpiredException(error);
      }
      if (a.status() == 404) {
        throw new MissingException(error);
      }
      if (a.status() == 401) {
        means.access().refused();
      }
      throw new IOException(error);
    }
  }

  private URI uri(String query) throws IOException {
    String url = means.access().base() + scope.path() + query;
    try {
      return URI.create(url);
    } catch (IllegalArgumentException e) {
      throw new IOException("\"" + url + "\" is not a valid URL: " + e.getMessage(), e);
    }
  }

  private static String encoded(String s) {
    return URLEncoder.encode(s, StandardCharsets.UTF_8);
  }
}
