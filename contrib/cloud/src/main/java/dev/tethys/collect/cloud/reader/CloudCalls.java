package dev.tethys.collect.cloud.reader;

import dev.tethys.collect.cloud.reader.CloudException.Failure;
import dev.tethys.web.client.ClientRequest;
import dev.tethys.web.client.ClientResponse;
import java.io.IOException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.URLEncoder;
import java.net.UnknownHostException;
import java.net.http.HttpTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Sends requests to the services of one account and region. Used by one thread.
 *
 * <p>Requests to a service are at least {@link #SPACING} apart. After an answer that says that the
 * rate is too high, the service is not called for a pause that doubles from one second to five
 * minutes; a request waits for short pauses and fails at once in longer ones. A successful request
 * halves the next pause.
 */
public final class CloudCalls {
  /** Longest answer. */
  public static final int MAX_ANSWER = 8 << 20;

  /** Most pages of a list; a service that has more is faulty. */
  public static final int MAX_PAGES = 200;

  /** Minimum time between two requests to a service. */
  static final Duration SPACING = Duration.ofMillis(50);

  /** Longest pause of a service. */
  static final Duration LONGEST_PAUSE = Duration.ofMinutes(5);

  private static final Duration LONGEST_WAIT = Duration.ofSeconds(4);
  private static final Duration TIMEOUT = Duration.ofSeconds(20);
  private static final int MAX_PAUSES = 9;
  private static final JsonMapper JSON = JsonMapper.builder().build();

  /**
   * A complete answer.
   *
   * @param headers by case-insensitive name
   * @param retryAfter header Retry-After in seconds, zero if absent
   */
  public record Answer(
      int status, Map<String, List<String>> headers, byte[] body, Duration retryAfter) {
    /** First value of a header; empty if absent. */
    public String header(String name) {
      List<String> values = headers.get(name);
      return values == null || values.isEmpty() ? "" : values.getFirst();
    }

    /** Body as text. */
    public String text() {
      return new String(body, StandardCharsets.UTF_8);
    }

    /**
     * Body as JSON.
     *
     * @throws CloudException if it is not JSON
     */
    public JsonNode json(String action) throws CloudException {
      try {
        return JSON.readTree(body);
      } catch (JacksonException e) {
        throw new CloudException(Failure.ANSWER, action + ": the answer is not JSON", e);
      }
    }

    /**
     * Error of this answer.
     *
     * @param code of the service, empty if it names none
     * @param message of the service, empty for none
     */
    public CloudException error(Failure failure, String action, String code, String message) {
      String what =
          action
              + " was answered with status "
              + status
              + (code.isEmpty() ? "" : " " + code)
              + (message.isEmpty() ? "" : ": " + message);
      return new CloudException(failure, what, retryAfter, null);
    }
  }

  /** Authentication and errors of a cloud. */
  public interface Protocol {
    /** Adds the authentication. */
    ClientRequest sign(String service, ClientRequest request)
        throws IOException, InterruptedException;

    /** Drops cached credentials, which were refused. */
    void refused();

    /** Error of an answer whose status is not 2xx. */
    CloudException error(String action, Answer answer);
  }

  private static final class RequestPace {
    Instant next = Instant.MIN;
    Instant blocked = Instant.MIN;
    int pauses;
  }

  private final CloudContext context;
  private final Protocol protocol;
  private final Map<String, RequestPace> paces = new HashMap<>();

  public CloudCalls(CloudContext context, Protocol protocol) {
    this.context = context;
    this.protocol = protocol;
  }

  /** Value in a query. */
  public static String encoded(String s) {
    return URLEncoder.encode(s, StandardCharsets.UTF_8);
  }

  /** Text of a JSON tree. */
  public static byte[] json(Object tree) {
    return JSON.writeValueAsBytes(tree);
  }

  /**
   * Sends a request.
   *
   * @param service name in its own pace
   * @param action name in errors
   * @throws CloudException if the status is not 2xx, or no answer arrives
   */
  public Answer send(String service, String action, ClientRequest request)
      throws CloudException, InterruptedException {
    RequestPace pace = paces.computeIfAbsent(service, _ -> new RequestPace());
    boolean signedAgain = false;
    while (true) {
      await(pace, service);
      Answer a;
      try {
        a = once(service, request.withTimeout(TIMEOUT));
      } catch (CloudException e) {
        throw e;
      } catch (IOException e) {
        throw failed(action, e);
      }
      if (a.status() / 100 == 2) {
        pace.pauses /= 2;
        return a;
      }
      CloudException e = protocol.error(action, a);
      switch (e.failure()) {
        case LOGIN -> {
          protocol.refused();
          // The first refusal may be that of keys that have just expired.
          if (signedAgain) {
            throw e;
          }
          signedAgain = true;
        }
        case THROTTLED -> block(pace, e.retryAfter());
        default -> throw e;
      }
    }
  }

  private Answer once(String service, ClientRequest request)
      throws IOException, InterruptedException {
    ClientRequest signed;
    try {
      signed = protocol.sign(service, request);
    } catch (CloudException e) {
      throw e;
    } catch (IOException e) {
      boolean unreachable =
          e instanceof HttpTimeoutException
              || e instanceof SocketException
              || e instanceof UnknownHostException;
      throw new CloudException(
          unreachable ? Failure.CONNECTION : Failure.LOGIN,
          "credentials cannot be read: " + e.getMessage(),
          e);
    }
    try (ClientResponse r = context.caller().send(signed.withHeader("Accept-Encoding", "gzip"))) {
      return new Answer(r.status(), r.headers(), r.bytes(MAX_ANSWER), retryAfter(r));
    }
  }

  private static Duration retryAfter(ClientResponse r) {
    String s = r.header("Retry-After", "").strip();
    return s.matches("\\d{1,6}") ? Duration.ofSeconds(Long.parseLong(s)) : Duration.ZERO;
  }

  private static CloudException failed(String action, IOException e) {
    boolean late = e instanceof HttpTimeoutException || e instanceof SocketTimeoutException;
    Failure f =
        late
            ? Failure.TIMEOUT
            : e instanceof ClientResponse.TooLargeException ? Failure.ANSWER : Failure.CONNECTION;
    return new CloudException(f, action + ": " + e.getMessage(), e);
  }

  private void await(RequestPace pace, String service) throws CloudException, InterruptedException {
    Instant now = context.clock().instant();
    if (now.isBefore(pace.blocked)) {
      Duration left = Duration.between(now, pace.blocked);
      if (left.compareTo(LONGEST_WAIT) > 0) {
        throw new CloudException(
            Failure.THROTTLED,
            service + " limits the rate of requests; the next one follows in " + seconds(left),
            left,
            null);
      }
      context.pause().pause(left);
      now = context.clock().instant();
    }
    if (now.isBefore(pace.next)) {
      context.pause().pause(Duration.between(now, pace.next));
    }
    pace.next = context.clock().instant().plus(SPACING);
  }

  private void block(RequestPace pace, Duration demanded) {
    pace.pauses = Math.min(pace.pauses + 1, MAX_PAUSES);
    Duration own = Duration.ofSeconds(1L << (pace.pauses - 1));
    Duration pause = demanded.compareTo(own) > 0 ? demanded : own;
    if (pause.compareTo(LONGEST_PAUSE) > 0) {
      pause = LONGEST_PAUSE;
    }
    // Up to a tenth more, so that agents with one account do not return together.
    long more = ThreadLocalRandom.current().nextLong(1 + pause.toMillis() / 10);
    pace.blocked = context.clock().instant().plus(pause).plusMillis(more);
  }

  private static String seconds(Duration d) {
    return Math.max(1, d.toSeconds()) + "s";
  }
}
