package dev.tethys.collect.observe.protocol;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Recognizes the protocol on top of one HTTP request, by heads and bodies of the request and its
 * response. Most requests have none, which their head already shows.
 */
final class ApiExchange {
  /** Accounted memory of an exchange in bytes. */
  static final int BYTES = 2048;

  /** Most visible bytes of a request's body that are read. */
  private static final long MOST_OF_REQUEST = 16 << 10;

  /**
   * Maximum number of visible bytes read of a response: event streams have the relevant data at
   * their end.
   */
  private static final long MOST_OF_ANSWER = 4 << 20;

  private static final ApiBody NONE = new ApiBody(ApiBody.Form.UNREADABLE, 0, new Unread());

  private final List<HttpApiReader> readers;
  private final @Nullable ApiBody request;
  private ApiHead answer = new ApiHead();
  private ApiBody body = NONE;
  private int status;

  private ApiExchange(List<HttpApiReader> readers, ApiHead head) {
    this.readers = readers;
    this.request =
        readsBody(0)
            ? new ApiBody(
                ApiBody.form(head.contentType, head.contentEncoding),
                MOST_OF_REQUEST,
                new OfRequest())
            : null;
  }

  /**
   * True if a request may be one of a protocol above HTTP, so that its headers are to be read.
   *
   * @param target path with its query
   * @param amazon true with a header {@code x-amz-...}
   */
  static boolean mayBegin(String method, String target, boolean amazon) {
    if (amazon || method.equals("POST")) {
      return true;
    }
    if (target.contains("/_")) {
      return true;
    }
    int query = target.indexOf('?');
    return query >= 0
        && (target.indexOf("X-Amz-", query) >= 0
            || target.contains("query=") && (target.contains("graphql") || target.contains("gql")));
  }

  /** Starts with a request; null if no protocol matches. */
  static @Nullable ApiExchange begin(
      ElasticsearchApi.Peer peer, String method, String target, ApiHead head) {
    int mark = target.indexOf('?');
    String path = mark < 0 ? target : target.substring(0, mark);
    String query = mark < 0 ? "" : target.substring(mark + 1);
    List<HttpApiReader> found = new ArrayList<>(3);
    add(found, S3Api.of(method, path, query, head));
    add(found, SqsApi.of(method, path, head));
    if (found.isEmpty()) {
      add(found, GenAiApi.of(method, path, head));
      add(found, ElasticsearchApi.of(peer, method, path, head));
    }
    if (found.isEmpty()) {
      add(found, JsonRpcApi.of(method, head));
      add(found, GraphqlApi.of(method, path, query, head));
    }
    return found.isEmpty() ? null : new ApiExchange(found, head);
  }

  private static void add(List<HttpApiReader> to, @Nullable HttpApiReader reader) {
    if (reader != null) {
      to.add(reader);
    }
  }

  /** Starts with a response that names its server; null for others. */
  static @Nullable ApiExchange ofAnswer(
      ElasticsearchApi.Peer peer, String method, String path, ApiHead head) {
    return head.elasticsearch && !method.isEmpty()
        ? new ApiExchange(
            List.of(ElasticsearchApi.ofAnswer(peer, method, path, head)), new ApiHead())
        : null;
  }

  /** True if the numbers that matter may be at the end of long bodies. */
  boolean wantsLongBodies() {
    return readers.getFirst() instanceof GenAiApi;
  }

  /** Receiver of the request's body; null if it is of no interest. */
  StreamBuffer.@Nullable Tap requestBody() {
    return request == null || !request.wantsMore() ? null : request;
  }

  /** Records the head of the response. */
  void answered(int code, ApiHead head) {
    status = code;
    answer = head;
    if (!isRefuted() && readsBody(code)) {
      body =
          new ApiBody(
              ApiBody.form(head.contentType, head.contentEncoding), MOST_OF_ANSWER, new OfAnswer());
    }
  }

  /** Receiver of the response's body; null if it is of no interest. */
  StreamBuffer.@Nullable Tap answerBody() {
    return body.wantsMore() ? body : null;
  }

  /** True if each line of the response is read separately, so that some lines may be missing. */
  boolean answersInLines() {
    return body.form() == ApiBody.Form.EVENTS || body.form() == ApiBody.Form.LINES;
  }

  private boolean readsBody(int code) {
    for (HttpApiReader r : readers) {
      if (r.readsBody(code)) {
        return true;
      }
    }
    return false;
  }

  /** True if the request cannot belong to any protocol in question: its response is irrelevant. */
  boolean isRefuted() {
    for (HttpApiReader r : readers) {
      if (!r.isRefuted()) {
        return false;
      }
    }
    return true;
  }

  /** The call, once the response was read; null if it is plain HTTP. */
  @Nullable ApiCall call() {
    if (status == 0) {
      return null;
    }
    for (HttpApiReader r : readers) {
      ApiCall c = r.call(status, answer, request, body);
      if (c != null) {
        return c;
      }
    }
    return null;
  }

  private final class OfRequest implements JsonScan.Values {
    @Override
    public int wanted(String name) {
      int most = 0;
      for (HttpApiReader r : readers) {
        most = Math.max(most, r.wantedOfRequest(name));
      }
      return most;
    }

    @Override
    public boolean enters(String name) {
      return false;
    }

    @Override
    public void value(String name, char kind, String text) {
      for (HttpApiReader r : readers) {
        r.request(name, kind, text);
      }
      if (request != null && isRefuted()) {
        request.stop();
      }
    }
  }

  private final class OfAnswer implements JsonScan.Values {
    @Override
    public int wanted(String name) {
      int most = 0;
      for (HttpApiReader r : readers) {
        most = Math.max(most, r.wantedOfAnswer(name));
      }
      return most;
    }

    @Override
    public boolean enters(String name) {
      for (HttpApiReader r : readers) {
        if (r.entersAnswer(name)) {
          return true;
        }
      }
      return false;
    }

    @Override
    public void value(String name, char kind, String text) {
      for (HttpApiReader r : readers) {
        r.answer(name, kind, text);
      }
    }
  }

  private static final class Unread implements JsonScan.Values {
    @Override
    public int wanted(String name) {
      return 0;
    }

    @Override
    public boolean enters(String name) {
      return false;
    }

    @Override
    public void value(String name, char kind, String text) {}
  }
}
