package dev.tethys.api.traces;

import dev.tethys.codec.text.TextBuffer;
import dev.tethys.insight.graph.ServiceLinks;
import dev.tethys.web.HttpException;
import dev.tethys.web.HttpRequest;
import dev.tethys.web.HttpResponse;
import java.io.IOException;
import java.util.Collection;

/** Envelope of the responses of Jaeger's API. */
final class JaegerResponses {
  private static final String JSON = "application/json";

  private JaegerResponses() {}

  /** Responds with an error. */
  static void error(HttpResponse response, HttpException e) throws IOException {
    TextBuffer out = new TextBuffer();
    out.put("{\"data\":null,\"total\":0,\"limit\":0,\"offset\":0,\"errors\":[{\"code\":");
    out.number(e.status()).put(",\"msg\":").json(String.valueOf(e.getMessage())).put("}]}");
    response.errorStatus(e.status()).send(JSON, out.toByteArray());
  }

  /** List of data with the errors of single items. */
  static final class Page {
    private final BoundedText answer;
    private final TextBuffer out;
    private final TextBuffer errors = new TextBuffer();
    private int total;
    private boolean counted;
    private boolean truncated;

    Page(HttpRequest request) {
      answer = new BoundedText(request);
      out = answer.text;
      out.put("{\"data\":[");
    }

    /** Returns the buffer for the next item. */
    TextBuffer next() {
      if (total++ > 0) {
        out.put(',');
      }
      return out;
    }

    /** Adds strings, whose number is written as the total. */
    void strings(Collection<String> texts) {
      counted = true;
      texts.forEach(t -> next().json(t));
    }

    void check() {
      answer.check();
    }

    /** Adds an error of an item. */
    void error(int code, String message, String traceId) {
      errors.put(errors.size() == 0 ? "" : ",").put("{\"code\":").number(code);
      errors.put(",\"msg\":").json(message).put(",\"traceID\":").json(traceId).put('}');
    }

    /** Marks the response as incomplete if not all spans of the range were read. */
    void truncated(boolean is) {
      truncated = is;
    }

    void send(HttpResponse response) throws IOException {
      out.put("],\"total\":").number(counted ? total : 0);
      out.put(",\"limit\":0,\"offset\":0,\"errors\":");
      if (errors.size() == 0) {
        out.put("null}");
      } else {
        out.put('[').put(errors.toByteArray()).put("]}");
      }
      if (truncated) {
        response.header("X-Tethys-Warning", ServiceLinks.WARNING);
      }
      response.send(JSON, out.toByteArray());
    }
  }
}
