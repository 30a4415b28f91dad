package dev.tethys.pipeline.exporter.remotewrite;

import dev.tethys.pipeline.delivery.EncodedRequest;
import dev.tethys.pipeline.delivery.SendResult;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Finds the parts of a rejected request that the destination accepts. Prometheus rejects a whole
 * request for one out-of-order sample, and after a crash of any upstream component, requests mix
 * samples that it has with new ones, which would be lost.
 *
 * <p>Samples of one time (usually a scrape) are tried together, in time order; if rejected, they
 * are tried by target and then in halves. If both the first and the last sample of a part are
 * rejected, the entire part counts as rejected. Only for 1.0: receivers of 2.0 accept valid samples
 * and report how many they wrote.
 */
final class RejectedSampleBisector {
  /** Tries one request; returns {@link SendResult.Permanent} if it is rejected as a whole. */
  interface Destination {
    SendResult ask(EncodedRequest p) throws IOException, InterruptedException;
  }

  private final EncodedRequest request;
  private final Destination destination;
  private final List<SendResult.Refused> refused = new ArrayList<>();
  private int requestCount;
  private final int most;

  /**
   * Creates a bisector for one request.
   *
   * @param most maximum number of requests to make
   */
  RejectedSampleBisector(EncodedRequest request, int most, Destination destination) {
    this.request = request;
    this.most = most;
    this.destination = destination;
  }

  /** Returns the number of requests created. */
  int requestCount() {
    return requestCount;
  }

  /** A part must be retried. */
  private static final class Interrupted extends Exception {
    private static final long serialVersionUID = 1L;
    private final transient SendResult.Retryable later;

    Interrupted(SendResult.Retryable later) {
      super(later.reason(), null, false, false);
      this.later = later;
    }
  }

  /**
   * Sends parts of the request and returns their outcome.
   *
   * @param reason reason why it was rejected as a whole
   */
  SendResult.PerItem bisect(String reason) throws IOException, InterruptedException {
    long[] times = ProtocolDowngrade.times(request);
    boolean before = false; // whether the page before was taken
    boolean rest =
        false; // whether everything that follows is acceptable, because a page after a rejected one
    // was
    for (int i = 0; i < times.length; i++) {
      long after = i == 0 ? Long.MIN_VALUE : times[i - 1];
      if (requestCount >= most) {
        refused.add(
            new SendResult.Refused(
                ProtocolDowngrade.between(request, after, Long.MAX_VALUE), reason));
        break;
      }
      boolean last = i == times.length - 1;
      int known = refused.size();
      try {
        if (!last && rest && isTaken(ProtocolDowngrade.between(request, after, Long.MAX_VALUE))) {
          break;
        }
        EncodedRequest page =
            ProtocolDowngrade.between(request, after, last ? Long.MAX_VALUE : times[i]);
        boolean taken = times.length > 1 && isTaken(page);
        if (!taken) {
          divideByTarget(page, reason);
        }
        rest = taken && !before;
        before = taken;
      } catch (Interrupted e) {
        refused.subList(known, refused.size()).clear();
        return sorted(ProtocolDowngrade.between(request, after, Long.MAX_VALUE), e.later);
      }
    }
    return sorted(null, new SendResult.Retryable(Duration.ZERO, false, ""));
  }

  private SendResult.PerItem sorted(@Nullable EncodedRequest again, SendResult.Retryable later) {
    int not = refused.stream().mapToInt(r -> entries(r.request())).sum();
    return new SendResult.PerItem(
        entries(request) - not - (again == null ? 0 : entries(again)),
        refused,
        again,
        later.after(),
        later.overload(),
        later.reason());
  }

  private static int entries(EncodedRequest p) {
    return RequestContents.of(p).entries();
  }

  private boolean isTaken(EncodedRequest p) throws InterruptedException, Interrupted {
    if (requestCount >= most) {
      return false;
    }
    requestCount++;
    try {
      return switch (destination.ask(p)) {
        case SendResult.Permanent n -> false;
        case SendResult.Retryable l -> throw new Interrupted(l);
        default -> true;
      };
    } catch (IOException e) {
      throw new Interrupted(new SendResult.Retryable(Duration.ZERO, false, String.valueOf(e)));
    }
  }

  /**
   * Divides a page by target. A destination has either all or none of a target's samples of one
   * time, because requests join records of many targets.
   */
  private void divideByTarget(EncodedRequest page, String reason)
      throws InterruptedException, Interrupted {
    List<EncodedRequest> targets =
        requestCount >= most ? List.of(page) : ProtocolDowngrade.byTarget(page);
    for (EncodedRequest t : targets) {
      if (targets.size() == 1 || !isTaken(t)) {
        divide(t, reason);
      }
    }
  }

  /** Divides a part that was rejected as a whole. */
  private void divide(EncodedRequest p, String reason) throws InterruptedException, Interrupted {
    int half = (entries(p) + 1) / 2;
    List<EncodedRequest> halves =
        requestCount >= most || isRefusedAtBothEnds(p)
            ? List.of(p)
            : ProtocolDowngrade.of(p, RemoteWriteMessage.V1, Long.MIN_VALUE, half);
    if (halves.size() < 2) {
      refused.add(new SendResult.Refused(p, reason));
      return;
    }
    List<EncodedRequest> left = new ArrayList<>();
    for (EncodedRequest h : halves) {
      if (!isTaken(h)) {
        left.add(h);
      }
    }
    for (EncodedRequest h : left) {
      divide(h, reason);
    }
  }

  private boolean isRefusedAtBothEnds(EncodedRequest p) throws InterruptedException, Interrupted {
    List<EncodedRequest> each = ProtocolDowngrade.of(p, RemoteWriteMessage.V1, Long.MIN_VALUE, 1);
    return each.size() == 1 || !isTaken(each.getFirst()) && !isTaken(each.getLast());
  }
}
